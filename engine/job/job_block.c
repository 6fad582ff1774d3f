/*
 * Lists within lists become one list: the sections one after the other, the
 * steps of a block behind the step that they belong to.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/limits.h"

static const struct {
	const char *key;
	enum section section;
} sections[] = {
	{ "steps", SECTION_STEPS },
	{ "on_failure", SECTION_ON_FAILURE },
	{ "finally", SECTION_FINALLY },
};

static bool too_many(struct job_parser *parser, struct pos pos)
{
	errors_add(parser->errors, ERR_LIMIT, parser->path, pos,
	           "a job has at most %d steps", LIMIT_STEPS);
	return false;
}

/* The steps of `list`, which was checked by its row and may not be a list. */
static bool add_steps(struct job_parser *parser, const struct value *list,
                      size_t parent, enum section section, int depth)
{
	struct job *job = parser->job;

	if (list == NULL || list->kind != VALUE_LIST)
		return true;
	if (depth > LIMIT_JOB_DEPTH) {
		errors_add(parser->errors, ERR_LIMIT, parser->path, list->pos,
		           "blocks of steps are nested at most %d deep",
		           LIMIT_JOB_DEPTH);
		return false;
	}
	if (list->length > LIMIT_STEPS - job->step_count)
		return too_many(parser, list->pos);
	for (size_t i = 0; i < list->length; i++) {
		size_t index = job->step_count++;

		if (index >= LIMIT_STEPS)
			return too_many(parser, list->items[i]->pos);
		parser->drafts = arena_grow(parser->arena, parser->drafts,
		                            index, sizeof(*parser->drafts));
		parser->drafts[index] = (struct step_draft){
			.map = list->items[i],
			.parent = parent,
			.section = section,
		};
		if (!add_steps(parser, value_get(list->items[i], "steps"),
		               index, section, depth + 1))
			return false;
		parser->drafts[index].end = job->step_count;
	}
	return true;
}

bool job_flatten(struct job_parser *parser, const struct value *root)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (!add_steps(parser, value_get(root, sections[i].key),
		               STEP_NONE, sections[i].section, 0))
			return false;
	return true;
}
