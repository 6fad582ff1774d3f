/*
 * steps: a block, once for each item of `for_each`.
 *
 * Only its word is here; the parser reads the steps below it and the engine
 * carries them out.
 */
#include "engine/steps/kinds.h"

static const struct field block_fields[] = {
	{ 0 },
};

const struct step_kind step_steps = {
	.name = "steps",
	.help = "a block of steps, once for each item of for_each",
	.flags = KIND_BLOCK,
	.format = 1,
	.fields = block_fields,
};
