#include "tests/unit/unit.h"

#include "engine/job/cron.h"
#include "store/base/date.h"

static struct cron *parse(struct arena *arena, const char *text,
                          struct error *err)
{
	return cron_parse(arena, "a.yaml", value_string(arena, text), err);
}

static int64_t instant(const char *text)
{
	int64_t ms;

	assert_true(date_parse_rfc3339(text, &ms));
	return ms;
}

static void test_cron__next_and_last_of_known_times(void **state)
{
	static const struct {
		const char *cron, *zone, *now;
		const char *last, *next; /* slots */
	} cases[] = {
		{ "0 7 1 * *", "UTC", "2026-11-22T09:00:00Z",
		  "2026-11-01T07:00", "2026-12-01T07:00" },
		/* A slot is past at its own instant. */
		{ "0 9 * * *", "UTC", "2026-11-22T09:00:00Z",
		  "2026-11-22T09:00", "2026-11-23T09:00" },
		{ "0 9 * * *", "UTC", "2026-11-22T08:59:59Z",
		  "2026-11-21T09:00", "2026-11-22T09:00" },
		{ "0 9 * * *", "Asia/Kathmandu", "2026-11-22T03:15:00Z",
		  "2026-11-22T09:00", "2026-11-23T09:00" },
		{ "0 9 * * mon-fri", "UTC", "2026-11-22T09:00:00Z",
		  "2026-11-20T09:00", "2026-11-23T09:00" },
		{ "0 9 * * 6-7", "UTC", "2026-11-22T10:00:00Z",
		  "2026-11-22T09:00", "2026-11-28T09:00" },
		{ "0 9 * * Sat-Sun", "UTC", "2026-11-22T10:00:00Z",
		  "2026-11-22T09:00", "2026-11-28T09:00" },
		/* One kind of day is enough, but not beside a star. */
		{ "0 0 13 * fri", "UTC", "2026-11-22T09:00:00Z",
		  "2026-11-20T00:00", "2026-11-27T00:00" },
		{ "0 0 */13 * fri", "UTC", "2026-11-22T09:00:00Z",
		  "2026-08-14T00:00", "2026-11-27T00:00" },
		{ "0 0 29 feb *", "UTC", "2026-11-22T09:00:00Z",
		  "2024-02-29T00:00", "2028-02-29T00:00" },
		{ "*/25 8-18/5 * * *", "UTC", "2026-11-22T13:26:00Z",
		  "2026-11-22T13:25", "2026-11-22T13:50" },
		{ "@monthly", "UTC", "2026-11-22T09:00:00Z", "2026-11-01T00:00",
		  "2026-12-01T00:00" },
		{ "@weekly", "UTC", "2026-11-22T09:00:00Z", "2026-11-22T00:00",
		  "2026-11-29T00:00" },
		{ "@yearly", "UTC", "1969-11-22T09:00:00Z", "1969-01-01T00:00",
		  "1970-01-01T00:00" },
		/* Clocks in Berlin jump from 2:00 to 3:00 at 1:00Z. */
		{ "30 2 * * *", "Europe/Berlin", "2026-03-29T00:59:59Z",
		  "2026-03-28T02:30", "2026-03-29T02:30" },
		{ "30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z",
		  "2026-03-29T02:30", "2026-03-30T02:30" },
		{ "0 * * * *", "Europe/Berlin", "2026-03-29T01:00:00Z",
		  "2026-03-29T03:00", "2026-03-29T04:00" },
		/* And back from 3:00 to 2:00. */
		{ "30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z",
		  "2026-10-25T02:30", "2026-10-26T02:30" },
		{ "*/20 * * * *", "Europe/Berlin", "2026-10-25T01:10:00Z",
		  "2026-10-25T02:40", "2026-10-25T03:00" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct cron *cron = parse(&arena, cases[i].cron, &err);
		int64_t now = instant(cases[i].now);
		struct slot last;
		struct slot next;

		assert_row(i, cron != NULL);
		assert_row(i, cron_last(cron, cases[i].zone, now, &last));
		assert_row(i, cron_next(cron, cases[i].zone, now, &next));
		assert_row(i, last.at_ms <= now && next.at_ms > now);
		assert_string_equal(slot_text(&arena, &last), cases[i].last);
		assert_string_equal(slot_text(&arena, &next), cases[i].next);
	}
}

static void test_cron__what_is_no_time_is_refused_at_its_place(void **state)
{
	static const struct {
		const char *cron;
		unsigned column; /* from 0 */
		const char *message;
	} cases[] = {
		{ "0 7 * *", 0, "a cron time has five fields" },
		{ "0 7 * * * *", 0, "a cron time has five fields" },
		{ "", 0, "a cron time has five fields" },
		{ "60 7 * * *", 0, "\"60\" is no minute" },
		{ "0  24 * * *", 3, "\"24\" is no hour" },
		{ "0 7 0 * *", 4, "\"0\" is no day of the month" },
		{ "0 7 * mai *", 6, "\"mai\" is no month" },
		{ "0 7 * * 8", 8, "\"8\" is no day of the week" },
		{ "0 7 * * mon,", 12, "\"\" is no day of the week" },
		{ "0 -8 * * *", 2, "\"-8\" is no hour" },
		{ "0 18-8 * * *", 6, "a range of the hour runs backwards" },
		{ "5/10 * * * *", 1, "\"/10\" is no step of the minute" },
		{ "*/0 * * * *", 1, "\"/0\" is no step of the minute" },
		{ "*/99999999999 * * * *", 1,
		  "\"/99999999999\" is no step of the minute" },
		{ "0 7; * * *", 3, "\";\" cannot stand in the hour" },
		{ "0 0 30 2 *", 0,
		  "\"0 0 30 2 *\" never comes: no month of it has that day" },
		{ "@often", 0, "\"@often\" is no minute" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct value *source = value_string(&arena, cases[i].cron);

		source->style = STYLE_PLAIN;
		source->pos = (struct pos){ 7, 20 };
		assert_row(i,
		           cron_parse(&arena, "a.yaml", source, &err) == NULL);
		assert_string_equal(err.message, cases[i].message);
		assert_row(i, err.pos.line == 7 &&
		                      err.pos.column == 20 + cases[i].column);
	}
}

/* One line of slots.py: all slots of a window, forwards and backwards. */
static void compare_window(char *line)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	char *rest = line;
	const char *zone = strsep(&rest, " ");
	char *text = strsep(&rest, " ");
	int64_t from = strtoll(strsep(&rest, " "), NULL, 10) * 1000;
	int64_t until = strtoll(strsep(&rest, " \n"), NULL, 10) * 1000;
	struct cron *cron;
	struct slot slot = { .at_ms = from };
	struct slot back;
	int64_t before = 0;

	for (char *c = text; *c; c++)
		*c = (char)(*c == '_' ? ' ' : *c);
	cron = parse(&arena, text, &err);
	assert_non_null(cron);
	while (rest != NULL && *rest != '\0') {
		const char *expected = strsep(&rest, " \n");
		const char *found;

		if (*expected == '\0')
			continue;
		assert_true(cron_next(cron, zone, slot.at_ms, &slot));
		found = arena_printf(&arena, "%s@%lld",
		                     slot_text(&arena, &slot),
		                     (long long)(slot.at_ms / 1000));
		if (strcmp(found, expected) != 0)
			fail_msg("%s %s: %s, not %s", zone, text, found,
			         expected);
		assert_true(cron_last(cron, zone, slot.at_ms, &back));
		if (back.minute != slot.minute || back.at_ms != slot.at_ms)
			fail_msg("%s %s: %s has %s as the last one", zone, text,
			         found, slot_text(&arena, &back));
		assert_true(cron_last(cron, zone, slot.at_ms - 1, &back));
		if (before != 0 && back.at_ms != before)
			fail_msg("%s %s: before %s comes %s", zone, text, found,
			         slot_text(&arena, &back));
		before = slot.at_ms;
	}
	assert_true(cron_next(cron, zone, slot.at_ms, &slot));
	if (slot.at_ms < until)
		fail_msg("%s %s: there is no %s", zone, text,
		         slot_text(&arena, &slot));
}

static void test_cron__agrees_with_another_way_at_every_jump(void **state)
{
	static char line[1 << 16];
	const char *top = getenv("REEVE_TOP");
	char command[4096];
	size_t count = 0;
	FILE *other;

	UNUSED_STATE(state);
	assert_non_null(top);
	snprintf(command, sizeof(command), "python3 '%s/tests/unit/slots.py'",
	         top);
	/* NOLINTNEXTLINE(cert-env33-c): a command of ours */
	other = popen(command, "re");
	assert_non_null(other);
	while (fgets(line, sizeof(line), other) != NULL) {
		compare_window(line);
		count++;
	}
	assert_int_equal(pclose(other), 0);
	assert_in_range(count, 1000, 10000);
}
