#include "engine/cmd/deciding.h"

#include "engine/cmd/runs.h"

static int none_open(const char *label, const struct draft_record *drafts,
                     size_t count, struct error *err)
{
	if (count == 0) {
		error_set(err, ERR_STATE, "%s has nothing to review", label);
		return error_hint(err, "\"reeve status %s\" says where it is.",
		                  label);
	}
	error_set(err, ERR_STATE, "the draft of %s was %s already", label,
	          draft_state_name(drafts[count - 1].state));
	return error_hint(err, "\"reeve log %s\" tells what happened.", label);
}

int find_open_draft(struct invocation *invocation, struct engine *engine,
                    const char *word, struct run_record *ret_run,
                    struct draft_record *ret_draft, struct error *err)
{
	struct draft_record *drafts;
	size_t count;

	if (view_find_run(engine->view, invocation->arena, word, ret_run, err) <
	            0 ||
	    view_run_drafts(engine->view, invocation->arena, ret_run->id,
	                    &drafts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (drafts[i].state != DRAFT_OPEN)
			continue;
		*ret_draft = drafts[i];
		return 0;
	}
	return none_open(run_label(engine, invocation->arena, ret_run), drafts,
	                 count, err);
}
