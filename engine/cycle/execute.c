/*
 * A step is looked at when all that it waits for is settled. Then it is skipped
 * (something it names has no output, a wall above it was not passed, or its
 * `if` is false), or it is a wall (a gate opens when every step above it is
 * settled), or a block (whose steps are looked at in their turn), or it
 * computes (its key is looked up and only an unknown one is started), or it
 * acts (once, under its effect key).
 *
 * A step that runs a program is begun and left alone: what it needs until its
 * end is a `struct work`, which the loop keeps for it.
 */
#include "engine/cycle/execute.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cycle/once.h"
#include "engine/cycle/plan.h"
#include "engine/io/loop.h"
#include "engine/job/expr.h"
#include "engine/job/field.h"
#include "engine/steps/step.h"
#include "store/base/alloc.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/key.h"

/* So many events may wait for a flush while nothing needs one. */
#define PENDING_EVENTS 1000

/* Whoever shows what runs is called so often. */
#define IDLE_MS 200

/* A step at work. */
struct work {
	struct arena arena;
	struct tick *tick;
	struct live_run *run;
	struct live_step *live;
	struct step_run step_run;
	const char *key;
	struct oid ingredients; /* of a blob of their canonical JSON */
	int64_t started;
};

static void work_free(struct work *work)
{
	if (!work)
		return;
	if (work->step_run.owns_files)
		files_free(work->step_run.files);
	/* One step at a time needs one arena; others may be at work. */
	arena_reset(&work->arena);
	arena_clear(&work->run->scratch);
	work->run->scratch = work->arena;
	free(work);
}

static struct work *work_new(struct tick *tick, struct live_run *run,
                             struct live_step *live)
{
	struct work *work = mem_zalloc(1, sizeof(*work));

	work->tick = tick;
	work->run = run;
	work->live = live;
	work->started = clock_boot_ms(&run->engine->clock);
	work->arena = run->scratch;
	run->scratch = (struct arena){ 0 };
	return work;
}

static void work_free_auto(struct work **work)
{
	work_free(*work);
}

/* ---- Telling ------------------------------------------------------------- */

static void tell_step(struct tick *tick, struct live_run *run,
                      const struct live_step *live)
{
	struct note note = {
		.kind = NOTE_STEP,
		.run = run->name,
		.step = live_name(run, live),
		.state = step_state_name(live->state),
		.text = live->reason,
	};

	tick_tell(tick, &note);
}

/* Its program has begun, or ended. */
static void tell_turn(const struct work *work, enum note_kind kind)
{
	struct live_run *run = work->run;
	const struct live_step *next =
	        kind == NOTE_BEGAN ? live_ahead(run, work->live) : NULL;
	struct note note = {
		.kind = kind,
		.run = run->name,
		.step = live_name(run, work->live),
		.text = next ? live_name(run, next) : NULL,
	};

	tick_tell(work->tick, &note);
}

struct value *execute_about(struct live_run *run, const struct live_step *live)
{
	struct value *data = value_map(&run->arena);

	value_map_text(&run->arena, data, "run", run->record.id);
	if (live) {
		value_map_text(&run->arena, data, "step", live->step->id);
		value_map_text(&run->arena, data, "item", live->block->item);
	}
	value_map_int(&run->arena, data, "epoch", run->record.epoch);
	return data;
}

const char *execute_subject(struct live_run *run, const struct live_step *live)
{
	const char *item = live->block->item;

	return arena_printf(&run->arena, "%s/%s%s%s", run->record.id,
	                    live->step->id, *item ? "/" : "", item);
}

void execute_settle(struct tick *tick, struct live_run *run,
                    struct live_step *live, enum step_state state,
                    const char *reason)
{
	run->sleeping -= live->state == STEP_SLEEPING;
	live->state = state;
	live->reason = reason;
	live->at = clock_wall_ms(&run->engine->clock);
	run_describe_step(run, live);
	tell_step(tick, run, live);
	tick->changes++;
	live_settled(run, live);
}

/* ---- Is it wanted? ------------------------------------------------------- */

/* The wall above was not passed: nothing below it begins. */
static const char *closed_wall(struct live_run *run,
                               const struct live_step *live)
{
	size_t wall = live->step->wall;
	const struct live_step *above =
	        wall == STEP_NONE ? NULL : live_find(run, live->block, wall);

	if (!above || above->state == STEP_DONE)
		return NULL;
	if (above->step->kind->flags & KIND_WALL)
		return arena_printf(&run->arena, "the %s \"%s\" was not opened",
		                    above->step->kind->name, above->step->id);
	return arena_printf(&run->arena, "\"%s\" did not come to its end",
	                    above->step->id);
}

/* Why the step cannot have what it names; NULL when it can. */
static const char *missing_input(struct live_run *run,
                                 const struct live_step *live)
{
	const struct step *step = live->step;

	for (size_t i = 0; i < step->depend_count; i++) {
		const struct live_step *on =
		        live_find(run, live->block, step->depends_on[i]);
		if (!on || step_has_output(on->state))
			continue;
		return arena_printf(&run->arena, "step \"%s\" %s%s",
		                    on->step->id,
		                    on->state == STEP_FAILED ? "" : "was ",
		                    step_state_name(on->state));
	}
	return NULL;
}

/* The step above that acts failed: what follows it does not begin. */
static const char *broken_order(struct live_run *run,
                                const struct live_step *live)
{
	const struct live_block *block = live->block;

	if (!(live->step->kind->flags & KIND_ACTS))
		return NULL;
	for (size_t i = live->step->index; i-- > block->first;) {
		const struct live_step *above = &block->steps[i - block->first];
		if (!above->step || !(above->step->kind->flags & KIND_ACTS))
			continue;
		if (above->state == STEP_FAILED)
			return arena_printf(&run->arena,
			                    "step \"%s\" above it failed",
			                    above->step->id);
		/* One that was left out says nothing of those above it. */
		if (step_has_output(above->state))
			return NULL;
	}
	return NULL;
}

/* A wall is reached only when nothing above it has failed. */
static const char *failure_above(struct live_run *run,
                                 const struct live_step *wall)
{
	const struct live_block *block = wall->block;

	if (!(wall->step->kind->flags & KIND_WALL))
		return NULL;
	for (size_t i = block->first; i < wall->step->index; i++) {
		const struct live_step *above = &block->steps[i - block->first];
		if (above->step && above->state == STEP_FAILED &&
		    !above->step->continue_on_error)
			return arena_printf(&run->arena,
			                    "step \"%s\" above it failed",
			                    above->step->id);
	}
	return NULL;
}

/* An item of a loop that ends at the first failure. */
static const char *stopped_loop(struct live_run *run,
                                const struct live_step *live)
{
	const struct live_step *over = live->block->over;

	if (!over || !over->stopped)
		return NULL;
	return arena_printf(&run->arena, "another item of \"%s\" failed",
	                    over->step->id);
}

/* ---- Outcomes without a result ------------------------------------------- */

static void skip(struct tick *tick, struct live_run *run,
                 struct live_step *live, const char *reason)
{
	struct value *data = execute_about(run, live);

	value_map_text(&run->arena, data, "reason", reason);
	journal_add(run->engine->journal, EVENT_STEP_SKIPPED,
	            execute_subject(run, live), data);
	execute_settle(tick, run, live, STEP_SKIPPED, reason);
}

/* The message as it is kept and shown: with the place it speaks of. */
static const char *reason_of(struct live_run *run, const struct error *err)
{
	if (!err->file || !err->pos.line)
		return arena_strdup(&run->arena, err->message);
	return arena_printf(&run->arena, "%s:%u:%u: %s", err->file,
	                    err->pos.line, err->pos.column, err->message);
}

/* With `items` of a loop, so that it is the same when it is looked at again. */
static void fail(struct tick *tick, struct live_run *run,
                 struct live_step *live, const struct error *reason,
                 struct value *items)
{
	struct value *data = execute_about(run, live);
	const char *text = reason_of(run, reason);

	value_map_text(&run->arena, data, "reason", text);
	value_map_set(&run->arena, data, "output", items);
	journal_add(run->engine->journal, EVENT_STEP_FAILED,
	            execute_subject(run, live), data);
	if (live->block->over && live->block->over->step->fan &&
	    !live->step->continue_on_error)
		live->block->over->stopped = live->block->over->step->fan->stop;
	execute_settle(tick, run, live, STEP_FAILED, text);
}

/* Failures of a step end the step; of the machine, the tick. */
static bool ends_the_step(const struct error *err)
{
	switch (err->code) {
	case ERR_CONFIG:
	case ERR_FAILED:
	case ERR_LIMIT:
	case ERR_MISSING:
		return true;
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_STATE:
	case ERR_CONFLICT:
	case ERR_BUSY:
	case ERR_AWAY:
	case ERR_SYSTEM:
	case ERR_CORRUPT:
		break;
	}
	return false;
}

/* ---- Artifacts and checks ------------------------------------------------ */

/* The slashes of a path template that stand outside of its tags. */
static size_t own_slashes(const char *source)
{
	size_t count = 0;

	for (const char *c = source; *c; c++) {
		const char *end = text_starts(c, "{{") ? strstr(c, "}}") : NULL;
		if (end)
			c = end + 1;
		else
			count += *c == '/';
	}
	return count;
}

/* What the job says of the file's path; NULL when its kind chose it. */
static const struct value *source_of(const struct step *step,
                                     const struct live_file *file)
{
	return step->artifact ? step->artifact
	                      : value_get(step->artifacts, file->field);
}

/* A tag yields one segment: a value must not choose the folder. */
static int one_segment_each(const struct value *source, const char *path,
                            struct error *err)
{
	if (!source || own_slashes(path) <= own_slashes(source->text))
		return 0;
	error_set(err, ERR_FAILED, "a value in the artifact \"%s\" has a slash",
	          path);
	return error_hint(err, "Use | slug in the tag.");
}

/* That the file can be written there, and that nobody else does. */
static int check_file(struct live_run *run, const struct live_step *live,
                      const struct live_file *file, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	const struct value *source = source_of(live->step, file);
	const struct live_step *other = run_writer(run, file->path);

	if (one_segment_each(source, file->path, err) < 0)
		return -1;
	if (path_check_artifact(file->path, err) < 0) {
		err->code = ERR_FAILED;
		return error_wrap(err, "the artifact \"%s\"", file->path);
	}
	if (other)
		return error_set(err, ERR_FAILED,
		                 "the artifact \"%s\" is written by step "
		                 "\"%s\" too",
		                 file->path, live_name(run, other));
	return run_artifact(run, live, file, &bytes, err);
}

/* Where the job says where it goes. */
static int at_source(const struct live_step *live, const struct live_file *file,
                     struct error *err)
{
	auto_error struct error reason = { 0 };
	const struct value *source = source_of(live->step, file);

	if (err->pos.line)
		return -1;
	error_move(&reason, err);
	error_at(err, reason.code, live->step->path,
	         source ? source->pos : live->step->pos, "%s", reason.message);
	return reason.hint ? error_hint(err, "%s", reason.hint) : -1;
}

static int place_files(struct live_run *run, struct live_step *live,
                       struct error *err)
{
	if (run_place_files(run, live, err) < 0)
		return -1;
	for (size_t i = 0; i < live->file_count; i++)
		if (check_file(run, live, &live->files[i], err) < 0)
			return at_source(live, &live->files[i], err);
	run_claim_files(run, live);
	return 0;
}

int execute_checks(struct live_run *run, const struct live_step *live,
                   struct error *err)
{
	const struct step *step = live->step;
	struct render render = run_render(run, live);

	for (size_t i = 0; i < step->check_count; i++) {
		const struct condition *check = &step->checks[i];
		int holds = expr_is_true(check->expr, &render, err);
		if (holds < 0)
			return error_wrap(err, "the check \"%s\"",
			                  check->message);
		if (!holds)
			return error_at(err, ERR_FAILED, step->path, check->pos,
			                "%s", check->message);
	}
	return 0;
}

/* With its output in the names: the artifact's place, then the checks. */
static int accept(struct live_run *run, struct live_step *live,
                  struct error *err)
{
	enum step_state before = live->state;

	live->state = STEP_DONE;
	run_describe_step(run, live);
	int status = place_files(run, live, err);
	if (status == 0)
		status = execute_checks(run, live, err);
	live->state = before;
	if (status < 0)
		live->file_count = 0;
	return status;
}

/* ---- Computing ----------------------------------------------------------- */

static int compute_key(struct work *work, struct error *err)
{
	struct arena *arena = &work->arena;
	struct live_run *run = work->run;
	struct step_run *step_run = &work->step_run;
	const struct step_kind *kind = step_run->step->kind;

	run_share(arena, step_run->ingredients, "config", step_run->config);
	value_map_text(arena, step_run->ingredients, "name", step_run->name);
	value_map_text(arena, step_run->ingredients, "locale",
	               run->config->locale);
	if (!step_run->step->strict)
		value_map_set(arena, step_run->ingredients, "strict",
		              value_bool(arena, false));
	if (kind->prepare && kind->prepare(step_run, err) < 0)
		return -1;
	const char *json = json_canonical(arena, step_run->ingredients);
	size_t len = strlen(json);
	repo_blob_id(json, len, &work->ingredients);
	work->key = key_content_bytes(arena, &run->engine->env.root->secret,
	                              kind->name, kind->format, json, len);
	return 0;
}

/* The same ingredients, not only the same key made of them: a key is quick to
 * make, and so is another text of the same one for who knows the secret. */
static bool same_ingredients(const struct work *work,
                             const struct step_record *result)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(&work->ingredients, text);
	return text_equal(result->ingredients, text);
}

/* Whether a result of that age may be taken. */
static bool is_fresh(const struct work *work, const struct step_record *result)
{
	const struct step *step = work->live->step;
	int64_t now = clock_wall_ms(&work->run->engine->clock);

	return step->caching != CACHE_WHILE ||
	       now - result->at < step->cache_ms;
}

/* 1 when the journal has the result of the key, and it was taken. */
static int reuse(struct work *work, struct error *err)
{
	struct live_run *run = work->run;
	struct live_step *live = work->live;
	struct step_record result;
	struct value *output;

	if (live->step->caching == CACHE_NEVER)
		return 0;
	int found = view_result(run->engine->view, &work->arena, work->key,
	                        &result, err);
	if (found < 0)
		return -1;
	if (!found || !is_fresh(work, &result) ||
	    !same_ingredients(work, &result))
		return 0;
	if (journal_resolve(run->engine->env.repo, &run->arena, result.output,
	                    &output, err) < 0)
		return -1;
	live->output = output;
	live->key = arena_strdup(&run->arena, work->key);
	live->event = arena_strdup(&run->arena, result.event);
	if (accept(run, live, err) < 0)
		return -1;
	live->unreported = true;
	execute_settle(work->tick, run, live, STEP_REUSED, NULL);
	work->tick->changes--; /* nothing was written */
	return 1;
}

static void record_result(struct work *work)
{
	struct live_run *run = work->run;
	struct arena *arena = &work->arena;
	const struct step_run *step_run = &work->step_run;
	struct value *data = execute_about(run, work->live);

	value_map_text(arena, data, "kind", work->live->step->kind->name);
	if (work->key) {
		value_map_text(arena, data, "key", work->key);
		value_map_set(arena, data, "ingredients",
		              step_run->ingredients);
	} else {
		value_map_text(arena, data, "effect_key", step_run->effect_key);
	}
	value_map_set(arena, data, "output", step_run->output);
	value_map_set(arena, data, "record", step_run->record);
	value_map_int(arena, data, "ms",
	              clock_boot_ms(&run->engine->clock) - work->started);
	journal_add(run->engine->journal, EVENT_STEP_FINISHED,
	            execute_subject(run, work->live), data);
}

/* Its output is there: what is left is the same for all kinds. */
static int conclude(struct work *work, struct error *err)
{
	struct live_run *run = work->run;
	struct live_step *live = work->live;

	live->output = work->step_run.output
	                       ? value_copy(&run->arena, work->step_run.output)
	                       : NULL;
	live->key = work->key ? arena_strdup(&run->arena, work->key) : NULL;
	if (accept(run, live, err) < 0)
		return -1;
	if (!work->step_run.journalled)
		record_result(work);
	execute_settle(work->tick, run, live, STEP_DONE, NULL);
	return 0;
}

/* ---- At work ------------------------------------------------------------- */

/* A loop does only so many items in one run: false when this is one more. */
static bool within_limit(const struct live_step *live)
{
	struct live_block *block = live->block;
	struct live_step *over = block->over;

	if (!over || !live_is_loop(over) || block->executed)
		return true;
	if (over->step->fan->limit &&
	    over->executed >= (size_t)over->step->fan->limit)
		return false;
	block->executed = true;
	over->executed++;
	return true;
}

static bool runs_program(const struct work *work)
{
	return work->step_run.env->loop && work->live->step->kind->begin;
}

/* Begin it in a free place, for which it may have to wait. */
static int begin(struct work *work, struct error *err)
{
	struct loop *loop = work->step_run.env->loop;

	while (loop_free_places(loop) == 0)
		if (execute_reap(work->tick, -1, err) < 0)
			return -1;
	if (work->live->step->kind->begin(&work->step_run, err) < 0)
		return -1;
	child_set_user(work->step_run.child, work);
	work->run->running++;
	tell_turn(work, NOTE_BEGAN);
	return 0;
}

/* It was not done: not yet, or not at all. */
static void leave(struct work *work)
{
	struct live_run *run = work->run;
	const char *reason = arena_strdup(&run->arena, work->step_run.reason);
	const struct nap nap = {
		.wake_at = work->step_run.wake_at,
		.attempt = work->live->attempt,
		.reason = reason,
	};

	if (nap.wake_at)
		sleep_lay(work->tick, run, work->live, &nap);
	else
		skip(work->tick, run, work->live, reason);
}

/* Do the step, or begin it: then `*work` is the loop's, and NULL. */
static int carry_out(struct work **place, struct error *err)
{
	struct work *work = *place;
	struct live_run *run = work->run;
	struct live_step *live = work->live;
	const struct step_kind *kind = live->step->kind;
	const char *occasion;

	int done = once_look(work->tick, run, live, &occasion, err);
	if (done != 0)
		return done < 0 ? -1 : 0;
	if (execute_configure(run, live, &work->arena, &work->step_run, err) <
	    0)
		return -1;
	work->step_run.once = occasion;
	if (kind->flags & KIND_COMPUTES) {
		if (compute_key(work, err) < 0)
			return -1;
		int reused = reuse(work, err);
		if (reused != 0)
			return reused < 0 ? -1 : 0;
	}
	if (work->tick->plan) {
		int ends = plan_at_step(work->tick->plan, run, live,
		                        &work->step_run, work->key, err);
		if (ends != 0)
			return ends < 0 ? -1 : 0;
	}
	if (!within_limit(live)) {
		skip(work->tick, run, live,
		     "as many items as a run may do are done");
		return 0;
	}
	if (runs_program(work)) {
		if (begin(work, err) < 0)
			return -1;
		*place = NULL;
		return 0;
	}
	if (kind->start(&work->step_run, err) < 0)
		return -1;
	if (work->step_run.reason) {
		leave(work);
		return 0;
	}
	return conclude(work, err);
}

/* An effect may have settled its step in the journal although this process
 * goes on with an error: the row is what counts. */
static bool is_settled_in_journal(struct tick *tick, struct live_run *run,
                                  struct live_step *live)
{
	auto_error struct error ignored = { 0 };
	struct step_record *rows;
	size_t count;

	if (!(live->step->kind->flags & KIND_ACTS) ||
	    view_steps(run->engine->view, &run->arena, run->record.id, &rows,
	               &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(rows[i].step, live->step->id) ||
		    !text_equal(rows[i].item, live->block->item) ||
		    rows[i].state == STEP_WAITING ||
		    rows[i].state == STEP_SLEEPING)
			continue;
		if (step_is_settled(rows[i].state)) {
			execute_settle(tick, run, live, rows[i].state,
			               rows[i].reason);
		} else {
			live->state = rows[i].state;
			live->reason = rows[i].reason;
		}
		return true;
	}
	return false;
}

/* An effect that may not begin now: a later tick goes on with it. */
static int put_off(struct tick *tick, struct live_run *run,
                   struct live_step *live)
{
	(void)is_settled_in_journal(tick, run, live); /* it may be intended */
	run->put_off = true;
	tick->problems++;
	return 0;
}

/* What a step's failure means: another try, its end, or the tick's. */
static int take_failure(struct tick *tick, struct live_run *run,
                        struct live_step *live, struct error *reason,
                        struct error *err)
{
	if (reason->code == ERR_AWAY)
		return put_off(tick, run, live);
	if (!ends_the_step(reason)) {
		error_move(err, reason);
		return error_wrap(err, "%s, step \"%s\"", run->name,
		                  live_name(run, live));
	}
	if (is_settled_in_journal(tick, run, live))
		return 0;
	if (sleep_before_retry(tick, run, live, reason))
		return 0;
	fail(tick, run, live, reason, NULL);
	return 0;
}

/* loop_wait(), in pieces when somebody wants to be called in between. */
static int wait_for_one(struct tick *tick, int64_t timeout_ms,
                        struct child **ret, struct error *err)
{
	struct loop *loop = tick->engine->env.loop;
	int ended = 0;

	if (!tick->idle)
		return loop_wait(loop, timeout_ms, ret, err);
	do {
		int64_t piece = timeout_ms;
		if (piece < 0 || piece > IDLE_MS)
			piece = IDLE_MS;
		ended = loop_wait(loop, piece, ret, err);
		if (timeout_ms > 0)
			timeout_ms -= piece;
		if (ended == 0)
			tick->idle(tick->state);
	} while (ended == 0 && timeout_ms != 0 && loop_running(loop) > 0);
	return ended;
}

int execute_reap(struct tick *tick, int64_t timeout_ms, struct error *err)
{
	struct child *child;
	int ended = wait_for_one(tick, timeout_ms, &child, err);

	if (ended <= 0)
		return ended;
	CLEANUP(work_free_auto) struct work *work = child_user(child);
	auto_error struct error reason = { 0 };
	work->run->running--;
	tell_turn(work, NOTE_ENDED);
	work->step_run.child = child;
	if (work->run->ended) {
		(void)work->live->step->kind->finish(&work->step_run, &reason);
		return 1; /* nobody waits for it any more */
	}
	if ((work->live->step->kind->finish(&work->step_run, &reason) < 0 ||
	     conclude(work, &reason) < 0) &&
	    take_failure(tick, work->run, work->live, &reason, err) < 0)
		return -1;
	return 1;
}

/* ---- Blocks -------------------------------------------------------------- */

/* The step of the part that failed, or NULL. */
static const struct live_step *failure_in(const struct live_block *part)
{
	for (size_t i = part->first; i < part->end; i++) {
		const struct live_step *live = &part->steps[i - part->first];
		if (live->step && live->state == STEP_FAILED &&
		    !live->step->continue_on_error)
			return live;
	}
	return NULL;
}

/* The parts that failed, the first few by name: 1, or 0 when none did. */
static int name_failures(struct live_run *run, const struct live_step *live,
                         struct error *err)
{
	auto_buf struct buf names = buf_make(LIMIT_ERROR_TEXT);
	const struct live_step *first = NULL;
	size_t failed = 0;

	for (size_t i = 0; i < live->part_count; i++) {
		const struct live_step *one = failure_in(live->parts[i]);
		if (!one)
			continue;
		first = first ? first : one;
		if (failed++ < 5)
			buf_printf(&names, "%s%s", failed > 1 ? ", " : "",
			           one->block->item);
	}
	if (!first)
		return 0;
	if (!live_is_loop(live))
		error_set(err, ERR_FAILED, "%s: %s", first->step->local,
		          first->reason);
	else
		error_set(err, ERR_FAILED,
		          "%zu of %zu items failed (%s%s), first %s: %s",
		          failed, live->part_count, names.at,
		          failed > 5 ? ", …" : "", live_name(run, first),
		          first->reason);
	return 1;
}

static int finish_block(struct tick *tick, struct live_run *run,
                        struct live_step *live, struct error *err)
{
	auto_error struct error reason = { 0 };
	struct value *items = live_is_loop(live) ? live_items(run, live) : NULL;

	if (name_failures(run, live, &reason) &&
	    !live->step->continue_on_error) {
		fail(tick, run, live, &reason, items);
		return 0;
	}
	live->output = live_gather(run, live, err);
	if (!live->output)
		return -1;
	struct value *data = execute_about(run, live);
	value_map_text(&run->arena, data, "kind", live->step->kind->name);
	value_map_set(&run->arena, data, "output", items);
	live->state = STEP_DONE;
	run_describe_step(run, live);
	/* Those of a step alone in its loop were asked of each item. */
	if (live->step->end > live->step->index + 1 &&
	    execute_checks(run, live, err) < 0) {
		live->state = STEP_WAITING;
		return -1;
	}
	journal_add(run->engine->journal, EVENT_STEP_FINISHED,
	            execute_subject(run, live), data);
	execute_settle(tick, run, live, STEP_DONE, NULL);
	return 0;
}

static int advance_block(struct tick *tick, struct live_run *run,
                         struct live_step *live, struct error *err)
{
	if (!live->unfolded && live_unfold(run, live, err) < 0)
		return -1;
	if (live->parts_open == 0)
		return finish_block(tick, run, live, err);
	if (live->parts_begun == 0)
		live_activate_parts(run, live);
	return 0;
}

/* ---- One step ------------------------------------------------------------ */

/* Whether `name` is `head` or something below it. */
static bool name_is_below(const char *name, const char *head)
{
	size_t len = strlen(head);

	return strncmp(name, head, len) == 0 &&
	       (name[len] == '\0' || name[len] == '.');
}

/* The step of a loop over nothing else, in one of its items. */
static bool is_again(const struct live_step *live)
{
	return live->block->over && live->block->over->step == live->step;
}

/* A condition that names the item is asked of each; else of the loop. */
static bool asks_condition(const struct live_step *live)
{
	const struct step *step = live->step;
	const struct name_use *uses;
	size_t count;
	bool names_item = false;

	if (!step->fan || step->end > step->index + 1)
		return true;
	expr_names(step->condition, &uses, &count);
	for (size_t i = 0; i < count; i++)
		names_item = names_item ||
		             name_is_below(uses[i].name, step->fan->name);
	return names_item == is_again(live);
}

/* 1 when it is to be done, 0 when it was skipped, -1. */
static int is_wanted(struct tick *tick, struct live_run *run,
                     struct live_step *live, struct error *err)
{
	static const char *(*const reasons[])(struct live_run * run,
	                                      const struct live_step *live) = {
		stopped_loop, closed_wall,   missing_input,
		broken_order, failure_above,
	};
	const struct step *step = live->step;
	const char *reason = NULL;

	if (is_again(live))
		reason = stopped_loop(run, live);
	else
		for (size_t i = 0; i < ARRAY_LEN(reasons) && !reason; i++)
			reason = reasons[i](run, live);
	if (!reason && step->condition && asks_condition(live)) {
		struct render render = run_render(run, live);
		int wanted = expr_is_true(step->condition, &render, err);
		if (wanted < 0)
			return error_wrap(err, "the condition of step \"%s\"",
			                  step->id);
		if (!wanted)
			reason = "its condition is false";
	}
	if (!reason)
		return 1;
	skip(tick, run, live, reason);
	return 0;
}

/* What was said in the step's place, or NULL. */
static const struct value *answer_for(const struct tick *tick,
                                      struct live_run *run,
                                      const struct live_step *live)
{
	const char *item = live->block->item;
	const struct value *answer = NULL;

	if (!tick->answers || live_is_block(live))
		return NULL;
	if (*item)
		answer = value_get(tick->answers,
		                   arena_printf(&run->arena, "%s/%s",
		                                live->step->id, item));
	return answer ? answer : value_get(tick->answers, live->step->id);
}

static int take_answer(struct tick *tick, struct live_run *run,
                       struct live_step *live, const struct value *answer,
                       struct error *err)
{
	CLEANUP(work_free_auto)
	struct work *work = work_new(tick, run, live);

	work->step_run.output = value_copy(&work->arena, answer);
	return conclude(work, err);
}

static int advance_leaf(struct tick *tick, struct live_run *run,
                        struct live_step *live, struct error *err)
{
	CLEANUP(work_free_auto)
	struct work *work = work_new(tick, run, live);

	return carry_out(&work, err);
}

/* Whether it waits for something that is not here: a merge, a time. A `wait`
 * looks for itself. */
static bool is_waiting_for(const struct live_run *run,
                           const struct live_step *live)
{
	return live->state == STEP_IN_REVIEW || live->state == STEP_STARTED ||
	       (live->state == STEP_SLEEPING &&
	        !(live->step->kind->flags & KIND_PASSES) &&
	        (live->wake_at == 0 ||
	         live->wake_at > clock_wall_ms(&run->engine->clock)));
}

static int advance_step(struct tick *tick, struct live_run *run,
                        struct live_step *live, struct error *err)
{
	auto_error struct error reason = { 0 };
	const struct value *answer;
	int status = 0;

	if (is_waiting_for(run, live) || step_is_settled(live->state))
		return 0;
	int ended = live->step->kind->flags & (KIND_WALL | KIND_ACTS)
	                    ? ending_look(tick, run, err)
	                    : 0;
	if (ended != 0)
		return ended < 0 ? -1 : 0;
	int wanted = live->unfolded ? 1 : is_wanted(tick, run, live, &reason);
	if (wanted < 0)
		status = -1;
	else if (wanted && (answer = answer_for(tick, run, live)))
		status = take_answer(tick, run, live, answer, &reason);
	else if (wanted && live_is_block(live))
		status = advance_block(tick, run, live, &reason);
	else if (wanted && (live->step->kind->flags & KIND_PASSES))
		status = wait_advance(tick, run, live, &reason);
	else if (wanted && (live->step->kind->flags & KIND_WALL))
		status = tick->plan
		                 ? plan_at_wall(tick->plan, run, live, &reason)
		                 : gate_open(tick, run, live, &reason);
	else if (wanted)
		status = advance_leaf(tick, run, live, &reason);
	if (status == 0)
		return 0;
	return take_failure(tick, run, live, &reason, err);
}

/* ---- The run ----------------------------------------------------------- */

/* A journal that waits too long makes a crash dear. */
static int flush_now_and_then(struct live_run *run, struct error *err)
{
	struct journal *journal = run->engine->journal;

	if (journal_pending(journal) < PENDING_EVENTS)
		return 0;
	return journal_flush(
	        journal, arena_printf(&run->arena, "%s: goes on", run->name),
	        err);
}

int execute_ready(struct tick *tick, struct live_run *run, struct error *err)
{
	struct live_step *live;

	if (!run->root->active)
		live_activate(run, run->root);
	while (!run->ended && (live = live_pop(run)) != NULL)
		if (advance_step(tick, run, live, err) < 0 ||
		    flush_now_and_then(run, err) < 0)
			return -1;
	return 0;
}

bool execute_is_over(struct live_run *run)
{
	static const enum section last[] = { SECTION_ON_FAILURE,
		                             SECTION_FINALLY };

	if (run->open[SECTION_STEPS] > 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(last); i++) {
		if (last[i] == SECTION_ON_FAILURE && !execute_failure(run))
			continue;
		if (run->open[last[i]] == 0)
			continue;
		if (!run->begun[last[i]])
			live_activate_section(run, last[i]);
		run->begun[last[i]] = true;
		return false;
	}
	return true;
}
