/*
 * Opening a gate.
 *
 * The draft begins at the owner's tip: one commit for each step with an
 * artifact since the last wall, and last, always, the slip. The objects are
 * written first, then `gate.opened` is journalled, then the branch is made; a
 * process that dies in between leaves an open gate whose branch the next tick
 * makes.
 *
 * The slip lists every effect up to the next wall whose values are known now,
 * rendered. A value that an effect above it in the same list will give is
 * marked `later`. Text that is an artifact is named, not copied.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/bus/bus.h"
#include "engine/cycle/drafting.h"
#include "engine/cycle/execute.h"
#include "engine/job/document.h"
#include "engine/job/field.h"
#include "store/base/limits.h"
#include "store/base/text.h"

struct gate {
	struct tick *tick;
	struct live_run *run;
	struct live_step *live;
	const struct live_step *listed; /* the effect that is listed */
	struct drafting drafting;
	const char *title;
	const char *priority;
	int64_t due_at;
	struct slip slip;
	struct value *effects; /* list of {step, effect, says} */
	struct oid tip;
};

/* ---- The slip's entries -------------------------------------------------- */

/* What a template's names say about when it can be rendered. */
enum moment {
	MOMENT_NOW,
	MOMENT_LATER, /* it names an effect of this list */
	MOMENT_NEVER, /* it names what was skipped or this gate does not settle
	               */
};

/* The step that `name` means to the effect that is listed, or NULL. */
static const struct live_step *step_named(const struct gate *gate,
                                          const char *name)
{
	const struct live_step *live = gate->listed;
	const struct step *step =
	        job_step_from(gate->run->job, live->step->parent, name);

	return step ? live_find(gate->run, live->block, step->index) : NULL;
}

/* The step that an effect of this gate's list names, if it is not done. */
static enum moment moment_of_name(const struct gate *gate, const char *name)
{
	struct live_run *run = gate->run;
	const char *head = name_head(&run->arena, name);
	bool about = text_equal(head, "steps");

	if (about)
		head = name_head(&run->arena, name + strcspn(name, ".") + 1);
	const struct live_step *live = step_named(gate, head);
	if (!live)
		return MOMENT_NOW;
	if (step_is_settled(live->state))
		return about || step_has_output(live->state) ? MOMENT_NOW
		                                             : MOMENT_NEVER;
	return live->step->kind->flags & KIND_ACTS ? MOMENT_LATER
	                                           : MOMENT_NEVER;
}

static enum moment moment_of(const struct gate *gate,
                             const struct value *source)
{
	struct name_use *uses = NULL;
	size_t count = 0;
	auto_errors struct errors ignored = { 0 }; /* the job was parsed */
	enum moment moment = MOMENT_NOW;

	render_names(&gate->run->arena, gate->run->job->path, source, &uses,
	             &count, &ignored);
	for (size_t i = 0; i < count; i++) {
		enum moment one = uses[i].inside
		                          ? MOMENT_NOW
		                          : moment_of_name(gate, uses[i].name);
		if (one > moment)
			moment = one;
	}
	return moment;
}

/* "{{proposal.text}}" of a step whose artifact is in this draft, or
 * "{{letter}}" when that artifact is nothing but text: its path. */
static const char *artifact_named(const struct gate *gate,
                                  const struct value *source)
{
	struct live_run *run = gate->run;
	auto_error struct error ignored = { 0 };

	if (source->kind != VALUE_STRING)
		return NULL;
	struct template *template =
	        template_parse(&run->arena, run->job->path, source, &ignored);
	const struct name_use *single =
	        template ? template_single(template) : NULL;
	if (!single)
		return NULL;
	const char *head = name_head(&run->arena, single->name);
	const struct live_step *live = step_named(gate, head);
	bool all = strcmp(head, single->name) == 0 && live && live->output &&
	           live->output->kind == VALUE_STRING;
	if (!live || live->file_count != 1 || live->files[0].field ||
	    (!all && !text_ends(single->name, ".text")))
		return NULL;
	return live->files[0].path;
}

/* One field of an entry; MOMENT_NEVER leaves the whole entry out. */
static int entry_field(struct gate *gate, const struct value *source,
                       struct value **ret, enum moment *ret_moment,
                       struct error *err)
{
	struct arena *arena = &gate->run->arena;
	struct render render = run_render(gate->run, gate->listed);
	const char *path = artifact_named(gate, source);

	*ret_moment = moment_of(gate, source);
	if (*ret_moment == MOMENT_NEVER)
		return 0;
	if (*ret_moment == MOMENT_NOW && !path)
		return render_value(arena, gate->listed->step->path, source,
		                    &render, ret, err);
	*ret = value_map(arena);
	if (path)
		value_map_text(arena, *ret, "artifact", path);
	else
		value_map_set(arena, *ret, "later", value_copy(arena, source));
	return 0;
}

/* What the review says of it: one line. */
static const char *says(struct gate *gate, const struct step *step,
                        const struct value *with)
{
	const struct effect *effect =
	        language_effect(&gate->run->engine->language, step->name);

	if (effect && effect->describe)
		return effect->describe(&gate->run->arena, with);
	return arena_printf(&gate->run->arena, "%s %s", step->kind->name,
	                    step->name);
}

static void add_entry(struct gate *gate, const struct step *step,
                      const struct value *with)
{
	struct arena *arena = &gate->run->arena;
	struct slip *slip = &gate->slip;
	struct value *row = value_map(arena);

	slip->entries = arena_grow(arena, slip->entries, slip->count,
	                           sizeof(*slip->entries));
	slip->entries[slip->count++] = (struct slip_entry){
		.step = step->id,
		.item = gate->listed->block->item,
		.effect = step->name,
		.with = with,
	};
	value_map_text(arena, row, "step", step->id);
	if (*gate->listed->block->item)
		value_map_text(arena, row, "item", gate->listed->block->item);
	value_map_text(arena, row, "effect", step->name);
	value_map_text(arena, row, "says", says(gate, step, with));
	value_list_add(arena, gate->effects, row);
}

static int list_effect(struct gate *gate, const struct live_step *live,
                       struct error *err)
{
	const struct step *step = live->step;
	struct arena *arena = &gate->run->arena;
	struct value *with = value_map(arena);

	gate->listed = live;
	for (size_t i = 0; i < step->config->length; i++) {
		const struct member *member = &step->config->members[i];
		struct value *value;
		enum moment moment;
		if (entry_field(gate, member->value, &value, &moment, err) < 0)
			return -1;
		if (moment == MOMENT_NEVER)
			return 0;
		value_map_set(arena, with, member->name, value);
	}
	add_entry(gate, step, with);
	return 0;
}

/* Below the gate a name means what the draft's files say, so the entries are
 * rendered with that: each file's step gets what is read back, until `undo`
 * puts back what it was. */
static int read_back(struct gate *gate, const struct value ***ret_before,
                     struct error *err)
{
	struct live_run *run = gate->run;
	struct arena *arena = &run->arena;
	size_t count = gate->drafting.artifacts->length;

	*ret_before =
	        arena_array(arena, count + 1, sizeof(const struct value *));
	for (size_t i = 0; i < count; i++) {
		struct live_step *live = gate->drafting.steps[i];
		const struct live_file *file = gate->drafting.files[i];
		auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
		(*ret_before)[i] = live->output;
		if (file->field)
			continue;
		if (run_artifact(run, live, file, &bytes, err) < 0)
			return -1;
		struct value *value = document_parse(arena, file->path,
		                                     bytes.at, bytes.len, err);
		if (!value)
			return -1;
		live->output = document_with_path(arena, value, file->path);
		run_describe_step(run, live);
	}
	return 0;
}

static void put_back(struct gate *gate, const struct value **before)
{
	for (size_t i = gate->drafting.artifacts->length; i-- > 0;) {
		struct live_step *live = gate->drafting.steps[i];
		live->output = before[i];
		run_describe_step(gate->run, live);
	}
}

/* Every named effect that this gate releases. */
static int list_effects(struct gate *gate, struct error *err)
{
	struct live_run *run = gate->run;
	const struct value **before;
	int status = read_back(gate, &before, err);

	for (struct live_step *live = live_first(run); live && status == 0;
	     live = live_next(run, live)) {
		const struct step *step = live->step;
		if (step->gate == gate->live->step->index &&
		    (step->kind->flags & KIND_ACTS) && step->name)
			status = list_effect(gate, live, err);
	}
	put_back(gate, before);
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

/* Where the drafts come from: the files that the steps above have read. */
static struct value *sources(struct gate *gate)
{
	struct live_run *run = gate->run;
	struct arena *arena = &run->arena;
	struct value *list = value_list(arena);

	for (const struct live_step *live = live_first(run);
	     live && live != gate->live; live = live_next(run, live)) {
		const struct value *file =
		        value_path(live->output, "file.path");
		if (file && text_equal(live->step->kind->name, "read"))
			value_list_add(arena, list, value_copy(arena, file));
	}
	return list;
}

/* Values from above that go into an effect although no artifact shows them
 * stand in the entries themselves; the head says where all of it is from. */
static struct value *about(struct gate *gate)
{
	struct arena *arena = &gate->run->arena;
	struct value *map = value_map(arena);
	struct value *read = sources(gate);

	if (read->length)
		value_map_set(arena, map, "sources", read);
	value_map_text(arena, map, "pinned",
	               oid_text(arena, &gate->run->record.commit));
	value_map_text(arena, map, "cost", "0.00");
	return map;
}

static int write_slip(struct gate *gate, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	struct live_run *run = gate->run;

	gate->effects = value_list(&run->arena);
	gate->slip = (struct slip){
		.gate = gate->live->step->id,
		.run = run->record.id,
		.title = gate->title,
		.revision = 1,
		.about = about(gate),
	};
	if (list_effects(gate, err) < 0 ||
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
	    drafting_build(&gate->drafting, &engine->tip, &gate->tip, err) < 0)
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
	struct gate gate = { .tick = tick, .run = run, .live = live };

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
	return draft_publish(engine->repo, gate.drafting.name, &gate.tip, err);
}
