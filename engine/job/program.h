/*
 * What a template is parsed into. Shared by template.c and template_lines.c,
 * which make it, and template_render.c, which carries it out; nobody else
 * includes this.
 *
 * A program is a list of nodes in the order of the text. A section's node
 * knows the node of its end, so that carrying it out is a walk that may jump.
 * Everything lives in the arena that the template was parsed into.
 */
#ifndef JOB_PROGRAM_H
#define JOB_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/format.h"
#include "engine/job/scope.h"
#include "engine/job/template.h"
#include "store/base/buf.h"
#include "store/base/error.h"

enum node_kind {
	NODE_TEXT,
	NODE_LINE, /* a line begins: an indented partial's indent goes here */
	NODE_VALUE,
	NODE_SECTION,
	NODE_INVERTED,
	NODE_PARTIAL,
	NODE_PARENT, /* {{<name}}: a partial that gets the blocks in it */
	NODE_BLOCK,  /* {{$name}}: what stands in it unless another is given */
	NODE_END,    /* of all that has an `end` */
};

struct node {
	enum node_kind kind;
	bool raw; /* VALUE: not escaped */
	/* PARTIAL, PARENT, BLOCK: on lines of its own, so what comes in its
	 * place is indented. */
	bool alone;
	bool given;    /* BLOCK: to the parent around it */
	bool stripped; /* BLOCK: its lines have lost the block's indent */
	/* PARENT, BLOCK: so many nodes behind this one are the blanks before
	 * it, to be printed unless it is alone. */
	size_t held;
	struct pos pos; /* of the name */
	size_t end; /* SECTION, INVERTED, PARENT, BLOCK: the number of its END
	             */
	const char *text; /* TEXT: bytes; PARTIAL, PARENT, BLOCK: the indent */
	size_t len;
	struct name name;
	const struct function *format; /* VALUE; NULL: none */
	const char *argument;
};

struct template
{
	const char *file;
	struct pos pos; /* of its text */
	struct node *nodes;
	size_t count;
	struct name_use *names;
	size_t name_count;
	struct name_use *partials;
	size_t partial_count;
	const struct node *single;
	struct name_use single_use;
};

/* Append `text` as `escape` asks. */
void escape_add(struct buf *buf, enum escape escape, const char *text,
                size_t len);

#endif
