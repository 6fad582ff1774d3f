/*
 * All values, and the ways in which they may be spelled, lie in one mapping,
 * one behind the other. The kernel gives a child made by fork() zeroes in its
 * place (MADV_WIPEONFORK), leaves it out of core dumps, and does not swap it
 * out as far as it may lock memory.
 *
 * A value within a longer text that is in base64 can begin at any of three
 * places of a group; of each spelling only the characters that depend on
 * nothing around it are looked for.
 */
#include "engine/io/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "engine/io/env.h"
#include "engine/io/proc.h"
#include "store/base/alloc.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define ROOM       (1u << 20)
#define FORM_MOST  ((size_t)8 * SECRET_MOST)
#define PREFIX     "{{secret."
#define SUFFIX     "}}"
#define COMMAND_MS 30000

struct form {
	const char *at;
	size_t len;
	size_t secret;
};

struct secret {
	char *name;
	const char *value; /* NULL: only its name is known */
};

struct secrets {
	char *room; /* NULL until there is one */
	size_t used;
	struct secret *list;
	size_t count;
	struct form *forms;
	size_t form_count;
};

/* ---- Their room ---------------------------------------------------------- */

struct secrets *secrets_open(void)
{
	return mem_zalloc(1, sizeof(struct secrets));
}

void secrets_close(struct secrets *secrets)
{
	if (!secrets)
		return;
	if (secrets->room) {
		explicit_bzero(secrets->room, ROOM);
		(void)munmap(secrets->room, ROOM);
	}
	for (size_t i = 0; i < secrets->count; i++)
		free(secrets->list[i].name);
	free(secrets->list);
	free(secrets->forms);
	free(secrets);
}

static int make_room(struct secrets *secrets, struct error *err)
{
	if (secrets->room)
		return 0;
	void *room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED || madvise(room, ROOM, MADV_WIPEONFORK) < 0 ||
	    madvise(room, ROOM, MADV_DONTDUMP) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_errno(err, errno,
		                   "could not make room for a secret");
	(void)mlock(room, ROOM); /* as far as it may */
	secrets->room = room;
	return 0;
}

static const char *keep(struct secrets *secrets, const char *bytes, size_t len,
                        struct error *err)
{
	if (len + 1 > ROOM - secrets->used) {
		error_set(err, ERR_LIMIT, "there are too many secrets");
		return NULL;
	}
	char *at = secrets->room + secrets->used;
	memcpy(at, bytes, len);
	at[len] = '\0';
	secrets->used += len + 1;
	return at;
}

void secrets_wipe(struct buf *buf)
{
	explicit_bzero(buf->at, buf->len);
	buf_clear(buf);
}

/* ---- Spellings ----------------------------------------------------------- */

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

static void spell_hex(const char *value, const char *digits, struct buf *ret)
{
	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;
		buf_add_char(ret, digits[byte >> 4]);
		buf_add_char(ret, digits[byte & 15]);
	}
}

static void spell_url(const char *value, const char *digits, struct buf *ret)
{
	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;
		if (text_is_alpha(*value) || text_is_digit(*value) ||
		    strchr("-._~", byte)) {
			buf_add_char(ret, *value);
			continue;
		}
		buf_add_char(ret, '%');
		buf_add_char(ret, digits[byte >> 4]);
		buf_add_char(ret, digits[byte & 15]);
	}
}

static void spell_json(const char *value, struct buf *ret)
{
	auto_buf struct buf quoted = buf_make(FORM_MOST);

	json_write_text(&quoted, value, strlen(value));
	buf_add(ret, quoted.at + 1, quoted.len - 2);
	explicit_bzero(quoted.at, quoted.len);
}

/* What base64 makes of it behind `before` bytes of others, without what those
 * and the ones behind it have a part in. */
static void spell_base64(const char *value, size_t before, const char *last_two,
                         struct buf *ret)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "abcdefghijklmnopqrstuvwxyz0123456789";

	size_t bits = 8 * strlen(value);

	/* The first digit that is made of the value alone begins here. */
	for (size_t at = (6 - before * 8 % 6) % 6; at + 6 <= bits; at += 6) {
		const unsigned char *byte =
		        (const unsigned char *)value + at / 8;
		unsigned pair = (unsigned)byte[0] << 8 | byte[1];
		unsigned digit = pair >> (10 - at % 8) & 63;
		buf_add_char(ret,
		             digit < 62 ? digits[digit] : last_two[digit - 62]);
	}
}

static int add_form(struct secrets *secrets, size_t secret, struct buf *text,
                    struct error *err)
{
	const char *at = keep(secrets, text->at, text->len, err);

	if (!at)
		return -1;
	secrets->forms = mem_grow(secrets->forms, secrets->form_count,
	                          sizeof(*secrets->forms));
	secrets->forms[secrets->form_count++] =
	        (struct form){ at, text->len, secret };
	explicit_bzero(text->at, text->len);
	buf_cut(text, 0);
	return 0;
}

static void spell(const char *value, size_t form, struct buf *ret)
{
	switch (form) {
	case 0:
		buf_add_text(ret, value);
		break;
	case 1:
		spell_json(value, ret);
		break;
	case 2:
	case 3:
		spell_url(value, form == 2 ? hex_upper : hex_lower, ret);
		break;
	case 4:
	case 5:
		spell_hex(value, form == 4 ? hex_upper : hex_lower, ret);
		break;
	default:
		spell_base64(value, form % 3, form < 9 ? "+/" : "-_", ret);
	}
}

#define FORMS 12

static int add_forms(struct secrets *secrets, size_t secret, struct error *err)
{
	auto_buf struct buf text = buf_make(FORM_MOST);

	for (size_t form = 0; form < FORMS; form++) {
		spell(secrets->list[secret].value, form, &text);
		if (add_form(secrets, secret, &text, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- Taking -------------------------------------------------------------- */

static size_t place_of(struct secrets *secrets, const char *name, size_t len)
{
	for (size_t i = 0; i < secrets->count; i++)
		if (strlen(secrets->list[i].name) == len &&
		    memcmp(secrets->list[i].name, name, len) == 0)
			return i;
	secrets->list =
	        mem_grow(secrets->list, secrets->count, sizeof(*secrets->list));
	secrets->list[secrets->count] =
	        (struct secret){ .name = mem_strndup(name, len) };
	return secrets->count++;
}

static int take(struct secrets *secrets, size_t at, const char *value,
                struct error *err)
{
	size_t len = strlen(value);
	const char *name = secrets->list[at].name;

	if (len < SECRET_LEAST || len > SECRET_MOST)
		return error_set(err, ERR_FAILED,
		                 "the secret \"%s\" must have %d to %d bytes",
		                 name, SECRET_LEAST, SECRET_MOST);
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return error_set(
			        err, ERR_FAILED,
			        "the secret \"%s\" has a control character",
			        name);
	if (make_room(secrets, err) < 0)
		return -1;
	secrets->list[at].value = keep(secrets, value, len, err);
	return secrets->list[at].value ? add_forms(secrets, at, err) : -1;
}

/* Our environment has it no more, also where the kernel shows it. */
static int take_from_environment(struct secrets *secrets, size_t at,
                                 struct error *err)
{
	const char *name = secrets->list[at].name;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	char *value = getenv(name);

	if (!value)
		return 0;
	if (take(secrets, at, value, err) < 0)
		return -1;
	explicit_bzero(value, strlen(value));
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	(void)unsetenv(name);
	return 0;
}

/* The name in the placeholder at `text`; its length, or 0. */
static size_t name_at(const char *text, const char **ret_name)
{
	static const char letters[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	        "0123456789_";

	*ret_name = text + strlen(PREFIX);
	size_t len = strspn(*ret_name, letters);
	return strncmp(*ret_name + len, SUFFIX, strlen(SUFFIX)) == 0 ? len : 0;
}

bool secrets_are_in(const char *text)
{
	return strstr(text, PREFIX) != NULL;
}

static void hide_text(struct secrets *secrets, const char *text)
{
	const char *name;

	while ((text = strstr(text, PREFIX)) != NULL) {
		size_t len = name_at(text, &name);
		auto_error struct error ignored = { 0 }; /* told when used */
		size_t at = len ? place_of(secrets, name, len) : 0;
		if (len && !secrets->list[at].value)
			(void)take_from_environment(secrets, at, &ignored);
		text += strlen(PREFIX);
	}
}

/* Its depth is that of a YAML file, which has a limit. */
void secrets_hide(struct secrets *secrets, const struct value *settings)
{
	switch (settings ? settings->kind : VALUE_NULL) {
	case VALUE_STRING:
		hide_text(secrets, settings->text);
		break;
	case VALUE_LIST:
		for (size_t i = 0; i < settings->length; i++)
			secrets_hide(secrets, settings->items[i]);
		break;
	case VALUE_MAP:
		for (size_t i = 0; i < settings->length; i++)
			secrets_hide(secrets, settings->members[i].value);
		break;
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_NUMBER:
		break;
	}
}

/* The first line that the declared program prints. */
static int take_from_command(struct secrets *secrets, size_t at,
                             const struct env *env, const struct value *command,
                             struct error *err)
{
	auto_buf struct buf output = buf_make(SECRET_MOST + 1);
	auto_arena struct arena arena = { 0 };
	const char **argv =
	        arena_array(&arena, command->length + 1, sizeof(*argv));
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *path = getenv("PATH");
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *home = getenv("HOME");
	const char *const variables[] = {
		arena_printf(&arena, "PATH=%s", path ? path : "/usr/bin:/bin"),
		arena_printf(&arena, "HOME=%s", home ? home : "/"),
		NULL,
	};

	for (size_t i = 0; i < command->length; i++)
		argv[i] = command->items[i]->text;
	const struct proc proc = {
		.argv = argv,
		.env = variables,
		.dir = env->work_dir,
		.timeout_ms = COMMAND_MS,
		.max_output = SECRET_MOST + 1,
	};
	if (proc_run(&proc, &output, err) < 0)
		return error_wrap(err, "the secret \"%s\"",
		                  secrets->list[at].name);
	output.at[strcspn(output.at, "\r\n")] = '\0';
	int rc = take(secrets, at, output.at, err);
	secrets_wipe(&output);
	return rc;
}

/* The value of the secret at that place; NULL with err. */
static const char *find(struct secrets *secrets, const struct env *env,
                        const struct value *declared, size_t at,
                        struct error *err)
{
	const char *name = secrets->list[at].name;
	const struct value *command =
	        value_get(value_get(declared, name), "command");
	int rc = 0;

	if (!secrets->list[at].value && command)
		rc = take_from_command(secrets, at, env, command, err);
	else if (!secrets->list[at].value)
		rc = take_from_environment(secrets, at, err);
	if (rc < 0 || secrets->list[at].value)
		return rc < 0 ? NULL : secrets->list[at].value;
	error_set(err, ERR_FAILED, "there is no secret \"%s\"", name);
	error_hint(err,
	           "Set the environment variable %s for reeve, or say under "
	           "\"secrets\" in reeve.yaml which command prints it.",
	           name);
	return NULL;
}

int secrets_fill(struct secrets *secrets, const struct env *env,
                 const struct value *declared, const char *text,
                 struct buf *ret, struct error *err)
{
	const char *name;

	for (const char *at; (at = strstr(text, PREFIX)) != NULL;) {
		size_t len = name_at(at, &name);
		if (len == 0)
			return error_set(err, ERR_FAILED,
			                 "\"%s\" is no {{secret.NAME}}", at);
		const char *value = find(secrets, env, declared,
		                         place_of(secrets, name, len), err);
		if (!value)
			return -1;
		buf_add(ret, text, (size_t)(at - text));
		buf_add_text(ret, value);
		text = name + len + strlen(SUFFIX);
	}
	buf_add_text(ret, text);
	return 0;
}

/* ---- Redaction ----------------------------------------------------------- */

static const struct form *form_in(const struct secrets *secrets,
                                  const char *text, size_t len,
                                  const char **ret_at)
{
	const struct form *first = NULL;

	for (size_t i = 0; i < secrets->form_count; i++) {
		const struct form *form = &secrets->forms[i];
		const char *at = memmem(text, len, form->at, form->len);
		if (at && (!first || at < *ret_at ||
		           (at == *ret_at && form->len > first->len))) {
			first = form;
			*ret_at = at;
		}
	}
	return first;
}

static bool redact(const struct secrets *secrets, const char *text, size_t len,
                   struct buf *ret)
{
	const struct form *form;
	const char *at;
	bool found = false;

	while ((form = form_in(secrets, text, len, &at)) != NULL) {
		buf_add(ret, text, (size_t)(at - text));
		buf_printf(ret, PREFIX "%s" SUFFIX,
		           secrets->list[form->secret].name);
		len -= (size_t)(at - text) + form->len;
		text = at + form->len;
		found = true;
	}
	if (found)
		buf_add(ret, text, len);
	return found;
}

void secrets_redact(const struct secrets *secrets, struct buf *text)
{
	/* A placeholder may be longer than what it stands for. */
	struct buf clean = buf_make(size_mul(text->max, 16));

	if (secrets->form_count == 0 ||
	    !redact(secrets, text->at, text->len, &clean))
		return;
	clean.max = text->max > clean.len ? text->max : clean.len;
	secrets_wipe(text);
	*text = clean;
}

static struct value *redacted(const struct secrets *secrets,
                              struct arena *arena, const struct value *value)
{
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);

	if (value->kind != VALUE_STRING ||
	    !redact(secrets, value->text, value->length, &text))
		return NULL;
	return value_bytes(arena, text.at, text.len);
}

static bool has_any(const struct secrets *secrets, const struct value *value)
{
	const char *at;

	if (value->kind == VALUE_STRING || value->kind == VALUE_NUMBER)
		return form_in(secrets, value->text, value->length, &at);
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->length; i++)
		if (has_any(secrets, value->items[i]))
			return true;
	for (size_t i = 0; value->kind == VALUE_MAP && i < value->length; i++) {
		const char *name = value->members[i].name;
		if (form_in(secrets, name, strlen(name), &at) ||
		    has_any(secrets, value->members[i].value))
			return true;
	}
	return false;
}

static struct value *clean_copy(const struct secrets *secrets,
                                struct arena *arena, const struct value *value)
{
	struct value *copy = redacted(secrets, arena, value);

	if (copy || (value->kind != VALUE_LIST && value->kind != VALUE_MAP))
		return copy ? copy : value_copy(arena, value);
	copy = value->kind == VALUE_LIST ? value_list(arena) : value_map(arena);
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->length; i++)
		value_list_add(arena, copy,
		               clean_copy(secrets, arena, value->items[i]));
	for (size_t i = 0; value->kind == VALUE_MAP && i < value->length; i++) {
		const struct member *member = &value->members[i];
		auto_buf struct buf name = buf_make(LIMIT_OUTPUT);
		bool bad = redact(secrets, member->name, strlen(member->name),
		                  &name);
		value_map_set(arena, copy, bad ? name.at : member->name,
		              clean_copy(secrets, arena, member->value));
	}
	return copy;
}

const struct value *secrets_redact_value(const struct secrets *secrets,
                                         struct arena *arena,
                                         const struct value *value)
{
	if (!value || secrets->form_count == 0 || !has_any(secrets, value))
		return value;
	return clean_copy(secrets, arena, value);
}
