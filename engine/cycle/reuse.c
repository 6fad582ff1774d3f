/*
 * A step that computes is known by what it is made of: the ingredients, whose
 * canonical JSON is hashed to its key. Who had the same ingredients before has
 * the result.
 */
#include <assert.h>
#include <string.h>

#include "engine/cycle/work.h"
#include "store/base/json.h"
#include "store/base/text.h"
#include "store/key.h"

static void hash_ingredients(struct work *work)
{
	struct live_run *run = work->run;
	const struct step_kind *kind = work->step_run.step->kind;
	struct buf *json = &run->json;

	buf_cut(json, 0);
	json_write(json, work->step_run.ingredients, JSON_SORTED);
	assert(!json->over);
	repo_blob_id(json->at, json->len, &work->ingredients);
	work->key = key_content_bytes(
	        &work->arena, &run->engine->env.root->secret, kind->name,
	        kind->format, json->at, json->len);
}

int work_find_key(struct work *work, struct error *err)
{
	struct arena *arena = &work->arena;
	struct step_run *step_run = &work->step_run;
	const struct step_kind *kind = step_run->step->kind;

	run_share(arena, step_run->ingredients, "config", step_run->config);
	value_map_text(arena, step_run->ingredients, "name", step_run->name);
	value_map_text(arena, step_run->ingredients, "locale",
	               work->run->config->locale);
	if (!step_run->step->strict)
		value_map_set(arena, step_run->ingredients, "strict",
		              value_bool(arena, false));
	if (kind->prepare && kind->prepare(step_run, err) < 0)
		return -1;
	hash_ingredients(work);
	return 0;
}

/* The same ingredients, not only the same key made of them: a key is quick to
 * make, and so is another text of the same one for who knows the secret. */
static bool same_ingredients(const struct work *work,
                             const struct result_record *result)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(&work->ingredients, text);
	return text_equal(result->ingredients, text);
}

/* Whether a result of that age may be taken. */
static bool is_fresh(const struct work *work,
                     const struct result_record *result)
{
	const struct step *step = work->live->step;

	return step->caching != CACHE_WHILE ||
	       clock_wall_ms(&work->run->engine->clock) - result->at <
	               step->cache_ms;
}

static int take_output(struct live_run *run, struct live_step *live,
                       const struct result_record *result, struct error *err)
{
	struct value *output;

	live->output = result->output;
	if (!journal_is_stand_in(result->output))
		return 0;
	if (journal_resolve(run->engine->env.repo, &run->arena, result->output,
	                    &output, err) < 0)
		return -1;
	live->output = output;
	return 0;
}

int work_reuse(struct work *work, struct error *err)
{
	struct live_run *run = work->run;
	struct live_step *live = work->live;
	struct result_record result;

	if (live->step->caching == CACHE_NEVER)
		return 0;
	int found = view_result(run->engine->view, &run->arena, work->key,
	                        &result, err);
	if (found < 0)
		return -1;
	if (!found || !is_fresh(work, &result) ||
	    !same_ingredients(work, &result))
		return 0;
	if (take_output(run, live, &result, err) < 0)
		return -1;
	live->key = arena_strdup(&run->arena, work->key);
	live->event = arena_strdup(&run->arena, result.event);
	if (execute_accept(run, live, err) < 0)
		return -1;
	live->unreported = true;
	execute_settle(work->tick, run, live, STEP_REUSED, NULL);
	work->tick->changes--; /* nothing was written */
	return 1;
}
