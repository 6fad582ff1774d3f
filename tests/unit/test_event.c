#include "tests/unit/unit.h"

#include "store/base/arena.h"
#include "store/base/json.h"
#include "store/event.h"

#define HEAD "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"reeve/test\","
#define TIME ",\"time\":\"2026-11-22T09:00:00Z\""

static struct value *parse_data(struct arena *arena, const char *json)
{
	auto_error struct error err = { 0 };
	struct value *data =
	        json_parse(arena, "case", json, strlen(json), &err);

	if (!data)
		fail_msg("%s", err.message);
	return data;
}

static struct event *parse(struct arena *arena, const char *line,
                           struct error *err)
{
	return event_parse(arena, line, strlen(line), err);
}

static void test_event__has_one_spelling(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf line = buf_make(4096);
	struct event event = {
		.type = EVENT_STEP_FINISHED,
		.id = "e1",
		.source = "reeve/test",
		.time_ms = INT64_C(1795338000000),
		.subject = "r\n1/\"a\"",
		.data = parse_data(&arena,
		                   "{ \"z\": 1.50, \"a\": [ true, {} ], "
		                   "\"v\": 1, \"B\": \"ü\" }"),
	};

	UNUSED_STATE(state);
	event_write(&line, &event);
	assert_string_equal(
	        line.at, HEAD
	        "\"type\":\"dev.reeve.step.finished\"" TIME
	        ",\"subject\":\"r\\u000a1/\\\"a\\\"\",\"data\":{\"B\":\"ü\","
	        "\"a\":[true,{}],\"v\":1,\"z\":1.50}}");
	assert_null(strchr(line.at, '\n'));

	buf_cut(&line, 0);
	event.subject = NULL;
	event.data = parse_data(&arena, "{\"v\":1}");
	event_write(&line, &event);
	assert_string_equal(line.at,
	                    HEAD "\"type\":\"dev.reeve.step.finished\"" TIME
	                         ",\"data\":{\"v\":1}}");
}

/* Every type is read back as what was written, in the same bytes. */
static void test_event__is_read_back(void **state)
{
	UNUSED_STATE(state);
	for (int type = 0; type < EVENT_UNKNOWN; type++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf line = buf_make(4096);
		auto_buf struct buf again = buf_make(4096);
		auto_error struct error err = { 0 };
		struct event event = {
			.type = (enum event_type)type,
			.id = "e1",
			.source = "reeve/test",
			.time_ms = INT64_C(1795338000123) + type,
			.subject = type % 2 ? "r1/a" : NULL,
			.data = parse_data(&arena, "{\"v\":1,\"k\":\"\\u0000\","
			                           "\"n\":1e300}"),
		};

		event_write(&line, &event);
		struct event *read =
		        event_parse(&arena, line.at, line.len, &err);
		if (!read)
			fail_msg("%s", err.message);
		assert_row(type, read->type == event.type);
		assert_row_text(type, read->type_text,
		                event_type_text(event.type));
		assert_row_text(type, read->id, event.id);
		assert_row_text(type, read->source, event.source);
		assert_row_text(type, read->subject, event.subject);
		assert_row(type, read->time_ms == event.time_ms);
		assert_row(type, value_equal(read->data, event.data));
		event_write(&again, read);
		assert_row_text(type, again.at, line.at);
	}
}

static void test_event__what_is_newer_is_refused_by_name(void **state)
{
	static const struct {
		const char *line;
		const char *message;
	} cases[] = {
		{ HEAD "\"type\":\"dev.reeve.step.finished\"" TIME
		       ",\"data\":{\"v\":2}}",
		  "the journal holds \"step.finished\" version 2, which this "
		  "reeve does not know" },
		{ HEAD "\"type\":\"dev.reeve.budget.spent\"" TIME
		       ",\"data\":{\"v\":1}}",
		  "the journal holds \"budget.spent\" version 1, which this "
		  "reeve does not know" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i, !parse(&arena, cases[i].line, &err));
		assert_row(i, err.code == ERR_STATE);
		assert_row_text(i, err.message, cases[i].message);
		assert_row(i, err.hint && strstr(err.hint, "newer"));
	}
}

static void test_event__what_is_none_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"hello",
		"[]",
		"null",
		"{}",
		"{\"specversion\":\"1.0\"",
		"{\"specversion\":\"0.3\",\"id\":\"e\",\"source\":\"s\","
		"\"type\":\"dev.reeve.run.started\"" TIME
		",\"data\":{\"v\":1}}",
		"{\"specversion\":1.0,\"id\":\"e\",\"source\":\"s\","
		"\"type\":\"dev.reeve.run.started\"" TIME
		",\"data\":{\"v\":1}}",
		/* Without an id, with an empty one, without a source. */
		"{\"specversion\":\"1.0\",\"source\":\"s\","
		"\"type\":\"dev.reeve.run.started\"" TIME
		",\"data\":{\"v\":1}}",
		"{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"s\","
		"\"type\":\"dev.reeve.run.started\"" TIME
		",\"data\":{\"v\":1}}",
		"{\"specversion\":\"1.0\",\"id\":\"e\","
		"\"type\":\"dev.reeve.run.started\"" TIME
		",\"data\":{\"v\":1}}",
		/* Types of others, or none. */
		HEAD "\"type\":\"com.example.run.started\"" TIME
		     ",\"data\":{\"v\":1}}",
		HEAD "\"data\":{\"v\":1}}",
		/* Times. */
		HEAD "\"type\":\"dev.reeve.run.started\",\"data\":{\"v\":1}}",
		HEAD "\"type\":\"dev.reeve.run.started\",\"time\":\"noon\","
		     "\"data\":{\"v\":1}}",
		/* Data that is none: that is no newer version. */
		HEAD "\"type\":\"dev.reeve.run.started\"" TIME "}",
		HEAD "\"type\":\"dev.reeve.run.started\"" TIME ",\"data\":[]}",
		HEAD "\"type\":\"dev.reeve.run.started\"" TIME ",\"data\":{}}",
		HEAD "\"type\":\"dev.reeve.run.started\"" TIME
		     ",\"data\":{\"v\":0}}",
		HEAD "\"type\":\"dev.reeve.run.started\"" TIME
		     ",\"data\":{\"v\":\"1\"}}",
		/* A member twice, and more behind it. */
		HEAD "\"id\":\"e2\",\"type\":\"dev.reeve.run.started\"" TIME
		     ",\"data\":{\"v\":1}}",
		HEAD "\"type\":\"dev.reeve.run.started\"" TIME
		     ",\"data\":{\"v\":1}} {}",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i, !parse(&arena, cases[i], &err));
		assert_row(i, err.code == ERR_CORRUPT);
		assert_row(i, err.message && *err.message);
		assert_row(i, !err.file);
	}
}
