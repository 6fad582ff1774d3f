/*
 * reeve status: the runs, or one run with its steps and drafts.
 *
 * The JSON holds only what was folded from the journal, so that it is the
 * same bytes after the view was made anew: no ages, no clock, no paths of
 * this machine.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "store/base/text.h"

struct status {
	const struct invocation *invocation;
	struct arena *arena;
	struct engine *engine;
	int64_t now_ms;
};

/* ---- JSON ---------------------------------------------------------------- */

static void add_item(struct arena *arena, struct value *row, const char *item)
{
	if (item && *item)
		value_map_text(arena, row, "item", item);
}

static int add_steps(const struct status *status, const char *run,
                     struct value *map, struct error *err)
{
	struct arena *arena = status->arena;
	struct value *list = value_list(arena);
	struct step_record *steps;
	size_t count;

	if (view_steps(status->engine->view, arena, run, &steps, &count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct value *row = value_map(arena);
		value_map_text(arena, row, "id", steps[i].step);
		add_item(arena, row, steps[i].item);
		value_map_text(arena, row, "kind", steps[i].kind);
		value_map_text(arena, row, "state",
		               step_state_name(steps[i].state));
		value_map_text(arena, row, "key", steps[i].key);
		value_map_text(arena, row, "event", steps[i].event);
		value_map_text(arena, row, "reason", steps[i].reason);
		value_map_text(arena, row, "at",
		               instant_text(arena, steps[i].at));
		value_list_add(arena, list, row);
	}
	value_map_set(arena, map, "steps", list);
	return 0;
}

static int add_artifacts(const struct status *status,
                         const struct draft_record *draft, struct value *map,
                         struct error *err)
{
	struct arena *arena = status->arena;
	struct value *list = value_list(arena);
	struct artifact_record *artifacts;
	size_t count;

	if (view_artifacts(status->engine->view, arena, draft, &artifacts,
	                   &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct value *row = value_map(arena);
		value_map_text(arena, row, "step", artifacts[i].step);
		add_item(arena, row, artifacts[i].item);
		value_map_text(arena, row, "path", artifacts[i].path);
		if (!oid_is_zero(&artifacts[i].drafted))
			value_map_text(arena, row, "drafted",
			               oid_text(arena, &artifacts[i].drafted));
		if (!oid_is_zero(&artifacts[i].merged))
			value_map_text(arena, row, "merged",
			               oid_text(arena, &artifacts[i].merged));
		value_list_add(arena, list, row);
	}
	value_map_set(arena, map, "artifacts", list);
	return 0;
}

static int add_drafts(const struct status *status, const char *run,
                      struct value *map, struct error *err)
{
	struct arena *arena = status->arena;
	struct value *list = value_list(arena);
	struct draft_record *drafts;
	size_t count;

	if (view_run_drafts(status->engine->view, arena, run, &drafts, &count,
	                    err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct draft_record *draft = &drafts[i];
		struct value *row = value_map(arena);
		value_map_int(arena, row, "n", draft->n);
		value_map_text(arena, row, "gate", draft->step);
		add_item(arena, row, draft->item);
		value_map_text(arena, row, "state",
		               draft_state_name(draft->state));
		value_map_text(arena, row, "title", draft->title);
		value_map_text(arena, row, "priority", draft->priority);
		value_map_text(arena, row, "branch", draft->branch);
		value_map_text(arena, row, "slip", draft->slip);
		value_map_text(arena, row, "author", draft->author);
		value_map_text(arena, row, "due",
		               instant_text(arena, draft->due_at));
		value_map_text(arena, row, "opened",
		               instant_text(arena, draft->opened_at));
		value_map_text(arena, row, "decided",
		               instant_text(arena, draft->decided_at));
		if (!oid_is_zero(&draft->commit))
			value_map_text(arena, row, "commit",
			               oid_text(arena, &draft->commit));
		value_list_add(arena, list, row);
		if (add_artifacts(status, draft, row, err) < 0)
			return -1;
	}
	value_map_set(arena, map, "drafts", list);
	return 0;
}

static struct value *run_value(const struct status *status,
                               const struct run_record *run, struct error *err)
{
	struct arena *arena = status->arena;
	struct value *map = value_map(arena);

	value_map_text(arena, map, "id", run->id);
	value_map_text(arena, map, "short",
	               engine_short(status->engine, arena, run->id));
	value_map_text(arena, map, "job", run->job);
	value_map_text(arena, map, "title", run_heading(run));
	value_map_text(arena, map, "state", run_state_name(run->state));
	value_map_text(arena, map, "reason", run->reason);
	value_map_text(arena, map, "commit", oid_text(arena, &run->commit));
	value_map_text(arena, map, "started",
	               instant_text(arena, run->started_at));
	value_map_text(arena, map, "finished",
	               instant_text(arena, run->finished_at));
	if (run->trigger)
		value_map_set(arena, map, "trigger",
		              value_copy(arena, run->trigger));
	if (add_steps(status, run->id, map, err) < 0 ||
	    add_drafts(status, run->id, map, err) < 0)
		return NULL;
	return map;
}

static int print_runs_json(const struct status *status,
                           const struct run_record *runs, size_t count,
                           struct error *err)
{
	struct value *document = value_map(status->arena);
	struct value *list = value_list(status->arena);

	for (size_t i = 0; i < count; i++) {
		struct value *run = run_value(status, &runs[i], err);
		if (!run)
			return -1;
		value_list_add(status->arena, list, run);
	}
	value_map_set(status->arena, document, "runs", list);
	print_json(status->invocation, document);
	return 0;
}

/* ---- Text ---------------------------------------------------------------- */

static int print_runs(const struct status *status,
                      const struct run_record *runs, size_t count,
                      struct error *err)
{
	struct arena *arena = status->arena;
	struct table table = { .arena = arena, .columns = 5 };

	for (size_t i = 0; i < count; i++) {
		int older = run_is_on_older_text(status->engine, &runs[i], err);
		if (older < 0)
			return -1;
		table_add(&table, TINT_BOLD, "%s",
		          engine_short(status->engine, arena, runs[i].id));
		table_add(&table, TINT_NONE, "%s", runs[i].job);
		table_add(&table, run_tint(runs[i].state), "%s",
		          run_state_name(runs[i].state));
		table_add(&table, TINT_NONE, "%s",
		          cut_text(arena, run_heading(&runs[i]), 60));
		table_add(&table, TINT_DIM, "%s%s",
		          ago_text(arena, status->now_ms, runs[i].started_at),
		          older ? ", on older text" : "");
	}
	table_print(status->invocation, &table);
	if (count == 0 && !status->invocation->quiet)
		say(status->invocation,
		    "No runs yet. A commit that a job waits for starts one, "
		    "and so does \"reeve run\".\n");
	return 0;
}

static void print_draft(const struct status *status,
                        const struct draft_record *draft)
{
	struct arena *arena = status->arena;
	const char *zone = status->engine->env.timezone;
	char commit[OID_TEXT_BYTES];

	oid_to_text(&draft->commit, commit);
	switch (draft->state) {
	case DRAFT_OPEN:
		say_fact(status->invocation, "draft", "%s%s%s, opened %s",
		         draft->branch ? draft->branch : "to be merged",
		         draft->due_at ? ", " : "",
		         due_text(arena, status->now_ms, draft->due_at),
		         ago_text(arena, status->now_ms, draft->opened_at));
		break;
	case DRAFT_MERGED:
	case DRAFT_LAPSED:
		say_fact(status->invocation, "merged", "%.8s by %s on %s",
		         commit, author_name(draft->author),
		         time_text(arena, zone, draft->decided_at));
		break;
	case DRAFT_REJECTED:
	case DRAFT_WITHDRAWN:
		say_fact(status->invocation, draft_state_name(draft->state),
		         "on %s", time_text(arena, zone, draft->decided_at));
		break;
	}
}

static int print_head(const struct status *status, const struct run_record *run,
                      struct error *err)
{
	int older = run_is_on_older_text(status->engine, run, err);
	const struct invocation *invocation = status->invocation;
	struct arena *arena = status->arena;
	const char *zone = status->engine->env.timezone;

	say_tinted(invocation, TINT_BOLD, "%s", run_heading(run));
	say(invocation, "  %s, ", run_label(status->engine, arena, run));
	say_tinted(invocation, run_tint(run->state), "%s",
	           run_state_name(run->state));
	say(invocation, "\n\n");
	say_fact(invocation, "started", "%s, %s",
	         time_text(arena, zone, run->started_at),
	         run_cause(arena, run->trigger));
	if (run->finished_at)
		say_fact(invocation, "finished", "%s",
		         time_text(arena, zone, run->finished_at));
	if (run->reason)
		say_fact(invocation, "reason", "%s", run->reason);
	if (older > 0)
		say_fact(invocation, "text",
		         "older than the branch's: \"reeve retry %s --with "
		         "%s\" takes that one",
		         engine_short(status->engine, arena, run->id),
		         status->engine->branch);
	return older < 0 ? -1 : 0;
}

static int print_drafts(const struct status *status,
                        const struct run_record *run, struct error *err)
{
	struct draft_record *drafts;
	size_t count;

	if (view_run_drafts(status->engine->view, status->arena, run->id,
	                    &drafts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		print_draft(status, &drafts[i]);
	return 0;
}

/* ---- Steps of a run ------------------------------------------------------ */

/* Without --all. When there are more lines, each loop has a few alone. */
#define STEP_LINES 100
#define LOOP_LINES 10

/* The lines of a run's steps. A loop is the step that stands outside of items
 * with those that stand in items behind it. */
struct lines {
	const struct status *status;
	const struct step_record *steps;
	size_t count;
	bool all;   /* --all */
	bool brief; /* too many */
	struct table table;
	size_t shown;
};

/* What somebody looks for among many that are alike. */
static bool is_notable(const struct step_record *step)
{
	switch (step->state) {
	case STEP_FAILED:
	case STEP_DECLINED:
	case STEP_IN_REVIEW:
	case STEP_STARTED:
	case STEP_SLEEPING:
		return true;
	case STEP_WAITING:
	case STEP_DONE:
	case STEP_REUSED:
	case STEP_SKIPPED:
	case STEP_VOID:
		return false;
	}
	return false;
}

/* Behind the steps of items that follow the one at `first`. */
static size_t loop_end(const struct lines *lines, size_t first)
{
	size_t end = first + 1;

	while (end < lines->count && *lines->steps[end].item)
		end++;
	return end;
}

/* "2 of 3 items": an item came about when each of its steps did. */
static const char *items_text(const struct lines *lines, size_t first,
                              size_t end)
{
	struct arena *arena = lines->status->arena;
	struct value *items = value_map(arena);
	size_t whole = 0;

	for (size_t i = first + 1; i < end; i++) {
		const struct step_record *step = &lines->steps[i];
		size_t head = strcspn(step->item, "/");
		const char *item = arena_strndup(arena, step->item, head);
		bool came = step_has_output(step->state) ||
		            step->state == STEP_SKIPPED;

		value_map_set(
		        arena, items, item,
		        value_bool(arena,
		                   came && value_get_bool(items, item, true)));
	}
	for (size_t i = 0; i < items->length; i++)
		whole += items->members[i].value->boolean;
	const char *all = count_text(arena, items->length, "item", "items");
	return whole == items->length
	               ? all
	               : arena_printf(arena, "%zu of %s", whole, all);
}

static void add_line(struct lines *lines, const struct step_record *step,
                     const char *kind, const char *note)
{
	struct arena *arena = lines->status->arena;
	struct table *table = &lines->table;

	if (lines->brief && lines->shown >= STEP_LINES)
		return;
	lines->shown++;
	table_add(table, TINT_BOLD, "%s%s", *step->item ? "  " : "",
	          step_name(arena, step->step, step->item));
	table_add(table, TINT_DIM, "%s", kind);
	table_add(table, step_tint(step->state), "%s",
	          step_state_name(step->state));
	table_add(table, TINT_DIM, "%s",
	          time_text(arena, lines->status->engine->env.timezone,
	                    step->at));
	table_add(table, TINT_NONE, "%s", note);
}

static const char *reason_text(const struct step_record *step)
{
	if (step->state == STEP_STARTED && !step->reason)
		return "in doubt: nobody knows whether it was done";
	return step->reason ? step->reason : "";
}

static void add_items(struct lines *lines, size_t first, size_t end)
{
	size_t room = lines->brief ? LOOP_LINES : end;

	for (size_t i = first; i < end && room > 0; i++) {
		const struct step_record *step = &lines->steps[i];

		if (!lines->all && !is_notable(step))
			continue;
		add_line(lines, step, step->kind, reason_text(step));
		room--;
	}
}

/* The line of a step, and those of its items; how far that went. */
static size_t add_loop(struct lines *lines, size_t first)
{
	struct arena *arena = lines->status->arena;
	const struct step_record *step = &lines->steps[first];
	size_t end = loop_end(lines, first);
	const char *note = reason_text(step);

	if (end > first + 1)
		note = arena_printf(arena, "%s%s%s",
		                    items_text(lines, first, end),
		                    *note ? ": " : "", note);
	add_line(lines, step,
	         strcmp(step->kind, "steps") == 0 ? "loop" : step->kind, note);
	add_items(lines, first + 1, end);
	return end;
}

static void add_lines(struct lines *lines)
{
	lines->table = (struct table){
		.arena = lines->status->arena,
		.columns = 5,
		.indent = 2,
	};
	lines->shown = 0;
	for (size_t i = 0; i < lines->count;)
		i = add_loop(lines, i);
}

/* "10000 steps: 9998 done, 2 failed": for those that no line was left for. */
static void say_sum(const struct lines *lines, const struct run_record *run)
{
	const struct status *status = lines->status;
	size_t counts[STEP_VOID + 1] = { 0 };
	const char *between = ":";

	for (size_t i = 0; i < lines->count; i++)
		counts[lines->steps[i].state]++;
	say(status->invocation, "\n%s",
	    count_text(status->arena, lines->count, "step", "steps"));
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		if (!counts[i])
			continue;
		say(status->invocation, "%s %zu %s", between, counts[i],
		    step_state_name((enum step_state)i));
		between = ",";
	}
	say(status->invocation, ". \"reeve status %s --all\" lists them.\n",
	    engine_short(status->engine, status->arena, run->id));
}

static int print_run(const struct status *status, const struct run_record *run,
                     struct error *err)
{
	struct lines lines = {
		.status = status,
		.all = option_given(status->invocation, "all"),
	};
	struct step_record *steps;

	if (view_steps(status->engine->view, status->arena, run->id, &steps,
	               &lines.count, err) < 0)
		return -1;
	if (print_head(status, run, err) < 0 ||
	    print_drafts(status, run, err) < 0)
		return -1;
	lines.steps = steps;
	add_lines(&lines);
	lines.brief = !lines.all && lines.shown > STEP_LINES;
	if (lines.brief)
		add_lines(&lines);
	if (lines.shown > 0)
		say(status->invocation, "\n");
	table_print(status->invocation, &lines.table);
	if (lines.brief)
		say_sum(&lines, run);
	return 0;
}

static int show_one(const struct status *status, const char *name,
                    struct error *err)
{
	struct run_record run;

	if (view_find_run(status->engine->view, status->arena, name, &run,
	                  err) < 0)
		return -1;
	return status->invocation->json ? print_runs_json(status, &run, 1, err)
	                                : print_run(status, &run, err);
}

static void say_earlier(const struct status *status, int64_t earlier)
{
	if (earlier > 0 && !status->invocation->quiet)
		say(status->invocation,
		    "\n%s before that: \"reeve status --all\".\n",
		    count_text(status->arena, (size_t)earlier, "run", "runs"));
}

/* What is over piles up for years. */
static int show_all(const struct status *status, struct error *err)
{
	bool all = option_given(status->invocation, "all");
	struct view *view = status->engine->view;
	struct run_record *runs;
	int64_t total;
	size_t count;

	if (view_runs(view, status->arena, all ? RUNS_ALL : RUNS_RECENT, &runs,
	              &count, err) < 0 ||
	    view_run_count(view, &total, err) < 0)
		return -1;
	if (status->invocation->json)
		return print_runs_json(status, runs, count, err);
	if (print_runs(status, runs, count, err) < 0)
		return -1;
	say_earlier(status, total - (int64_t)count);
	return 0;
}

static int run_status(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);

	if (!engine)
		return -1;
	struct status status = {
		.invocation = invocation,
		.arena = invocation->arena,
		.engine = engine,
		.now_ms = clock_wall_ms(&engine->clock),
	};
	int result = invocation->count > 0
	                     ? show_one(&status, invocation->args[0], err)
	                     : show_all(&status, err);
	return result < 0 ? -1 : EXIT_STATUS_DONE;
}

static const struct option_row status_options[] = {
	{ "all", 'a', NULL, "every run, each step of each item" },
	{ 0 },
};

const struct command command_status = {
	.name = "status",
	.synopsis = "[RUN]",
	.help = "list the runs, or one run's steps",
	.details =
	        "RUN is what a run's id begins with, its name "
	        "(proposal-7k2fq0ab) or its draft\n"
	        "branch. Without it: the runs that are not over and the last "
	        "20 others, the newest\n"
	        "last. A loop is one line; of its items those that failed, "
	        "were declined or are\n"
	        "waited for have one, too. Marked are runs by an older text of "
	        "their job than the\n"
	        "branch has.",
	.options = status_options,
	.most = 1,
	.run = run_status,
};
