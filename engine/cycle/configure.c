/*
 * What a step gets to work with: its configuration, rendered; or, for an
 * effect that a gate has released, the `with` of the merged slip.
 */
#include "engine/cycle/execute.h"

#include <stdlib.h>
#include <string.h>

#include "engine/job/field.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* The kind's own name, which is known when it begins: until then the tag means
 * itself. Made once for all steps of the kind. */
static const struct value *own_name(struct live_run *run, const char *name)
{
	struct arena *arena = &run->arena;
	struct value *own = value_get(run->owns, name);

	if (own)
		return own;
	own = value_map(arena);
	value_map_set(arena, own, name, value_printf(arena, "{{%s}}", name));
	value_map_set(arena, run->owns, name, own);
	return own;
}

/* Texts, expressions and queries are the kind's to read. */
static bool may_hold_tags(const struct step *step, const struct member *member)
{
	const struct field *field =
	        field_find(step->kind->fields, member->name);
	bool own = field && (field->type == FIELD_TEXT ||
	                     field->type == FIELD_EXPRESSION ||
	                     field->type == FIELD_QUERY);

	return !own && render_has_tags(member->value);
}

/* Render what may hold tags: by the kind's fields, or all of `with`. */
static int render_config(struct live_run *run, const struct live_step *live,
                         struct arena *arena, const struct value **ret,
                         struct error *err)
{
	const struct step *step = live->step;
	struct value *config = value_map_sized(arena, step->config->length);
	struct render render = run_render(run, live);
	struct frame frame = { .up = render.frame };

	if (step->kind->own) {
		frame.value = own_name(run, step->kind->own);
		render.frame = &frame;
	}
	for (size_t i = 0; i < step->config->length; i++) {
		const struct member *member = &step->config->members[i];
		struct value *value = NULL;
		if (!may_hold_tags(step, member)) {
			run_share(arena, config, member->name, member->value);
			continue;
		}
		if (render_value(arena, step->path, member->value, &render,
		                 &value, err) < 0)
			return -1;
		value_map_set(arena, config, member->name, value);
	}
	*ret = config;
	return 0;
}

/* ---- What was released --------------------------------------------------- */

/* What a stand-in of the slip means now, for one step. */
struct released {
	struct live_run *run;
	const struct live_step *live;
	struct arena *arena;
};

/* { artifact: path }: the text of the file as it was merged. */
static int released_text(struct released *released, const char *path,
                         struct value **ret, struct error *err)
{
	const struct live_step *live = run_writer(released->run, path);
	const struct value *output = NULL;

	if (live && step_has_output(live->state))
		output = live->output;
	for (size_t i = 0; output && i < live->file_count; i++)
		if (live->files[i].field &&
		    text_equal(live->files[i].path, path)) {
			output = value_get(output, live->files[i].field);
			break;
		}
	const struct value *text = output && output->kind == VALUE_MAP
	                                   ? value_get(output, "text")
	                                   : output;
	if (!text)
		return error_set(err, ERR_FAILED,
		                 "the slip names \"%s\", which is no artifact "
		                 "with a text of this draft",
		                 path);
	*ret = value_copy(released->arena, text);
	return 0;
}

static int resolve_released(void *state, const char *field,
                            const struct value *stand_in, struct value **ret,
                            struct error *err)
{
	struct released *released = state;
	const struct live_step *live = released->live;
	const char *path = value_get_text(stand_in, "artifact", NULL);
	struct render render = run_render(released->run, live);
	const struct value *source = value_get(live->step->config, field);

	if (path)
		return released_text(released, path, ret, err);
	if (!source)
		return error_set(err, ERR_FAILED,
		                 "the job says nothing of \"%s\"", field);
	return render_value(released->arena, live->step->path, source, &render,
	                    ret, err);
}

/* The slip's entry for the step, when its gate listed it. */
static const struct slip_entry *entry_of(const struct live_run *run,
                                         const struct live_step *live)
{
	const struct live_gate *gate = run_gate(run, live);

	return gate ? slip_find(gate->slip, live->step->id, live->block->item)
	            : NULL;
}

/* ---- What a program sees ------------------------------------------------- */

static bool waits_for_files(const struct live_run *run,
                            const struct live_step *live)
{
	const struct step *step = live->step;
	const struct value *reads = value_get(step->config, "reads");

	if (reads && reads->kind == VALUE_LIST && reads->length == 0)
		return false; /* it is shown none */
	for (size_t i = 0; i < step->wait_count; i++) {
		const struct live_step *on =
		        live_find(run, live->block, step->waits_for[i]);
		if (on && on->file_count && step_has_output(on->state))
			return true;
	}
	return false;
}

static int add_rows(struct live_run *run, const struct live_step *on,
                    struct arena *arena, struct file_row **rows, size_t *count,
                    struct error *err)
{
	for (size_t i = 0; i < on->file_count; i++) {
		auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
		struct file_row *row;
		if (run_artifact(run, on, &on->files[i], &bytes, err) < 0)
			return -1;
		*rows = arena_grow(arena, *rows, *count, sizeof(**rows));
		row = &(*rows)[(*count)++];
		row->path = on->files[i].path;
		row->len = bytes.len;
		row->bytes = (const unsigned char *)arena_strndup(
		        arena, bytes.at, bytes.len);
	}
	return 0;
}

static int compare_rows(const void *left, const void *right)
{
	const struct file_row *a = left;
	const struct file_row *b = right;

	return strcmp(a->path, b->path);
}

/* The files of the steps that it waits for, laid over those of the run: so a
 * program can look at what is only drafted yet. */
static int lay_drafts(struct live_run *run, const struct live_step *live,
                      struct step_run *ret, struct error *err)
{
	const struct step *step = live->step;
	struct file_row *rows = NULL;
	size_t count = 0;

	for (size_t i = 0; i < step->wait_count; i++) {
		const struct live_step *on =
		        live_find(run, live->block, step->waits_for[i]);
		if (on && step_has_output(on->state) &&
		    add_rows(run, on, ret->arena, &rows, &count, err) < 0)
			return -1;
	}
	if (count > 1)
		qsort(rows, count, sizeof(*rows), compare_rows);
	ret->files = files_overlay(
	        files_from_table(rows, count),
	        files_from_tree(run->engine->repo, run_step_tree(run, live)));
	ret->owns_files = true;
	return 0;
}

int execute_configure(struct live_run *run, const struct live_step *live,
                      struct arena *arena, struct step_run *ret,
                      struct error *err)
{
	const struct slip_entry *entry = entry_of(run, live);
	struct released released = { run, live, arena };
	struct slip_resolver resolver = { resolve_released, &released };
	struct engine *engine = run->engine;
	bool acts = live->step->kind->flags & KIND_ACTS;

	/* What acts is asked of the owner's branch as it is at this moment. */
	if (acts && engine_look(engine, err) < 0)
		return -1;
	*ret = (struct step_run){
		.arena = arena,
		.env = &engine->env,
		.run = &run->record,
		.job = run->job,
		.step = live->step,
		.item = live->block->item,
		.workspace = run->workspace,
		.files = run_step_files(run, live),
		.frame = &live->block->frame,
		.locale = run->config->locale,
		.holidays = run->config->holidays,
		.name = live->step->name,
		.effect_key = acts ? run_effect_key(run, live) : NULL,
		.owner_config = acts ? engine_config(engine, err)
		                     : engine_config_seen(engine, err),
		.owner_files = engine->tip_files,
		.owner_tip = engine->tip,
		.held_since_ms = live->state == STEP_SLEEPING ? live->at : 0,
		.day = run->day,
		.ingredients = value_map(arena),
	};
	if (!ret->owner_config) {
		/* The owner's to mend, and no fault of this step. */
		err->code = ERR_STATE;
		return -1;
	}
	if ((live->step->kind->begin || live->step->command) &&
	    waits_for_files(run, live) && lay_drafts(run, live, ret, err) < 0)
		return -1;
	if (!entry && live->step->env) {
		struct render render = run_render(run, live);
		struct value *variables;
		if (render_value(arena, live->step->path, live->step->env,
		                 &render, &variables, err) < 0)
			return -1;
		ret->variables = variables;
	}
	if (!entry)
		return render_config(run, live, arena, &ret->config, err);
	if (slip_resolve(arena, entry->with, &resolver, &ret->released, err) <
	    0)
		return -1;
	ret->config = ret->released;
	return 0;
}
