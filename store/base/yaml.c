/*
 * libyaml's events build the values: a stack of the lists and maps that are
 * open, at most LIMIT_YAML_DEPTH of them, receives each node as it comes. In a
 * map, a scalar is the name when none is waiting for its value.
 *
 * libyaml's own tree is not used: it has no limits, and it resolves anchors.
 * Nested brackets cost it time with the square of their depth, but it reads
 * at most a line's 1024 characters ahead of its events, and with the event of
 * one level too many we stop: 200 KB of `[` take 3 ms.
 *
 * What stands where: yaml_source.c knows the text and its positions,
 * yaml_plain.c what an unquoted scalar is, yaml_slip.c words for errors.
 */
#include "store/base/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "store/base/alloc.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml_plain.h"
#include "store/base/yaml_slip.h"
#include "store/base/yaml_source.h"

/* An open list or map. */
struct level {
	struct value *value;
	const char *name; /* of the member whose value comes next, or NULL */
	struct pos name_pos;
};

struct reader {
	struct arena *arena;
	struct yaml_source source;
	struct error *err;
	struct value *root;
	struct level levels[LIMIT_YAML_DEPTH];
	size_t depth;
	size_t nodes;
	bool started; /* the one document */
};

#define auto_parser CLEANUP(yaml_parser_delete)
#define auto_event  CLEANUP(yaml_event_delete)

static struct pos mark_pos(struct reader *reader, yaml_mark_t mark)
{
	return yaml_source_pos(&reader->source, mark.line, mark.column);
}

static PRINTF_LIKE(3, 4) int fail(struct reader *reader, struct pos pos,
                                  const char *format, ...)
{
	va_list values;
	auto_free char *text = NULL;

	va_start(values, format);
	text = mem_vprintf(format, values);
	va_end(values);
	return error_at(reader->err, ERR_CONFIG, reader->source.file, pos, "%s",
	                text);
}

static int fail_at(struct reader *reader, yaml_mark_t mark, const char *text)
{
	return fail(reader, mark_pos(reader, mark), "%s", text);
}

static struct level *top(struct reader *reader)
{
	return reader->depth > 0 ? &reader->levels[reader->depth - 1] : NULL;
}

static bool expects_name(const struct level *level)
{
	return level != NULL && level->value->kind == VALUE_MAP &&
	       level->name == NULL;
}

/* Put a complete scalar, or a new list or map, where it belongs. */
static void place(struct reader *reader, struct value *value)
{
	struct level *level = top(reader);
	struct value *parent;

	if (level == NULL) {
		assert(reader->root == NULL);
		reader->root = value;
		return;
	}
	parent = level->value;
	if (parent->kind == VALUE_LIST) {
		value_list_add(reader->arena, parent, value);
		return;
	}
	value_map_set(reader->arena, parent, level->name, value);
	parent->members[parent->length - 1].pos = level->name_pos;
	level->name = NULL;
}

/* What holds for scalars, lists and maps alike. */
static int check_node(struct reader *reader, yaml_mark_t mark,
                      const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (++reader->nodes > LIMIT_YAML_NODES)
		return fail(reader, mark_pos(reader, mark),
		            "more than %u values in one file",
		            LIMIT_YAML_NODES);
	if (anchor != NULL)
		return fail_at(reader, mark,
		               "anchors (\"&\") are not supported");
	if (tag != NULL)
		return fail_at(reader, mark, "tags (\"!\") are not supported");
	return 0;
}

static int take_name(struct reader *reader, struct level *level,
                     const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	const struct member *same = value_member(level->value, text);
	struct pos pos = mark_pos(reader, event->start_mark);

	if (plain && text[0] == '\0')
		return fail(reader, pos, "a key is missing before this");
	if (plain && strcmp(text, "<<") == 0)
		return fail(reader, pos,
		            "merge keys (\"<<\") are not supported");
	if (plain && plain_resolve(text) != PLAIN_STRING)
		return fail(reader, pos,
		            "a key must be a string; write \"%s\" in quotes",
		            text);
	if (same != NULL)
		return fail(reader, pos,
		            "the key \"%s\" is there twice, first in line %u",
		            text, same->pos.line);
	if (level->value->length == LIMIT_YAML_KEYS)
		return fail(reader, pos, "more than %u keys in one map",
		            LIMIT_YAML_KEYS);
	level->name = arena_strdup(reader->arena, text);
	level->name_pos = pos;
	return 0;
}

static struct value *plain_value(struct reader *reader,
                                 const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct arena *arena = reader->arena;
	struct pos pos = mark_pos(reader, event->start_mark);

	switch (plain_resolve(text)) {
	case PLAIN_STRING:
		break;
	case PLAIN_NULL:
		return value_null(arena);
	case PLAIN_TRUE:
		return value_bool(arena, true);
	case PLAIN_FALSE:
		return value_bool(arena, false);
	case PLAIN_NUMBER:
		return value_number(arena, plain_number(arena, text));
	case PLAIN_NOT_FINITE:
		(void)fail(reader, pos, "\"%s\" is not a finite number", text);
		return NULL;
	case PLAIN_TOO_LARGE:
		(void)fail(reader, pos,
		           "the number %s is too large; a text needs quotes",
		           text);
		return NULL;
	}
	return value_string(arena, text);
}

static size_t count_spaces(const char *text, size_t len)
{
	size_t count = 0;

	while (count < len && text[count] == ' ')
		count++;
	return count;
}

/* Set what value_pos_at() needs of a | or > text: the indentation of its
 * lines, which is what the first line that is not empty has more of in the
 * file than in the text, and whether one line became a line. */
static void measure_block(struct reader *reader, struct value *value,
                          size_t header)
{
	size_t empty = strspn(value->text, "\n");
	const char *text = value->text + empty;
	size_t text_len = strcspn(text, "\n");
	size_t line_len;
	const char *line;

	if (text_len == 0)
		return;
	line = yaml_source_line(&reader->source, header + 1 + empty, &line_len);
	value->indent = (unsigned)(count_spaces(line, line_len) -
	                           count_spaces(text, text_len));
	if (value->style == STYLE_FOLDED)
		value->joined = text_len != line_len - value->indent ||
		                text[text_len + strspn(text + text_len, "\n")];
}

static struct value *scalar_value(struct reader *reader,
                                  const yaml_event_t *event)
{
	static const enum value_style styles[] = {
		[YAML_PLAIN_SCALAR_STYLE] = STYLE_PLAIN,
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = STYLE_QUOTED,
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = STYLE_QUOTED,
		[YAML_LITERAL_SCALAR_STYLE] = STYLE_LITERAL,
		[YAML_FOLDED_SCALAR_STYLE] = STYLE_FOLDED,
	};
	struct value *value;

	assert((size_t)event->data.scalar.style < ARRAY_LEN(styles));
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		value = plain_value(reader, event);
	else
		value = value_bytes(reader->arena,
		                    (const char *)event->data.scalar.value,
		                    event->data.scalar.length);
	if (value == NULL)
		return NULL;
	value->pos = mark_pos(reader, event->start_mark);
	value->style = styles[event->data.scalar.style];
	if (value->style == STYLE_LITERAL || value->style == STYLE_FOLDED)
		measure_block(reader, value, event->start_mark.line);
	else
		value->joined = event->start_mark.line != event->end_mark.line;
	return value;
}

static int take_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct value *value;

	if (check_node(reader, event->start_mark, event->data.scalar.anchor,
	               event->data.scalar.tag) < 0)
		return -1;
	if (strlen(text) != event->data.scalar.length)
		return fail_at(reader, event->start_mark,
		               "the character U+0000 cannot stand in a text");
	if (expects_name(top(reader)))
		return take_name(reader, top(reader), event);
	value = scalar_value(reader, event);
	if (value == NULL)
		return -1;
	place(reader, value);
	return 0;
}

/* Open a list or a map. */
static int take_open(struct reader *reader, const yaml_mark_t *mark,
                     struct value *value)
{
	value->pos = mark_pos(reader, *mark);
	if (slip_braces_at(&reader->source, mark->line, mark->column,
	                   reader->err) < 0)
		return -1;
	if (expects_name(top(reader)))
		return fail(reader, value->pos,
		            "a key must be a string, not a %s",
		            value_kind_name(value->kind));
	if (reader->depth == LIMIT_YAML_DEPTH)
		return fail(reader, value->pos,
		            "lists and maps are nested deeper than %u levels",
		            LIMIT_YAML_DEPTH);
	place(reader, value);
	reader->levels[reader->depth++] = (struct level){ .value = value };
	return 0;
}

static int take_list(struct reader *reader, const yaml_event_t *event)
{
	if (check_node(reader, event->start_mark,
	               event->data.sequence_start.anchor,
	               event->data.sequence_start.tag) < 0)
		return -1;
	return take_open(reader, &event->start_mark, value_list(reader->arena));
}

static int take_map(struct reader *reader, const yaml_event_t *event)
{
	if (check_node(reader, event->start_mark,
	               event->data.mapping_start.anchor,
	               event->data.mapping_start.tag) < 0)
		return -1;
	return take_open(reader, &event->start_mark, value_map(reader->arena));
}

static int take_document(struct reader *reader, const yaml_event_t *event)
{
	const yaml_version_directive_t *version =
	        event->data.document_start.version_directive;

	if (reader->started)
		return fail_at(reader, event->start_mark,
		               "a second document; one file is one document");
	reader->started = true;
	if (version != NULL && (version->major != 1 || version->minor != 2))
		return fail(reader, mark_pos(reader, event->start_mark),
		            "YAML %d.%d is not supported, only 1.2",
		            version->major, version->minor);
	return 0;
}

static int take(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return take_document(reader, event);
	case YAML_ALIAS_EVENT:
		return fail_at(reader, event->start_mark,
		               "aliases (\"*\") are not supported");
	case YAML_SCALAR_EVENT:
		return take_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return take_list(reader, event);
	case YAML_MAPPING_START_EVENT:
		return take_map(reader, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		assert(reader->depth > 0);
		reader->depth--;
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

static int syntax_error(struct reader *reader, const yaml_parser_t *parser)
{
	struct syntax_problem problem = {
		.problem = parser->problem,
		.line = parser->problem_mark.line,
		.column = parser->problem_mark.column,
		.context = parser->context,
		.context_line = parser->context_mark.line,
		.context_column = parser->context_mark.column,
	};

	if (parser->error == YAML_MEMORY_ERROR || parser->problem == NULL)
		return error_set(reader->err, ERR_SYSTEM,
		                 "could not read %s: out of memory",
		                 reader->source.file);
	return slip_explain(&reader->source, &problem, reader->err);
}

static int read_events(struct reader *reader, yaml_parser_t *parser)
{
	for (;;) {
		auto_event yaml_event_t event = { 0 };

		if (!yaml_parser_parse(parser, &event))
			return syntax_error(reader, parser);
		if (event.type == YAML_STREAM_END_EVENT)
			return 0;
		if (take(reader, &event) < 0)
			return -1;
	}
}

struct value *yaml_parse(struct arena *arena, const char *file,
                         const char *bytes, size_t len, unsigned first_line,
                         struct error *err)
{
	struct reader reader = { .arena = arena, .err = err };
	auto_parser yaml_parser_t parser = { 0 };

	if (yaml_source_open(&reader.source, file, bytes, len, first_line,
	                     err) < 0)
		return NULL;
	if (!yaml_parser_initialize(&parser)) {
		(void)syntax_error(&reader, &parser);
		return NULL;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser,
	                             (const unsigned char *)reader.source.bytes,
	                             reader.source.len);
	if (read_events(&reader, &parser) < 0)
		return NULL;
	if (reader.root == NULL) {
		reader.root = value_null(arena);
		reader.root->pos = (struct pos){ first_line, 1 };
	}
	return reader.root;
}
