/* A line of the journal, and any JSON: one spelling of each value. */
#include "store/base/json.h"
#include "store/event.h"
#include "tests/fuzz/fuzz.h"

static void any_json(struct arena *arena, const char *bytes, size_t len)
{
	auto_error struct error err = { 0 };
	struct value *value = json_parse(arena, "f", bytes, len, &err);

	if (!value) {
		must(err.code && err.message);
		return;
	}
	const char *once = json_canonical(arena, value);
	value = json_parse(arena, "f", once, strlen(once), &err);
	must(value != NULL);
	must(strcmp(once, json_canonical(arena, value)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf once = buf_make(LIMIT_OUTPUT);
	auto_buf struct buf twice = buf_make(LIMIT_OUTPUT);

	any_json(&arena, (const char *)bytes, len);
	struct event *event =
	        event_parse(&arena, (const char *)bytes, len, &err);
	if (!event) {
		must(err.code && err.message);
		return 0;
	}
	event_write(&once, event);
	event = event_parse(&arena, once.at, once.len, &err);
	must(event != NULL);
	event_write(&twice, event);
	must(strcmp(once.at, twice.at) == 0);
	return 0;
}
