/*
 * Commands: one file each, and one row in table.c.
 *
 * A command gets its arguments already parsed by its own table of options and
 * writes text, or with --json one JSON document, to standard output. Errors go
 * up as `struct error`; main prints them and chooses the exit status:
 *
 *	0   done, or nothing to do
 *	1   a run failed
 *	2   usage, configuration, or the workspace is not in a state for it
 *	75  another engine holds the workspace
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

enum exit_status {
	EXIT_STATUS_DONE = 0,
	EXIT_STATUS_FAILED = 1,
	EXIT_STATUS_USAGE = 2,
	EXIT_STATUS_BUSY = 75,
};

/* An option beyond --help, --json and -q, which every command has. */
struct option_row {
	const char *name;  /* "message": --message TEXT, --message=TEXT */
	char letter;       /* 'm': -m TEXT; 0: none */
	const char *value; /* "TEXT"; NULL: the option takes none */
	const char *help;
};

struct invocation {
	struct arena *arena;
	const struct command *command;
	const char **args; /* what is no option, NULL-terminated */
	size_t count;
	/* One for each row of the command's options: NULL when not given, ""
	 * when given and it takes no value. */
	const char **options;
	bool json;
	bool quiet;
	FILE *out;
	bool colour; /* `out` is a terminal and NO_COLOR is not set */
};

struct command {
	const char *name;
	const char *synopsis; /* behind "reeve NAME": "RUN [STEP]" */
	const char *help;     /* one clause, lower case */
	const char *details;  /* paragraphs for --help; may be NULL */
	const struct option_row *options; /* ends with an empty row */
	size_t least, most;               /* arguments; most -1: any */
	/* An exit status; or -1 with err. */
	int (*run)(struct invocation *invocation, struct error *err);
};

/* NULL-terminated, sorted by name; the first row is `reeve` alone. */
extern const struct command *const commands[];

const struct command *command_find(const char *name);

/* The option `name` of the invocation's command: its value, "" or NULL. */
const char *option_get(const struct invocation *invocation, const char *name);
bool option_given(const struct invocation *invocation, const char *name);

/* Parse argv (without the program's name) and run it. The exit status; what
 * went wrong has been printed to standard error. */
int command_main(int argc, char **argv);

#endif
