/*
 * What a step gets to work with: its configuration, rendered; or, for an
 * effect that a gate has released, the `with` of the merged slip.
 */
#include "engine/cycle/execute.h"
#include "engine/job/field.h"
#include "store/base/text.h"

/* Render what may hold tags: by the kind's fields, or all of `with`. */
static int render_config(struct live_run *run, const struct step *step,
                         const struct value **ret, struct error *err)
{
	struct arena *arena = &run->arena;
	struct value *config = value_map(arena);
	struct render render = run_render(run, step);
	struct value *own = value_map(arena);
	const struct frame outer = { render.scope, NULL };
	const struct frame frame = { own,
		                     render.frame ? render.frame : &outer };

	if (step->kind->own) {
		value_map_text(arena, own, step->kind->own,
		               arena_printf(arena, "{{%s}}", step->kind->own));
		render.frame = &frame;
	}
	for (size_t i = 0; i < step->config->length; i++) {
		const struct member *member = &step->config->members[i];
		const struct field *field =
		        field_find(step->kind->fields, member->name);
		bool plain = field && (field->type == FIELD_TEXT ||
		                       field->type == FIELD_EXPRESSION ||
		                       field->type == FIELD_QUERY);
		struct value *value = NULL;
		if (plain)
			value = value_copy(arena, member->value);
		else if (render_value(arena, run->job->path, member->value,
		                      &render, &value, err) < 0)
			return -1;
		value_map_set(arena, config, member->name, value);
	}
	*ret = config;
	return 0;
}

/* What a stand-in of the slip means now, for one step. */
struct released {
	struct live_run *run;
	const struct step *step;
};

/* { artifact: path }: the text of the file as it was merged. */
static int released_text(struct live_run *run, const char *path,
                         struct value **ret, struct error *err)
{
	const struct value *output = NULL;

	for (size_t i = 0; i < run->job->step_count; i++)
		if (text_equal(run->steps[i].path, path) &&
		    step_has_output(run->steps[i].state))
			output = run->steps[i].output;
	const struct value *text = output && output->kind == VALUE_MAP
	                                   ? value_get(output, "text")
	                                   : output;
	if (!text)
		return error_set(err, ERR_FAILED,
		                 "the slip names \"%s\", which is no artifact "
		                 "with a text of this draft",
		                 path);
	*ret = value_copy(&run->arena, text);
	return 0;
}

static int resolve_released(void *state, const char *field,
                            const struct value *stand_in, struct value **ret,
                            struct error *err)
{
	const struct released *released = state;
	struct live_run *run = released->run;
	const char *path = value_get_text(stand_in, "artifact", NULL);
	struct render render = run_render(run, released->step);
	const struct value *source = value_get(released->step->config, field);

	if (path)
		return released_text(run, path, ret, err);
	if (!source)
		return error_set(err, ERR_FAILED,
		                 "the job says nothing of \"%s\"", field);
	return render_value(&run->arena, run->job->path, source, &render, ret,
	                    err);
}

/* The slip's entry for the step, when its gate listed it. */
static const struct slip_entry *entry_of(const struct live_run *run,
                                         const struct step *step)
{
	const struct live_gate *gate =
	        step->wall == STEP_NONE ? NULL : run_gate(run, step->wall);

	return gate ? slip_find(gate->slip, step->id) : NULL;
}

/* What names mean to the step, for as long as the run lives. */
static const struct frame *frame_of(struct live_run *run)
{
	struct frame *frame = arena_new(&run->arena, struct frame);

	frame->value = run->scope;
	return frame;
}

int execute_configure(struct live_run *run, const struct step *step,
                      struct step_run *ret, struct error *err)
{
	const struct slip_entry *entry = entry_of(run, step);
	struct released released = { run, step };
	struct slip_resolver resolver = { resolve_released, &released };
	struct engine *engine = run->engine;
	bool acts = step->kind->flags & KIND_ACTS;

	*ret = (struct step_run){
		.arena = &run->arena,
		.env = &engine->env,
		.run = &run->record,
		.job = run->job,
		.step = step,
		.item = "",
		.workspace = run->workspace,
		.files = run_step_files(run, step),
		.frame = frame_of(run),
		.locale = run->config->locale,
		.name = step->name,
		.effect_key = acts ? run_effect_key(run, step) : NULL,
		.owner_config = engine_config(engine, err),
		.owner_tip = engine->tip,
		.day = run->day,
		.ingredients = value_map(&run->arena),
	};
	if (!ret->owner_config) {
		/* The owner's to mend, and no fault of this step. */
		err->code = ERR_STATE;
		return -1;
	}
	if (!entry && step->env) {
		struct render render = run_render(run, step);
		struct value *variables;
		if (render_value(&run->arena, run->job->path, step->env,
		                 &render, &variables, err) < 0)
			return -1;
		ret->variables = variables;
	}
	if (!entry)
		return render_config(run, step, &ret->config, err);
	if (slip_resolve(&run->arena, entry->with, &resolver, &ret->released,
	                 err) < 0)
		return -1;
	ret->config = ret->released;
	return 0;
}
