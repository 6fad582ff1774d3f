#include "engine/job/unseen.h"

#include <stdlib.h>

#include "store/base/alloc.h"

static bool is_pure(const struct step *step)
{
	return step->kind->fields != NULL &&
	       field_find(step->kind->fields, "pure") != NULL &&
	       value_get_bool(step->config, "pure", false);
}

bool unseen_is_made_by(const struct step *step)
{
	return (step->kind->flags & KIND_UNSEEN) != 0 && !is_pure(step);
}

/* The steps that are still to be followed, each once. */
struct walk {
	const struct job *job;
	size_t wall;
	bool *known;
	size_t *indexes;
	size_t count;
};

static void add_dependencies(struct walk *walk, const struct step *step)
{
	for (size_t i = 0; i < step->depend_count; i++) {
		size_t index = step->depends_on[i];
		bool shown = walk->wall != STEP_NONE && index <= walk->wall;
		if (shown || walk->known[index])
			continue;
		walk->known[index] = true;
		walk->indexes[walk->count++] = index;
	}
}

bool unseen_goes_into(const struct job *job, const struct step *step)
{
	auto_free bool *known = mem_zalloc(job->step_count, sizeof(*known));
	auto_free size_t *indexes =
	        mem_zalloc(job->step_count, sizeof(*indexes));
	struct walk walk = { job, step->wall, known, indexes, 0 };

	add_dependencies(&walk, step);
	for (size_t i = 0; i < walk.count; i++) {
		const struct step *from = &job->steps[walk.indexes[i]];
		if (unseen_is_made_by(from))
			return true;
		/* What an effect gave back is settled. */
		if ((from->kind->flags & KIND_ACTS) == 0)
			add_dependencies(&walk, from);
	}
	return false;
}
