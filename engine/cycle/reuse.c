/*
 * A step that computes is known by what it is made of: the ingredients, whose
 * canonical JSON is hashed to its key. Who had the same ingredients before has
 * the result.
 */
#include <string.h>

#include "engine/cycle/work.h"
#include "store/base/json.h"
#include "store/base/text.h"
#include "store/key.h"

int work_find_key(struct work *work, struct error *err)
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

int work_reuse(struct work *work, struct error *err)
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
	if (execute_accept(run, live, err) < 0)
		return -1;
	live->unreported = true;
	execute_settle(work->tick, run, live, STEP_REUSED, NULL);
	work->tick->changes--; /* nothing was written */
	return 1;
}
