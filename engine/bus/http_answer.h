/*
 * What an HTTP answer means for an effect: was it done, refused, not done for
 * now, or can nobody tell? (The connector's own.) Pure.
 */
#ifndef BUS_HTTP_ANSWER_H
#define BUS_HTTP_ANSWER_H

#include "engine/bus/connector.h"
#include "engine/io/http.h"

struct http_question {
	struct arena *arena;
	const char *who;            /* the endpoint */
	const struct value *expect; /* statuses that mean done beside 200 to
	                               299; or NULL */
	int64_t now_ms;
};

/* 0 and ret->result, or -1 and what is known. */
int http_answer_judge(const struct http_question *question,
                      const struct http_answer *answer, struct reply *ret,
                      struct error *err) MUST_CHECK;

/* { status, json, text, id, location }: what there is of it. */
struct value *http_answer_result(struct arena *arena,
                                 const struct http_answer *answer);

/* The statuses in `expect`, a number or a list of them; -1 when it is neither.
 */
int http_answer_statuses(struct arena *arena, const struct value *expect,
                         struct value **ret, struct error *err) MUST_CHECK;

#endif
