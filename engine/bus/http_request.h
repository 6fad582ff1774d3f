/*
 * The request of an HTTP effect, frozen and thawed. (The connector's own.)
 *
 * What is frozen is the whole request but for what the endpoint adds: its
 * headers are those of today, since credentials change; and its secrets are
 * filled in when the request is sent, and only towards the endpoint's own host.
 */
#ifndef BUS_HTTP_REQUEST_H
#define BUS_HTTP_REQUEST_H

#include "engine/bus/connector.h"
#include "engine/io/http.h"

/* `with` as { endpoint, method, url, headers, body, expect, idempotency }. */
int http_freeze(const struct call *call, const char *method,
                struct value **ret_payload, struct error *err) MUST_CHECK;

/* A request's headers in full, secrets included. */
struct header_lines {
	struct buf *lines;
	const char **texts; /* NULL-terminated, into the lines */
	size_t count;
};

void header_lines_clear(struct header_lines *headers); /* overwrites them */
#define auto_headers CLEANUP(header_lines_clear)

/* The payload as a request, in the call's arena and `headers`. ERR_FAILED when
 * it may not be sent as the endpoint is now. */
int http_thaw(const struct call *call, struct header_lines *headers,
              struct http_request *ret, struct error *err) MUST_CHECK;
/* A GET of `path` there. */
int http_ask(const struct call *call, const char *path,
             struct header_lines *headers, struct http_request *ret,
             struct error *err) MUST_CHECK;

/* How long a request to the endpoint may take. */
int64_t http_timeout_ms(const struct value *settings);

/* Whether `name` and `value` can be a header. */
bool http_is_header(const char *name, const char *value, size_t len);

#endif
