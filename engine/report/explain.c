/*
 * Each part of an explanation is one function that adds its members to the
 * map, or nothing when it has nothing to say. They all read the same two
 * things: the step's row in the view, and the event that the row points to.
 */
#include "engine/report/explain.h"

#include <string.h>

#include "store/base/date.h"
#include "store/base/text.h"

struct explaining {
	struct env *env;
	struct arena *arena;
	const struct run_record *run;
	const struct step_record *step;
	const struct value *data; /* of the event that settled it, or NULL */
	struct value *map;
	struct error *err;
};

static void set_time(struct arena *arena, struct value *map, const char *name,
                     int64_t time_ms)
{
	auto_buf struct buf text = buf_make(64);

	if (!time_ms)
		return;
	date_add_rfc3339(&text, time_ms);
	value_map_text(arena, map, name, text.at);
}

static void set_oid(struct arena *arena, struct value *map, const char *name,
                    const struct oid *oid)
{
	if (!oid_is_zero(oid))
		value_map_text(arena, map, name, oid_text(arena, oid));
}

/* A member of the event's data, under the same name. */
static int set_member(const struct explaining *on, const char *name)
{
	struct value *value = NULL;

	if (on->data && journal_member(on->env->repo, on->arena, on->data, name,
	                               &value, on->err) < 0)
		return -1;
	value_map_set(on->arena, on->map, name, value);
	return 0;
}

static int set_resolved(const struct explaining *on, struct value *map,
                        const char *name, const struct value *stored)
{
	struct value *value;

	if (!stored)
		return 0;
	if (journal_resolve(on->env->repo, on->arena, stored, &value, on->err) <
	    0)
		return -1;
	value_map_set(on->arena, map, name, value);
	return 0;
}

/* ---- Where the result comes from ----------------------------------------- */

static void add_state(const struct explaining *on)
{
	const struct step_record *step = on->step;

	value_map_text(on->arena, on->map, "run", on->run->id);
	value_map_text(on->arena, on->map, "job", on->run->job);
	value_map_text(on->arena, on->map, "step", step->step);
	if (*step->item)
		value_map_text(on->arena, on->map, "item", step->item);
	value_map_text(on->arena, on->map, "kind", step->kind);
	value_map_text(on->arena, on->map, "state",
	               step_state_name(step->state));
	value_map_text(on->arena, on->map, "reason", step->reason);
	value_map_text(on->arena, on->map, "key", step->key);
	value_map_text(on->arena, on->map, "event", step->event);
	set_time(on->arena, on->map, "at", step->at);
}

/* The event is another run's when the result was reused. */
static int add_origin(const struct explaining *on)
{
	const char *id = value_get_text(on->data, "run", on->run->id);
	struct value *from = value_map(on->arena);
	struct run_record other;

	if (strcmp(id, on->run->id) == 0 &&
	    text_equal(value_get_text(on->data, "step", NULL), on->step->step))
		return 0;
	int found = view_run(on->env->view, on->arena, id, &other, on->err);
	if (found < 0)
		return -1;
	value_map_text(on->arena, from, "run", id);
	value_map_text(on->arena, from, "step",
	               value_get_text(on->data, "step", ""));
	if (found) {
		value_map_text(on->arena, from, "job", other.job);
		value_map_text(on->arena, from, "title", other.title);
		set_time(on->arena, from, "started", other.started_at);
	}
	value_map_set(on->arena, on->map, "from", from);
	return 0;
}

static int load_event(struct explaining *on)
{
	if (!on->step->event || oid_is_zero(&on->step->place.commit))
		return 0;
	const struct event *event = journal_event_at(
	        on->env->journal, on->arena, &on->step->place, on->err);
	if (!event)
		return -1;
	on->data = event->data;
	return 0;
}

/* ---- What an agent was given --------------------------------------------- */

static bool is_chunk(const struct value *value)
{
	return value_get(value, "path") && value_get(value, "first_line") &&
	       value_get(value, "last_line");
}

/* Every piece of memory among the values that the step was given: lists of
 * chunks, as recall steps put them out. */
static void find_chunks(struct arena *arena, const struct value *value,
                        struct value *list)
{
	if (is_chunk(value)) {
		value_list_add(arena, list, value_copy(arena, value));
		return;
	}
	if (value->kind == VALUE_LIST)
		for (size_t i = 0; i < value->length; i++)
			find_chunks(arena, value->items[i], list);
	if (value->kind == VALUE_MAP)
		for (size_t i = 0; i < value->length; i++)
			find_chunks(arena, value->members[i].value, list);
}

static void add_context(const struct explaining *on)
{
	const struct value *config = value_path(on->map, "ingredients.config");
	struct value *list = value_list(on->arena);

	if (!config || strcmp(on->step->kind, "recall") == 0)
		return;
	find_chunks(on->arena, config, list);
	if (list->length)
		value_map_set(on->arena, on->map, "context", list);
}

static void add_path(struct arena *arena, const struct value *output,
                     struct value *list)
{
	const struct value *path = value_path(output, "file.path");

	if (path)
		value_list_add(arena, list, value_copy(arena, path));
}

/* The files that the run's steps have read: an agent is given what they say,
 * not the files. */
static int add_read(const struct explaining *on)
{
	struct value *list = value_list(on->arena);
	struct value *output;
	struct step_record *steps;
	size_t count;

	if (strcmp(on->step->kind, "agent") != 0)
		return 0;
	if (view_steps(on->env->view, on->arena, on->run->id, &steps, &count,
	               on->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(steps[i].kind, "read") != 0 || !steps[i].output)
			continue;
		if (journal_resolve(on->env->repo, on->arena, steps[i].output,
		                    &output, on->err) < 0)
			return -1;
		add_path(on->arena, output, list);
		for (size_t n = 0;
		     output->kind == VALUE_LIST && n < output->length; n++)
			add_path(on->arena, output->items[n], list);
	}
	value_map_set(on->arena, on->map, "read", list);
	return 0;
}

/* ---- Drafts -------------------------------------------------------------- */

static void add_decision(struct arena *arena, struct value *map,
                         const struct draft_record *draft)
{
	value_map_text(arena, map, "state", draft_state_name(draft->state));
	value_map_text(arena, map, "branch", draft->branch);
	value_map_text(arena, map, "slip", draft->slip);
	value_map_text(arena, map, "author", draft->author);
	set_oid(arena, map, "commit", &draft->commit);
	set_time(arena, map, "opened", draft->opened_at);
	set_time(arena, map, "decided", draft->decided_at);
}

/* Whether that is the step that is explained: its id, and its item. */
static bool is_step(const struct explaining *on, const char *id,
                    const char *item)
{
	return text_equal(id, on->step->step) &&
	       text_equal(item ? item : "", on->step->item);
}

static void add_artifact(const struct explaining *on,
                         const struct draft_record *draft,
                         const struct artifact_record *artifact)
{
	struct value *map = value_map(on->arena);

	value_map_text(on->arena, map, "path", artifact->path);
	set_oid(on->arena, map, "drafted", &artifact->drafted);
	set_oid(on->arena, map, "merged", &artifact->merged);
	if (!oid_is_zero(&artifact->merged))
		value_map_set(
		        on->arena, map, "edited",
		        value_bool(on->arena, !oid_equal(&artifact->merged,
		                                         &artifact->drafted)));
	add_decision(on->arena, map, draft);
	value_map_set(on->arena, on->map, "artifact", map);
}

static int look_for_artifact(const struct explaining *on,
                             const struct draft_record *draft)
{
	struct artifact_record *artifacts;
	size_t count;

	if (view_artifacts(on->env->view, on->arena, draft, &artifacts, &count,
	                   on->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (is_step(on, artifacts[i].step, artifacts[i].item))
			add_artifact(on, draft, &artifacts[i]);
	return 0;
}

/* A gate is its draft. */
static int add_gate(const struct explaining *on,
                    const struct draft_record *draft)
{
	struct value *map = value_map(on->arena);

	if (!is_step(on, draft->step, draft->item))
		return 0;
	value_map_text(on->arena, map, "title", draft->title);
	value_map_text(on->arena, map, "priority", draft->priority);
	set_time(on->arena, map, "due", draft->due_at);
	add_decision(on->arena, map, draft);
	value_map_set(on->arena, on->map, "gate", map);
	return set_resolved(on, map, "effects", draft->effects);
}

/* The draft whose slip listed the step is what released it. */
static int add_release(const struct explaining *on,
                       const struct draft_record *draft)
{
	struct value *effects = NULL;

	if (!draft->effects)
		return 0;
	if (journal_resolve(on->env->repo, on->arena, draft->effects, &effects,
	                    on->err) < 0)
		return -1;
	for (size_t i = 0; effects->kind == VALUE_LIST && i < effects->length;
	     i++) {
		struct value *map = value_map(on->arena);
		if (!is_step(on,
		             value_get_text(effects->items[i], "step", NULL),
		             value_get_text(effects->items[i], "item", "")))
			continue;
		value_map_text(on->arena, map, "gate", draft->step);
		value_map_text(on->arena, map, "says",
		               value_get_text(effects->items[i], "says", NULL));
		add_decision(on->arena, map, draft);
		value_map_set(on->arena, on->map, "released", map);
	}
	return 0;
}

static int add_drafts(const struct explaining *on)
{
	struct draft_record *drafts;
	size_t count;

	if (view_run_drafts(on->env->view, on->arena, on->run->id, &drafts,
	                    &count, on->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (look_for_artifact(on, &drafts[i]) < 0 ||
		    add_gate(on, &drafts[i]) < 0 ||
		    add_release(on, &drafts[i]) < 0)
			return -1;
	return 0;
}

/* ---- Effects ------------------------------------------------------------- */

static int add_effect(const struct explaining *on)
{
	struct value *map = value_map(on->arena);
	struct effect_record effect;

	if (!on->step->key || strcmp(on->step->kind, "call") != 0)
		return 0;
	int found = view_effect(on->env->view, on->arena, on->step->key,
	                        &effect, on->err);
	if (found <= 0)
		return found;
	value_map_text(on->arena, map, "effect", effect.effect);
	value_map_text(on->arena, map, "state", effect.state);
	value_map_text(on->arena, map, "how",
	               value_get_text(on->data, "how", NULL));
	set_time(on->arena, map, "intended", effect.intended_at);
	value_map_text(on->arena, map, "key", effect.key);
	value_map_text(on->arena, map, "endpoint", effect.endpoint);
	value_map_text(on->arena, map, "verdict",
	               value_get_text(on->data, "verdict", NULL));
	if (effect.tried_at) {
		set_time(on->arena, map, "tried", effect.tried_at);
		value_map_int(on->arena, map, "attempts", effect.attempts);
		value_map_text(on->arena, map, "problem", effect.reason);
	}
	value_map_set(on->arena, on->map, "effect", map);
	return set_resolved(on, map, "payload", effect.payload) < 0 ||
	                       set_resolved(on, map, "result", effect.result) <
	                               0
	               ? -1
	               : 0;
}

struct value *explain_step(struct env *env, struct arena *arena,
                           const struct run_record *run,
                           const struct step_record *step, struct error *err)
{
	struct explaining on = {
		.env = env,
		.arena = arena,
		.run = run,
		.step = step,
		.map = value_map(arena),
		.err = err,
	};

	if (load_event(&on) < 0)
		return NULL;
	add_state(&on);
	if ((on.data && add_origin(&on) < 0) ||
	    set_member(&on, "ingredients") < 0 ||
	    set_member(&on, "record") < 0 ||
	    set_resolved(&on, on.map, "output", step->output) < 0 ||
	    add_read(&on) < 0 || add_effect(&on) < 0 || add_drafts(&on) < 0)
		return NULL;
	add_context(&on);
	return on.map;
}

/* ---- Runs ---------------------------------------------------------------- */

/* Why it is in that state, in a few words: "reused from billing 7k2fq0ab". */
static const char *short_reason(struct env *env, struct arena *arena,
                                const struct run_record *run,
                                const struct step_record *step,
                                struct error *err)
{
	struct step_record result;
	struct run_record other;

	if (step->reason)
		return step->reason;
	if (step->state != STEP_REUSED || !step->key)
		return "";
	if (view_result_step(env->view, arena, step->key, &result, err) <= 0)
		return "";
	(void)run;
	struct event *event =
	        journal_event_at(env->journal, arena, &result.place, err);
	const char *from =
	        event ? value_get_text(event->data, "run", NULL) : NULL;
	if (!from || view_run(env->view, arena, from, &other, err) <= 0)
		return "";
	return arena_printf(arena, "the same as in %s-%s", other.job,
	                    view_short_id(env->view, arena, from));
}

static int add_steps(struct env *env, struct arena *arena,
                     const struct run_record *run, struct value *map,
                     struct error *err)
{
	auto_error struct error ignored = { 0 }; /* then without the reason */
	struct value *list = value_list(arena);
	struct step_record *steps;
	size_t count;

	if (view_steps(env->view, arena, run->id, &steps, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct value *row = value_map(arena);
		value_map_text(arena, row, "id", steps[i].step);
		if (*steps[i].item)
			value_map_text(arena, row, "item", steps[i].item);
		value_map_text(arena, row, "kind", steps[i].kind);
		value_map_text(arena, row, "state",
		               step_state_name(steps[i].state));
		value_map_text(
		        arena, row, "reason",
		        short_reason(env, arena, run, &steps[i], &ignored));
		set_time(arena, row, "at", steps[i].at);
		value_list_add(arena, list, row);
	}
	value_map_set(arena, map, "steps", list);
	return 0;
}

static int set_shared(struct env *env, struct arena *arena, struct value *map,
                      const char *name, const struct value *stored,
                      struct error *err)
{
	struct value *value;

	if (!stored)
		return 0;
	if (journal_resolve(env->repo, arena, stored, &value, err) < 0)
		return -1;
	value_map_set(arena, map, name, value);
	return 0;
}

struct value *explain_run(struct env *env, struct arena *arena,
                          const struct run_record *run, struct error *err)
{
	struct value *map = value_map(arena);

	value_map_text(arena, map, "run", run->id);
	value_map_text(arena, map, "job", run->job);
	value_map_text(arena, map, "title", run->title);
	value_map_text(arena, map, "state", run_state_name(run->state));
	value_map_text(arena, map, "reason", run->reason);
	set_time(arena, map, "started", run->started_at);
	set_time(arena, map, "finished", run->finished_at);
	set_oid(arena, map, "commit", &run->commit);
	set_oid(arena, map, "tree", &run->tree);
	set_oid(arena, map, "library", &run->library);
	if (set_shared(env, arena, map, "trigger", run->trigger, err) < 0 ||
	    set_shared(env, arena, map, "inputs", run->inputs, err) < 0 ||
	    add_steps(env, arena, run, map, err) < 0)
		return NULL;
	return map;
}
