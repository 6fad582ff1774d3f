/*
 * How a template is parsed
 *
 * One pass from tag to tag. What the text between them becomes, and what of it
 * is a tag's own, is template_lines.c's to say.
 *
 * Sections, parents and blocks are open from their tag to the one that closes
 * them; all that stands between them is in it.
 *
 * A triple mustache and a change of delimiters end in their own mark and the
 * delimiter, every other tag at the first delimiter that closes.
 */
#include "engine/job/template.h"

#include <assert.h>
#include <string.h>

#include "engine/job/template_private.h"
#include "store/base/limits.h"
#include "store/base/text.h"

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

struct node *parser_add(struct parser *parser, enum node_kind kind)
{
	struct template *template = parser->template;

	template->nodes = arena_grow(parser->arena, template->nodes,
	                             template->count, sizeof(struct node));

	struct node *node = &template->nodes[template->count++];

	*node = (struct node){ .kind = kind };
	return node;
}

struct node *parser_opened(const struct parser *parser)
{
	if (parser->depth == 0)
		return NULL;
	return &parser->template->nodes[parser->opened[parser->depth - 1].node];
}

struct setting parser_setting(const struct parser *parser)
{
	if (parser->depth == 0)
		return (struct setting){ 0 };
	return parser->opened[parser->depth - 1].setting;
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

		if (text_is_alpha(c)) { /* nearly all of them */
			wants_segment = false;
			continue;
		}
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
	const struct setting setting = parser_setting(parser);

	if (setting.ignored)
		return;
	*uses = arena_grow(parser->arena, *uses, *count, sizeof(**uses));
	(*uses)[(*count)++] = (struct name_use){
		.name = node->name.dotted,
		.pos = node->pos,
		.section = node->kind == NODE_SECTION ||
		           node->kind == NODE_INVERTED,
		.inside = setting.inside,
		.given = setting.given,
	};
}

/* A node with a checked name, which is noted as used; that of a block means
 * nothing outside of templates. */
static struct node *add_named(struct parser *parser, enum node_kind kind,
                              struct span span)
{
	struct template *template = parser->template;
	struct node *node = parser_add(parser, kind);

	node->pos = pos_at(parser, span.at);
	node->name = name_split(
	        parser->arena, arena_strndup(parser->arena, span.at, span.len));
	if (kind == NODE_PARTIAL || kind == NODE_PARENT)
		add_use(parser, &template->partials, &template->partial_count,
		        node);
	else if (kind != NODE_BLOCK && !text_equal(node->name.dotted, "."))
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

static struct setting setting_in(const struct parser *parser,
                                 enum node_kind kind)
{
	struct setting setting = parser_setting(parser);
	const struct node *around = parser_opened(parser);

	setting.inside |= kind == NODE_SECTION || kind == NODE_INVERTED;
	setting.ignored |= kind == NODE_PARENT;
	if (kind == NODE_BLOCK && around && around->kind == NODE_PARENT) {
		/* As ignored as the parent is. */
		setting.ignored =
		        parser->depth > 1 &&
		        parser->opened[parser->depth - 2].setting.ignored;
		setting.given = true;
	}
	return setting;
}

static int open_tag(struct parser *parser, const struct tag *tag,
                    enum node_kind kind)
{
	struct setting setting = setting_in(parser, kind);

	if (parser->depth == LIMIT_TEMPLATE_DEPTH)
		return fail_at(parser, tag->content.at,
		               "sections are nested more than %d deep",
		               LIMIT_TEMPLATE_DEPTH);
	add_named(parser, kind, tag->content);
	parser->opened[parser->depth++] = (struct opened){
		.node = parser->template->count - 1,
		.setting = setting,
	};
	return 0;
}

static int open_section(struct parser *parser, const struct tag *tag,
                        enum node_kind kind)
{
	if (check_name(parser, tag->content) < 0)
		return -1;
	return open_tag(parser, tag, kind);
}

static int parse_section(struct parser *parser, const struct tag *tag)
{
	return open_section(parser, tag, NODE_SECTION);
}

static int parse_inverted(struct parser *parser, const struct tag *tag)
{
	return open_section(parser, tag, NODE_INVERTED);
}

static const char *tag_word(enum node_kind kind)
{
	return kind == NODE_BLOCK    ? "block"
	       : kind == NODE_PARENT ? "parent"
	                             : "section";
}

static int parse_end(struct parser *parser, const struct tag *tag)
{
	struct span name = tag->content;
	const struct node *node = parser_opened(parser);

	if (!node)
		return fail_at(parser, name.at,
		               "no section is open that \"%.*s\" could close",
		               (int)name.len, name.at);
	if (strlen(node->name.dotted) != name.len ||
	    memcmp(node->name.dotted, name.at, name.len) != 0)
		return fail_at(parser, name.at,
		               "\"%.*s\" is closed, but the open %s is "
		               "\"%s\" (line %u)",
		               (int)name.len, name.at, tag_word(node->kind),
		               node->name.dotted, node->pos.line);
	lines_close(parser, tag);
	parser->depth--;

	struct template *template = parser->template;

	template->nodes[parser->opened[parser->depth].node].end =
	        template->count;
	parser_add(parser, NODE_END);
	return 0;
}

/* The name of a partial, a parent or a block: anything without blanks. */
static int check_label(struct parser *parser, struct span name,
                       const char *what)
{
	size_t len = 0;

	if (name.len == 0)
		return fail_at(parser, name.at, "the tag has no name");
	if (name.at[0] == '*')
		return fail_at(parser, name.at,
		               "the name of a %s cannot come from a value",
		               what);
	while (len < name.len && !strchr(" \t\r\n", name.at[len]))
		len++;
	if (len == name.len)
		return 0;
	return fail_at(parser, name.at, "\"%.*s\" is not a name", (int)name.len,
	               name.at);
}

static int parse_partial(struct parser *parser, const struct tag *tag)
{
	struct node *node;

	if (check_label(parser, tag->content, "partial") < 0)
		return -1;
	node = add_named(parser, NODE_PARTIAL, tag->content);
	node->text = tag->indent.at;
	node->len = tag->indent.len;
	node->alone = tag->taking == TAKES_LINE;
	return 0;
}

static int parse_parent(struct parser *parser, const struct tag *tag)
{
	if (check_label(parser, tag->content, "parent") < 0 ||
	    open_tag(parser, tag, NODE_PARENT) < 0)
		return -1;
	lines_open(parser, tag);
	return 0;
}

static int parse_block(struct parser *parser, const struct tag *tag)
{
	if (check_label(parser, tag->content, "block") < 0 ||
	    open_tag(parser, tag, NODE_BLOCK) < 0)
		return -1;
	lines_open(parser, tag);
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

static const struct {
	char sigil;
	int (*parse)(struct parser *parser, const struct tag *tag);
} tag_kinds[] = {
	{ '\0', parse_variable },  { '&', parse_variable },
	{ '{', parse_variable },   { '#', parse_section },
	{ '^', parse_inverted },   { '/', parse_end },
	{ '>', parse_partial },    { '!', parse_comment },
	{ '=', parse_delimiters }, { '<', parse_parent },
	{ '$', parse_block },
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
	lines_before(parser, tag);
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
	lines_add(parser, parser->len);
	if (parser->depth == 0)
		return 0;

	const struct node *node = parser_opened(parser);

	return error_at(parser->err, ERR_CONFIG, parser->template->file,
	                node->pos, "the %s \"%s\" is not closed",
	                tag_word(node->kind), node->name.dotted);
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
