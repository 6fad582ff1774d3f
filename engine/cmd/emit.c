/*
 * reeve emit: publish an event by hand, and start what listens for it.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/pairs.h"
#include "engine/cmd/print.h"
#include "engine/cmd/ticking.h"
#include "engine/cycle/tick.h"

static int emit_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = engine_open(".", err);
	struct value *event = pairs_read(invocation, "field", err);
	const char *type = invocation->args[0];

	if (!engine || !event)
		return -1;
	if (event_emit_by_hand(engine, invocation->arena, type, event, err) < 0)
		return -1;
	if (!invocation->json && !invocation->quiet) {
		say_tinted(invocation, TINT_BOLD, "%s", type);
		say(invocation, "  told of by hand\n");
	}
	return tick_aloud(invocation, engine, EXIT_STATUS_DONE, err);
}

const struct command command_emit = {
	.name = "emit",
	.synopsis = "TYPE [KEY=VALUE]...",
	.help = "publish an event by hand",
	.details =
	        "Jobs as committed on your branch with \"on: { event: ... }\" "
	        "of that type are started,\nas if a step had emitted it; "
	        "the fields are texts.",
	.least = 1,
	.most = (size_t)-1,
	.run = emit_command,
};
