/*
 * remember: a note for memory, written into the draft.
 *
 * The file's name is made of the day and the effect key, so a note is one file
 * for ever and two machines never write the same one.
 */
#include "engine/job/unseen.h"
#include "engine/steps/kinds.h"
#include "store/base/text.h"

static const struct field remember_fields[] = {
	{
	        .name = "text",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "what is to be remembered, in Markdown",
	        .example = "\"Sent the proposal on {{steps.send.date}}.\"",
	},
	{
	        .name = "project",
	        .type = FIELD_TEMPLATE,
	        .help = "whose memory: memory/projects/<slug>/; without it "
	                "memory/org/",
	        .example = "\"{{brief.client}}\"",
	},
	{ 0 },
};

static const struct shape *remember_shape(struct workspace *workspace,
                                          const struct step *step,
                                          struct arena *arena)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	static const struct shape text = { .kind = SHAPE_TEXT };
	static const struct shape_field fields[] = {
		{ "path", &text, "the note's file" },
		{ "text", &text, "what it says" },
		{ "file", &any, NULL },
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

static int remember_start(struct step_run *run, struct error *err)
{
	struct arena *arena = run->arena;
	const char *project = value_get_text(run->config, "project", NULL);
	const char *text = value_get_text(run->config, "text", "");

	if (project && !text_is_slug(project)) {
		step_error(run, err, "the project \"%s\" is not a slug",
		           project);
		return error_hint(err, "Use {{name | slug}}.");
	}
	const char *folder =
	        project ? arena_printf(arena, "projects/%s", project) : "org";
	const char *path = arena_printf(arena, "memory/%s/%s-%.8s.md", folder,
	                                run->day, run->effect_key);
	run->output = value_map(arena);
	value_map_text(arena, run->output, "source",
	               arena_printf(arena, "run %s of %s, step %s",
	                            run->run->id, run->job->name,
	                            run->step->id));
	value_map_text(arena, run->output, "trust",
	               unseen_goes_into(run->job, run->step) ? "agent"
	                                                     : "owner");
	value_map_text(arena, run->output, "date", run->day);
	value_map_text(arena, run->output, "path", path);
	value_map_text(arena, run->output, "text", text);
	return 0;
}

const struct step_kind step_remember = {
	.name = "remember",
	.help = "a note for memory, written into the draft",
	.flags = KIND_ACTS,
	.format = 1,
	.fields = remember_fields,
	.shape = remember_shape,
	.start = remember_start,
};
