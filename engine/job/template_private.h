/*
 * What the files template*.c share while one template is parsed; nobody else
 * includes it.
 *
 * template.c finds the tags and reads what stands in them, template_lines.c
 * says what of the text around a tag is the tag's own.
 */
#ifndef JOB_TEMPLATE_PRIVATE_H
#define JOB_TEMPLATE_PRIVATE_H

#include "engine/job/program.h"
#include "store/base/limits.h"

struct span {
	const char *at;
	size_t len;
};

/* What holds of all that stands in a tag that is open. */
struct setting {
	bool ignored; /* in a parent, but in no block of it */
	bool inside;  /* in a section */
	bool given;   /* in a block that a parent is given */
};

struct opened {
	size_t node;
	struct setting setting;
	bool clear_left; /* of the tag that opened it */
	size_t content;  /* where its text begins */
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
	struct opened opened[LIMIT_TEMPLATE_DEPTH]; /* outermost first */
	size_t depth;
	/* The source behind `cursor_at` bytes, for positions. */
	struct value cursor;
	size_t cursor_at;
	struct error *err;
};

/* What a tag takes of its line, besides itself. */
enum taking {
	TAKES_NOTHING,
	TAKES_BLANKS, /* those before it */
	TAKES_LINE,   /* all of it, with its end */
};

struct tag {
	size_t start; /* of the opening delimiter */
	size_t end;   /* behind the closing one */
	char sigil;   /* 0: a variable */
	struct span content;
	size_t line;     /* where its line begins, if it is clear to its left */
	bool clear_left; /* nothing but blanks before it on its line */
	bool clear_right; /* nothing but blanks behind it */
	enum taking taking;
	struct span indent; /* the blanks before it that it takes */
};

/* What holds at the parser's place. */
struct setting parser_setting(const struct parser *parser);
/* The node of the innermost open tag, or NULL. */
struct node *parser_opened(const struct parser *parser);

struct node *parser_add(struct parser *parser, enum node_kind kind);

/* Put the text up to `to` into the program. */
void lines_add(struct parser *parser, size_t to);
/* Look around the tag, and put the text before it into the program. */
void lines_before(struct parser *parser, struct tag *tag);
/* Behind the node of a parent or a block that has just been opened. */
void lines_open(struct parser *parser, const struct tag *tag);
/* Before the end of the innermost open tag, which `tag` closes. */
void lines_close(struct parser *parser, const struct tag *tag);

#endif
