/*
 * The tokens of an expression or a query. Shared by expr_token.c, which finds
 * them, and what reads them; nobody else includes this.
 */
#ifndef JOB_EXPR_TOKEN_H
#define JOB_EXPR_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/scope.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

enum token_kind {
	TOKEN_NAME,     /* brief.client */
	TOKEN_FUNCTION, /* a word before a parenthesis */
	TOKEN_WORD,     /* and, or, not, … */
	TOKEN_NUMBER,
	TOKEN_TEXT,   /* 'it''s' */
	TOKEN_COLUMN, /* "order": a query's own */
	TOKEN_STAR,   /* e.*: likewise */
	TOKEN_OPERATOR,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
};

/* What a name that is missing means. */
enum token_use {
	USE_STRICT,   /* an error */
	USE_OPTIONAL, /* null: inside of coalesce() */
	USE_HAS,      /* false: the name is all of a has() */
};

struct token {
	enum token_kind kind;
	enum token_use use; /* NAME */
	const char *text;   /* in the source */
	size_t len;
	struct pos pos;
	struct name name; /* NAME */
	int parameter;    /* NAME: its number, from 1 */
	size_t sql_at;    /* where it begins in the SQL text */
};

/* Whether the token is this word or operator, in any case of letters. */
bool token_is(const struct token *token, const char *text);

struct tokens {
	struct token *list;
	size_t count;
};

/* All tokens of a string value, in `arena`, has(x) as one name. `what` is
 * "expression" or "query". ERR_CONFIG at what cannot stand in one; parentheses
 * are in balance. */
int expr_scan(struct arena *arena, const char *file, const struct value *source,
              const char *what, struct tokens *ret,
              struct error *err) MUST_CHECK;

#endif
