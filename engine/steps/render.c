/*
 * render: a template of the workspace or the library, filled in.
 */
#include "engine/job/page.h"
#include "engine/steps/kinds.h"

static const struct field no_fields[] = {
	{ 0 },
};

static const struct shape *render_shape(struct workspace *workspace,
                                        const struct step *step,
                                        struct arena *arena)
{
	static const struct shape text = { .kind = SHAPE_TEXT };

	(void)workspace;
	(void)step;
	(void)arena;
	return &text;
}

static struct page page_of(const struct step_run *run)
{
	return (struct page){
		.workspace = run->workspace,
		.arena = run->arena,
		.path = arena_printf(run->arena, "templates/%s", run->name),
		.with = run->config,
		.frame = run->frame,
		.strict = run->step->strict,
	};
}

static int render_prepare(struct step_run *run, struct error *err)
{
	struct page page = page_of(run);

	return page_ingredients(&page, run->ingredients, err);
}

static int render_start(struct step_run *run, struct error *err)
{
	struct page page = page_of(run);
	const char *text;

	if (page_render(&page, &text, err) < 0)
		return -1;
	run->output = value_string(run->arena, text);
	return 0;
}

const struct step_kind step_render = {
	.name = "render",
	.help = "a template, filled in",
	.flags = KIND_COMPUTES | KIND_ARTIFACT,
	.format = 1,
	.names = "template",
	.fields = no_fields,
	.shape = render_shape,
	.prepare = render_prepare,
	.start = render_start,
};
