/*
 * HTTP: requests side by side on the loop, each with limits on all that an
 * answer may be.
 *
 *	struct http *http = http_open(loop);
 *	struct transfer *transfer = http_start(http, &request, user, err);
 *	…                           loop_wait() gives LOOP_GUEST
 *	while ((transfer = http_ended(http)) != NULL) {
 *		const struct http_answer *answer = transfer_answer(transfer);
 *		…
 *		transfer_free(transfer);
 *	}
 *	http_close(http);
 *
 * Opening costs nothing; libcurl is loaded with the first request, so that a
 * command which has none does not pay for it.
 *
 * What has become of a request is one of three, and they are never confused:
 * not a byte of it left; an answer is there, whole; or nobody knows, since it
 * was sent, or perhaps only begun, and the answer is missing or is more than it
 * may be. Nothing is ever sent twice: each request that is no GET has a
 * connection of its own, and redirects are only followed by a GET that says so,
 * on the same scheme, host and port, so that headers go nowhere else.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/io/loop.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct http;
struct transfer;

/* So many at a time, at most. */
#define HTTP_MOST 64

struct http_request {
	const char *method; /* "GET" */
	const char *url;    /* http: or https: */
	/* "Name: value" each, NULL-terminated, without CR, LF and NUL. They are
	 * copied; what is freed of a copy is overwritten before. */
	const char *const *headers;
	const char *body; /* NULL: none; copied */
	size_t body_len;
	int64_t timeout_ms; /* for all of it; 0: half a minute */
	int64_t connect_ms; /* for a connection; 0: ten seconds */
	size_t max_body;    /* bytes, decoded; 0: LIMIT_ANSWER */
	unsigned redirects; /* that a GET follows; 0: none */
	/* MAY. Each piece of the body of an answer with a status of 200 to 299
	 * as it comes, decoded; then `body` stays empty. Not 0: enough. */
	int (*piece)(void *state, const char *bytes, size_t len);
	void *state;
};

enum http_end {
	HTTP_UNSENT,     /* nothing of the request was sent */
	HTTP_UNANSWERED, /* it was, perhaps; there is no whole answer */
	HTTP_ANSWERED,
};

struct http_answer {
	enum http_end end;
	int status;         /* also of an answer that is not whole; 0: none */
	const char *reason; /* of what is not answered: why; else NULL */
	struct buf body;
	struct buf headers; /* as they came, of the last answer */
};

void http_close(struct http *http);
/* `loop` must outlive it; it becomes the loop's guest. NULL: only
 * http_perform() is used. */
struct http *http_open(struct loop *loop) MUST_CHECK FREED_BY(http_close);

/* Begin it; at most HTTP_MOST at a time. What the request says that cannot be
 * is ERR_FAILED, what the machine lacks ERR_SYSTEM. */
struct transfer *http_start(struct http *http,
                            const struct http_request *request, void *user,
                            struct error *err) MUST_CHECK;
size_t http_running(const struct http *http);
/* End all at once, and forget them. */
void http_stop(struct http *http);
/* One that has ended and is the caller's from now on; NULL: none. */
struct transfer *http_ended(struct http *http);

/* One by itself, from its beginning to its end; others go on meanwhile. */
int http_perform(struct http *http, const struct http_request *request,
                 struct transfer **ret, struct error *err) MUST_CHECK;

void *transfer_user(const struct transfer *transfer);
const struct http_answer *transfer_answer(const struct transfer *transfer);
/* What is known to be secret goes out of all that the answer holds. */
struct http_answer *transfer_edit(struct transfer *transfer);
void transfer_free(struct transfer *transfer);
void transfer_free_auto(struct transfer **transfer);
#define auto_transfer CLEANUP(transfer_free_auto)

/* The value of the answer's first header of that name, in `arena`, without the
 * spaces around it; NULL: there is none. */
const char *http_header(const struct http_answer *answer, struct arena *arena,
                        const char *name);

/* What a Retry-After says: the number of milliseconds from `now_ms` on; 0: it
 * says nothing that is understood, or it is over. Not more than a year. */
int64_t http_retry_after_ms(const char *text, int64_t now_ms);

/* The pieces of a URL; false when it is none that can be asked, or holds a user
 * or a password. */
struct http_place {
	const char *scheme; /* "http" or "https" */
	const char *host;   /* lower case, an IPv6 address with its brackets */
	int port;
	const char *path; /* from its first slash; "" without one */
};

bool http_place(struct arena *arena, const char *url, struct http_place *ret);
bool http_same_place(const struct http_place *a, const struct http_place *b);
/* Whether it is this machine itself, whatever names are looked up. */
bool http_is_here(const struct http_place *place);

#endif
