/*
 * The command line: the first word that is no option names the command; the
 * rest is read by its row, options anywhere, "--" ending them. Help is made
 * of the same rows.
 *
 * The three options of every command, and --version, are rows too: `builtin`.
 */
#include "engine/cmd/command.h"

#include <string.h>

#include "engine/cmd/print.h"
#include "store/base/text.h"
#include "store/repo.h"

#define REEVE_VERSION "0.1.0"
#define MOST_NAMES    64 /* of commands, or of options of one */

enum builtin {
	BUILTIN_HELP,
	BUILTIN_JSON,
	BUILTIN_QUIET,
	BUILTIN_VERSION,
	BUILTIN_COUNT,
};

static const struct option_row builtin[] = {
	[BUILTIN_HELP] = { "help", 'h', NULL, "this text" },
	[BUILTIN_JSON] = { "json", 0, NULL,
	                   "one JSON document instead of text" },
	[BUILTIN_QUIET] = { "quiet", 'q', NULL,
	                    "say only what needs attention" },
	[BUILTIN_VERSION] = { "version", 0, NULL, "the version of reeve" },
	[BUILTIN_COUNT] = { 0 },
};

struct parser {
	struct invocation *invocation;
	char **argv;
	int at, argc;
	bool seen[BUILTIN_COUNT];
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static size_t option_index(const struct option_row *rows, const char *name)
{
	size_t i = 0;

	while (rows && rows[i].name && strcmp(rows[i].name, name) != 0)
		i++;
	return i;
}

const char *option_get(const struct invocation *invocation, const char *name)
{
	return invocation
	        ->options[option_index(invocation->command->options, name)];
}

bool option_given(const struct invocation *invocation, const char *name)
{
	return option_get(invocation, name) != NULL;
}

/* ---- Help ---------------------------------------------------------------- */

static const char *full_name(struct arena *arena, const struct command *command)
{
	const char *space = *command->name ? " " : "";
	const char *gap = *command->synopsis ? " " : "";

	return arena_printf(arena, "reeve%s%s%s%s", space, command->name, gap,
	                    command->synopsis);
}

static void help_all(const struct invocation *invocation)
{
	struct table table = {
		.arena = invocation->arena,
		.columns = 2,
		.indent = 2,
	};

	say(invocation, "reeve runs a one-person company from a Git "
	                "repository.\n\n");
	for (size_t i = 0; commands[i]; i++) {
		table_add(&table, TINT_BOLD, "%s",
		          full_name(invocation->arena, commands[i]));
		table_add(&table, TINT_NONE, "%s", commands[i]->help);
	}
	table_print(invocation, &table);
	say(invocation,
	    "\nEvery command has --json, -q and --help; \"reeve help "
	    "COMMAND\" says more of one.\n"
	    "Exit status: 0 done or nothing to do, 1 a run failed, 2 usage or "
	    "configuration,\n75 another engine holds the workspace.\n");
}

static void help_option(struct table *table, const struct option_row *row)
{
	const char *gap = row->value ? " " : "";
	const char *value = row->value ? row->value : "";

	if (row->letter)
		table_add(table, TINT_BOLD, "-%c, --%s%s%s", row->letter,
		          row->name, gap, value);
	else
		table_add(table, TINT_BOLD, "    --%s%s%s", row->name, gap,
		          value);
	table_add(table, TINT_NONE, "%s", row->help);
}

static void help_one(const struct invocation *invocation,
                     const struct command *command)
{
	struct table table = {
		.arena = invocation->arena,
		.columns = 2,
		.indent = 2,
	};

	say_tinted(invocation, TINT_BOLD, "%s",
	           full_name(invocation->arena, command));
	say(invocation, "\n  %s\n\n", command->help);
	if (command->details)
		say(invocation, "%s\n\n", command->details);
	for (const struct option_row *row = command->options; row && row->name;
	     row++)
		help_option(&table, row);
	for (size_t i = 0; i < BUILTIN_VERSION; i++)
		help_option(&table, &builtin[i]);
	table_print(invocation, &table);
}

/* ---- Reading ------------------------------------------------------------- */

static int unknown_command(const char *word, struct error *err)
{
	const char *names[MOST_NAMES] = { "help" };
	size_t count = 1;

	for (size_t i = 0; commands[i] && count < MOST_NAMES; i++)
		names[count++] = commands[i]->name;
	const char *near = text_nearest(word, names, count);
	error_set(err, ERR_USAGE, "there is no command \"%s\"", word);
	if (near && *near)
		return error_hint(err, "Did you mean \"reeve %s\"?", near);
	return error_hint(err, "\"reeve help\" lists the commands.");
}

static int unknown_option(const struct parser *parser, const char *name,
                          struct error *err)
{
	const struct command *command = parser->invocation->command;
	const char *names[MOST_NAMES];
	size_t count = 0;

	for (size_t i = 0; i < BUILTIN_COUNT; i++)
		names[count++] = builtin[i].name;
	for (const struct option_row *row = command->options;
	     row && row->name && count < MOST_NAMES; row++)
		names[count++] = row->name;
	const char *near = text_nearest(name, names, count);
	error_set(err, ERR_USAGE, "there is no option \"--%s\"", name);
	if (near)
		return error_hint(err, "Did you mean \"--%s\"?", near);
	return error_hint(err, "\"reeve %s%s--help\" lists the options.",
	                  command->name, *command->name ? " " : "");
}

/* The value of an option: behind its "=", or the next word. */
static int take_value(struct parser *parser, const struct option_row *row,
                      const char *given, const char **ret, struct error *err)
{
	if (!row->value && given)
		return error_set(err, ERR_USAGE,
		                 "the option \"--%s\" takes no value",
		                 row->name);
	if (!row->value)
		given = "";
	else if (!given && parser->at < parser->argc)
		given = parser->argv[parser->at++];
	if (!given)
		return error_set(err, ERR_USAGE,
		                 "the option \"--%s\" needs a value: --%s %s",
		                 row->name, row->name, row->value);
	*ret = given;
	return 0;
}

/* Whether row `row` is meant by `--name` or `-letter`. */
static bool is_meant(const struct option_row *row, const char *name,
                     char letter)
{
	return letter ? row->letter == letter : strcmp(row->name, name) == 0;
}

/* 1 when an option of the name was taken, 0 when there is none, -1. */
static int take_option(struct parser *parser, const char *name, char letter,
                       const char *value, struct error *err)
{
	const struct option_row *rows = parser->invocation->command->options;
	const char *ignored;

	for (size_t i = 0; rows && rows[i].name; i++)
		if (is_meant(&rows[i], name, letter))
			return take_value(parser, &rows[i], value,
			                  &parser->invocation->options[i],
			                  err) < 0
			               ? -1
			               : 1;
	for (size_t i = 0; i < BUILTIN_COUNT; i++) {
		if (!is_meant(&builtin[i], name, letter))
			continue;
		parser->seen[i] = true;
		return take_value(parser, &builtin[i], value, &ignored, err) < 0
		               ? -1
		               : 1;
	}
	return 0;
}

/* "--name", "--name=value" */
static int read_long(struct parser *parser, const char *word, struct error *err)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const char *name = arena_strndup(parser->invocation->arena, word, len);
	int taken =
	        take_option(parser, name, 0, equals ? equals + 1 : NULL, err);

	return taken != 0 ? taken : unknown_option(parser, name, err);
}

/* "-q", "-m TEXT", "-mTEXT", "-qm TEXT" */
static int read_letters(struct parser *parser, const char *word,
                        struct error *err)
{
	const struct option_row *rows = parser->invocation->command->options;

	for (size_t at = 0; word[at]; at++) {
		const char *value = NULL;
		for (size_t i = 0; rows && rows[i].name; i++)
			if (rows[i].letter == word[at] && rows[i].value &&
			    word[at + 1])
				value = word + at + 1;
		int taken = take_option(parser, "", word[at], value, err);
		if (taken == 0) {
			error_set(err, ERR_USAGE, "there is no option \"-%c\"",
			          word[at]);
			return error_hint(err,
			                  "\"reeve help %s\" lists the "
			                  "options.",
			                  parser->invocation->command->name);
		}
		if (taken < 0 || value)
			return taken;
	}
	return 0;
}

static int read_word(struct parser *parser, bool *options, struct error *err)
{
	struct invocation *invocation = parser->invocation;
	const char *word = parser->argv[parser->at++];

	if (*options && strcmp(word, "--") == 0) {
		*options = false;
		return 0;
	}
	if (*options && text_starts(word, "--"))
		return read_long(parser, word + 2, err);
	if (*options && word[0] == '-' && word[1])
		return read_letters(parser, word + 1, err);
	invocation->args[invocation->count++] = word;
	return 0;
}

static int check_count(const struct invocation *invocation, struct error *err)
{
	const struct command *command = invocation->command;

	if (invocation->count >= command->least &&
	    invocation->count <= command->most)
		return 0;
	if (command->most == 0)
		error_set(err, ERR_USAGE, "\"reeve %s\" takes no arguments",
		          command->name);
	else
		error_set(err, ERR_USAGE,
		          invocation->count < command->least
		                  ? "\"reeve %s\" needs more: %s"
		                  : "\"reeve %s\" takes no more than: %s",
		          command->name, command->synopsis);
	return error_hint(err, "See \"reeve help %s\".", command->name);
}

static void make_options(struct invocation *invocation)
{
	const struct option_row *rows = invocation->command->options;
	size_t count = 0;

	while (rows && rows[count].name)
		count++;
	invocation->options = arena_array(invocation->arena, count + 1,
	                                  sizeof(*invocation->options));
}

/* ---- Running ------------------------------------------------------------- */

/* "reeve help", "reeve help COMMAND" */
static int run_help(struct parser *parser, struct error *err)
{
	const struct command *command = NULL;

	if (parser->at < parser->argc) {
		command = command_find(parser->argv[parser->at]);
		if (!command)
			return unknown_command(parser->argv[parser->at], err);
	}
	if (command)
		help_one(parser->invocation, command);
	else
		help_all(parser->invocation);
	return EXIT_STATUS_DONE;
}

/* Help and versions are given whatever else is said. */
static int run_builtin(struct parser *parser)
{
	const struct command *command = parser->invocation->command;

	if (parser->seen[BUILTIN_VERSION])
		say(parser->invocation, "reeve " REEVE_VERSION "\n");
	else if (*command->name)
		help_one(parser->invocation, command);
	else
		help_all(parser->invocation);
	return EXIT_STATUS_DONE;
}

static int run(struct parser *parser, struct error *err)
{
	struct invocation *invocation = parser->invocation;
	const char *name = "";
	bool reading = true;

	/* `reeve --json status`: what stands before the command is read as
	 * `reeve` alone reads it. */
	invocation->command = command_find("");
	make_options(invocation);
	while (parser->at < parser->argc && parser->argv[parser->at][0] == '-')
		if (read_word(parser, &reading, err) < 0)
			return -1;
	if (parser->at < parser->argc)
		name = parser->argv[parser->at++];
	if (strcmp(name, "help") == 0)
		return run_help(parser, err);
	invocation->command = command_find(name);
	if (!invocation->command)
		return unknown_command(name, err);
	make_options(invocation);
	while (parser->at < parser->argc)
		if (read_word(parser, &reading, err) < 0)
			return -1;
	invocation->json = parser->seen[BUILTIN_JSON];
	invocation->quiet = parser->seen[BUILTIN_QUIET];
	if (parser->seen[BUILTIN_HELP] || parser->seen[BUILTIN_VERSION])
		return run_builtin(parser);
	if (check_count(invocation, err) < 0)
		return -1;
	return invocation->command->run(invocation, err);
}

static int status_of(const struct error *err)
{
	if (err->code == ERR_BUSY)
		return EXIT_STATUS_BUSY;
	return err->code == ERR_FAILED ? EXIT_STATUS_FAILED : EXIT_STATUS_USAGE;
}

static void report(const struct error *err)
{
	auto_error struct error ignored = { 0 }; /* then without source lines */
	auto_repo struct repo *repo =
	        err->file ? repo_open(".", &ignored) : NULL;

	print_problem(stderr, print_in_colour(stderr), "reeve: ", "error",
	              repo ? repo_work_dir(repo) : ".", err);
}

int command_main(int argc, char **argv)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	struct invocation invocation = {
		.arena = &arena,
		.out = stdout,
		.colour = print_in_colour(stdout),
	};
	struct parser parser = {
		.invocation = &invocation,
		.argv = argv,
		.at = 1,
		.argc = argc,
	};

	invocation.args =
	        arena_array(&arena, (size_t)argc + 1, sizeof(*invocation.args));
	int status = run(&parser, &err);
	if (fflush(stdout) != 0 && status >= 0)
		status = error_set(&err, ERR_SYSTEM,
		                   "could not write the output");
	if (status >= 0)
		return status;
	report(&err);
	return status_of(&err);
}
