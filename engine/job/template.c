/*
 * How a template is parsed
 *
 * One pass from tag to tag. What lies between two tags becomes text nodes, one
 * a line, each line led by a NODE_LINE, where an indented partial puts its
 * indent; so the indent goes exactly where it would stand if the partial's
 * text had been indented before it was parsed, as the specification says.
 *
 * A tag other than a variable that is alone on its line takes the line with
 * it. Alone means: blank between the line's beginning and the tag, and between
 * the tag and the line's end, where the ends of the text count as well. This
 * is asked of the text alone; the end of another tag on the line is not blank.
 *
 * A triple mustache and a change of delimiters end in their own mark and the
 * delimiter, every other tag at the first delimiter that closes.
 */
#include "engine/job/template.h"

#include <assert.h>
#include <string.h>

#include "engine/job/program.h"
#include "store/base/limits.h"
#include "store/base/text.h"

struct span {
	const char *at;
	size_t len;
};

struct parser {
	struct arena *arena;
	struct template *template;
	const struct value *source;
	const char *text;
	size_t len;
	size_t done; /* text before it is in the program */
	struct span open;
	struct span close;
	size_t sections[LIMIT_TEMPLATE_DEPTH]; /* the nodes of open sections */
	size_t depth;
	/* The source behind `cursor_at` bytes, for positions. */
	struct value cursor;
	size_t cursor_at;
	struct error *err;
};

struct tag {
	size_t start; /* of the opening delimiter */
	size_t end;   /* behind the closing one */
	char sigil;   /* 0: a variable */
	struct span content;
	struct span indent; /* before a tag that is alone on its line */
};

/* Positions are asked for in rising order, so each is found from the last one
 * and not from the text's beginning. In quotes only value.c knows the way. */
static struct pos pos_at(struct parser *parser, const char *at)
{
	struct value *cursor = &parser->cursor;
	size_t offset = (size_t)(at - parser->text);

	if (offset < parser->cursor_at || cursor->style == STYLE_QUOTED ||
	    cursor->style == STYLE_NONE || cursor->joined)
		return value_pos_at(parser->source, offset);
	cursor->pos = value_pos_at(cursor, offset - parser->cursor_at);
	cursor->style = STYLE_PLAIN;
	cursor->text = at;
	cursor->length = parser->len - offset;
	parser->cursor_at = offset;
	return cursor->pos;
}

#define fail_at(parser, at, ...)                                               \
	error_at((parser)->err, ERR_CONFIG, (parser)->template->file,          \
	         pos_at((parser), (at)), __VA_ARGS__)

static struct node *add_node(struct parser *parser, enum node_kind kind)
{
	struct template *template = parser->template;

	template->nodes = arena_grow(parser->arena, template->nodes,
	                             template->count, sizeof(struct node));

	struct node *node = &template->nodes[template->count++];

	*node = (struct node){ .kind = kind };
	return node;
}

static bool is_line_start(const struct parser *parser, size_t at)
{
	return at == 0 || parser->text[at - 1] == '\n';
}

static bool is_line_end(const struct parser *parser, size_t at)
{
	const char *text = parser->text;

	return at == parser->len || text[at] == '\n' ||
	       (text[at] == '\r' && at + 1 < parser->len &&
	        text[at + 1] == '\n');
}

static void add_text(struct parser *parser, size_t from, size_t to)
{
	while (from < to) {
		const char *line = parser->text + from;
		const char *end = memchr(line, '\n', to - from);
		size_t len = end ? (size_t)(end + 1 - line) : to - from;

		/* Empty lines stay empty. */
		if (is_line_start(parser, from) && !is_line_end(parser, from))
			add_node(parser, NODE_LINE);

		struct node *node = add_node(parser, NODE_TEXT);

		node->text = line;
		node->len = len;
		from += len;
	}
}

static size_t skip_blanks(const struct parser *parser, size_t at)
{
	while (at < parser->len &&
	       (parser->text[at] == ' ' || parser->text[at] == '\t'))
		at++;
	return at;
}

static size_t line_indent_start(const struct parser *parser, size_t at)
{
	while (at > 0 &&
	       (parser->text[at - 1] == ' ' || parser->text[at - 1] == '\t'))
		at--;
	return at;
}

/* Whether the tag is alone on its line: then the line is from `*ret_from`. */
static bool is_alone(const struct parser *parser, const struct tag *tag,
                     size_t *ret_from)
{
	*ret_from = line_indent_start(parser, tag->start);
	return tag->sigil != '\0' && strchr("#^/!>=", tag->sigil) &&
	       is_line_start(parser, *ret_from) &&
	       is_line_end(parser, skip_blanks(parser, tag->end));
}

/* Put the text before the tag into the program. A tag that is alone takes the
 * rest of its line with it, and has what stands before it as its indent. */
static void add_text_before(struct parser *parser, struct tag *tag)
{
	size_t from;

	tag->indent = (struct span){ "", 0 };
	if (!is_alone(parser, tag, &from)) {
		add_text(parser, parser->done, tag->start);
		if (is_line_start(parser, tag->start))
			add_node(parser, NODE_LINE);
		parser->done = tag->end;
		return;
	}
	add_text(parser, parser->done, from);

	size_t after = skip_blanks(parser, tag->end);
	const char *end =
	        memchr(parser->text + after, '\n', parser->len - after);

	parser->done = end ? (size_t)(end + 1 - parser->text) : parser->len;
	tag->indent = (struct span){ parser->text + from, tag->start - from };
}

static struct span trim(struct span span)
{
	static const char blanks[] = " \t\r\n";

	while (span.len > 0 && strchr(blanks, span.at[0])) {
		span.at++;
		span.len--;
	}
	while (span.len > 0 && strchr(blanks, span.at[span.len - 1]))
		span.len--;
	return span;
}

static bool is_name(struct span span)
{
	bool wants_segment = true;

	if (span.len == 1 && span.at[0] == '.')
		return true;
	for (size_t i = 0; i < span.len; i++) {
		char c = span.at[i];

		if ((unsigned char)c <= ' ' || strchr("{}()[]|'\",;=+*/", c))
			return false;
		if (c == '.' && wants_segment)
			return false;
		wants_segment = c == '.';
	}
	return !wants_segment;
}

static int check_name(struct parser *parser, struct span span)
{
	if (span.len == 0)
		return fail_at(parser, span.at, "the tag has no name");
	if (is_name(span))
		return 0;
	fail_at(parser, span.at, "\"%.*s\" is not a name", (int)span.len,
	        span.at);
	return error_hint(parser->err, "A tag holds one name, and at most one "
	                               "format behind a bar.");
}

static void add_use(struct parser *parser, struct name_use **uses,
                    size_t *count, const struct node *node)
{
	*uses = arena_grow(parser->arena, *uses, *count, sizeof(**uses));
	(*uses)[(*count)++] = (struct name_use){
		.name = node->name.dotted,
		.pos = node->pos,
		.section = node->kind == NODE_SECTION ||
		           node->kind == NODE_INVERTED,
		.inside = parser->depth > 0,
	};
}

/* A node with a checked name, which is noted as used. */
static struct node *add_named(struct parser *parser, enum node_kind kind,
                              struct span span)
{
	struct template *template = parser->template;
	struct node *node = add_node(parser, kind);

	node->pos = pos_at(parser, span.at);
	node->name = name_split(
	        parser->arena, arena_strndup(parser->arena, span.at, span.len));
	if (kind == NODE_PARTIAL)
		add_use(parser, &template->partials, &template->partial_count,
		        node);
	else if (!text_equal(node->name.dotted, "."))
		add_use(parser, &template->names, &template->name_count, node);
	return node;
}

/* A quoted text, in which a doubled quote is one, or digits. What is behind
 * it, or NULL when it is neither. */
static const char *read_argument(struct parser *parser, struct span span,
                                 const char **ret)
{
	const char *end = span.at + span.len;
	const char *at = span.at + 1;
	char quote = *span.at;
	auto_buf struct buf text = buf_make(LIMIT_TEMPLATE);

	if (quote != '\'' && quote != '"') {
		while (at < end && text_is_digit(*at))
			at++;
		*ret = arena_strndup(parser->arena, span.at,
		                     (size_t)(at - span.at));
		return text_is_digit(quote) ? at : NULL;
	}
	for (; at < end; at++) {
		if (*at == quote && (at + 1 == end || at[1] != quote)) {
			*ret = arena_strndup(parser->arena, text.at, text.len);
			return at + 1;
		}
		at += *at == quote;
		buf_add_char(&text, *at);
	}
	return NULL;
}

/* What stands behind the bar: `date 'd MMMM yyyy'`. */
static int parse_format(struct parser *parser, struct span span,
                        struct node *node)
{
	const char *end = span.at + span.len;
	const char *at = span.at;

	while (at < end && (text_is_alpha(*at) || *at == '_'))
		at++;
	if (at == span.at)
		return fail_at(parser, span.at,
		               "a format is missing behind "
		               "the bar");

	const char *name =
	        arena_strndup(parser->arena, span.at, (size_t)(at - span.at));
	struct span rest = trim((struct span){ at, (size_t)(end - at) });

	if (rest.len > 0 && *rest.at != '|') {
		at = read_argument(parser, rest, &node->argument);
		if (!at)
			return fail_at(parser, rest.at,
			               "the argument of \"%s\" is neither a "
			               "quoted text nor a number",
			               name);
		rest = trim((struct span){ at, (size_t)(end - at) });
	}
	if (rest.len > 0)
		return fail_at(parser, rest.at,
		               "a tag ends in one format and its argument, "
		               "not in \"%.*s\"",
		               (int)rest.len, rest.at);
	node->format = format_get(name, node->argument, parser->err);
	if (!node->format)
		return scope_place(parser->err, parser->template->file,
		                   pos_at(parser, span.at));
	return 0;
}

/* The variable is all that the text is. */
static void note_single(struct template *template, const struct node *node)
{
	template->single = node;
	template->single_use = (struct name_use){ .name = node->name.dotted,
		                                  .pos = node->pos };
}

static int parse_variable(struct parser *parser, const struct tag *tag)
{
	struct span content = tag->content;
	const char *bar = memchr(content.at, '|', content.len);
	size_t len = bar ? (size_t)(bar - content.at) : content.len;
	struct span name = trim((struct span){ content.at, len });
	struct node *node;

	if (check_name(parser, name) < 0)
		return -1;
	node = add_named(parser, NODE_VALUE, name);
	node->raw = tag->sigil != '\0';
	if (tag->start == 0 && tag->end == parser->len)
		note_single(parser->template, node);
	if (!bar)
		return 0;
	return parse_format(
	        parser, trim((struct span){ bar + 1, content.len - len - 1 }),
	        node);
}

static int open_section(struct parser *parser, const struct tag *tag,
                        enum node_kind kind)
{
	if (check_name(parser, tag->content) < 0)
		return -1;
	if (parser->depth == LIMIT_TEMPLATE_DEPTH)
		return fail_at(parser, tag->content.at,
		               "sections are nested more than %d deep",
		               LIMIT_TEMPLATE_DEPTH);
	add_named(parser, kind, tag->content);
	parser->sections[parser->depth++] = parser->template->count - 1;
	return 0;
}

static int parse_section(struct parser *parser, const struct tag *tag)
{
	return open_section(parser, tag, NODE_SECTION);
}

static int parse_inverted(struct parser *parser, const struct tag *tag)
{
	return open_section(parser, tag, NODE_INVERTED);
}

static int parse_end(struct parser *parser, const struct tag *tag)
{
	struct span name = tag->content;

	if (parser->depth == 0)
		return fail_at(parser, name.at,
		               "no section is open that \"%.*s\" could close",
		               (int)name.len, name.at);

	size_t opened = parser->sections[parser->depth - 1];
	const struct node *node = &parser->template->nodes[opened];

	if (strlen(node->name.dotted) != name.len ||
	    memcmp(node->name.dotted, name.at, name.len) != 0)
		return fail_at(parser, name.at,
		               "\"%.*s\" is closed, but the open section is "
		               "\"%s\" (line %u)",
		               (int)name.len, name.at, node->name.dotted,
		               node->pos.line);
	parser->depth--;
	add_node(parser, NODE_END);
	parser->template->nodes[opened].end = parser->template->count - 1;
	return 0;
}

static int parse_partial(struct parser *parser, const struct tag *tag)
{
	struct span name = tag->content;
	struct node *node;

	if (name.len > 0 && name.at[0] == '*')
		return fail_at(
		        parser, name.at,
		        "the name of a partial cannot come from a value");
	if (name.len == 0)
		return fail_at(parser, name.at, "the tag has no name");
	node = add_named(parser, NODE_PARTIAL, name);
	node->text = tag->indent.at;
	node->len = tag->indent.len;
	return 0;
}

static int parse_comment(struct parser *parser, const struct tag *tag)
{
	(void)parser;
	(void)tag;
	return 0;
}

/* {{=<% %>=}}: two delimiters with white space between them. */
static int parse_delimiters(struct parser *parser, const struct tag *tag)
{
	struct span content = tag->content;
	size_t open = 0;

	while (open < content.len && !strchr(" \t\r\n", content.at[open]))
		open++;

	struct span close =
	        trim((struct span){ content.at + open, content.len - open });

	for (size_t i = 0; i < close.len; i++)
		if (strchr(" \t\r\n", close.at[i]))
			close.len = 0;
	if (open == 0 || close.len == 0 || memchr(content.at, '=', content.len))
		return fail_at(parser, content.at,
		               "delimiters are set by two marks without \"=\", "
		               "such as {{=<%% %%>=}}");
	parser->open = (struct span){ content.at, open };
	parser->close = close;
	return 0;
}

static int parse_inheritance(struct parser *parser, const struct tag *tag)
{
	fail_at(parser, tag->content.at, "{{%c is not supported", tag->sigil);
	return error_hint(parser->err, "Use a partial, {{> name}}.");
}

static const struct {
	char sigil;
	int (*parse)(struct parser *parser, const struct tag *tag);
} tag_kinds[] = {
	{ '\0', parse_variable },   { '&', parse_variable },
	{ '{', parse_variable },    { '#', parse_section },
	{ '^', parse_inverted },    { '/', parse_end },
	{ '>', parse_partial },     { '!', parse_comment },
	{ '=', parse_delimiters },  { '<', parse_inheritance },
	{ '$', parse_inheritance },
};

/* Where the tag's content that begins at `from` ends, and the tag. */
static bool find_end(const struct parser *parser, size_t from, char mark,
                     struct tag *tag)
{
	const struct span *close = &parser->close;
	size_t at = from;

	for (;;) {
		const char *found = memmem(parser->text + at, parser->len - at,
		                           close->at, close->len);

		if (!found)
			return false;

		size_t end = (size_t)(found - parser->text);

		tag->end = end + close->len;
		/* A triple's own brace stands before the delimiter, so that
		 * of "}}}" the last two are it. */
		if (mark == '}' && tag->end < parser->len &&
		    parser->text[end] == '}' && parser->text[tag->end] == '}') {
			at = end + 1;
			continue;
		}
		if (mark == '\0' ||
		    (end > from && parser->text[end - 1] == mark)) {
			tag->content = trim(
			        (struct span){ parser->text + from,
			                       end - from - (mark != '\0') });
			return true;
		}
		at = end + 1;
	}
}

static int read_tag(struct parser *parser, size_t start, struct tag *tag)
{
	size_t from = start + parser->open.len;
	char sigil = from < parser->len ? parser->text[from] : '\0';
	char mark = sigil == '{' ? '}' : sigil == '=' ? '=' : '\0';

	tag->start = start;
	tag->sigil =
	        sigil != '\0' && strchr("#^/>!&{=<$", sigil) ? sigil : '\0';
	if (!find_end(parser, from + (tag->sigil != '\0'), mark, tag))
		return fail_at(parser, parser->text + start,
		               "the tag is not closed: \"%s%.*s\" is missing",
		               mark == '}'   ? "}"
		               : mark == '=' ? "="
		                             : "",
		               (int)parser->close.len, parser->close.at);
	return 0;
}

static int parse_tag(struct parser *parser, struct tag *tag)
{
	add_text_before(parser, tag);
	for (size_t i = 0; i < ARRAY_LEN(tag_kinds); i++)
		if (tag_kinds[i].sigil == tag->sigil)
			return tag_kinds[i].parse(parser, tag);
	return 0;
}

static int parse_all(struct parser *parser)
{
	size_t at = 0;
	struct tag tag = { 0 };

	for (;;) {
		const char *found = memmem(parser->text + at, parser->len - at,
		                           parser->open.at, parser->open.len);

		if (!found)
			break;
		if (read_tag(parser, (size_t)(found - parser->text), &tag) <
		            0 ||
		    parse_tag(parser, &tag) < 0)
			return -1;
		at = tag.end;
	}
	add_text(parser, parser->done, parser->len);
	if (parser->depth == 0)
		return 0;

	size_t opened = parser->sections[parser->depth - 1];
	const struct node *node = &parser->template->nodes[opened];

	return error_at(parser->err, ERR_CONFIG, parser->template->file,
	                node->pos, "the section \"%s\" is not closed",
	                node->name.dotted);
}

struct template *template_parse(struct arena *arena, const char *file,
                                const struct value *source, struct error *err)
{
	struct template *template = arena_new(arena, struct template);
	struct parser parser = {
		.arena = arena,
		.template = template,
		.source = source,
		.text = source->text,
		.len = source->length,
		.open = { "{{", 2 },
		.close = { "}}", 2 },
		.cursor = *source,
		.err = err,
	};

	assert(source->kind == VALUE_STRING);
	template->file = file ? arena_strdup(arena, file) : NULL;
	template->pos = source->pos;
	if (source->length > LIMIT_TEMPLATE) {
		error_at(err, ERR_LIMIT, file, source->pos,
		         "the template is longer than %u bytes",
		         LIMIT_TEMPLATE);
		return NULL;
	}
	if (parse_all(&parser) < 0)
		return NULL;
	return template;
}

void template_names(const struct template *template,
                    const struct name_use **ret, size_t *ret_count)
{
	*ret = template->names;
	*ret_count = template->name_count;
}

void template_partials(const struct template *template,
                       const struct name_use **ret, size_t *ret_count)
{
	*ret = template->partials;
	*ret_count = template->partial_count;
}

const struct name_use *template_single(const struct template *template)
{
	return template->single ? &template->single_use : NULL;
}
