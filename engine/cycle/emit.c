/*
 * An event by hand is one that no step emitted: it has no run and no effect
 * key, and is known by its own id. So the same words a second time are another
 * event. The jobs of the owner's tip as it is now hear it.
 */
#include "engine/cycle/tick.h"
#include "engine/job/check.h"
#include "store/repo.h"

int event_emit_by_hand(struct engine *engine, struct arena *arena,
                       const char *type, const struct value *event,
                       struct error *err)
{
	struct value *data = value_map(arena);

	if (!check_event_type(type)) {
		error_set(err, ERR_USAGE,
		          "\"%s\" cannot be the type of an event", type);
		return error_hint(err, "Use lower-case words with dots "
		                       "between, such as proposal.accepted.");
	}
	if (engine_look(engine, err) < 0)
		return -1;
	value_map_text(arena, data, "type", type);
	value_map_text(arena, data, "commit", oid_text(arena, &engine->tip));
	value_map_set(arena, data, "event", value_copy(arena, event));
	journal_add(engine->journal, EVENT_EVENT_EMITTED, type, data);
	return env_barrier(&engine->env,
	                   arena_printf(arena, "%s: by hand", type), err);
}
