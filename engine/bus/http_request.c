/*
 * A path may come from outside: it stays below the endpoint's, whatever is in
 * it. Names and values of headers are one line each.
 */
#include "engine/bus/http_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/bus/http_answer.h"
#include "engine/io/secret.h"
#include "engine/job/scope.h"
#include "store/base/alloc.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define TIMEOUT_MS 30000

/* Letters of RFC 9110's tokens that are no letters or digits. */
static const char token_marks[] = "!#$%&'*+-.^_`|~";

/* ---- Headers ------------------------------------------------------------- */

bool http_is_header(const char *name, const char *value, size_t len)
{
	if (!*name)
		return false;
	for (const char *c = name; *c; c++)
		if (!text_is_alpha(*c) && !text_is_digit(*c) &&
		    !strchr(token_marks, *c))
			return false;
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)value[i] < ' ' && value[i] != '\t') ||
		    value[i] == 0x7f)
			return false;
	return true;
}

/* What is ours or the connection's to say. */
static bool is_reserved(const char *name)
{
	static const char *const names[] = {
		"host",    "content-length", "transfer-encoding", "connection",
		"trailer", "expect",         "upgrade",           "te",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

/* The endpoint's own header of that name, in whatever case. */
static bool endpoint_sets(const struct value *settings, const char *name)
{
	const struct value *headers = value_get(settings, "headers");
	const char *key = value_get_text(settings, "idempotency", NULL);

	for (size_t i = 0; headers && i < headers->length; i++)
		if (strcasecmp(headers->members[i].name, name) == 0)
			return true;
	return key && strcasecmp(key, name) == 0;
}

static int freeze_header(const struct call *call, const struct member *member,
                         struct value *frozen, struct error *err)
{
	const char *name = member->name;
	const char *text = scope_text(member->value);

	if (!text || !http_is_header(name, text,
	                             member->value->kind == VALUE_STRING
	                                     ? member->value->length
	                                     : strlen(text)))
		return error_set(err, ERR_FAILED,
		                 "the header \"%s\" must be one line", name);
	if (is_reserved(name) || endpoint_sets(call->settings, name))
		return error_set(err, ERR_FAILED,
		                 "the header \"%s\" is not a step's to set",
		                 name);
	value_map_text(call->arena, frozen, name, text);
	return 0;
}

static int freeze_headers(const struct call *call, struct value *payload,
                          const char *type, struct error *err)
{
	const struct value *headers = value_get(call->with, "headers");
	struct value *frozen = value_map(call->arena);
	bool typed = false;

	if (headers && headers->kind != VALUE_MAP)
		return error_set(err, ERR_FAILED, "\"headers\" must be a map");
	for (size_t i = 0; headers && i < headers->length; i++) {
		const struct member *member = &headers->members[i];
		typed |= strcasecmp(member->name, "content-type") == 0;
		if (freeze_header(call, member, frozen, err) < 0)
			return -1;
	}
	if (type && !typed)
		value_map_text(call->arena, frozen, "Content-Type", type);
	value_map_set(call->arena, payload, "headers", frozen);
	return 0;
}

/* ---- The URL ------------------------------------------------------------- */

static void add_encoded(struct buf *ret, const char *text, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (text_is_alpha(text[i]) || text_is_digit(text[i]) ||
		    (c && strchr("-._~", c))) {
			buf_add_char(ret, text[i]);
			continue;
		}
		buf_add_char(ret, '%');
		buf_add_char(ret, digits[c >> 4]);
		buf_add_char(ret, digits[c & 15]);
	}
}

/* "." and "..", also spelled with %2e. */
static bool is_dots(const char *segment, size_t len)
{
	size_t dots = 0;

	for (size_t i = 0; i < len; dots++) {
		if (segment[i] == '.')
			i++;
		else if (len - i >= 3 &&
		         strncasecmp(segment + i, "%2e", 3) == 0)
			i += 3;
		else
			return false;
	}
	return dots == 1 || dots == 2;
}

static bool is_path(const char *path)
{
	if (*path != '/')
		return false;
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    strchr("?#\\", *c))
			return false;
	while (*path == '/') {
		size_t len = strcspn(++path, "/");
		if (is_dots(path, len) ||
		    (len == 0 && *path)) /* "//" names a host */
			return false;
		path += len;
	}
	return true;
}

static int add_query(const struct value *query, struct buf *url,
                     struct error *err)
{
	if (query && query->kind != VALUE_MAP)
		return error_set(err, ERR_FAILED, "\"query\" must be a map");
	for (size_t i = 0; query && i < query->length; i++) {
		const struct member *member = &query->members[i];
		const char *text = scope_text(member->value);
		if (!text)
			return error_set(err, ERR_FAILED,
			                 "\"query\" has a list or a map under "
			                 "\"%s\"",
			                 member->name);
		buf_add_char(url, i ? '&' : '?');
		add_encoded(url, member->name, strlen(member->name));
		buf_add_char(url, '=');
		add_encoded(url, text, strlen(text));
	}
	return 0;
}

/* The endpoint's URL, without a slash at its end. */
static void add_base(const struct value *settings, struct buf *url)
{
	const char *base = value_get_text(settings, "url", "");
	size_t len = strlen(base);

	while (len > 0 && base[len - 1] == '/')
		len--;
	buf_add(url, base, len);
}

static int freeze_url(const struct call *call, struct value *payload,
                      struct error *err)
{
	auto_buf struct buf url = buf_make(LIMIT_URL);
	const struct value *path = value_get(call->with, "path");
	struct http_place place;

	add_base(call->settings, &url);
	if (path &&
	    (strlen(path->text) != path->length || !is_path(path->text))) {
		error_set(err, ERR_FAILED, "\"%s\" is no path of an endpoint",
		          path->text);
		return error_hint(err, "It begins with a slash, has no spaces "
		                       "and no segments of dots; what stands "
		                       "behind a ? goes into \"query\".");
	}
	buf_add_text(&url, path ? path->text : "");
	if (add_query(value_get(call->with, "query"), &url, err) < 0 ||
	    buf_check(&url, "the URL", err) < 0)
		return -1;
	if (!http_place(call->arena, url.at, &place))
		return error_set(err, ERR_FAILED, "\"%s\" is no URL", url.at);
	value_map_text(call->arena, payload, "url", url.at);
	return 0;
}

/* ---- Freezing ------------------------------------------------------------ */

static int freeze_body(const struct call *call, struct value *payload,
                       const char **ret_type, struct error *err)
{
	const struct value *json = value_get(call->with, "json");
	const struct value *body = value_get(call->with, "body");
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);

	*ret_type = NULL;
	if (json && body)
		return error_set(err, ERR_FAILED,
		                 "either \"json\" or \"body\", not both");
	if (!json && !body)
		return 0;
	if (json)
		json_write(&text, json, 0);
	else
		buf_add(&text, body->text, body->length);
	*ret_type = json ? "application/json" : "text/plain; charset=utf-8";
	value_map_set(call->arena, payload, "body",
	              value_bytes(call->arena, text.at, text.len));
	return buf_check(&text, "the request", err);
}

static int find_endpoint(const struct call *call, struct error *err)
{
	const char *name = value_get_text(call->with, "endpoint", "");

	if (call->settings && call->settings->kind == VALUE_MAP &&
	    value_get_text(call->settings, "url", NULL))
		return 0;
	error_set(err, ERR_FAILED, "reeve.yaml has no endpoint \"%s\"", name);
	return error_hint(err,
	                  "Write into reeve.yaml: connectors: { http: { %s: { "
	                  "url: \"https://…\" } } }.",
	                  name);
}

int http_freeze(const struct call *call, const char *method,
                struct value **ret_payload, struct error *err)
{
	struct value *payload = value_map(call->arena);
	const struct value *expect = value_get(call->with, "expect");
	struct value *statuses = NULL;
	const char *type;

	if (find_endpoint(call, err) < 0)
		return -1;
	value_map_text(call->arena, payload, "endpoint",
	               value_get_text(call->with, "endpoint", ""));
	value_map_text(call->arena, payload, "method", method);
	if (freeze_url(call, payload, err) < 0 ||
	    freeze_body(call, payload, &type, err) < 0 ||
	    freeze_headers(call, payload, type, err) < 0 ||
	    (expect &&
	     http_answer_statuses(call->arena, expect, &statuses, err) < 0))
		return -1;
	value_map_set(call->arena, payload, "expect", statuses);
	value_map_text(call->arena, payload, "idempotency",
	               value_get_text(call->settings, "idempotency", NULL));
	*ret_payload = payload;
	return 0;
}

/* ---- Thawing ------------------------------------------------------------- */

void header_lines_clear(struct header_lines *headers)
{
	for (size_t i = 0; i < headers->count; i++)
		secrets_wipe(&headers->lines[i]);
	free(headers->lines);
	free(headers->texts);
	*headers = (struct header_lines){ 0 };
}

static struct buf *add_line(struct header_lines *headers, const char *name)
{
	size_t count = headers->count;

	headers->lines =
	        mem_grow(headers->lines, count, sizeof(*headers->lines));
	headers->lines[count] = buf_make(LIMIT_HEADERS);
	headers->count++;
	buf_printf(&headers->lines[count], "%s: ", name);
	return &headers->lines[count];
}

static int add_own(const struct call *call, struct header_lines *headers,
                   struct error *err)
{
	const struct value *own = value_get(call->settings, "headers");
	const struct env *env = call->env;

	for (size_t i = 0; own && i < own->length; i++) {
		const struct member *member = &own->members[i];
		struct buf *line = add_line(headers, member->name);
		size_t before = line->len;
		if (secrets_fill(env->secrets, env, call->secrets,
		                 member->value->text, line, err) < 0)
			return -1;
		if (!http_is_header(member->name, line->at + before,
		                    line->len - before))
			return error_set(err, ERR_FAILED,
			                 "the endpoint's header \"%s\" must be "
			                 "one line",
			                 member->name);
	}
	return 0;
}

static void add_frozen(const struct call *call, struct header_lines *headers)
{
	const struct value *frozen = value_get(call->payload, "headers");
	const char *key = value_get_text(call->payload, "idempotency", NULL);

	for (size_t i = 0; frozen && i < frozen->length; i++)
		buf_add_text(add_line(headers, frozen->members[i].name),
		             frozen->members[i].value->text);
	if (key)
		buf_add_text(add_line(headers, key), call->key);
}

static const char *const *texts_of(struct header_lines *headers)
{
	headers->texts =
	        mem_zalloc(headers->count + 1, sizeof(*headers->texts));
	for (size_t i = 0; i < headers->count; i++)
		headers->texts[i] = headers->lines[i].at;
	return headers->texts;
}

int64_t http_timeout_ms(const struct value *settings)
{
	int64_t seconds;
	const char *text = value_get_text(settings, "timeout", "");

	return text_to_duration(text, &seconds) ? seconds * 1000 : TIMEOUT_MS;
}

/* Credentials are the endpoint's: they go nowhere else. */
static int check_place(const struct call *call, const char *url,
                       struct error *err)
{
	const char *base = value_get_text(call->settings, "url", "");
	struct http_place here;
	struct http_place there;

	if (!http_place(call->arena, base, &here) ||
	    !http_place(call->arena, url, &there))
		return error_set(err, ERR_FAILED, "\"%s\" is no URL",
		                 *base ? base : url);
	if (http_same_place(&here, &there))
		return 0;
	return error_set(err, ERR_FAILED,
	                 "it was intended for %s:%d, and the endpoint is now "
	                 "at %s:%d",
	                 there.host, there.port, here.host, here.port);
}

int http_thaw(const struct call *call, struct header_lines *headers,
              struct http_request *ret, struct error *err)
{
	const struct value *payload = call->payload;
	const struct value *body = value_get(payload, "body");
	const char *url = value_get_text(payload, "url", "");

	if (check_place(call, url, err) < 0 || add_own(call, headers, err) < 0)
		return -1;
	add_frozen(call, headers);
	*ret = (struct http_request){
		.method = value_get_text(payload, "method", ""),
		.url = url,
		.headers = texts_of(headers),
		.body = body ? body->text : NULL,
		.body_len = body ? body->length : 0,
		.timeout_ms = http_timeout_ms(call->settings),
	};
	return 0;
}

int http_ask(const struct call *call, const char *path,
             struct header_lines *headers, struct http_request *ret,
             struct error *err)
{
	auto_buf struct buf url = buf_make(LIMIT_URL);

	add_base(call->settings, &url);
	buf_add_text(&url, path);
	if (buf_check(&url, "the URL", err) < 0 ||
	    check_place(call, url.at, err) < 0 ||
	    add_own(call, headers, err) < 0)
		return -1;
	*ret = (struct http_request){
		.method = "GET",
		.url = arena_strdup(call->arena, url.at),
		.headers = texts_of(headers),
		.timeout_ms = http_timeout_ms(call->settings),
		.redirects = 3,
	};
	return 0;
}
