#include "engine/cycle/outcome.h"

static struct value *row_of(struct arena *arena, const struct step_record *step)
{
	struct value *row = value_map(arena);

	value_map_text(arena, row, "step", step->step);
	if (*step->item)
		value_map_text(arena, row, "item", step->item);
	return row;
}

/* What was frozen of the effect, if the step had one. */
static int add_effect(struct engine *engine, struct arena *arena,
                      const struct step_record *step, struct value *list,
                      struct error *err)
{
	struct effect_record effect;
	struct value *payload;
	int found = step->key ? view_effect(engine->view, arena, step->key,
	                                    &effect, err)
	                      : 0;

	if (found <= 0)
		return found;
	if (journal_resolve(engine->repo, arena, effect.payload, &payload,
	                    err) < 0)
		return -1;
	struct value *row = row_of(arena, step);
	value_map_text(arena, row, "effect", effect.effect);
	for (size_t i = 0; payload && i < payload->length; i++)
		value_map_set(arena, row, payload->members[i].name,
		              payload->members[i].value);
	value_list_add(arena, list, row);
	return 0;
}

int outcome_steps(struct engine *engine, struct arena *arena, const char *run,
                  struct value *map, struct error *err)
{
	struct value *steps = value_list(arena);
	struct value *effects = value_list(arena);
	struct step_record *records;
	size_t count;

	if (view_steps(engine->view, arena, run, &records, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct value *row = row_of(arena, &records[i]);
		value_map_text(arena, row, "kind", records[i].kind);
		value_map_text(arena, row, "state",
		               step_state_name(records[i].state));
		value_map_text(arena, row, "reason", records[i].reason);
		value_list_add(arena, steps, row);
		if (add_effect(engine, arena, &records[i], effects, err) < 0)
			return -1;
	}
	value_map_set(arena, map, "steps", steps);
	value_map_set(arena, map, "effects", effects);
	return 0;
}
