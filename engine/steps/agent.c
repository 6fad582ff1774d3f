/*
 * agent: a declared agent drafts something from what it is given.
 */
#include "engine/agents/ask.h"
#include "engine/steps/kinds.h"

static const struct field no_fields[] = {
	{ 0 },
};

static const struct shape *shape_of(struct workspace *workspace,
                                    const struct step *step,
                                    struct arena *arena)
{
	auto_errors struct errors ignored = { 0 }; /* check reports them */
	const struct agent *agent =
	        workspace_agent(workspace, step->name, &ignored);

	return agent ? agent_shape(agent, arena) : NULL;
}

static int make_ask(const struct step_run *run, struct ask *ret,
                    struct error *err)
{
	auto_errors struct errors errors = { 0 };

	ret->agent = workspace_agent(run->workspace, run->name, &errors);
	if (!ret->agent) {
		error_move(err, &errors.items[0]);
		return -1;
	}
	ret->page = (struct page){
		.workspace = run->workspace,
		.arena = run->arena,
		.with = run->config,
		.frame = run->frame,
		.strict = run->step->strict,
	};
	return 0;
}

static int agent_prepare(struct step_run *run, struct error *err)
{
	struct ask ask = { 0 };

	if (make_ask(run, &ask, err) < 0)
		return -1;
	return ask_prepare(&ask, run->ingredients, err);
}

static int agent_start(struct step_run *run, struct error *err)
{
	struct ask ask = { 0 };

	if (make_ask(run, &ask, err) < 0)
		return -1;
	return ask_agent(&ask, &run->output, &run->record, err);
}

const struct step_kind step_agent = {
	.name = "agent",
	.help = "a declared agent drafts from what it is given",
	.flags = KIND_COMPUTES | KIND_UNSEEN | KIND_ARTIFACT | KIND_TRIES,
	.format = 1,
	.names = "agent",
	.fields = no_fields,
	.shape = shape_of,
	.prepare = agent_prepare,
	.start = agent_start,
};
