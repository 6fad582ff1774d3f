/*
 * Jobs in jobs. The linked job is made from the front: each step is copied, and
 * behind one of kind `job` come those of the job that it names, which may name
 * others. What the steps say is shared with the jobs they are from; their ids,
 * places and order are new. Jobs are nested as deep as the chain `around` is
 * long, so a job within itself is found on it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/alloc.h"
#include "store/base/limits.h"
#include "store/base/text.h"

struct linker {
	struct arena *arena;
	const struct job *(*find)(void *state, const char *name,
	                          struct errors *errors);
	void *state;
	struct errors *errors;
	struct step *steps;
	size_t count;
};

/* A job that is being copied, in those around it. */
struct link_frame {
	const struct job *job;
	const struct link_frame *around;
	size_t parent; /* the step that stands for it, or STEP_NONE */
	int depth;
};

bool job_names_job(const struct step *step)
{
	return step->kind != NULL && text_equal(step->kind->names, "job");
}

static bool is_within_itself(const struct linker *linker,
                             const struct link_frame *frame,
                             const struct step *step)
{
	const char *chain = step->name;

	for (; frame != NULL; frame = frame->around) {
		chain = arena_printf(linker->arena, "%s -> %s",
		                     frame->job->name, chain);
		if (strcmp(frame->job->name, step->name) != 0)
			continue;
		error_hint(errors_add(linker->errors, ERR_CONFIG, step->path,
		                      step->name_pos,
		                      "the job \"%s\" is a part of itself: %s",
		                      step->name, chain),
		           "To begin it anew, emit an event that starts it.");
		return true;
	}
	return false;
}

/* The job that `step` names, or NULL with an error. */
static const struct job *other_of(struct linker *linker,
                                  const struct link_frame *frame,
                                  const struct step *step)
{
	auto_errors struct errors found = { 0 };
	const struct job *other;

	if (is_within_itself(linker, frame, step))
		return NULL;
	if (frame->depth >= LIMIT_JOB_DEPTH) {
		errors_add(linker->errors, ERR_LIMIT, step->path,
		           step->name_pos, "jobs are nested at most %d deep",
		           LIMIT_JOB_DEPTH);
		return NULL;
	}
	other = linker->find(linker->state, step->name, &found);
	if (other == NULL && found.count == 1 &&
	    found.items[0].code == ERR_MISSING) {
		struct error *err = errors_add(
		        linker->errors, ERR_CONFIG, step->path, step->name_pos,
		        "unknown job \"%s\"", step->name);

		if (found.items[0].hint != NULL)
			error_hint(err, "%s", found.items[0].hint);
		return NULL;
	}
	for (size_t i = 0; i < found.count; i++)
		errors_take(linker->errors, &found.items[i]);
	return other;
}

/* Its place and its id in the linked job. */
static void add_copy(struct linker *linker, const struct link_frame *frame,
                     const struct step *from, size_t index, size_t parent)
{
	struct step *to;

	linker->steps = mem_grow(linker->steps, linker->count, sizeof(*to));
	to = &linker->steps[linker->count++];
	*to = *from;
	to->index = index;
	to->parent = parent;
	if (frame->parent != STEP_NONE)
		to->id = arena_printf(linker->arena, "%s/%s",
		                      linker->steps[frame->parent].id,
		                      from->local);
}

static bool link_job(struct linker *linker, const struct link_frame *frame);

/* The steps of the job that the copy at `index` stands for. */
static bool add_other(struct linker *linker, const struct link_frame *frame,
                      size_t index)
{
	const struct step step = linker->steps[index];
	const struct job *other = other_of(linker, frame, &step);
	const struct link_frame inner = {
		.job = other,
		.around = frame,
		.parent = index,
		.depth = frame->depth + 1,
	};

	if (other == NULL)
		return false;
	linker->steps[index].other = other;
	return link_job(linker, &inner);
}

/* `places` says where each step of the job is now. */
static bool link_steps(struct linker *linker, const struct link_frame *frame,
                       size_t *places)
{
	bool good = true;

	for (size_t i = 0; i < frame->job->step_count; i++) {
		const struct step *step = &frame->job->steps[i];
		size_t parent = step->parent == STEP_NONE
		                        ? frame->parent
		                        : places[step->parent];

		places[i] = linker->count;
		if (places[i] >= LIMIT_STEPS) {
			errors_add(linker->errors, ERR_LIMIT, step->path,
			           step->pos,
			           "with those of other jobs the job has more "
			           "than %d steps",
			           LIMIT_STEPS);
			return false;
		}
		add_copy(linker, frame, step, places[i], parent);
		if (job_names_job(step))
			good &= add_other(linker, frame, places[i]);
		if (errors_full(linker->errors))
			return false;
	}
	return good;
}

static bool link_job(struct linker *linker, const struct link_frame *frame)
{
	auto_free size_t *places =
	        mem_zalloc(frame->job->step_count, sizeof(*places));

	return link_steps(linker, frame, places);
}

/* A block reaches to where the last step is that has it around itself. */
static void find_ends(struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		steps[i].end = i + 1;
	for (size_t i = count; i-- > 0;) {
		size_t parent = steps[i].parent;

		if (parent != STEP_NONE && steps[parent].end < steps[i].end)
			steps[parent].end = steps[i].end;
	}
}

static struct job *finish(struct linker *linker, const struct job *job)
{
	struct job *linked = arena_new(linker->arena, struct job);
	struct step *steps =
	        arena_array(linker->arena, linker->count, sizeof(*steps));

	if (linker->count > 0)
		memcpy(steps, linker->steps, linker->count * sizeof(*steps));
	find_ends(steps, linker->count);
	*linked = *job;
	linked->steps = steps;
	linked->step_count = linker->count;
	linked->linked = true;
	job_index_make(linker->arena, linked, linker->count);
	for (size_t i = 0; i < linker->count; i++)
		job_index_add(linked, i);
	job_order_steps(linker->arena, linked, steps, linker->errors);
	return linked;
}

const struct job *job_link(struct arena *arena, const struct job *job,
                           const struct job *(*find)(void *state,
                                                     const char *name,
                                                     struct errors *errors),
                           void *state, struct errors *errors)
{
	struct linker linker = {
		.arena = arena,
		.find = find,
		.state = state,
		.errors = errors,
	};
	const struct link_frame frame = { .job = job, .parent = STEP_NONE };
	const struct job *linked = NULL;
	size_t before = errors->count;

	if (job->linked)
		return job;
	if (errors_full(errors))
		return NULL;
	if (link_job(&linker, &frame))
		linked = finish(&linker, job);
	free(linker.steps);
	return errors->count == before ? linked : NULL;
}
