#include "tests/unit/unit.h"

#include "engine/bus/http_answer.h"
#include "store/base/json.h"

static void test_http_answer__the_status_decides(void **state)
{
	static const struct {
		enum http_end end;
		int status;
		const char *headers;
		enum reply_kind kind;
		bool fault;
		int64_t retry_after_ms;
	} cases[] = {
		{ HTTP_UNSENT, 0, "", REPLY_UNSENT, true, 0 },
		{ HTTP_UNANSWERED, 0, "", REPLY_NONE, true, 0 },
		{ HTTP_UNANSWERED, 100, "", REPLY_NONE, true, 0 },
		{ HTTP_UNANSWERED, 201, "", REPLY_NONE, true, 0 },
		{ HTTP_UNANSWERED, 404, "", REPLY_REFUSED, false, 0 },
		{ HTTP_UNANSWERED, 409, "", REPLY_NONE, true, 0 },
		{ HTTP_ANSWERED, 200, "", REPLY_DONE, false, 0 },
		{ HTTP_ANSWERED, 299, "", REPLY_DONE, false, 0 },
		{ HTTP_ANSWERED, 302, "", REPLY_REFUSED, false, 0 },
		{ HTTP_ANSWERED, 400, "", REPLY_REFUSED, false, 0 },
		{ HTTP_ANSWERED, 408, "", REPLY_UNSENT, false, 0 },
		{ HTTP_ANSWERED, 409, "", REPLY_DONE, false, 0 },
		{ HTTP_ANSWERED, 425, "", REPLY_UNSENT, false, 0 },
		{ HTTP_ANSWERED, 429, "", REPLY_UNSENT, false, 0 },
		{ HTTP_ANSWERED, 429, "Retry-After: 7\r\n", REPLY_UNSENT, false,
		  7000 },
		{ HTTP_ANSWERED, 500, "", REPLY_NONE, true, 0 },
		{ HTTP_ANSWERED, 501, "", REPLY_REFUSED, false, 0 },
		{ HTTP_ANSWERED, 503, "", REPLY_NONE, true, 0 },
		{ HTTP_ANSWERED, 503, "retry-after: 9\r\n", REPLY_UNSENT, true,
		  9000 },
		{ HTTP_ANSWERED, 999, "", REPLY_NONE, true, 0 },
	};
	auto_arena struct arena arena = { 0 };
	struct value *expect = value_list(&arena);

	UNUSED_STATE(state);
	value_list_add(&arena, expect, value_int(&arena, 409));
	for (size_t row = 0; row < ARRAY_LEN(cases); row++) {
		auto_error struct error err = { 0 };
		struct http_answer answer = {
			.end = cases[row].end,
			.status = cases[row].status,
			.reason = cases[row].end == HTTP_ANSWERED ? NULL : "x",
			.body = buf_make(100),
			.headers = buf_make(100),
		};
		const struct http_question question = {
			.arena = &arena,
			.who = "crm",
			.expect = expect,
		};
		struct reply reply;
		buf_add_text(&answer.headers, cases[row].headers);
		int rc = http_answer_judge(&question, &answer, &reply, &err);
		assert_row(row, (rc == 0) == (cases[row].kind == REPLY_DONE));
		assert_row(row, reply.kind == cases[row].kind);
		assert_row(row, reply.fault == cases[row].fault);
		assert_row(row,
		           reply.retry_after_ms == cases[row].retry_after_ms);
		assert_row(row, rc == 0 || err.code == ERR_FAILED);
		buf_clear(&answer.headers);
	}
}

static void test_http_answer__a_result_has_what_there_is(void **state)
{
	static const struct {
		const char *body;
		const char *result;
	} cases[] = {
		{ "{\"id\":7,\"a\":1.50}",
		  "{\"id\":\"7\",\"json\":{\"a\":1.50,\"id\":7},"
		  "\"location\":\"/x/7\",\"status\":201}" },
		{ "{\"id\":{}}", "{\"json\":{\"id\":{}},\"location\":\"/x/7\","
		                 "\"status\":201}" },
		{ "fine", "{\"json\":null,\"location\":\"/x/7\",\"status\":201,"
		          "\"text\":\"fine\"}" },
		{ "", "{\"json\":null,\"location\":\"/x/7\",\"status\":201,"
		      "\"text\":\"\"}" },
		{ "\xff\xfe", "{\"json\":null,\"location\":\"/x/7\","
		              "\"status\":201}" },
		{ "{\"a\":1,\"a\":2}",
		  "{\"json\":null,\"location\":\"/x/7\",\"status\":201,"
		  "\"text\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}" },
	};
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t row = 0; row < ARRAY_LEN(cases); row++) {
		struct http_answer answer = {
			.end = HTTP_ANSWERED,
			.status = 201,
			.body = buf_make(100),
			.headers = buf_make(100),
		};
		buf_add_text(&answer.body, cases[row].body);
		buf_add_text(&answer.headers, "Location: /x/7\r\n");
		assert_row_text(
		        row,
		        json_canonical(&arena,
		                       http_answer_result(&arena, &answer)),
		        cases[row].result);
		buf_clear(&answer.body);
		buf_clear(&answer.headers);
	}
}
