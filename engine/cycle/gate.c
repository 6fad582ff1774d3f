/*
 * Opening a gate.
 *
 * The draft begins at the owner's tip: one commit for each step with an
 * artifact since the last wall, and last, always, the slip. The objects are
 * written first, then `gate.opened` is journalled, then the branch is made; a
 * process that dies in between leaves an open gate whose branch the next tick
 * makes.
 *
 * What the slip lists is found in a preview of what stands below, in which
 * names mean what the files of the draft say.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/cycle/drafting.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/listing.h"
#include "engine/cycle/preview.h"
#include "engine/cycle/undo.h"
#include "engine/job/document.h"
#include "store/base/fault.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

struct gate {
	struct tick *tick;
	struct live_run *run;
	struct live_step *live;
	struct preview preview;
	struct drafting drafting;
	const char *title;
	const char *priority;
	int64_t due_at;
	struct slip slip;
	struct value *effects; /* list of {step, effect, says} */
	struct oid tip;
};

/* ---- The slip's entries -------------------------------------------------- */

/* One file as it will be read back: a field of the output, or all of it. */
static int read_back_file(struct gate *gate, size_t i, struct error *err)
{
	struct live_run *run = gate->run;
	struct arena *arena = &run->arena;
	struct live_step *live = gate->drafting.steps[i];
	const struct live_file *file = gate->drafting.files[i];
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);

	if (run_artifact(run, live, file, &bytes, err) < 0)
		return -1;
	struct value *value =
	        document_parse(arena, file->path, bytes.at, bytes.len, err);
	if (!value)
		return -1;
	value = document_with_path(arena, value, file->path);
	preview_set(&gate->preview, live, live->state,
	            run_with_file(run, live, file->field, value));
	return 0;
}

/* Below the gate a name means what the draft's files say, so the entries are
 * rendered with that. */
static int preview_draft(struct gate *gate, struct error *err)
{
	for (size_t i = 0; i < gate->drafting.artifacts->length; i++)
		if (gate->drafting.steps[i] && read_back_file(gate, i, err) < 0)
			return -1;
	return preview_begin(&gate->preview, err);
}

/* Every named effect that this gate releases. */
static int list_effects(struct gate *gate, struct error *err)
{
	const struct step *step = gate->live->step;
	const char *items = value_get_text(step->config, "items", NULL);
	struct listing listing = {
		.preview = &gate->preview,
		.items = items ? job_step_from(gate->run->job, step->parent,
		                               items)
		               : NULL,
	};
	int status = preview_draft(gate, err);

	if (status == 0)
		status = listing_make(&listing, err);
	preview_end(&gate->preview);
	gate->slip.entries = listing.entries;
	gate->slip.count = listing.count;
	gate->effects = listing.effects;
	return status;
}

/* ---- The head ------------------------------------------------------------ */

static int gate_text(struct gate *gate, const char *name, const char **ret,
                     struct error *err)
{
	const struct step *step = gate->live->step;
	const struct value *source = value_get(step->config, name);

	if (!source || source->kind != VALUE_STRING)
		return 0;
	return run_text(gate->run, gate->live, source, ret, err);
}

static int read_head(struct gate *gate, struct error *err)
{
	const struct step *step = gate->live->step;
	const char *due = NULL;
	int64_t seconds = 0;

	gate->title = step->id;
	gate->priority = value_get_text(step->config, "priority", "normal");
	if (gate_text(gate, "title", &gate->title, err) < 0 ||
	    gate_text(gate, "due", &due, err) < 0)
		return -1;
	if (due && text_to_duration(due, &seconds))
		gate->due_at = clock_wall_ms(&gate->run->engine->clock) +
		               seconds * 1000;
	return 0;
}

/* The path of a `read`: of a pattern the folder, and of one that differs from
 * item to item what they have in common; NULL: nothing. */
static int source_of(struct live_run *run, const struct live_step *live,
                     const char **ret, struct error *err)
{
	struct arena *arena = &run->arena;
	const struct value *path = value_get(live->step->config, "path");
	struct render render = run_render(run, live);
	struct value *rendered;

	if (*live->block->item) {
		const char *tag = strstr(path->text, "{{");
		const char *base = path_pattern_base(
		        arena,
		        tag ? arena_printf(arena, "%.*s*",
		                           (int)(tag - path->text), path->text)
		            : path->text);
		*ret = *base ? base : NULL;
		return 0;
	}
	if (render_value(arena, live->step->path, path, &render, &rendered,
	                 err) < 0)
		return -1;
	*ret = path_is_pattern(rendered->text)
	               ? path_pattern_base(arena, rendered->text)
	               : rendered->text;
	*ret = **ret ? *ret : rendered->text;
	return 0;
}

/* Where the drafts come from: what the steps above have read, each once. */
static int list_sources(struct gate *gate, struct value *about,
                        struct error *err)
{
	struct live_run *run = gate->run;
	struct arena *arena = &run->arena;
	struct value *list = value_list(arena);
	struct value *known = value_map(arena);

	for (const struct live_step *live = live_first(run);
	     live && live != gate->live; live = live_next(run, live)) {
		const char *path = NULL;
		if (!text_equal(live->step->kind->name, "read") ||
		    !live->output || live->output->kind == VALUE_NULL)
			continue;
		if (source_of(run, live, &path, err) < 0)
			return -1;
		if (!path || value_get(known, path))
			continue;
		value_map_int(arena, known, path, 1);
		value_list_add(arena, list, value_string(arena, path));
	}
	if (list->length)
		value_map_set(arena, about, "sources", list);
	return 0;
}

/* Values from above that go into an effect although no artifact shows them
 * stand in the entries themselves; the head says where all of it is from. */
static struct value *about(struct gate *gate, struct error *err)
{
	struct arena *arena = &gate->run->arena;
	struct value *map = value_map(arena);

	if (list_sources(gate, map, err) < 0)
		return NULL;
	value_map_text(arena, map, "pinned",
	               oid_text(arena, &gate->run->record.commit));
	value_map_text(arena, map, "cost", "0.00");
	if (gate->drafting.left->length)
		value_map_set(arena, map, "left", gate->drafting.left);
	return map;
}

static int write_slip(struct gate *gate, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	struct live_run *run = gate->run;
	struct value *head = about(gate, err);

	if (!head)
		return -1;
	gate->slip = (struct slip){
		.gate = gate->live->step->id,
		.run = run->record.id,
		.title = gate->title,
		.revision = 1,
		.about = head,
	};
	if (undo_draft(run, &gate->drafting, head, err) < 0 ||
	    list_effects(gate, err) < 0 ||
	    slip_write(&bytes, &gate->slip, err) < 0)
		return -1;
	return drafting_add_file(
	        &gate->drafting, gate->drafting.slip, &bytes,
	        arena_printf(&run->arena, "slip of %s", gate->live->step->id),
	        err);
}

/* ---- Opening ------------------------------------------------------------- */

static void journal_opened(struct gate *gate)
{
	struct live_run *run = gate->run;
	struct engine *engine = run->engine;
	struct arena *arena = &run->arena;
	struct value *data = execute_about(run, gate->live);

	value_map_int(arena, data, "n", gate->drafting.n);
	value_map_text(arena, data, "run_title", run_title(run));
	value_map_text(arena, data, "title", gate->title);
	value_map_text(arena, data, "priority", gate->priority);
	if (gate->due_at)
		value_map_int(arena, data, "due_at", gate->due_at);
	value_map_text(
	        arena, data, "branch",
	        arena_printf(arena, DRAFT_BRANCHES "%s", gate->drafting.name));
	value_map_text(arena, data, "slip", gate->drafting.slip);
	value_map_text(arena, data, "base", oid_text(arena, &engine->tip));
	value_map_text(arena, data, "tip", oid_text(arena, &gate->tip));
	value_map_set(arena, data, "artifacts", gate->drafting.artifacts);
	value_map_set(arena, data, "effects", gate->effects);
	value_map_set(arena, data, "reused", execute_reused(run));
	journal_add(engine->journal, EVENT_GATE_OPENED,
	            execute_subject(run, gate->live), data);
}

static void tell_opened(struct gate *gate)
{
	struct note note = {
		.kind = NOTE_GATE,
		.run = gate->run->name,
		.step = live_name(gate->run, gate->live),
		.state = "in review",
		.text = gate->title,
	};

	tick_tell(gate->tick, &note);
	gate->tick->changes++;
}

/* The draft's commits, and the event that tells of it. */
static int draft(struct gate *gate, struct error *err)
{
	struct live_run *run = gate->run;
	struct engine *engine = run->engine;

	if (drafting_gather(run, gate->live, DRAFTING_REVIEWS, &gate->drafting,
	                    err) < 0 ||
	    write_slip(gate, err) < 0 ||
	    drafting_build(&gate->drafting, &engine->tip, &gate->tip, err) <
	            0 ||
	    FAULT_FAILS("gate.built", err))
		return -1;
	journal_opened(gate);
	return journal_flush(engine->journal,
	                     arena_printf(&run->arena, "%s: %s waits",
	                                  run->name, gate->live->step->id),
	                     err);
}

int gate_open(struct tick *tick, struct live_run *run, struct live_step *live,
              struct error *err)
{
	struct engine *engine = run->engine;
	struct gate gate = {
		.tick = tick,
		.run = run,
		.live = live,
		.preview = { .run = run, .gate = live },
	};

	if (engine_look(engine, err) < 0 ||
	    publish_merges(tick, run, false, err) < 0 ||
	    execute_checks(run, live, err) < 0 || read_head(&gate, err) < 0)
		return -1;
	repo_batch_begin(engine->repo);
	if (repo_batch_end(engine->repo, draft(&gate, err), err) < 0)
		return -1;
	live->state = STEP_IN_REVIEW;
	run_describe_step(run, live);
	drafting_done(&gate.drafting);
	tell_opened(&gate);
	if (FAULT_FAILS("gate.opened", err))
		return -1;
	return draft_publish(engine->repo, gate.drafting.name, &gate.tip, err);
}
