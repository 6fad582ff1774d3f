/*
 * reeve check: what is wrong with the files of the working tree, before they
 * are committed and before anything runs. It needs a repository but no
 * journal, so it works before `reeve init`, too.
 */
#include "engine/job/check.h"
#include "engine/bus/bus.h"
#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/cycle/engine.h"
#include "store/repo.h"

struct findings {
	struct errors errors;
	struct errors warnings;
};

static void findings_clear(struct findings *findings)
{
	errors_clear(&findings->errors);
	errors_clear(&findings->warnings);
}

/* The directory of the workspace; also where files are shown from. */
static const char *work_dir(struct arena *arena, struct error *err)
{
	auto_repo struct repo *repo = repo_open(".", err);

	if (!repo)
		return NULL;
	if (!repo_is_bare(repo))
		return arena_strdup(arena, repo_work_dir(repo));
	error_set(err, ERR_STATE, "this is a bare repository");
	error_hint(err, "Run reeve in a clone with a working tree.");
	return NULL;
}

static int look(struct arena *arena, const char *dir, struct findings *findings,
                struct error *err)
{
	auto_errors struct errors known = {
		0
	}; /* check_workspace reports them */
	struct language language = engine_language();
	auto_files struct files *files = engine_work_files(arena, dir);
	auto_workspace struct workspace *workspace =
	        workspace_new(files, &language);

	if (check_workspace(workspace, &findings->errors, &findings->warnings,
	                    err) < 0)
		return -1;
	const struct config *config = workspace_config(workspace, &known);
	if (config)
		bus_check(config, &findings->errors);
	errors_sort(&findings->errors);
	errors_sort(&findings->warnings);
	return 0;
}

/* ---- Saying -------------------------------------------------------------- */

static void add_findings(struct arena *arena, struct value *list,
                         const char *severity, const struct errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct error *one = &errors->items[i];
		struct value *row = value_map(arena);
		value_map_text(arena, row, "severity", severity);
		value_map_text(arena, row, "file", one->file);
		value_map_text(arena, row, "message", one->message);
		value_map_text(arena, row, "hint", one->hint);
		if (one->pos.line) {
			value_map_int(arena, row, "line", one->pos.line);
			value_map_int(arena, row, "column", one->pos.column);
		}
		value_list_add(arena, list, row);
	}
}

static void print_findings(const struct invocation *invocation,
                           const char *word, const char *dir,
                           const struct errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		print_problem(invocation->out, invocation->colour, "", word,
		              dir, &errors->items[i]);
		say(invocation, "\n");
	}
}

static void print_sum(const struct invocation *invocation,
                      const struct findings *findings)
{
	size_t errors = findings->errors.count;
	size_t warnings = findings->warnings.count;
	struct arena *arena = invocation->arena;

	if (errors && warnings)
		say(invocation, "%s, %s\n",
		    count_text(arena, errors, "error", "errors"),
		    count_text(arena, warnings, "warning", "warnings"));
	else if (errors)
		say(invocation, "%s\n",
		    count_text(arena, errors, "error", "errors"));
	else if (warnings && !invocation->quiet)
		say(invocation, "no errors, %s\n",
		    count_text(arena, warnings, "warning", "warnings"));
	else if (!invocation->quiet)
		say(invocation, "The workspace is in order.\n");
}

static void report(const struct invocation *invocation, const char *dir,
                   const struct findings *findings)
{
	if (invocation->json) {
		struct value *list = value_list(invocation->arena);
		add_findings(invocation->arena, list, "error",
		             &findings->errors);
		add_findings(invocation->arena, list, "warning",
		             &findings->warnings);
		print_json(invocation, list);
		return;
	}
	print_findings(invocation, "error", dir, &findings->errors);
	if (!invocation->quiet)
		print_findings(invocation, "warning", dir, &findings->warnings);
	print_sum(invocation, findings);
}

static int run_check(struct invocation *invocation, struct error *err)
{
	struct findings findings CLEANUP(findings_clear) = { 0 };
	const char *dir = work_dir(invocation->arena, err);

	if (!dir || look(invocation->arena, dir, &findings, err) < 0)
		return -1;
	report(invocation, dir, &findings);
	return findings.errors.count ? EXIT_STATUS_USAGE : EXIT_STATUS_DONE;
}

const struct command command_check = {
	.name = "check",
	.synopsis = "",
	.help = "look for mistakes in every file of the workspace",
	.details = "Reads reeve.yaml, jobs, agents and templates of the "
	           "working tree, committed or\n"
	           "not, and prints every mistake with its place. Exit "
	           "status 2 when there is one;\n"
	           "warnings alone are 0.",
	.run = run_check,
};
