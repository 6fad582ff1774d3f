/*
 * email.send: mail, by a transport that reeve.yaml chooses.
 *
 * Freezing makes everything that the mail consists of, and writes it once for
 * trial, so that what cannot be sent is refused before anything is intended.
 * The payload is enough to write the same bytes again: a retry is the same
 * mail, with the same Message-ID, which is made of the effect key.
 *
 * The transport `file` puts each mail into a folder of the working tree. The
 * file has its name only when it is complete and durable. One that is there
 * already and has our Message-ID was sent; so a retry never sends twice.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/bus/connector.h"
#include "engine/bus/message.h"
#include "engine/bus/room.h"
#include "store/base/date.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

#define FILE_MODE 0644

static const struct field fields[] = {
	{
	        .name = "to",
	        .type = FIELD_TEMPLATES,
	        .required = true,
	        .help = "the receiver, or a list of them: an address, or a "
	                "name and an address",
	        .example = "Ann <ann@acme.example>",
	},
	{
	        .name = "subject",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "one line",
	        .example = "\"{{proposal.title}}\"",
	},
	{
	        .name = "text",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "the text of the mail",
	        .example = "\"{{proposal.text}}\"",
	},
	{
	        .name = "answers",
	        .type = FIELD_TEMPLATE,
	        .help = "the message_id of the mail that this one answers",
	        .example = "\"{{send.message_id}}\"",
	},
	{ .name = "cc", .later = true, .help = "who gets a copy" },
	{ .name = "reply_to", .later = true, .help = "where answers go" },
	{ .name = "attach", .later = true, .help = "files to go with it" },
	{ 0 },
};

static const char *const transport_words[] = { "file", NULL };

static const struct field settings_fields[] = {
	{
	        .name = "transport",
	        .type = FIELD_WORD,
	        .required = true,
	        .words = transport_words,
	        .help = "file: each mail becomes a file and goes nowhere by "
	                "itself",
	        .example = "file",
	},
	{
	        .name = "folder",
	        .type = FIELD_PATH,
	        .otherwise = "outbox",
	        .help = "where the files go",
	        .example = "outbox",
	},
	{
	        .name = "from",
	        .type = FIELD_TEXT,
	        .required = true,
	        .help = "the sender of all mails",
	        .example = "\"Ada <ada@example.com>\"",
	},
	RATE_FIELD,
	{ 0 },
};

static const struct shape text_shape = { .kind = SHAPE_TEXT };

static const struct shape_field results[] = {
	{ "message_id", &text_shape, "the Message-ID, for `answers`" },
	{ "file", &text_shape, "the path of the mail's file" },
	{ "date", &text_shape, "the day it was sent, as 2026-11-22" },
	{ 0 },
};

/* ---- The transport "file" */

/* Whether a mail may have that path at all. */
static int check_path(const char *file, struct error *err)
{
	if (path_check_artifact(file, err) == 0)
		return 0;
	err->code = ERR_FAILED;
	return -1;
}

/* 0 if every folder above `file` that exists is one, and no symbolic link
 * that leads elsewhere. */
static int check_folders(const struct call *call, const char *file,
                         struct error *err)
{
	if (check_path(file, err) < 0)
		return -1;
	for (const char *end = strchr(file, '/'); end != NULL;
	     end = strchr(end + 1, '/')) {
		const char *folder =
		        arena_strndup(call->arena, file, (size_t)(end - file));
		const char *path = arena_printf(call->arena, "%s/%s",
		                                call->env->work_dir, folder);
		struct stat status;

		if (lstat(path, &status) < 0) {
			if (errno == ENOENT)
				return 0;
			return error_errno(err, errno,
			                   "could not look at "
			                   "\"%s\"",
			                   folder);
		}
		if (!S_ISDIR(status.st_mode))
			return error_set(err, ERR_FAILED,
			                 "cannot write mail to \"%s\": \"%s\" "
			                 "is not a folder",
			                 file, folder);
	}
	return 0;
}

static const char *file_of(const struct call *call)
{
	return value_get_text(call->payload, "file", "");
}

static const char *path_of(const struct call *call)
{
	return arena_printf(call->arena, "%s/%s", call->env->work_dir,
	                    file_of(call));
}

/* FOUND_DONE if our mail is there, FOUND_NOT_DONE if it is not. What is no
 * file, or longer than any mail, is none of ours. */
static int look(const struct call *call, enum finding *ret, struct error *err)
{
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	const char *id = value_get_text(call->payload, "message_id", "");
	const char *path = path_of(call);
	struct stat status;

	*ret = FOUND_NOT_DONE;
	if (lstat(path, &status) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_errno(err, errno, "could not look at \"%s\"",
		                   file_of(call));
	}
	if (!S_ISREG(status.st_mode) || status.st_size > LIMIT_OUTPUT)
		return 0;
	if (file_read(path, &mail, err) < 0)
		return -1;
	if (message_has_id(mail.at, mail.len, id))
		*ret = FOUND_DONE;
	return 0;
}

static int file_send(const struct call *call, const struct buf *mail,
                     struct reply *ret, struct error *err)
{
	auto_error struct error reason = { 0 };
	enum finding finding = FOUND_NOTHING;

	if (check_folders(call, file_of(call), err) < 0) {
		if (err->code == ERR_FAILED)
			ret->kind = REPLY_REFUSED;
		return -1;
	}
	if (file_create(path_of(call), mail->at, mail->len, FILE_MODE,
	                &reason) == 0)
		return 0;
	if (reason.code != ERR_CONFLICT) {
		error_move(err, &reason);
		return -1;
	}
	if (look(call, &finding, err) < 0)
		return -1;
	if (finding == FOUND_DONE)
		return 0;
	ret->kind = REPLY_REFUSED;
	return error_set(err, ERR_FAILED,
	                 "cannot write mail to \"%s\": there is another file "
	                 "of that name",
	                 file_of(call));
}

static int file_look(const struct call *call, enum finding *ret,
                     struct error *err)
{
	auto_error struct error reason = { 0 };

	if (check_folders(call, file_of(call), &reason) == 0)
		return look(call, ret, err);
	if (reason.code != ERR_FAILED) {
		error_move(err, &reason);
		return -1;
	}
	/* The folder has become something else: where is the mail? */
	*ret = FOUND_NOTHING;
	return 0;
}

/* The ways a mail can take. */
static const struct transport {
	const char *name; /* also in transport_words */
	/* MUST. Send it; what was sent under this Message-ID is not sent
	 * again. */
	int (*send)(const struct call *call, const struct buf *mail,
	            struct reply *ret, struct error *err);
	/* MUST. Whether it was sent. */
	int (*look)(const struct call *call, enum finding *ret,
	            struct error *err);
} transports[] = {
	{ .name = "file", .send = file_send, .look = file_look },
};

/* The one that was frozen: what reeve.yaml says now is for other mails. */
static const struct transport *transport_of(const struct call *call,
                                            struct error *err)
{
	const char *name = value_get_text(call->payload, "transport", "");

	for (size_t i = 0; i < ARRAY_LEN(transports); i++) {
		if (text_equal(transports[i].name, name))
			return &transports[i];
	}
	error_set(err, ERR_FAILED, "there is no mail transport \"%s\"", name);
	return NULL;
}

/* ---- What is sent */

/* The receivers that the payload says, in `arena`. */
static int read_to(struct arena *arena, const struct value *payload,
                   struct message *message, struct error *err)
{
	const struct value *to = value_get(payload, "to");
	struct mailbox *mailboxes;

	if (to == NULL || to->kind != VALUE_LIST || to->length == 0)
		return error_set(err, ERR_FAILED,
		                 "cannot write a mail: \"to\" is empty");
	mailboxes = arena_array(arena, to->length, sizeof(*mailboxes));
	for (size_t i = 0; i < to->length; i++) {
		const struct value *one = to->items[i];
		const char *text = one->kind == VALUE_STRING ? one->text : "";

		if (mailbox_parse(arena, text, &mailboxes[i], err) < 0)
			return -1;
	}
	message->to = mailboxes;
	message->to_count = to->length;
	return 0;
}

/* The mail that the payload says, written to `ret`. */
static int write_mail(struct arena *arena, const struct value *payload,
                      struct buf *ret, struct error *err)
{
	struct message message = {
		.subject = value_get_text(payload, "subject", ""),
		.date = value_get_text(payload, "date", ""),
		.id = value_get_text(payload, "message_id", ""),
		.answers = value_get_text(payload, "answers", NULL),
		.text = value_get_text(payload, "text", ""),
	};

	if (mailbox_parse(arena, value_get_text(payload, "from", ""),
	                  &message.from, err) < 0 ||
	    read_to(arena, payload, &message, err) < 0)
		return -1;
	return message_write(&message, ret, err);
}

static struct value *result_of(const struct call *call)
{
	static const char *const frozen[][2] = {
		{ "message_id", "message_id" },
		{ "file", "file" },
		{ "date", "day" },
	};
	struct value *result = value_map(call->arena);

	for (size_t i = 0; i < ARRAY_LEN(frozen); i++)
		value_map_text(call->arena, result, frozen[i][0],
		               value_get_text(call->payload, frozen[i][1], ""));
	return result;
}

/* ---- Freezing */

static int check_settings(const struct value *settings, struct error *err)
{
	auto_errors struct errors errors = { 0 };

	if (settings == NULL) {
		error_set(err, ERR_FAILED,
		          "cannot send mail: reeve.yaml does not say how");
		return error_hint(err, "Write into reeve.yaml: connectors: "
		                       "{ email: { transport: file, folder: "
		                       "outbox, from: \"Ada "
		                       "<ada@example.com>\" } }.");
	}
	if (fields_check(settings, settings_fields, "email", "reeve.yaml",
	                 &errors))
		return 0;
	error_move(err, &errors.items[0]);
	err->code = ERR_FAILED;
	return -1;
}

/* A text of `with`, in full: what stands behind a NUL would be lost. */
static int check_text(const char *name, const struct value *text,
                      struct error *err)
{
	if (strlen(text->text) == text->length)
		return 0;
	return error_set(err, ERR_FAILED,
	                 "cannot write a mail: \"%s\" has a control character "
	                 "(U+0000)",
	                 name);
}

static int freeze_texts(const struct call *call, struct value *payload,
                        struct error *err)
{
	static const char *const names[] = { "subject", "text", "answers" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct value *text = value_get(call->with, names[i]);

		if (text == NULL)
			continue;
		if (check_text(names[i], text, err) < 0)
			return -1;
		value_map_text(call->arena, payload, names[i], text->text);
	}
	return 0;
}

/* `to` as a list, with its first receiver. */
static int freeze_to(const struct call *call, struct value *payload,
                     struct message *ret, struct error *err)
{
	struct value *to = value_get(call->with, "to");
	struct value *list = value_list(call->arena);
	struct value *const *items = to->kind == VALUE_LIST ? to->items : &to;
	size_t count = to->kind == VALUE_LIST ? to->length : 1;

	for (size_t i = 0; i < count; i++) {
		if (check_text("to", items[i], err) < 0)
			return -1;
		value_list_add(call->arena, list,
		               value_string(call->arena, items[i]->text));
	}
	value_map_set(call->arena, payload, "to", list);
	return read_to(call->arena, payload, ret, err);
}

static void freeze_date(const struct call *call, struct value *payload)
{
	auto_buf struct buf text = buf_make(LIMIT_SUBJECT);
	int64_t now_ms = clock_wall_ms(call->env->clock);
	struct date date;

	zone_local(call->env->timezone, now_ms, &date);
	date_add_rfc5322(&text, &date);
	value_map_text(call->arena, payload, "date", text.at);
	value_map_text(call->arena, payload, "day",
	               env_day(call->env, call->arena, now_ms));
}

/* The Message-ID and the file's name, which depend on the key. */
static int freeze_names(const struct call *call, struct value *payload,
                        const struct message *message, struct error *err)
{
	struct arena *arena = call->arena;
	const char *domain = strchr(message->from.address, '@') + 1;
	const char *file = arena_printf(
	        arena, "%s/%s-%s-%.8s.eml",
	        value_get_text(call->settings, "folder", "outbox"),
	        value_get_text(payload, "day", ""),
	        text_slug(arena, message->to[0].address), call->key);

	if (check_path(file, err) < 0)
		return error_wrap(err, "\"folder\" in reeve.yaml");
	value_map_text(arena, payload, "file", file);
	value_map_text(arena, payload, "message_id",
	               arena_printf(arena, "<%s@%s>", call->key, domain));
	return 0;
}

static int freeze_from(const struct call *call, struct value *payload,
                       struct message *ret, struct error *err)
{
	const char *from = value_get_text(call->settings, "from", "");

	value_map_text(call->arena, payload, "from", from);
	if (mailbox_parse(call->arena, from, &ret->from, err) < 0)
		return error_wrap(err, "\"from\" in reeve.yaml");
	return 0;
}

static int email_freeze(const struct call *call, struct value **ret_payload,
                        struct error *err)
{
	auto_buf struct buf trial = buf_make(LIMIT_OUTPUT);
	struct value *payload = value_map(call->arena);
	struct message message = { 0 };

	if (check_settings(call->settings, err) < 0)
		return -1;
	value_map_text(call->arena, payload, "transport",
	               value_get_text(call->settings, "transport", ""));
	freeze_date(call, payload);
	if (freeze_from(call, payload, &message, err) < 0 ||
	    freeze_to(call, payload, &message, err) < 0 ||
	    freeze_texts(call, payload, err) < 0 ||
	    freeze_names(call, payload, &message, err) < 0 ||
	    write_mail(call->arena, payload, &trial, err) < 0)
		return -1;
	*ret_payload = payload;
	return 0;
}

/* ---- Sending */

static int email_perform(const struct call *call, struct reply *ret,
                         struct error *err)
{
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	const struct transport *transport = transport_of(call, err);

	if (transport == NULL ||
	    write_mail(call->arena, call->payload, &mail, err) < 0) {
		ret->kind = REPLY_REFUSED;
		return -1;
	}
	if (transport->send(call, &mail, ret, err) < 0)
		return -1;
	ret->kind = REPLY_DONE;
	ret->result = result_of(call);
	return 0;
}

static int email_verify(const struct call *call, enum finding *ret,
                        struct value **ret_result, struct error *err)
{
	const struct transport *transport = transport_of(call, err);

	if (transport == NULL || transport->look(call, ret, err) < 0)
		return -1;
	if (*ret == FOUND_DONE)
		*ret_result = result_of(call);
	return 0;
}

static const char *receivers(struct arena *arena, const struct value *to)
{
	const char *text = NULL;

	if (to == NULL || to->kind != VALUE_LIST)
		return to != NULL && to->kind == VALUE_STRING ? to->text : "?";
	for (size_t i = 0; i < to->length; i++) {
		const char *one = receivers(arena, to->items[i]);

		text = text == NULL ? one
		                    : arena_printf(arena, "%s, %s", text, one);
	}
	return text != NULL ? text : "?";
}

static const char *email_describe(struct arena *arena, const struct value *with)
{
	return arena_printf(arena, "send a mail to %s: %s",
	                    receivers(arena, value_get(with, "to")),
	                    value_get_text(with, "subject", "?"));
}

static int email_undo(const struct call *call, const struct value *result,
                      struct takeback *ret, struct error *err)
{
	(void)call;
	(void)result;
	(void)err;
	ret->why = "a mail cannot be called back";
	return 0;
}

const struct connector email_send = {
	.effect = {
	        .name = "email.send",
	        .class = EFFECT_CLIENT,
	        .help = "a mail",
	        .fields = fields,
	        .results = results,
	        .target = "to",
	        .describe = email_describe,
	        .verb = "send",
	        .things = "mails",
	},
	.family = "email",
	.settings = settings_fields,
	.freeze = email_freeze,
	.perform = email_perform,
	.undo = email_undo,
	.verify = email_verify,
	.sees_own = true, /* the folder lies on this machine */
	.foretell = result_of,
};
