/*
 * The run is loaded as it stands. Names then mean what was merged; but a step
 * above a gate saw what was drafted. So the files of each draft are put back to
 * what their steps gave, as for a preview (preview.h), until the walk through
 * the steps, in their written order, has passed the draft's gate.
 *
 * Programs run in checkouts of their own, below .reeve/replay, so that a tick
 * may go on beside it.
 */
#include "engine/cycle/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bus/bus.h"
#include "engine/cycle/preview.h"
#include "engine/cycle/work.h"
#include "engine/io/checkout.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/lock.h"

/* A file of a draft that was merged, and what its step gave. */
struct drawn {
	struct live_step *live;
	const struct value *output;
	size_t draft; /* its number among the run's */
	const struct artifact_record *artifact;
};

struct replay {
	struct engine *engine;
	struct arena *arena; /* of the rows */
	struct live_run *run;
	const struct value *outputs; /* "step\nitem": what it gave */
	struct drawn *drawn;
	size_t drawn_count;
	bool *passed; /* by draft: its gate lies behind */
	struct preview preview;
	struct value *rows;
	int64_t same, differs, record;
};

/* ---- What each step gave ------------------------------------------------- */

static const char *place_of(struct replay *replay, const char *step,
                            const char *item)
{
	return arena_printf(&replay->run->arena, "%s\n%s", step, item);
}

static int read_outputs(struct replay *replay, struct error *err)
{
	struct arena *arena = &replay->run->arena;
	struct value *outputs = value_map(arena);
	struct step_record *rows;
	size_t count;

	if (view_steps(replay->engine->view, arena, replay->run->record.id,
	               &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct value *output;
		if (!rows[i].output)
			continue;
		if (journal_resolve(replay->engine->repo, arena, rows[i].output,
		                    &output, err) < 0)
			return -1;
		value_map_set(arena, outputs,
		              place_of(replay, rows[i].step, rows[i].item),
		              output);
	}
	replay->outputs = outputs;
	return 0;
}

static int read_draft(struct replay *replay, size_t number, struct error *err)
{
	struct live_run *run = replay->run;
	struct artifact_record *artifacts;
	size_t count;

	if (view_artifacts(replay->engine->view, &run->arena,
	                   &run->drafts[number], &artifacts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *step = artifacts[i].step;
		const char *item = artifacts[i].item;
		struct live_step *live = live_at(run, step, item);
		const struct value *output = value_get(
		        replay->outputs, place_of(replay, step, item));
		if (artifacts[i].lapsed || !live || !output)
			continue;
		replay->drawn =
		        arena_grow(&run->arena, replay->drawn,
		                   replay->drawn_count, sizeof(*replay->drawn));
		replay->drawn[replay->drawn_count++] = (struct drawn){
			.live = live,
			.output = output,
			.draft = number,
			.artifact = &artifacts[i],
		};
	}
	return 0;
}

static int read_drafts(struct replay *replay, struct error *err)
{
	struct live_run *run = replay->run;

	replay->passed = arena_array(&run->arena, run->draft_count + 1,
	                             sizeof(*replay->passed));
	for (size_t i = 0; i < run->draft_count; i++)
		if (run->drafts[i].state != DRAFT_WITHDRAWN &&
		    read_draft(replay, i, err) < 0)
			return -1;
	return 0;
}

/* Names mean what they meant before the gates that are ahead. */
static int look_ahead(struct replay *replay, struct error *err)
{
	replay->preview = (struct preview){ .run = replay->run };
	for (size_t i = 0; i < replay->drawn_count; i++) {
		const struct drawn *drawn = &replay->drawn[i];
		if (!replay->passed[drawn->draft])
			preview_set(&replay->preview, drawn->live, STEP_DONE,
			            drawn->output);
	}
	return preview_begin(&replay->preview, err);
}

/* Below an approved gate names mean what was merged. */
static int pass_gate(struct replay *replay, const struct live_step *live,
                     struct error *err)
{
	const struct live_gate *gate = run_gate_of(replay->run, live);

	if (!gate)
		return 0;
	replay->passed[gate->draft - replay->run->drafts] = true;
	preview_end(&replay->preview);
	return look_ahead(replay, err);
}

/* ---- Rows ---------------------------------------------------------------- */

/* One step, looked at. */
struct look {
	struct replay *replay;
	struct live_step *live;
	struct work work;
	struct value *differs; /* list */
	const char *why;       /* it is taken from the record; or NULL */
};

static void look_clear(struct look *look)
{
	if (look->work.step_run.owns_files)
		files_free(look->work.step_run.files);
	arena_clear(&look->work.arena);
}

static void differ(struct look *look, const char *what,
                   const struct value *recorded, const struct value *now)
{
	struct arena *arena = look->replay->arena;
	struct value *row = value_map(arena);

	value_map_text(arena, row, "what", what);
	if (recorded)
		value_map_set(arena, row, "recorded",
		              value_copy(arena, recorded));
	if (now)
		value_map_set(arena, row, "now", value_copy(arena, now));
	value_list_add(arena, look->differs, row);
}

static void differ_text(struct look *look, const char *what,
                        const char *recorded, const char *now)
{
	struct arena *arena = look->replay->arena;

	differ(look, what, recorded ? value_string(arena, recorded) : NULL,
	       now ? value_string(arena, now) : NULL);
}

static void add_row(struct look *look)
{
	struct replay *replay = look->replay;
	const struct live_step *live = look->live;
	struct arena *arena = replay->arena;
	struct value *row = value_map(arena);
	const char *result = "same";

	if (look->differs->length)
		result = "differs";
	else if (look->why)
		result = "record";
	replay->same += text_equal(result, "same");
	replay->differs += text_equal(result, "differs");
	replay->record += text_equal(result, "record");
	value_map_text(arena, row, "step", live->step->id);
	if (*live->block->item)
		value_map_text(arena, row, "item", live->block->item);
	value_map_text(arena, row, "kind", live->step->kind->name);
	value_map_text(arena, row, "result", result);
	value_map_text(arena, row, "why", look->why);
	if (look->differs->length)
		value_map_set(arena, row, "differs", look->differs);
	value_list_add(arena, replay->rows, row);
}

/* ---- What computes ------------------------------------------------------- */

static bool asks_model(const struct step *step)
{
	return text_equal(step->kind->names, "agent");
}

/* The files of the step, written again from what it gave. */
static int compare_files(struct look *look, struct error *err)
{
	const struct replay *replay = look->replay;
	struct live_step *live = look->live;
	const struct value *before = live->output;

	for (size_t i = 0; i < replay->drawn_count; i++) {
		const struct drawn *drawn = &replay->drawn[i];
		const struct live_file file = { drawn->artifact->field,
			                        drawn->artifact->path };
		auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
		struct oid oid;
		if (drawn->live != live || !file.path ||
		    oid_is_zero(&drawn->artifact->drafted))
			continue;
		live->output = look->work.step_run.output;
		int rc = run_artifact(replay->run, live, &file, &bytes, err);
		live->output = before;
		if (rc < 0)
			return -1;
		repo_blob_id(bytes.at, bytes.len, &oid);
		if (!oid_equal(&oid, &drawn->artifact->drafted))
			differ_text(look,
			            arena_printf(replay->arena, "artifact %s",
			                         file.path),
			            oid_text(replay->arena,
			                     &drawn->artifact->drafted),
			            oid_text(replay->arena, &oid));
	}
	return 0;
}

static int do_again(struct look *look, struct error *err)
{
	struct work *work = &look->work;
	const struct step *step = look->live->step;
	const struct value *recorded = value_get(
	        look->replay->outputs,
	        place_of(look->replay, step->id, look->live->block->item));

	if (step->kind->start(&work->step_run, err) < 0)
		return -1;
	if (!recorded || !value_equal(recorded, work->step_run.output))
		differ(look, "output", recorded, work->step_run.output);
	else if (execute_checks(look->replay->run, look->live, err) < 0)
		return -1;
	return compare_files(look, err);
}

static int compute(struct look *look, struct error *err)
{
	struct work *work = &look->work;
	struct live_step *live = look->live;

	if (execute_configure(work->run, live, &work->arena, &work->step_run,
	                      err) < 0 ||
	    work_find_key(work, err) < 0)
		return -1;
	if (live->key && !text_equal(live->key, work->key))
		differ_text(look, "key", live->key, work->key);
	if (!asks_model(live->step))
		return do_again(look, err);
	look->why = "what an agent answered";
	return 0;
}

/* ---- What acts ----------------------------------------------------------- */

/* The clock as it was when the effect was intended. */
struct instant {
	struct clock clock;
	int64_t at_ms;
};

static int64_t instant_wall_ms(void *state)
{
	return ((const struct instant *)state)->at_ms;
}

static int64_t instant_boot_ms(void *state)
{
	return clock_boot_ms(&((const struct instant *)state)->clock);
}

static void instant_random(void *state, void *bytes, size_t len)
{
	clock_random(&((const struct instant *)state)->clock, bytes, len);
}

static int foresee(struct look *look, int64_t at_ms, struct value **ret,
                   struct error *err)
{
	struct live_run *run = look->work.run;
	const struct step_run *step_run = &look->work.step_run;
	struct engine *engine = run->engine;
	struct instant instant = { engine->clock, at_ms };
	struct bus_request request = {
		.arena = &look->work.arena,
		.env = &engine->env,
		.run = run->record.id,
		.run_name = run->name,
		.job = run->job->name,
		.step = look->live->step->id,
		.item = look->live->block->item,
		.key = step_run->effect_key,
		.effect = step_run->name,
		.with = step_run->released ? step_run->released
		                           : step_run->config,
		.pinned = run->config,
		.current = run->config,
		.files = look->live->step->command ? step_run->files : NULL,
	};

	engine->clock = (struct clock){ instant_wall_ms, instant_boot_ms,
		                        instant_random, &instant, NULL };
	int rc = bus_foresee(&request, ret, err);
	engine->clock = instant.clock;
	return rc;
}

/* The payload, frozen again from what was released and pinned. */
static int compare_payload(struct look *look, struct error *err)
{
	struct live_run *run = look->work.run;
	struct arena *arena = &look->work.arena;
	struct effect_record effect;
	struct value *recorded;
	struct value *now;
	int found = view_effect(run->engine->view, arena,
	                        run_effect_key(run, look->live), &effect, err);

	look->why = "what the world answered";
	if (found <= 0 || !effect.payload || !bus_connector(effect.effect))
		return found < 0 ? -1 : 0;
	const int64_t at_ms = effect.intended_at;
	if (journal_resolve(run->engine->repo, arena, effect.payload, &recorded,
	                    err) < 0 ||
	    execute_configure(run, look->live, arena, &look->work.step_run,
	                      err) < 0 ||
	    foresee(look, at_ms, &now, err) < 0)
		return -1;
	if (now && !value_equal(recorded, now))
		differ(look, "payload", recorded, now);
	return 0;
}

/* ---- The walk ------------------------------------------------------------ */

static int look_at(struct look *look, struct error *err)
{
	const struct live_step *live = look->live;
	unsigned flags = live->step->kind->flags;

	if (!step_has_output(live->state)) {
		look->why = step_state_name(live->state);
		return 0;
	}
	if (flags & KIND_WALL) {
		look->why =
		        flags & KIND_PASSES ? "what came" : "what was merged";
		return 0;
	}
	if (flags & KIND_ACTS)
		return compare_payload(look, err);
	return flags & KIND_COMPUTES ? compute(look, err) : 0;
}

static int replay_step(struct replay *replay, struct live_step *live,
                       struct error *err)
{
	auto_error struct error reason = { 0 };
	CLEANUP(look_clear)
	struct look look = {
		.replay = replay,
		.live = live,
		.work = { .run = replay->run, .live = live },
		.differs = value_list(replay->arena),
	};

	if (look_at(&look, &reason) < 0) {
		if (reason.code == ERR_SYSTEM || reason.code == ERR_CORRUPT) {
			error_move(err, &reason);
			return -1;
		}
		differ_text(&look, "result", step_state_name(live->state),
		            reason.message);
	}
	add_row(&look);
	return 0;
}

static int walk(struct replay *replay, struct error *err)
{
	struct live_run *run = replay->run;

	if (look_ahead(replay, err) < 0)
		return -1;
	for (struct live_step *live = live_first(run); live;
	     live = live_next(run, live))
		if (!live_is_block(live) &&
		    (replay_step(replay, live, err) < 0 ||
		     pass_gate(replay, live, err) < 0))
			return -1;
	return 0;
}

static int load(struct replay *replay, const char *id, struct error *err)
{
	replay->run = run_load(replay->engine, id, err);
	if (!replay->run || read_outputs(replay, err) < 0)
		return -1;
	return read_drafts(replay, err);
}

static void replay_clear(struct replay *replay)
{
	if (!replay->run)
		return;
	preview_end(&replay->preview);
	run_free(replay->run);
}

static struct value *tell(struct replay *replay)
{
	struct arena *arena = replay->arena;
	struct value *map = value_map(arena);

	value_map_text(arena, map, "run", replay->run->record.id);
	value_map_text(arena, map, "job", replay->run->record.job);
	value_map_text(arena, map, "state",
	               run_state_name(replay->run->record.state));
	value_map_set(arena, map, "steps", replay->rows);
	value_map_int(arena, map, "same", replay->same);
	value_map_int(arena, map, "differs", replay->differs);
	value_map_int(arena, map, "record", replay->record);
	return map;
}

struct value *replay_run(struct engine *engine, struct arena *arena,
                         const char *id, struct error *err)
{
	CLEANUP(replay_clear)
	struct replay replay = {
		.engine = engine,
		.arena = arena,
		.rows = value_list(arena),
	};
	const char *folder =
	        arena_printf(arena, "%s/replay", engine->state_dir);
	auto_lock struct lock *lock = lock_try(folder, "lock", err);

	if (!lock || engine_rehearse(engine, err) < 0 ||
	    load(&replay, id, err) < 0)
		return NULL;
	checkouts_close(engine->env.checkouts);
	engine->env.checkouts =
	        checkouts_open(folder, &engine->env.root->secret);
	if (walk(&replay, err) < 0)
		return NULL;
	return tell(&replay);
}
