/*
 * Whose the white space around a tag is
 *
 * What lies between two tags becomes text nodes, one a line, each line led by a
 * NODE_LINE, where an indented partial puts its indent; so the indent goes
 * exactly where it would stand if the partial's text had been indented before
 * it was parsed, as the specification says.
 *
 * A tag other than a variable that is alone on its line takes the line with
 * it. Alone means: blank between the line's beginning and the tag, and between
 * the tag and the line's end, where the ends of the text count as well. This
 * is asked of the text alone; the end of another tag on the line is not blank.
 *
 * A parent is alone when its first tag is clear to the left and its last to
 * the right, whatever stands in between. Then the blanks before it are its
 * indent, and the line's end is its own.
 *
 * A block that a template offers is alone by the same rule, but its tags take
 * lines only where each is alone itself. What it offers is printed as it
 * stands. What it is given instead is indented, line by line, as the block is:
 * by the blanks of its first line if its first tag has a line of its own, else
 * by those before that tag.
 *
 * A block that a parent gets is a text of its own. A first tag that is clear
 * to the right takes the line's end, and the blanks of the first line are then
 * taken from every line; a last tag that is clear to the left takes the blanks
 * before it.
 *
 * Which of it applies may be known only at the closing tag. So the blanks that
 * a parent or block may turn out to have taken are the first nodes in it,
 * `held` of them.
 */
#include <string.h>

#include "engine/job/template_private.h"

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

static size_t skip_blanks(const struct parser *parser, size_t at)
{
	while (at < parser->len &&
	       (parser->text[at] == ' ' || parser->text[at] == '\t'))
		at++;
	return at;
}

static size_t indent_start(const struct parser *parser, size_t at)
{
	while (at > 0 &&
	       (parser->text[at - 1] == ' ' || parser->text[at - 1] == '\t'))
		at--;
	return at;
}

/* Behind the end of the line at `at`, or `to` if that comes first. */
static size_t line_after(const struct parser *parser, size_t at, size_t to)
{
	const char *end = memchr(parser->text + at, '\n', to - at);

	return end ? (size_t)(end + 1 - parser->text) : to;
}

void lines_add(struct parser *parser, size_t to)
{
	while (parser->done < to) {
		size_t from = parser->done;

		/* Empty lines stay empty. */
		if (is_line_start(parser, from) && !is_line_end(parser, from))
			parser_add(parser, NODE_LINE);

		struct node *node = parser_add(parser, NODE_TEXT);

		parser->done = line_after(parser, from, to);
		node->text = parser->text + from;
		node->len = parser->done - from;
	}
}

/* The same, for text that a tag follows. */
static void add_to_tag(struct parser *parser, size_t to)
{
	lines_add(parser, to);
	if (is_line_start(parser, to))
		parser_add(parser, NODE_LINE);
}

static enum taking taking_of(const struct parser *parser, const struct tag *tag)
{
	const struct node *closed =
	        tag->sigil == '/' ? parser_opened(parser) : NULL;

	if (tag->sigil == '\0' || !strchr("#^/!>=<$", tag->sigil) ||
	    !tag->clear_left || (closed && closed->kind == NODE_PARENT))
		return TAKES_NOTHING;
	if (tag->sigil == '<' || (closed && closed->given))
		return TAKES_BLANKS;
	if (tag->clear_right)
		return TAKES_LINE;
	return tag->sigil == '$' ? TAKES_BLANKS : TAKES_NOTHING;
}

static void look_around(const struct parser *parser, struct tag *tag)
{
	tag->line = indent_start(parser, tag->start);
	tag->clear_left = is_line_start(parser, tag->line);
	tag->clear_right = is_line_end(parser, skip_blanks(parser, tag->end));
	tag->taking = taking_of(parser, tag);
	tag->indent = (struct span){ "", 0 };
	if (tag->taking != TAKES_NOTHING)
		tag->indent = (struct span){ parser->text + tag->line,
			                     tag->start - tag->line };
}

void lines_before(struct parser *parser, struct tag *tag)
{
	look_around(parser, tag);
	if (parser_setting(parser).ignored)
		parser->done = tag->start;
	else if (tag->taking == TAKES_NOTHING)
		add_to_tag(parser, tag->start);
	else
		lines_add(parser, tag->line);
	parser->done = tag->taking == TAKES_LINE
	                       ? line_after(parser, tag->end, parser->len)
	                       : tag->end;
}

/* The blanks of the first line at `at` or below that has more than blanks. */
static struct span first_indent(const struct parser *parser, size_t at)
{
	size_t end = skip_blanks(parser, at);

	while (end < parser->len && is_line_end(parser, end)) {
		at = line_after(parser, end, parser->len);
		end = skip_blanks(parser, at);
	}
	return (struct span){ parser->text + at, end - at };
}

/* A block that the parent around it gets. */
static void open_argument(struct parser *parser, const struct tag *tag)
{
	struct node *node = parser_opened(parser);

	node->given = true;
	if (!tag->clear_right) {
		parser_add(parser, NODE_LINE);
		return;
	}
	parser->done = line_after(parser, tag->end, parser->len);

	struct span indent = first_indent(parser, parser->done);

	node->stripped = true;
	node->text = indent.at;
	node->len = indent.len;
}

void lines_open(struct parser *parser, const struct tag *tag)
{
	struct opened *opened = &parser->opened[parser->depth - 1];
	struct node *node = parser_opened(parser);
	size_t done = parser->done;
	size_t count = parser->template->count;

	opened->clear_left = tag->clear_left;
	node->text = tag->indent.at;
	node->len = tag->indent.len;
	if (parser->depth > 1 && node->kind == NODE_BLOCK &&
	    parser->template->nodes[opened[-1].node].kind == NODE_PARENT) {
		open_argument(parser, tag);
	} else if (tag->taking == TAKES_BLANKS) {
		parser->done = tag->line;
		add_to_tag(parser, tag->start);
		parser->done = done;
		parser_opened(parser)->held = parser->template->count - count;
	}
	opened->content = parser->done;
}

/* Take `indent` from a text that it begins, as far as it does. */
static void strip_text(struct node *node, struct span indent)
{
	size_t len = 0;

	while (len < node->len && len < indent.len &&
	       node->text[len] == indent.at[len])
		len++;
	node->text += len;
	node->len -= len;
}

/* Take the block's indent from all lines in it. Those of a block that has lost
 * its own are relative to it already. */
static void strip_block(struct parser *parser, size_t block)
{
	struct node *nodes = parser->template->nodes;
	const struct span indent = { nodes[block].text, nodes[block].len };

	for (size_t i = block + 1; i < parser->template->count; i++) {
		struct node *node = &nodes[i];

		if (node->kind == NODE_PARTIAL || node->kind == NODE_PARENT ||
		    node->kind == NODE_BLOCK ||
		    (node->kind == NODE_TEXT && node[-1].kind == NODE_LINE))
			strip_text(node, indent);
		if (node->kind == NODE_BLOCK && node->stripped)
			i = node->end;
	}
}

static void close_argument(struct parser *parser, const struct opened *opened)
{
	struct template *template = parser->template;

	if (template->nodes[opened->node].stripped)
		strip_block(parser, opened->node);
	else if (template->count == opened->node + 2)
		template->count--; /* what is empty has no line */
}

static void close_parameter(struct parser *parser, const struct opened *opened)
{
	struct node *node = parser_opened(parser);
	bool has_line = opened->clear_left && node->held == 0;

	if (!node->alone || !has_line ||
	    parser->template->count == opened->node + 1)
		return;

	struct span indent = first_indent(parser, opened->content);

	node->text = indent.at;
	node->len = indent.len;
}

void lines_close(struct parser *parser, const struct tag *tag)
{
	const struct opened *opened = &parser->opened[parser->depth - 1];
	struct node *node = parser_opened(parser);

	node->alone = opened->clear_left && tag->clear_right;
	if (node->kind == NODE_PARENT && node->alone)
		parser->done = line_after(parser, tag->end, parser->len);
	else if (node->kind == NODE_BLOCK && node->given)
		close_argument(parser, opened);
	else if (node->kind == NODE_BLOCK)
		close_parameter(parser, opened);
}
