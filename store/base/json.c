/*
 * A reader by descent, no deeper than LIMIT_JSON_DEPTH, over the words of
 * json_scan. Items and members of what is not closed yet wait in one array on
 * the heap, innermost last; at its bracket a list or map is made of its own in
 * the right size. Names are mostly the same few over and over (a list of
 * records): each is kept once, in a small table by hash in which a newer name
 * takes the place of an older one.
 */
#include "store/base/json.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/json_scan.h"
#include "store/base/limits.h"

enum {
	FIRST_WAITING = 32,
	KNOWN_NAMES = 64 /* a power of two */
};

struct waiting {
	const char *name; /* of a member */
	size_t at;        /* where the name stands */
	struct value *value;
};

struct reader {
	struct json_scan scan;
	struct arena *arena;
	size_t depth;
	struct waiting *waiting;
	size_t count;
	size_t room;

	struct {
		const char *name;
		size_t len;
	} known[KNOWN_NAMES];
};

static void reader_clear(struct reader *reader)
{
	free(reader->waiting);
}

#define auto_reader CLEANUP(reader_clear)

static struct value *fail(struct reader *reader, size_t at, const char *message)
{
	(void)json_fail(&reader->scan, at, message);
	return NULL;
}

/* The next byte that is no space; NUL at the end. */
static char peek(struct reader *reader)
{
	struct json_scan *scan = &reader->scan;

	json_skip_space(scan);
	return scan->at < scan->len ? scan->bytes[scan->at] : '\0';
}

/* What is next is no part of JSON here, or nowhere: in the latter case the
 * words say it better than `message`. */
static struct value *unexpected(struct reader *reader, const char *message)
{
	struct json_scan *scan = &reader->scan;
	char c = peek(reader);
	size_t at = scan->at;
	struct json_raw raw;
	size_t len;
	int code = 0;

	if (at == scan->len)
		return fail(reader, at, "the JSON ends too early");
	if (c == '"')
		code = json_scan_string(scan, &raw);
	else if (c == '-' || (c >= '0' && c <= '9'))
		code = json_scan_number(scan, &len);
	else if (c == '\0' || strchr("[]{}:,", c) == NULL)
		code = json_scan_word(scan, &c);
	return code < 0 ? NULL : fail(reader, at, message);
}

static void wait_for_end(struct reader *reader, struct waiting item)
{
	if (reader->count == reader->room) {
		reader->room = reader->room > 0 ? size_mul(reader->room, 2)
		                                : FIRST_WAITING;
		reader->waiting = mem_realloc(
		        reader->waiting,
		        size_mul(reader->room, sizeof(*reader->waiting)));
	}
	reader->waiting[reader->count++] = item;
}

/* Past the `[` or `{` at hand: 1 when it is not closed at once. */
static int enter(struct reader *reader, char close)
{
	if (reader->depth == LIMIT_JSON_DEPTH)
		return json_fail(&reader->scan, reader->scan.at,
		                 "lists and objects are nested too deep");
	reader->depth++;
	reader->scan.at++;
	return peek(reader) != close;
}

/* Behind an item or member: 1 when there is another one. */
static int another(struct reader *reader, char close, const char *otherwise)
{
	char c = peek(reader);

	if (c != ',' && c != close) {
		(void)unexpected(reader, otherwise);
		return -1;
	}
	if (c == close)
		return 0;
	reader->scan.at++;
	return 1;
}

static void leave(struct reader *reader, size_t first)
{
	reader->scan.at++;
	reader->depth--;
	reader->count = first;
}

static struct value *read_value(struct reader *reader);

static struct value *read_list(struct reader *reader)
{
	size_t first = reader->count;
	struct value *list;
	int more = enter(reader, ']');

	while (more > 0) {
		struct waiting item = { .value = read_value(reader) };

		if (item.value == NULL)
			return NULL;
		wait_for_end(reader, item);
		more = another(reader, ']',
		               "this is not JSON: array value separator ',' "
		               "expected");
	}
	if (more < 0)
		return NULL;
	list = value_list_sized(reader->arena, reader->count - first);
	for (size_t i = first; i < reader->count; i++)
		value_list_add(reader->arena, list, reader->waiting[i].value);
	leave(reader, first);
	return list;
}

/* Where a name is among the known ones. */
static size_t place_of(const struct json_raw *raw)
{
	size_t hash = raw->len;

	if (raw->len > 0)
		hash += (size_t)(unsigned char)raw->bytes[0] * 7 +
		        (size_t)(unsigned char)raw->bytes[raw->len - 1] * 31 +
		        (size_t)(unsigned char)raw->bytes[raw->len / 2];
	return hash & (KNOWN_NAMES - 1);
}

static const char *keep_name(struct reader *reader, const struct json_raw *raw)
{
	size_t place = place_of(raw);
	const char *name = reader->known[place].name;
	size_t len;

	if (raw->escaped)
		return json_unescape(reader->arena, raw, &len);
	if (name != NULL && reader->known[place].len == raw->len &&
	    memcmp(name, raw->bytes, raw->len) == 0)
		return name;
	name = json_unescape(reader->arena, raw, &len);
	reader->known[place].name = name;
	reader->known[place].len = len;
	return name;
}

/* A name and its colon. */
static int read_name(struct reader *reader, struct waiting *member)
{
	struct json_raw raw;

	if (peek(reader) != '"') {
		(void)unexpected(reader,
		                 peek(reader) == '}'
		                         ? "this is not JSON: unexpected "
		                           "character"
		                         : "this is not JSON: quoted object "
		                           "property name expected");
		return -1;
	}
	member->at = reader->scan.at;
	if (json_scan_string(&reader->scan, &raw) < 0)
		return -1;
	if (peek(reader) != ':') {
		(void)unexpected(reader,
		                 "this is not JSON: object property name "
		                 "separator ':' expected");
		return -1;
	}
	if (raw.nul)
		return json_fail(&reader->scan, member->at,
		                 "a name with the character U+0000");
	reader->scan.at++;
	member->name = keep_name(reader, &raw);
	return 0;
}

/* The map of the members that wait from `first` on. */
static struct value *make_map(struct reader *reader, size_t first)
{
	struct value *map =
	        value_map_sized(reader->arena, reader->count - first);

	for (size_t i = first; i < reader->count; i++) {
		const struct waiting *member = &reader->waiting[i];

		if (!value_map_add(reader->arena, map, member->name,
		                   member->value))
			return fail(reader, member->at,
			            "an object has two members of the same "
			            "name");
	}
	return map;
}

static struct value *read_map(struct reader *reader)
{
	size_t first = reader->count;
	struct value *map;
	int more = enter(reader, '}');

	while (more > 0) {
		struct waiting member = { 0 };

		if (read_name(reader, &member) < 0)
			return NULL;
		member.value = read_value(reader);
		if (member.value == NULL)
			return NULL;
		wait_for_end(reader, member);
		more = another(reader, '}',
		               "this is not JSON: object value separator ',' "
		               "expected");
	}
	if (more < 0)
		return NULL;
	map = make_map(reader, first);
	leave(reader, first);
	return map;
}

static struct value *read_string(struct reader *reader)
{
	struct json_raw raw;
	const char *text;
	size_t len;

	if (json_scan_string(&reader->scan, &raw) < 0)
		return NULL;
	text = json_unescape(reader->arena, &raw, &len);
	return value_adopt(reader->arena, text, len);
}

static struct value *read_number(struct reader *reader)
{
	const char *text = reader->scan.bytes + reader->scan.at;
	size_t len;

	if (json_scan_number(&reader->scan, &len) < 0)
		return NULL;
	return value_digits(reader->arena, text, len);
}

static struct value *read_word(struct reader *reader)
{
	char letter;

	if (json_scan_word(&reader->scan, &letter) < 0)
		return NULL;
	if (letter == 'n')
		return value_null(reader->arena);
	return value_bool(reader->arena, letter == 't');
}

static struct value *read_value(struct reader *reader)
{
	char c = peek(reader);

	if (c == '"')
		return read_string(reader);
	if (c == '{')
		return read_map(reader);
	if (c == '[')
		return read_list(reader);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(reader);
	if (c == 't' || c == 'f' || c == 'n')
		return read_word(reader);
	return unexpected(reader, "this is not JSON: unexpected character");
}

struct value *json_parse(struct arena *arena, const char *name,
                         const char *bytes, size_t len, struct error *err)
{
	auto_reader struct reader reader = {
		.scan = { .name = name,
		          .bytes = bytes,
		          .len = len,
		          .err = err },
		.arena = arena,
	};
	struct value *value;

	if (len > LIMIT_DATA_FILE) {
		(void)error_at(err, ERR_CONFIG, name, (struct pos){ 1, 1 },
		               "the JSON is longer than %u bytes",
		               LIMIT_DATA_FILE);
		return NULL;
	}
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		/* A byte order mark, as RFC 8259 permits. It has no column. */
		reader.scan.bytes += 3;
		reader.scan.len -= 3;
	}
	value = read_value(&reader);
	if (value == NULL)
		return NULL;
	(void)peek(&reader);
	if (reader.scan.at < reader.scan.len)
		return unexpected(&reader,
		                  "this is not JSON: unexpected character");
	return value;
}
