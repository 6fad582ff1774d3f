#include "engine/cmd/opening.h"

#include <stdio.h>

struct engine *open_workspace(const struct invocation *invocation,
                              struct error *err)
{
	struct engine *engine = engine_open(".", err);

	if (engine && engine->view_moved && !invocation->quiet)
		(void)fputs("reeve: the view was damaged, or of another reeve: "
		            "it was moved to .reeve/view.db.broken and made "
		            "anew\n",
		            stderr);
	return engine;
}
