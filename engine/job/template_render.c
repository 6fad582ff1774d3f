/*
 * How a template is carried out
 *
 * walk_range() goes over nodes from one to another; a section walks the range
 * between its node and its end once for each item, with the item as a new
 * innermost frame. Sections, partials and blocks recurse, so together they may
 * be nested LIMIT_TEMPLATE_DEPTH deep; a limit on nodes ends what is nested
 * less deeply but repeats itself for hours.
 *
 * An indented partial has its indent written at each of its NODE_LINEs; one
 * inside of it adds its own. A partial in the middle of a line has none.
 *
 * A parent is a partial that is walked with the blocks in it as `given`. They
 * form a stack, for what a parent is given may have come through templates
 * that inherit from it: the outermost template that gives a block of a name
 * decides. What it gives is walked in place of the block, with the scope of
 * that place; but the blocks in it are its own template's, so they get what
 * that template was given.
 */
#include "engine/job/template.h"

#include <string.h>

#include "engine/job/program.h"
#include "store/base/alloc.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* Nodes that one rendering may carry out, less than a second. */
#define MAX_STEPS (8u << 20)

struct given {
	const struct template *template;
	size_t parent; /* the node whose blocks they are */
	const struct given
	        *up; /* what that template was given; NULL: nothing */
};

struct walk {
	const struct template *template;
	const struct given *given;
	const struct render *render;
	struct buf *out;
	struct error *err;
	const char *indent;
	unsigned depth;
	unsigned *steps;
};

static int walk_range(const struct walk *walk, size_t from, size_t to,
                      const struct frame *frame);

static int fail_here(const struct walk *walk, const struct node *node)
{
	return scope_place(walk->err, walk->template->file, node->pos);
}

static int check_depth(const struct walk *walk, const struct node *node)
{
	if (walk->depth < LIMIT_TEMPLATE_DEPTH)
		return 0;
	return error_at(walk->err, ERR_LIMIT, walk->template->file, node->pos,
	                "sections and partials are nested more than %d deep",
	                LIMIT_TEMPLATE_DEPTH);
}

/* The value of a variable with its format applied; `*ret` is NULL when it is
 * missing and may be. */
static int find_value(const struct walk *walk, const struct node *node,
                      const struct frame *frame, struct arena *arena,
                      const struct value **ret)
{
	const struct value *value = scope_find(frame, &node->name);
	const struct function *format = node->format;

	if (!value && walk->render->strict)
		return scope_missing(frame, &node->name, walk->template->file,
		                     node->pos, walk->err);
	if (value && format && (value->kind != VALUE_NULL || format->encoded)) {
		value = format->apply(arena, value, node->argument,
		                      walk->render->locale, walk->err);
		if (!value) {
			error_wrap(walk->err, "\"%s\"", node->name.dotted);
			return fail_here(walk, node);
		}
	}
	*ret = value;
	return 0;
}

static int not_printable(const struct walk *walk, const struct node *node,
                         const struct value *value)
{
	bool list = value->kind == VALUE_LIST;

	error_at(walk->err, ERR_CONFIG, walk->template->file, node->pos,
	         "\"%s\" is a %s and cannot be printed", node->name.dotted,
	         list ? "list" : "map");
	return error_hint(walk->err, "Name %s, or use %s.",
	                  list ? "it in a section" : "one of its fields",
	                  list ? "| join, | count or | json" : "| json");
}

/* Only texts are escaped: numbers, true and false are themselves anywhere. */
static enum escape escape_of(const struct walk *walk, const struct node *node,
                             const struct value *value)
{
	enum escape escape = walk->render->escape;
	bool data = escape == ESCAPE_JSON || escape == ESCAPE_YAML;

	if (node->raw || value->kind != VALUE_STRING)
		return ESCAPE_NONE;
	if (data && node->format && node->format->encoded)
		return ESCAPE_NONE;
	return escape;
}

static int walk_value(const struct walk *walk, const struct node *node,
                      const struct frame *frame)
{
	auto_arena struct arena arena = { 0 };
	const struct value *value = NULL;

	if (find_value(walk, node, frame, &arena, &value) < 0)
		return -1;
	if (!value)
		return 0;

	const char *text = scope_text(value);

	if (!text)
		return not_printable(walk, node, value);
	escape_add(walk->out, escape_of(walk, node, value), text,
	           value->kind == VALUE_STRING ? value->length : strlen(text));
	return 0;
}

static int walk_section(const struct walk *walk, size_t number,
                        const struct frame *frame)
{
	const struct node *node = &walk->template->nodes[number];
	const struct value *value = scope_find(frame, &node->name);
	struct walk inner = *walk;

	inner.depth++;
	if (!value || !value_is_true(value))
		return 0;
	if (check_depth(walk, node) < 0)
		return -1;
	if (value->kind != VALUE_LIST) {
		struct frame top = { value, frame };

		return walk_range(&inner, number + 1, node->end, &top);
	}
	for (size_t i = 0; i < value->length; i++) {
		struct frame top = { value->items[i], frame };

		if (walk_range(&inner, number + 1, node->end, &top) < 0)
			return -1;
	}
	return 0;
}

static int walk_inverted(const struct walk *walk, size_t number,
                         const struct frame *frame)
{
	const struct node *node = &walk->template->nodes[number];
	const struct value *value = scope_find(frame, &node->name);
	struct walk inner = *walk;

	inner.depth++;
	if (value && value_is_true(value))
		return 0;
	if (check_depth(walk, node) < 0)
		return -1;
	return walk_range(&inner, number + 1, node->end, frame);
}

/* Print the blanks before a parent or block that does not stand alone. */
static int walk_held(const struct walk *walk, size_t number,
                     const struct frame *frame)
{
	const struct node *node = &walk->template->nodes[number];

	if (node->alone)
		return 0;
	return walk_range(walk, number + 1, number + 1 + node->held, frame);
}

/* The indent of what comes in the node's place: its own is added to that of
 * the text it stands in. */
static char *indent_of(const struct walk *walk, const struct node *node)
{
	if (!node->alone)
		return mem_strdup("");
	return mem_printf("%s%.*s", walk->indent, (int)node->len, node->text);
}

static int walk_partial(const struct walk *walk, const struct node *node,
                        const struct given *given, const struct frame *frame)
{
	const struct render *render = walk->render;
	auto_free char *indent = indent_of(walk, node);
	struct walk inner = *walk;

	if (check_depth(walk, node) < 0)
		return -1;
	if (!render->partial)
		return error_at(walk->err, ERR_CONFIG, walk->template->file,
		                node->pos,
		                "there are no partials here, such as \"%s\"",
		                node->name.dotted);
	inner.template =
	        render->partial(render->state, node->name.dotted, walk->err);
	if (!inner.template)
		return fail_here(walk, node);
	inner.given = given;
	inner.indent = indent;
	inner.depth++;
	return walk_range(&inner, 0, inner.template->count, frame);
}

static int walk_parent(const struct walk *walk, size_t number,
                       const struct frame *frame)
{
	const struct given given = { walk->template, number, walk->given };

	if (walk_held(walk, number, frame) < 0)
		return -1;
	return walk_partial(walk, &walk->template->nodes[number], &given,
	                    frame);
}

/* The number of the block of that name which the parent is given, or 0. */
static size_t find_block(const struct walk *walk, const struct given *given,
                         const char *name)
{
	const struct node *nodes = given->template->nodes;

	for (size_t i = given->parent + 1; i < nodes[given->parent].end; i++) {
		++*walk->steps;
		if (nodes[i].kind == NODE_BLOCK &&
		    text_equal(nodes[i].name.dotted, name))
			return i;
		if (nodes[i].end)
			i = nodes[i].end;
	}
	return 0;
}

/* What comes in the place of a block; NULL when nothing was given for it. */
static const struct given *find_given(const struct walk *walk, const char *name,
                                      size_t *ret)
{
	const struct given *found = NULL;

	for (const struct given *given = walk->given; given;
	     given = given->up) {
		size_t block = find_block(walk, given, name);

		if (!block)
			continue;
		found = given;
		*ret = block;
	}
	return found;
}

static int walk_block(const struct walk *walk, size_t number,
                      const struct frame *frame)
{
	const struct node *node = &walk->template->nodes[number];
	auto_free char *indent = indent_of(walk, node);
	const struct given *given;
	struct walk inner = *walk;
	size_t block;

	if (check_depth(walk, node) < 0)
		return -1;
	inner.depth++;
	given = find_given(walk, node->name.dotted, &block);
	if (!given)
		return walk_range(&inner, number + 1, node->end, frame);
	if (walk_held(walk, number, frame) < 0)
		return -1;
	inner.template = given->template;
	inner.given = given->up;
	inner.indent = indent;
	return walk_range(&inner, block + 1, inner.template->nodes[block].end,
	                  frame);
}

static int walk_node(const struct walk *walk, size_t number,
                     const struct frame *frame)
{
	const struct node *node = &walk->template->nodes[number];

	switch (node->kind) {
	case NODE_TEXT:
		buf_add(walk->out, node->text, node->len);
		return 0;
	case NODE_LINE:
		buf_add_text(walk->out, walk->indent);
		return 0;
	case NODE_VALUE:
		return walk_value(walk, node, frame);
	case NODE_SECTION:
		return walk_section(walk, number, frame);
	case NODE_INVERTED:
		return walk_inverted(walk, number, frame);
	case NODE_PARTIAL:
		return walk_partial(walk, node, walk->given, frame);
	case NODE_PARENT:
		return walk_parent(walk, number, frame);
	case NODE_BLOCK:
		return walk_block(walk, number, frame);
	case NODE_END:
		return 0;
	}
	return 0;
}

static int walk_range(const struct walk *walk, size_t from, size_t to,
                      const struct frame *frame)
{
	const struct node *nodes = walk->template->nodes;

	for (size_t i = from; i < to; i++) {
		if (++*walk->steps > MAX_STEPS)
			return error_at(walk->err, ERR_LIMIT,
			                walk->template->file, nodes[i].pos,
			                "the template takes too long");
		if (walk_node(walk, i, frame) < 0)
			return -1;
		if (walk->out->over)
			return buf_check(walk->out, "the rendered text",
			                 walk->err);
		if (nodes[i].end)
			i = nodes[i].end;
	}
	return 0;
}

int template_render(const struct template *template,
                    const struct render *render, struct buf *ret,
                    struct error *err)
{
	const struct frame alone = { render->scope, NULL };
	const struct frame *frame = render->frame ? render->frame : &alone;
	size_t before = ret->len;
	unsigned steps = 0;
	struct walk walk = {
		.template = template,
		.render = render,
		.out = ret,
		.err = err,
		.indent = "",
		.steps = &steps,
	};

	if (walk_range(&walk, 0, template->count, frame) == 0)
		return 0;
	buf_cut(ret, before);
	return -1;
}

int template_value(const struct template *template, const struct render *render,
                   struct arena *arena, struct value **ret, struct error *err)
{
	const struct frame alone = { render->scope, NULL };
	const struct frame *frame = render->frame ? render->frame : &alone;
	struct walk walk = {
		.template = template,
		.render = render,
		.err = err,
	};
	const struct value *value = NULL;

	if (find_value(&walk, template->single, frame, arena, &value) < 0)
		return -1;
	*ret = value ? value_copy(arena, value) : value_null(arena);
	return 0;
}
