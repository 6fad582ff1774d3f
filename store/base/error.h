/*
 * The one error path.
 *
 * A function that can fail returns -1 (or NULL) and has filled the
 * `struct error` that its caller passed as last parameter; on success it has
 * not touched it. A level that knows more wraps: the message reads from the
 * outside in, "could not load job "proposal": jobs/proposal.yaml is empty".
 *
 *	auto_error struct error err = {0};
 *	if (job_load(&job, &err) < 0)
 *		return print_error(&err);
 *
 * Wording (docs/decisions.md): lower case, no final period, what could not be
 * done and why, user's names in double quotes. "could not" if a retry may
 * help, "cannot" if it never will. A hint is a full sentence with a period.
 *
 * Ownership: an error owns its texts; all zero is empty and safe to clear.
 * `err` is never NULL.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/compiler.h"

/* What kind of failure it is, as far as a caller decides by it. */
enum error_code {
	ERR_NONE,
	ERR_USAGE,    /* the command line */
	ERR_CONFIG,   /* a file that a person wrote: syntax, schema, names */
	ERR_STATE,    /* the workspace is not in a state that allows it */
	ERR_MISSING,  /* what was named is not there */
	ERR_CONFLICT, /* somebody else was first; look again */
	ERR_BUSY,     /* another engine holds the workspace */
	ERR_AWAY,     /* the remote, or the run is another engine's: later */
	ERR_LIMIT,    /* a limit of limits.h */
	ERR_SYSTEM,   /* the operating system, the disk, git or SQLite */
	ERR_CORRUPT,  /* stored bytes are not what was stored */
	ERR_FAILED,   /* a step did what it could and failed */
};

/* A place in a text file; 1-based, columns in bytes. line 0: no position. */
struct pos {
	unsigned line;
	unsigned column;
};

struct error {
	enum error_code code;
	struct pos pos;
	char *file; /* the file that `pos` is in, or NULL */
	char *message;
	char *hint; /* what to do next, or NULL */
};

/* Each returns -1, so that report-and-return is one line. */
int error_set(struct error *err, enum error_code code, const char *format, ...)
        PRINTF_LIKE(3, 4);
int error_at(struct error *err, enum error_code code, const char *file,
             struct pos pos, const char *format, ...) PRINTF_LIKE(5, 6);
/* ERR_SYSTEM, with ": " and the text of `number` (an errno value) appended. */
int error_errno(struct error *err, int number, const char *format, ...)
        PRINTF_LIKE(3, 4);
/* Put "text: " before the message. The code and position stay. */
int error_wrap(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* Say what to do next; an earlier hint is kept. */
int error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

void error_clear(struct error *err);
/* Move `from` into `to` (whose texts are freed), leaving `from` empty. */
void error_move(struct error *to, struct error *from);

#define auto_error CLEANUP(error_clear)

/* A list of errors: `check` reports every one that a file has. */
struct errors {
	struct error *items;
	size_t count;
};

/* Move `err` to the end of the list, leaving it empty. Returns -1. */
int errors_take(struct errors *list, struct error *err);
/* error_at() into a new last entry, which is returned to add a hint to; it is
 * owned by the list and valid until the next addition. */
struct error *errors_add(struct errors *list, enum error_code code,
                         const char *file, struct pos pos, const char *format,
                         ...) PRINTF_LIKE(5, 6);
/* By file, then line, then column, keeping the order of equals. */
void errors_sort(struct errors *list);
void errors_clear(struct errors *list);
/* Whether there are so many that nobody reads more: LIMIT_ERRORS. Who goes
 * through outside data stops then; and who finds it so at the beginning makes
 * nothing of that data, since what is wrong with it would not be seen. */
bool errors_full(const struct errors *list);

#define auto_errors CLEANUP(errors_clear)

#endif
