/*
 * The end of a run: what is left to publish, what was reused, and whether it
 * is done or has failed.
 */
#include <string.h>

#include "engine/cycle/execute.h"
#include "store/base/limits.h"

struct value *execute_reused(struct live_run *run)
{
	auto_buf struct buf lines = buf_make(LIMIT_DATA_FILE);

	for (struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		const char *item = live->block->item;
		if (!live->unreported)
			continue;
		buf_printf(&lines, "%s %s %s %s\n", live->step->id,
		           *item ? item : "-", live->key, live->event);
		live->unreported = false;
	}
	return lines.len ? value_bytes(&run->arena, lines.at, lines.len) : NULL;
}

static bool is_by_hand(const struct job *job)
{
	for (size_t i = 0; i < job->trigger_count; i++)
		if (job->triggers[i].kind == TRIGGER_MANUAL)
			return true;
	return false;
}

/* Whether trying again may help although job and files are pinned. */
static bool may_go_on(const struct live_run *run,
                      const struct live_step *failed)
{
	return run->gate_count > 0 || live_is_block(failed) ||
	       (failed->step->kind->flags & KIND_ACTS);
}

/* What to do about a run that failed: what is mended in its files is a new run.
 * Once a draft was merged or something done, a new run would do it again. */
static const char *hint_again(struct live_run *run,
                              const struct live_step *failed)
{
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);
	const struct value *inputs = run->record.inputs;

	if (may_go_on(run, failed))
		return arena_printf(
		        &run->arena,
		        "When nothing is in the way any more, go "
		        "on with: reeve retry %s",
		        engine_short(run->engine, &run->arena, run->record.id));
	if (!is_by_hand(run->job))
		return NULL;
	buf_printf(&text, "Mend it, commit, and start anew: reeve run %s",
	           run->job->name);
	for (size_t i = 0; inputs && i < inputs->length; i++) {
		const struct member *input = &inputs->members[i];
		bool plain =
		        input->value->kind == VALUE_STRING &&
		        !strpbrk(input->value->text, " \t\n\"'$`\\;&|<>*?~#()");
		buf_printf(&text, " %s=%s", input->name,
		           plain ? input->value->text : "…");
	}
	return arena_strdup(&run->arena, text.at);
}

/* What other jobs and people get of it. What names a step that was skipped is
 * not there. */
static struct value *outputs_of(struct live_run *run)
{
	auto_error struct error ignored = { 0 };
	const struct value *declared = run->job->outputs;
	struct value *outputs = value_map(&run->arena);
	struct render render = run_render(run, NULL);

	for (size_t i = 0; declared && i < declared->length; i++) {
		const struct member *member = &declared->members[i];
		struct value *value;
		if (render_value(&run->arena, run->job->path, member->value,
		                 &render, &value, &ignored) == 0)
			value_map_set(&run->arena, outputs, member->name,
			              value);
		error_clear(&ignored);
	}
	return outputs;
}

static const char *end_of(struct live_run *run)
{
	return live_failure(run->root) ? "failed" : "done";
}

int execute_finish(struct tick *tick, struct live_run *run, struct error *err)
{
	struct arena *arena = &run->arena;
	const struct live_step *failed = live_failure(run->root);
	struct value *data = execute_about(run, NULL);

	if (publish_merges(tick, run, true, err) < 0)
		return -1;
	if (!failed && publish_reviews(tick, run, err) < 0)
		return -1;
	value_map_text(arena, data, "state", end_of(run));
	value_map_text(arena, data, "run_title", run_title(run));
	if (failed)
		value_map_text(arena, data, "reason",
		               arena_printf(arena, "%s: %s", failed->step->id,
		                            failed->reason));
	if (!failed && run->job->outputs)
		value_map_set(arena, data, "outputs", outputs_of(run));
	value_map_set(arena, data, "reused", execute_reused(run));
	journal_add(run->engine->journal, EVENT_RUN_FINISHED, run->record.id,
	            data);
	return 0;
}

const char *execute_finish_subject(struct live_run *run)
{
	return arena_printf(&run->arena, "%s: %s", run->name, end_of(run));
}

void execute_tell_finished(struct tick *tick, struct live_run *run)
{
	const struct live_step *failed = live_failure(run->root);
	struct note note = {
		.kind = NOTE_FINISHED,
		.run = run->name,
		.state = end_of(run),
		.text = failed ? failed->reason : NULL,
		.hint = failed ? hint_again(run, failed) : NULL,
	};

	tick_tell(tick, &note);
	tick->failures += failed ? 1 : 0;
	tick->changes++;
}
