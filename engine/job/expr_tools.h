/*
 * What the files expr*.c and query*.c share; nobody else includes it.
 *
 * expr.c reads an expression, expr_plain.c knows which ones SQLite need not be
 * asked about, expr_run.c carries them out; expr_pair.c finds the comparisons
 * in a list of tokens whose two sides it can name.
 */
#ifndef JOB_EXPR_TOOLS_H
#define JOB_EXPR_TOOLS_H

#include "engine/job/expr.h"
#include "engine/job/expr_token.h"
#include "engine/job/functions.h"
#include "store/db.h"

/* Two tokens that are compared. */
struct pair {
	size_t left;
	size_t right;
};

struct pairs {
	struct pair *list;
	size_t count;
};

struct expr {
	const char *file;
	struct pos pos;
	const char *sql;
	uint64_t hash; /* of `sql` */
	struct token *tokens;
	size_t count;
	struct pairs pairs;
	struct name_use *names;
	size_t name_count;
	bool is_truth; /* its outermost operation gives true or false */
};

/* Whether SQLite is sure to take them as an expression; false may mean that
 * nobody knows. */
bool tokens_are_plain(const struct token *tokens, size_t count);

/* A scratch connection with reeve's functions, and what belongs to it. */
struct scratch {
	struct db *db;
	struct customs customs; /* of the statement that comes next */
	struct function_set *functions;
};

/* Open it, unless it is. */
int scratch_open(struct scratch *scratch, const char *what,
                 struct error *err) MUST_CHECK;
void scratch_close(struct scratch *scratch);

struct compiled {
	char *sql; /* NULL: the place is free */
	uint64_t hash;
	struct statement *statement;
};

struct expr_engine {
	struct scratch expressions; /* each opened when it is first needed */
	struct scratch queries;
	struct compiled *cache; /* of expressions */
	size_t count;
	struct query_lists *lists; /* that queries were asked of; or NULL */
	size_t turn;               /* how often they were forgotten */
};

/* The expression, compiled; it belongs to the engine. NULL with ERR_CONFIG at
 * the token that SQLite would not take. */
struct statement *expr_compiled(struct expr_engine *engine,
                                const struct expr *expr,
                                struct error *err) MUST_CHECK;

/* Whether the token is this word of SQL. */
bool token_is_word(const struct token *token, const char *word);
bool token_is_comparison(const struct token *token);

/* Say in the words of the source what SQLite said of `sql`, in which each token
 * begins at its `sql_at`. Returns -1. */
int tokens_misread(const struct tokens *tokens, int offset, const char *what,
                   const char *file, struct pos pos, struct error *err);

/* Warn of each division of whole numbers. */
void tokens_warnings(const struct token *tokens, size_t count, const char *file,
                     struct errors *warnings);

/* What one side of a comparison is made of. */
enum side {
	SIDE_OTHER, /* may be anything */
	SIDE_NUMBER,
	SIDE_TEXT,
};

/* How the sides of a pair are told apart. */
struct judge {
	enum side (*side)(const void *state, const struct token *name);
	/* `"brief.budget" (the text "12")` */
	const char *(*describe)(const void *state, struct arena *arena,
	                        const struct token *name);
	const void *state;
};

struct pairs pairs_find(struct arena *arena, const struct token *tokens,
                        size_t count);
/* ERR_CONFIG at the first comparison of a text with a number. */
int pairs_check(const struct pairs *pairs, const struct token *tokens,
                const struct judge *judge, const char *file,
                struct error *err) MUST_CHECK;
enum side side_of_value(const struct value *value);

#endif
