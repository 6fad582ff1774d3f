/*
 * Only the status decides, and only of an answer that is whole, unless the
 * status says already that nothing was done.
 */
#include "engine/bus/http_answer.h"

#include <string.h>

#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define EXCERPT 200

/* ---- What there is of it ------------------------------------------------- */

/* A top-level member that names what was made. */
static const char *id_of(struct arena *arena, const struct value *json)
{
	const struct value *id = value_get(json, "id");

	if (!id || (id->kind != VALUE_STRING && id->kind != VALUE_NUMBER) ||
	    id->length > LIMIT_EVENT_FIELD)
		return NULL;
	return arena_strndup(arena, id->text, id->length);
}

struct value *http_answer_result(struct arena *arena,
                                 const struct http_answer *answer)
{
	auto_error struct error no_json = { 0 };
	struct value *result = value_map(arena);
	const struct buf *body = &answer->body;
	struct value *json = body->len
	                             ? json_parse(arena, "the answer", body->at,
	                                          body->len, &no_json)
	                             : NULL;

	value_map_int(arena, result, "status", answer->status);
	value_map_set(arena, result, "json", json ? json : value_null(arena));
	if (!json && utf8_valid(body->at, body->len) &&
	    !memchr(body->at, '\0', body->len))
		value_map_set(arena, result, "text",
		              value_bytes(arena, body->at, body->len));
	value_map_text(arena, result, "id", id_of(arena, json));
	value_map_text(arena, result, "location",
	               http_header(answer, arena, "location"));
	return result;
}

/* ": and the beginning of what it says", for people. */
static const char *excerpt(struct arena *arena,
                           const struct http_answer *answer)
{
	auto_buf struct buf line = buf_make(LIMIT_ERROR_TEXT);
	size_t len = answer->body.len < EXCERPT ? answer->body.len : EXCERPT;

	while (len > 0 && !utf8_valid(answer->body.at, len))
		len--;
	for (size_t i = 0; i < len; i++)
		buf_add_char(&line, (unsigned char)answer->body.at[i] < ' '
		                            ? ' '
		                            : answer->body.at[i]);
	return len ? arena_printf(arena, ": %s%s", line.at,
	                          len < answer->body.len ? "…" : "")
	           : "";
}

/* ---- What it means ------------------------------------------------------- */

static bool is_expected(const struct value *expect, int status)
{
	int64_t number;

	for (size_t i = 0; expect && i < expect->length; i++)
		if (value_to_int(expect->items[i], &number) && number == status)
			return true;
	return false;
}

int http_answer_statuses(struct arena *arena, const struct value *expect,
                         struct value **ret, struct error *err)
{
	struct value *list = value_list(arena);
	size_t count = expect->kind == VALUE_LIST ? expect->length : 1;

	for (size_t i = 0; i < count; i++) {
		const struct value *one =
		        expect->kind == VALUE_LIST ? expect->items[i] : expect;
		int64_t status;
		if (!value_to_int(one, &status) || status < 400 || status > 499)
			return error_set(err, ERR_FAILED,
			                 "\"expect\" must be a status from 400 "
			                 "to 499, or a list of them");
		value_list_add(arena, list, value_int(arena, status));
	}
	*ret = list;
	return 0;
}

/* Nothing was done, and it may be asked again. */
static bool is_for_now(int status, const char *retry_after)
{
	static const int statuses[] = { 408, 425, 429 };

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i] == status)
			return true;
	return status >= 500 && status <= 599 && retry_after;
}

static int unsent(const char *who, const struct http_answer *answer,
                  struct reply *ret, struct error *err)
{
	ret->kind = REPLY_UNSENT;
	ret->fault = true;
	return error_set(err, ERR_FAILED, "%s was not reached: %s", who,
	                 answer->reason);
}

static int unanswered(const char *who, const struct http_answer *answer,
                      struct reply *ret, struct error *err)
{
	ret->kind = REPLY_NONE;
	ret->fault = true;
	return error_set(err, ERR_FAILED, "%s did not answer: %s", who,
	                 answer->reason);
}

static int not_done(const struct http_question *question,
                    const struct http_answer *answer, struct reply *ret,
                    struct error *err)
{
	struct arena *arena = question->arena;
	const char *who = question->who;
	const char *retry_after = http_header(answer, arena, "retry-after");
	const char *location = http_header(answer, arena, "location");
	int status = answer->status;

	if (is_for_now(status, retry_after)) {
		ret->kind = REPLY_UNSENT;
		ret->fault = status >= 500;
		ret->retry_after_ms =
		        http_retry_after_ms(retry_after, question->now_ms);
		return error_set(err, ERR_FAILED, "%s asks for patience (%d)",
		                 who, status);
	}
	if (status >= 500 && status != 501 && status != 505) {
		ret->kind = REPLY_NONE;
		ret->fault = true;
		return error_set(err, ERR_FAILED, "%s failed (%d)%s", who,
		                 status, excerpt(arena, answer));
	}
	ret->kind = REPLY_REFUSED;
	if (status >= 300 && status <= 399)
		return error_set(err, ERR_FAILED,
		                 "%s wants it elsewhere (%d, %s), where it "
		                 "does not go",
		                 who, status, location ? location : "?");
	return error_set(err, ERR_FAILED, "%s refused it (%d)%s", who, status,
	                 excerpt(arena, answer));
}

/* Whether it is there, whole, as far as what it means hangs on that. */
static bool is_enough(const struct http_answer *answer, bool is_good)
{
	return answer->end == HTTP_ANSWERED ||
	       (answer->status >= 200 && !is_good);
}

int http_answer_judge(const struct http_question *question,
                      const struct http_answer *answer, struct reply *ret,
                      struct error *err)
{
	int status = answer->status;
	bool is_good = (status >= 200 && status <= 299) ||
	               is_expected(question->expect, status);

	*ret = (struct reply){ .kind = REPLY_NONE };
	if (answer->end == HTTP_UNSENT)
		return unsent(question->who, answer, ret, err);
	if (!is_enough(answer, is_good))
		return unanswered(question->who, answer, ret, err);
	if (!is_good)
		return not_done(question, answer, ret, err);
	ret->kind = REPLY_DONE;
	ret->result = http_answer_result(question->arena, answer);
	return 0;
}
