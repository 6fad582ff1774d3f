/*
 * What commands print: safe text, colour where a person looks, tables, times.
 *
 * Everything that comes from outside (titles, paths, reasons, a mail's
 * subject) goes through here, so that a terminal is safe from it. Colour is
 * used only when the invocation says so.
 *
 *	struct table table = { .arena = invocation->arena, .columns = 2 };
 *	table_add(&table, TINT_BOLD, "7k2fq0ab");
 *	table_add(&table, TINT_NONE, "Proposal for Acme");
 *	table_print(invocation, &table);
 */
#ifndef CMD_PRINT_H
#define CMD_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/cmd/command.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/state.h"

enum tint {
	TINT_NONE,
	TINT_BOLD,
	TINT_DIM,
	TINT_RED,
	TINT_GREEN,
	TINT_YELLOW,
	TINT_CYAN,
};

/* Print to the invocation's output; newlines in values stay. */
void say(const struct invocation *invocation, const char *format, ...)
        PRINTF_LIKE(2, 3);
void say_tinted(const struct invocation *invocation, enum tint tint,
                const char *format, ...) PRINTF_LIKE(3, 4);
/* Every line of `text` behind `indent` spaces, with a newline at its end. */
void say_indented(const struct invocation *invocation, unsigned indent,
                  const char *text);
/* "WHAT: TEXT", for people, of each text in `list`. */
void say_each(const struct invocation *invocation, const struct value *list,
              const char *what);
/* "name     value": a line of a report, its values below each other. Further
 * lines have an empty name. */
void say_fact(const struct invocation *invocation, const char *name,
              const char *format, ...) PRINTF_LIKE(3, 4);
/* A unified diff, in its usual colours. */
void say_diff(const struct invocation *invocation, const char *text);

/* The one JSON document of --json, members by name. */
void print_json(const struct invocation *invocation, const struct value *value);
/* The same, members in their own order. */
void print_json_as_is(const struct invocation *invocation,
                      const struct value *value);

/* ---- Tables ---- */

/* Cells in reading order; columns are as wide as their widest cell. */
struct table {
	struct arena *arena;
	size_t columns;
	unsigned indent;
	struct table_cell *cells;
	size_t count;
};

void table_add(struct table *table, enum tint tint, const char *format, ...)
        PRINTF_LIKE(3, 4);
void table_print(const struct invocation *invocation,
                 const struct table *table);

/* ---- Errors ---- */

/* "FILE:LINE:COLUMN: error: MESSAGE", the source line with a caret when the
 * file can be read below `dir` (may be NULL), and the hint. `prefix` comes
 * first: "reeve: ", or "". `word` is "error" or "warning". */
void print_problem(FILE *out, bool colour, const char *prefix, const char *word,
                   const char *dir, const struct error *err);
/* Whether to use colour on `out`: a terminal, and NO_COLOR is not set. */
bool print_in_colour(FILE *out);

/* ---- Words; all in `arena` ---- */

/* "just now", "5 minutes", "2 days": the time from `then` to `now`. */
const char *age_text(struct arena *arena, int64_t now_ms, int64_t then_ms);
/* "just now", "2 days ago" */
const char *ago_text(struct arena *arena, int64_t now_ms, int64_t then_ms);
/* "due in 2 days", "2 days overdue"; "" without a due time. */
const char *due_text(struct arena *arena, int64_t now_ms, int64_t due_ms);
/* "2026-11-22 09:15" on the clocks of `zone`; "" for 0. */
const char *time_text(struct arena *arena, const char *zone, int64_t time_ms);
/* "2026-11-22T08:15:00Z"; NULL for 0. */
const char *instant_text(struct arena *arena, int64_t time_ms);
/* "1 run", "2 runs": `many` is "runs", `one` is "run". */
const char *count_text(struct arena *arena, size_t count, const char *one,
                       const char *many);
/* "nothing" for 0, else the amount: what something has cost. */
const char *cost_text(struct arena *arena, const char *amount);
/* The first line of `text`. */
const char *first_line(struct arena *arena, const char *text);
/* The same, cut to `columns`; "…" is at its end when something is missing. */
const char *cut_text(struct arena *arena, const char *text, size_t columns);

enum tint run_tint(enum run_state state);
enum tint step_tint(enum step_state state);

#endif
