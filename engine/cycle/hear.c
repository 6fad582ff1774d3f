/*
 * The view gives the events of the type; what they say is read from the
 * journal and held against the message and the condition.
 */
#include "engine/cycle/hear.h"

#include "store/base/text.h"

/* The id of the message that is to be answered; NULL while there is none. */
static const char *message_of(const struct live_step *sent)
{
	if (!step_has_output(sent->state) || !sent->output)
		return NULL;
	return value_get_text(sent->output, "message_id", NULL);
}

static bool answers(const struct value *event, const char *message)
{
	const struct value *given = value_get(event, "answers");

	if (!given)
		return false;
	if (given->kind == VALUE_STRING)
		return text_equal(given->text, message);
	for (size_t i = 0; given->kind == VALUE_LIST && i < given->length; i++)
		if (given->items[i]->kind == VALUE_STRING &&
		    text_equal(given->items[i]->text, message))
			return true;
	return false;
}

static void tell_unclear(struct tick *tick, const struct live_run *run,
                         const struct error *reason)
{
	struct note note = {
		.kind = NOTE_PROBLEM,
		.run = run->name,
		.problem = reason,
	};

	tick_tell(tick, &note);
}

/* Whether the condition holds, with the names of who listens. */
static bool fits(struct tick *tick, struct live_run *run,
                 const struct hearing *hearing, const struct value *event)
{
	auto_error struct error reason = { 0 };
	struct render render = run_render(run, hearing->wait);
	struct value *names = value_map(&run->arena);

	if (!hearing->where)
		return true;
	run_share(&run->arena, names, "event", event);
	const struct frame frame = { names, render.frame };
	render.frame = &frame;
	int holds = expr_is_true(hearing->where, &render, &reason);
	if (holds < 0)
		tell_unclear(tick, run, &reason);
	return holds > 0;
}

int hear(struct tick *tick, struct live_run *run, const struct hearing *hearing,
         struct heard *ret, struct error *err)
{
	struct engine *engine = run->engine;
	const struct live_step *wait = hearing->answers ? NULL : hearing->wait;
	const struct listener listener = {
		.run = run->record.id,
		.step = wait ? wait->step->id : "",
		.item = wait ? wait->block->item : "",
		.type = hearing->type,
	};
	const char *message =
	        hearing->answers ? message_of(hearing->answers) : NULL;
	struct emitted_record *emitted;
	size_t count;

	if (hearing->answers && !message)
		return 0;
	if (view_heard(engine->view, &run->arena, &listener, &emitted, &count,
	               err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct value *event;
		if (journal_resolve(engine->env.repo, &run->arena,
		                    emitted[i].data, &event, err) < 0)
			return -1;
		if ((message && !answers(event, message)) ||
		    !fits(tick, run, hearing, event))
			continue;
		*ret = (struct heard){ &emitted[i], event };
		return 1;
	}
	return 0;
}
