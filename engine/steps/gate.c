/*
 * gate: everything below waits until the draft is merged.
 *
 * Only its words are here; the engine opens gates and sees their approval
 * (engine/cycle/gate.c, engine/cycle/approval.c).
 */
#include "engine/steps/kinds.h"

static const char *const priorities[] = { "low", "normal", "high", NULL };

static const struct field gate_fields[] = {
	{
	        .name = "title",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "what the owner is asked",
	        .example = "\"Proposal for {{brief.name}}\"",
	},
	{
	        .name = "priority",
	        .type = FIELD_WORD,
	        .words = priorities,
	        .otherwise = "normal",
	        .help = "where it stands among what waits for the owner",
	},
	{
	        .name = "due",
	        .type = FIELD_DURATION,
	        .help = "when it should be decided, from its opening",
	        .example = "2d",
	},
	{
	        .name = "items",
	        .type = FIELD_STEP,
	        .help = "the loop above it whose items are decided one by one",
	        .example = "reports",
	},
	{ 0 },
};

static const struct shape *gate_shape(struct workspace *workspace,
                                      const struct step *step,
                                      struct arena *arena)
{
	static const struct shape text = { .kind = SHAPE_TEXT };
	static const struct shape_field fields[] = {
		{ "commit", &text, "that approved it" },
		{ "author", &text, "of that commit" },
		{ "revision", &text, "of the slip that was merged" },
	};
	static const struct shape map = {
		.kind = SHAPE_MAP,
		.fields = fields,
		.count = ARRAY_LEN(fields),
	};

	(void)workspace;
	(void)step;
	(void)arena;
	return &map;
}

const struct step_kind step_gate = {
	.name = "gate",
	.help = "waits until the draft is merged",
	.flags = KIND_WALL,
	.format = 1,
	.fields = gate_fields,
	.shape = gate_shape,
};
