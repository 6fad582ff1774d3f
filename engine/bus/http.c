/*
 * http.post, http.put, http.patch, http.delete: a request to an endpoint that
 * reeve.yaml names, with the credentials that are its own.
 *
 * What a request came to is http_answer.c's to say. A doubt is settled by a GET
 * whose answer two conditions of reeve.yaml judge: `done`, and `not_done`, of
 * which the owner says that it can be relied on; and where the endpoint knows
 * our key, by the same request once more.
 *
 * While a job is only tried, the request becomes a file.
 */
#include <string.h>

#include "engine/bus/connector.h"
#include "engine/bus/http_answer.h"
#include "engine/bus/http_request.h"
#include "engine/bus/room.h"
#include "engine/io/http.h"
#include "engine/io/secret.h"
#include "engine/job/expr.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define FILE_MODE 0600

static const struct field fields[] = {
	{
	        .name = "endpoint",
	        .type = FIELD_NAME,
	        .required = true,
	        .help = "the name of an endpoint of reeve.yaml",
	        .example = "crm",
	},
	{
	        .name = "path",
	        .type = FIELD_TEMPLATE,
	        .help = "behind the endpoint's url",
	        .example = "\"/contacts/{{brief.contact}}\"",
	},
	{
	        .name = "query",
	        .type = FIELD_ANY,
	        .help = "a map, for behind the question mark",
	        .example = "{ notify: \"no\" }",
	},
	{
	        .name = "headers",
	        .type = FIELD_ANY,
	        .help = "a map of headers beside the endpoint's",
	        .example = "{ Accept-Language: de }",
	},
	{
	        .name = "json",
	        .type = FIELD_ANY,
	        .help = "what is sent, as JSON",
	        .example = "{ name: \"{{brief.name}}\" }",
	},
	{
	        .name = "body",
	        .type = FIELD_TEMPLATE,
	        .help = "or as it stands",
	        .example = "\"{{note.text}}\"",
	},
	{
	        .name = "expect",
	        .type = FIELD_ANY,
	        .help = "statuses from 400 to 499 that mean that it is done, "
	                "beside 200 to 299",
	        .example = "[409]",
	},
	{ 0 },
};

static const struct field verify_fields[] = {
	{
	        .name = "path",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "what to ask with GET, behind the endpoint's url; "
	                "{{key}} is the effect's key",
	        .example = "\"/contacts?key={{key}}\"",
	},
	{
	        .name = "done",
	        .type = FIELD_EXPRESSION,
	        .required = true,
	        .help = "of status, json and text: it was done",
	        .example = "json.total > 0",
	},
	{
	        .name = "not_done",
	        .type = FIELD_EXPRESSION,
	        .help = "it was certainly not done, and is sent again; none: "
	                "the owner is asked",
	        .example = "json.total = 0",
	},
	{ 0 },
};

static const struct field endpoint_fields[] = {
	{
	        .name = "url",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "where it is, with the path that all requests share",
	        .example = "\"https://crm.example/v1\"",
	},
	{
	        .name = "headers",
	        .type = FIELD_MAP,
	        .help = "of every request; {{secret.NAME}} is a secret",
	        .example = "{ Authorization: \"Bearer {{secret.CRM}}\" }",
	},
	{
	        .name = "timeout",
	        .type = FIELD_DURATION,
	        .otherwise = "30s",
	        .help = "for all of a request",
	        .example = "10s",
	},
	{
	        .name = "idempotency",
	        .type = FIELD_TEXT,
	        .help = "the header by which it knows a request that it has "
	                "had already; none: it does not",
	        .example = "Idempotency-Key",
	},
	{
	        .name = "verify",
	        .type = FIELD_MAP,
	        .fields = verify_fields,
	        .help = "how to find out whether something was done",
	        .example = "{ path: \"/contacts?key={{key}}\", done: "
	                   "json.total > 0 }",
	},
	RATE_FIELD,
	{ 0 },
};

static const struct field settings_fields[] = {
	{
	        .name = "*",
	        .type = FIELD_MAP,
	        .fields = endpoint_fields,
	        .help = "the endpoint of that name",
	        .example = "{ url: \"https://crm.example/v1\" }",
	},
	{ 0 },
};

static const struct shape text_shape = { .kind = SHAPE_TEXT };
static const struct shape any_shape = { .kind = SHAPE_ANY };

static const struct shape_field results[] = {
	{ "status", &text_shape, "of the answer, 201" },
	{ "json", &any_shape, "the answer, when it is JSON; else null" },
	{ "text", &text_shape, "the answer, when it is another text" },
	{ "id", &text_shape, "the `id` of a JSON answer, if it has one" },
	{ "location", &text_shape, "the header Location, if there is one" },
	{ 0 },
};

/* ---- Settings ------------------------------------------------------------ */

static void check_headers(const struct value *settings,
                          const struct http_place *place, struct errors *errors)
{
	const struct value *headers = value_get(settings, "headers");

	for (size_t i = 0; headers && i < headers->length; i++) {
		const struct member *member = &headers->members[i];
		const struct value *text = member->value;
		if (text->kind != VALUE_STRING ||
		    !http_is_header(member->name, text->text, text->length)) {
			errors_add(errors, ERR_CONFIG, "reeve.yaml",
			           member->pos,
			           "the header \"%s\" must be a text of one "
			           "line",
			           member->name);
			continue;
		}
		if (!secrets_are_in(text->text) || !place->scheme ||
		    strcmp(place->scheme, "https") == 0 || http_is_here(place))
			continue;
		error_hint(errors_add(errors, ERR_CONFIG, "reeve.yaml",
		                      member->pos,
		                      "the header \"%s\" would carry a "
		                      "secret over a line that anybody "
		                      "reads",
		                      member->name),
		           "Use a url that begins with https://.");
	}
}

static void check_endpoint(const struct value *settings, struct errors *errors)
{
	auto_arena struct arena arena = { 0 };
	const struct value *url = value_get(settings, "url");
	const char *key = value_get_text(settings, "idempotency", NULL);
	struct http_place place = { 0 };

	if (url && (!http_place(&arena, url->text, &place) ||
	            strpbrk(place.path, "?#")))
		errors_add(errors, ERR_CONFIG, "reeve.yaml", url->pos,
		           "\"url\" must be such as https://crm.example/v1, "
		           "not \"%s\"",
		           url->text);
	check_headers(settings, &place, errors);
	if (key && !http_is_header(key, "", 0))
		errors_add(errors, ERR_CONFIG, "reeve.yaml",
		           value_get(settings, "idempotency")->pos,
		           "\"%s\" is no name of a header", key);
}

/* reeve.yaml may have been merged without anybody who checked it. */
static int prove_settings(const struct call *call, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	const char *name = value_get_text(call->with, "endpoint", "");

	if (!call->settings)
		return 0; /* told by who looks for it */
	if (fields_check(call->settings, endpoint_fields, name, "reeve.yaml",
	                 &errors))
		check_endpoint(call->settings, &errors);
	if (errors.count == 0)
		return 0;
	error_move(err, &errors.items[0]);
	err->code = ERR_FAILED;
	return -1;
}

static const char *endpoint_of(const struct call *call)
{
	const struct value *from = call->payload ? call->payload : call->with;

	return value_get_text(from, "endpoint", NULL);
}

static int64_t longest_ms(const struct call *call)
{
	return http_timeout_ms(call->settings);
}

static bool knows_key(const struct call *call)
{
	return value_get(call->payload, "idempotency") != NULL;
}

static bool can_look(const struct call *call)
{
	return value_get(call->settings, "verify") != NULL;
}

/* ---- Sending ------------------------------------------------------------- */

static int freeze(const struct call *call, const char *method,
                  struct value **ret_payload, struct error *err)
{
	if (prove_settings(call, err) < 0)
		return -1;
	return http_freeze(call, method, ret_payload, err);
}

static int judge(const struct call *call, struct transfer *transfer,
                 struct reply *ret, struct error *err)
{
	struct http_answer *answer = transfer_edit(transfer);
	const struct http_question question = {
		.arena = call->arena,
		.who = endpoint_of(call),
		.expect = value_get(call->payload, "expect"),
		.now_ms = clock_wall_ms(call->env->clock),
	};

	if (call->env->secrets) {
		secrets_redact(call->env->secrets, &answer->body);
		secrets_redact(call->env->secrets, &answer->headers);
	}
	return http_answer_judge(&question, answer, ret, err);
}

/* In place of sending it. */
static int write_file(const struct call *call, struct reply *ret,
                      struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
	const struct value *payload = call->payload;
	const struct value *headers = value_get(payload, "headers");
	const char *file =
	        arena_printf(call->arena, "%s/outbox/%s-%.8s.http",
	                     call->env->work_dir, endpoint_of(call), call->key);

	buf_printf(&text, "%s %s\n", value_get_text(payload, "method", ""),
	           value_get_text(payload, "url", ""));
	for (size_t i = 0; headers && i < headers->length; i++)
		buf_printf(&text, "%s: %s\n", headers->members[i].name,
		           headers->members[i].value->text);
	buf_printf(&text, "\n%s", value_get_text(payload, "body", ""));
	if (file_replace(file, text.at, text.len, FILE_MODE, err) < 0)
		return -1;
	struct http_answer answer = { .end = HTTP_ANSWERED, .status = 200 };
	ret->kind = REPLY_DONE;
	ret->result = http_answer_result(call->arena, &answer);
	return 0;
}

/* What cannot be sent as things are waits for them to change. */
static int thaw(const struct call *call, struct header_lines *headers,
                struct http_request *request, struct reply *ret,
                struct error *err)
{
	if (http_thaw(call, headers, request, err) == 0)
		return 0;
	ret->kind = REPLY_UNSENT;
	return -1;
}

static struct transfer *begin(const struct call *call, void *user,
                              struct reply *ret, struct error *err)
{
	auto_headers struct header_lines headers = { 0 };
	struct http_request request;

	if (thaw(call, &headers, &request, ret, err) < 0)
		return NULL;
	struct transfer *transfer =
	        http_start(call->env->http, &request, user, err);
	if (!transfer)
		ret->kind = REPLY_UNSENT;
	return transfer;
}

static int finish(const struct call *call, struct transfer *transfer,
                  struct reply *ret, struct error *err)
{
	auto_transfer struct transfer *ended = transfer;

	return judge(call, ended, ret, err);
}

static int perform(const struct call *call, struct reply *ret,
                   struct error *err)
{
	auto_headers struct header_lines headers = { 0 };
	struct http_request request;
	struct transfer *transfer;

	if (call->env->trying)
		return write_file(call, ret, err);
	if (thaw(call, &headers, &request, ret, err) < 0 ||
	    http_perform(call->env->http, &request, &transfer, err) < 0)
		return -1;
	return finish(call, transfer, ret, err);
}

/* ---- Looking ------------------------------------------------------------- */

static const char *with_key(const struct call *call, const char *path)
{
	static const char tag[] = "{{key}}";
	const char *at = strstr(path, tag);

	return at ? arena_printf(call->arena, "%.*s%s%s", (int)(at - path),
	                         path, call->key, at + sizeof(tag) - 1)
	          : path;
}

/* A condition that cannot be answered tells nothing. */
static bool holds(const struct call *call, const char *name,
                  const struct value *answer)
{
	auto_error struct error ignored = { 0 };
	const struct value *condition =
	        value_get(value_get(call->settings, "verify"), name);
	const struct render render = {
		.scope = answer,
		.strict = true,
		.engine = call->env->engine,
	};

	if (!condition)
		return false;
	struct expr *expr = expr_parse(call->arena, "reeve.yaml", condition,
	                               call->env->engine, &ignored);
	return expr && expr_is_true(expr, &render, &ignored) > 0;
}

static int verify(const struct call *call, enum finding *ret,
                  struct value **ret_result, struct error *err)
{
	auto_headers struct header_lines headers = { 0 };
	const struct value *how = value_get(call->settings, "verify");
	auto_error struct error ignored = { 0 }; /* then it cannot be told */
	struct http_request request;
	auto_transfer struct transfer *transfer = NULL;

	*ret = FOUND_NOTHING;
	if (!how ||
	    http_ask(call, with_key(call, value_get_text(how, "path", "")),
	             &headers, &request, &ignored) < 0)
		return 0;
	if (http_perform(call->env->http, &request, &transfer, err) < 0)
		return -1;
	struct http_answer *answer = transfer_edit(transfer);
	secrets_redact(call->env->secrets, &answer->body);
	secrets_redact(call->env->secrets, &answer->headers);
	if (answer->end != HTTP_ANSWERED || answer->status >= 500 ||
	    answer->status == 429)
		return 0;
	struct value *result = http_answer_result(call->arena, answer);
	if (holds(call, "done", result)) {
		*ret = FOUND_DONE;
		*ret_result = result;
	} else if (holds(call, "not_done", result)) {
		*ret = FOUND_NOT_DONE;
	}
	return 0;
}

/* ---- The four ------------------------------------------------------------ */

static const char *describe(struct arena *arena, const char *verb,
                            const struct value *with)
{
	return arena_printf(arena, "%s %s%s", verb,
	                    value_get_text(with, "endpoint", "?"),
	                    value_get_text(with, "path", ""));
}

#define METHOD(name, NAME, does)                                               \
	static int name##_freeze(const struct call *call,                      \
	                         struct value **ret_payload,                   \
	                         struct error *err)                            \
	{                                                                      \
		return freeze(call, NAME, ret_payload, err);                   \
	}                                                                      \
	static const char *name##_describe(struct arena *arena,                \
	                                   const struct value *with)           \
	{                                                                      \
		return describe(arena, does, with);                            \
	}

METHOD(delete, "DELETE", "delete at")
METHOD(patch, "PATCH", "change at")
METHOD(post, "POST", "post to")
METHOD(put, "PUT", "put to")

#define FAMILY                                                                 \
	.family = "http", .settings = settings_fields, .entry = "endpoint",    \
	.check = check_endpoint, .longest_ms = longest_ms, .perform = perform, \
	.begin = begin, .finish = finish, .verify = verify, .looks = can_look, \
	.repeats = knows_key, .endpoint = endpoint_of

#define LANGUAGE                                                               \
	.class = EFFECT_CLIENT, .fields = fields, .results = results,          \
	.target = "endpoint", .things = "requests"

const struct connector http_delete = {
	.effect = {
	        .name = "http.delete",
	        .help = "an HTTP request that removes something",
	        .describe = delete_describe,
	        .verb = "delete by",
	        LANGUAGE,
	},
	.freeze = delete_freeze,
	FAMILY,
};

const struct connector http_patch = {
	.effect = {
	        .name = "http.patch",
	        .help = "an HTTP request that changes something",
	        .describe = patch_describe,
	        .verb = "change by",
	        LANGUAGE,
	},
	.freeze = patch_freeze,
	FAMILY,
};

const struct connector http_post = {
	.effect = {
	        .name = "http.post",
	        .help = "an HTTP request that makes something",
	        .describe = post_describe,
	        .verb = "post",
	        LANGUAGE,
	},
	.freeze = post_freeze,
	FAMILY,
};

const struct connector http_put = {
	.effect = {
	        .name = "http.put",
	        .help = "an HTTP request that puts something in its place",
	        .describe = put_describe,
	        .verb = "put",
	        LANGUAGE,
	},
	.freeze = put_freeze,
	FAMILY,
};
