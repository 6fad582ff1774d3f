/*
 * Steps by their id: a table of open addressing, at most half full, whose
 * places hold an index plus one. In a linked job the ids of another job's steps
 * begin with that of the step they stand for, so a name is looked for below the
 * nearest such step around it; and it is known only where its block is.
 */
#include <stdint.h>
#include <string.h>

#include "engine/job/job_private.h"
#include "engine/job/layout.h"
#include "store/base/alloc.h"

struct job_index {
	size_t *places;
	size_t size; /* a power of two */
};

/* clang-format off */
const struct layout layout_job_index = {
	.size = sizeof(struct job_index),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_MANY(struct job_index, places, size, layout_size),
		LAYOUT_IS_PLAIN(struct job_index, size),
		{ LAYOUT_END, 0, 0, 0, NULL },
	},
};

/* clang-format on */

/* FNV-1a. */
static size_t hash_id(const char *id)
{
	uint64_t hash = 14695981039346656037u;

	for (; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * 1099511628211u;
	return (size_t)(hash ^ hash >> 32);
}

void job_index_make(struct arena *arena, struct job *job, size_t count)
{
	struct job_index *ids = arena_new(arena, struct job_index);
	size_t size = 8;

	while (size < 2 * count)
		size *= 2;
	ids->places = arena_array(arena, size, sizeof(*ids->places));
	ids->size = size;
	job->ids = ids;
}

void job_index_add(struct job *job, size_t index)
{
	const struct job_index *ids = job->ids;
	size_t mask = ids->size - 1;
	size_t place = hash_id(job->steps[index].id) & mask;

	while (ids->places[place] != 0)
		place = (place + 1) & mask;
	ids->places[place] = index + 1;
}

size_t job_find(const struct job *job, const char *id)
{
	const struct job_index *ids = job->ids;
	size_t place;
	size_t mask;

	if (ids == NULL)
		return STEP_NONE;
	mask = ids->size - 1;
	place = hash_id(id) & mask;
	for (; ids->places[place] != 0; place = (place + 1) & mask) {
		size_t index = ids->places[place] - 1;

		if (strcmp(job->steps[index].id, id) == 0)
			return index;
	}
	return STEP_NONE;
}

const struct step *job_step(const struct job *job, const char *id)
{
	size_t index = job_find(job, id);

	return index != STEP_NONE ? &job->steps[index] : NULL;
}

/* The step that stands for the job in which the steps of the block `parent`
 * are written, or STEP_NONE. */
static size_t job_around(const struct job *job, size_t parent)
{
	while (parent != STEP_NONE && job->steps[parent].other == NULL)
		parent = job->steps[parent].parent;
	return parent;
}

static size_t find_below(const struct job *job, size_t around, const char *name)
{
	auto_free char *id = NULL;

	if (around == STEP_NONE)
		return job_find(job, name);
	id = mem_printf("%s/%s", job->steps[around].id, name);
	return job_find(job, id);
}

const struct step *job_step_from(const struct job *job, size_t parent,
                                 const char *name)
{
	size_t around = job_around(job, parent);
	size_t index = find_below(job, around, name);
	size_t block;

	if (index == STEP_NONE)
		return NULL;
	block = job->steps[index].parent;
	while (parent != block && parent != around)
		parent = job->steps[parent].parent;
	return parent == block ? &job->steps[index] : NULL;
}

size_t job_beside(const struct job *job, size_t step, size_t target)
{
	while (step != STEP_NONE &&
	       job->steps[step].parent != job->steps[target].parent)
		step = job->steps[step].parent;
	return step;
}
