/* An answer, its status in the first two bytes, its headers up to an empty
 * line: whatever it is, one of four things comes of it. */
#include "engine/bus/http_answer.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "tests/fuzz/fuzz.h"

static void judge(struct arena *arena, const struct http_answer *answer)
{
	auto_error struct error err = { 0 };
	struct reply reply;
	const struct http_question question = {
		.arena = arena,
		.who = "f",
		.now_ms = 1000,
	};
	int rc = http_answer_judge(&question, answer, &reply, &err);

	must(reply.retry_after_ms >= 0);
	if (rc < 0) {
		must(err.code && err.message && reply.kind != REPLY_DONE);
		must(answer->end != HTTP_UNSENT || reply.kind == REPLY_UNSENT);
		return;
	}
	must(answer->end == HTTP_ANSWERED && reply.kind == REPLY_DONE);
	const char *once = json_canonical(arena, reply.result);
	must(json_parse(arena, "f", once, strlen(once), &err) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	auto_arena struct arena arena = { 0 };
	struct http_answer answer = {
		.reason = "why",
		.headers = buf_make(LIMIT_HEADERS),
		.body = buf_make(LIMIT_ANSWER),
	};
	struct http_place place;

	if (len < 2)
		return 0;
	answer.end = bytes[0] % 3;
	answer.status = bytes[0] / 3 % 6 * 100 + bytes[1] % 100;
	const char *text = (const char *)bytes + 2;
	const char *blank = memmem(text, len - 2, "\n\n", 2);
	size_t head = blank ? (size_t)(blank - text) : 0;
	buf_add(&answer.headers, text, head);
	buf_add(&answer.body, text + head, len - 2 - head);
	judge(&arena, &answer);
	const char *location = http_header(&answer, &arena, "location");
	if (location && http_place(&arena, location, &place))
		must(place.port > 0 && *place.host);
	buf_clear(&answer.headers);
	buf_clear(&answer.body);
	return 0;
}
