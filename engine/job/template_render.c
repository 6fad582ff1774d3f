/*
 * How a template is carried out
 *
 * walk_range() goes over nodes from one to another; a section walks the range
 * between its node and its end once for each item, with the item as a new
 * innermost frame. Sections and partials recurse, so together they may be
 * nested LIMIT_TEMPLATE_DEPTH deep; a limit on nodes ends what is nested less
 * deeply but repeats itself for hours.
 *
 * An indented partial has its indent written at each of its NODE_LINEs; one
 * inside of it adds its own. A partial in the middle of a line has none.
 */
#include "engine/job/template.h"

#include <string.h>

#include "engine/job/program.h"
#include "store/base/alloc.h"
#include "store/base/limits.h"

/* Nodes that one rendering may carry out, less than a second. */
#define MAX_STEPS (8u << 20)

struct walk {
	const struct template *template;
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
	const struct format *format = node->format;

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

static int walk_partial(const struct walk *walk, const struct node *node,
                        const struct frame *frame)
{
	const struct render *render = walk->render;
	auto_free char *indent = NULL;
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
	if (node->len > 0)
		indent = mem_printf("%s%.*s", walk->indent, (int)node->len,
		                    node->text);
	inner.indent = indent ? indent : "";
	inner.depth++;
	return walk_range(&inner, 0, inner.template->count, frame);
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
		return walk_partial(walk, node, frame);
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
		if (nodes[i].kind == NODE_SECTION ||
		    nodes[i].kind == NODE_INVERTED)
			i = nodes[i].end;
	}
	return 0;
}

int template_render(const struct template *template,
                    const struct render *render, struct buf *ret,
                    struct error *err)
{
	struct frame frame = { render->scope, NULL };
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

	if (walk_range(&walk, 0, template->count, &frame) == 0)
		return 0;
	buf_cut(ret, before);
	return -1;
}

int template_value(const struct template *template, const struct render *render,
                   struct arena *arena, struct value **ret, struct error *err)
{
	struct frame frame = { render->scope, NULL };
	struct walk walk = {
		.template = template,
		.render = render,
		.err = err,
	};
	const struct value *value = NULL;

	if (find_value(&walk, template->single, &frame, arena, &value) < 0)
		return -1;
	*ret = value ? value_copy(arena, value) : value_null(arena);
	return 0;
}
