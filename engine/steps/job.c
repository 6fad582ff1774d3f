/*
 * job: the steps of another job as a block of this one. Their artifacts, gates
 * and effects are this run's, its `outputs` are the step's output.
 *
 * Only its words are here; job_link() puts the steps below the step, and the
 * engine carries them out.
 */
#include "engine/steps/kinds.h"

static const struct shape *job_shape(struct workspace *workspace,
                                     const struct step *step,
                                     struct arena *arena)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	const struct value *outputs =
	        step->other != NULL ? step->other->outputs : NULL;
	size_t count = outputs != NULL ? outputs->length : 0;
	struct shape *shape = arena_new(arena, struct shape);
	struct shape_field *fields = arena_array(arena, count, sizeof(*fields));

	(void)workspace; /* the step knows the job */
	for (size_t i = 0; i < count; i++) {
		fields[i].name = outputs->members[i].name;
		fields[i].shape = &any;
	}
	shape->kind = SHAPE_MAP;
	shape->fields = fields;
	shape->count = count;
	return shape;
}

const struct step_kind step_job = {
	.name = "job",
	.help = "the steps of another job; gives its outputs",
	.format = 1,
	.names = "job",
	.shape = job_shape,
};
