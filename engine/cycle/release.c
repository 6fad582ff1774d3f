/*
 * Nothing is stored of a flood that waits: it is what a commit still brings,
 * as long as no event says what becomes of it.
 */
#include "engine/cycle/release.h"

#include <string.h>

#include "engine/cycle/collect.h"
#include "store/base/text.h"

#define LEAST_DIGITS 7

static int find_commit(struct engine *engine, struct arena *arena,
                       const char *text, struct oid *ret, struct error *err)
{
	const struct oid *init = &engine->env.root->tip;
	struct oid *commits;
	size_t count;
	size_t found = 0;

	if (repo_first_parents(engine->repo, arena, &engine->tip,
	                       oid_is_zero(init) ? NULL : init, &commits,
	                       &count, err) < 0)
		return -1;
	for (size_t i = 0; strlen(text) >= LEAST_DIGITS && i < count; i++)
		if (text_starts(oid_text(arena, &commits[i]), text)) {
			*ret = commits[i];
			found++;
		}
	if (found == 1)
		return 0;
	error_set(err, ERR_USAGE,
	          "%s on \"%s\" since init whose id begins with \"%s\"",
	          found ? "there are several commits" : "there is no commit",
	          engine->branch, text);
	return error_hint(err,
	                  "Give at least %d of its digits, as in what "
	                  "reeve tick says.",
	                  LEAST_DIGITS);
}

int flood_decide(struct engine *engine, const char *job, const char *commit,
                 bool drop, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	struct value *data = value_map(&arena);
	struct oid id;
	const char *verdict;
	size_t count;

	if (engine_look(engine, err) < 0)
		return -1;
	if (!workspace_job(engine->tip_workspace, job, &errors)) {
		error_move(err, &errors.items[0]);
		return -1;
	}
	if (find_commit(engine, &arena, commit, &id, err) < 0)
		return -1;
	int decided = view_flood(engine->view, &arena, job, &id, &verdict, err);
	if (decided < 0)
		return -1;
	if (decided > 0)
		return error_set(err, ERR_STATE,
		                 "commit %.12s was decided already for "
		                 "\"%s\": %s",
		                 oid_text(&arena, &id), job, verdict);
	/* What is released is what a tick has shown, and nothing else. */
	if (flood_count(engine, job, &id, &count, err) < 0)
		return -1;
	if (count == 0)
		return error_set(err, ERR_STATE,
		                 "no runs of \"%s\" by commit %.12s wait to be "
		                 "released",
		                 job, oid_text(&arena, &id));
	value_map_text(&arena, data, "job", job);
	value_map_text(&arena, data, "commit", oid_text(&arena, &id));
	journal_add(engine->journal,
	            drop ? EVENT_TRIGGER_DROPPED : EVENT_TRIGGER_RELEASED, job,
	            data);
	return journal_flush(engine->journal,
	                     arena_printf(&arena, "%s: runs by %.12s %s", job,
	                                  oid_text(&arena, &id),
	                                  drop ? "dropped" : "released"),
	                     err);
}
