/*
 * reeve adopt: a journal that was rewritten is right as it is now. It opens the
 * journal alone, which an engine would refuse, and then the engine, whose view
 * is folded anew.
 */
#include <unistd.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cycle/engine.h"
#include "store/base/alloc.h"
#include "store/lock.h"

/* 1 and the end that it had, 0, -1. */
static int adopt(struct invocation *invocation, struct oid *ret_had,
                 struct error *err)
{
	struct clock clock;
	struct clock_state state;
	auto_repo struct repo *repo = repo_open(".", err);

	if (!repo || clock_system(&clock, &state, err) < 0)
		return -1;
	const char *dir = arena_printf(invocation->arena, "%s/reeve",
	                               repo_common_dir(repo));
	auto_lock struct lock *lock = lock_try(dir, "engine", err);
	if (!lock)
		return -1;
	auto_journal struct journal *journal = journal_open(
	        repo, &clock, engine_source(invocation->arena), err);
	return journal ? journal_adopt(journal, ret_had, err) : -1;
}

static int run_adopt(struct invocation *invocation, struct error *err)
{
	struct oid had;
	int adopted = adopt(invocation, &had, err);

	if (adopted < 0)
		return -1;
	auto_engine struct engine *engine = open_workspace(invocation, err);
	if (!engine)
		return -1;
	if (invocation->quiet)
		return EXIT_STATUS_DONE;
	if (adopted)
		say(invocation,
		    "The journal is taken as it is now. What it had is kept: " JOURNAL_RESCUE
		    "%s\n",
		    oid_text(invocation->arena, &had));
	else
		say(invocation, "The journal is as this machine left it, or "
		                "goes on from there: nothing to adopt.\n");
	return EXIT_STATUS_DONE;
}

const struct command command_adopt = {
	.name = "adopt",
	.synopsis = "",
	.help = "take a rewritten journal as it is now",
	.details = "A journal that was reset, amended, replaced or restored "
	           "from a backup is refused:\nwhat this machine has "
	           "acknowledged is not in it. This says that it is right as "
	           "it\nis, which is an event. The end that it had stays "
	           "under refs/reeve/rescue/.\nEffects that only the old line "
	           "knows of were done all the same: look there first.",
	.run = run_adopt,
};
