/*
 * The files that steps write: where they may be, that no two steps write the
 * same one, and that the items of a loop do not.
 *
 * Within a run equal templates are equal paths, as long as they stand in one
 * job's text; without tags they are it everywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/job/check_private.h"
#include "store/base/alloc.h"
#include "store/base/path.h"
#include "store/base/text.h"

struct written {
	const struct value *path;
	const struct step *step;
};

struct files_written {
	struct written *items;
	size_t count;
};

/* The path with an "x" for each tag, which is what a tag may give: text of one
 * segment. */
static const char *without_tags(struct arena *arena, const char *path)
{
	const char *text = "";

	for (;;) {
		const char *open = strstr(path, "{{");
		const char *close = open != NULL ? strstr(open, "}}") : NULL;

		if (close == NULL)
			return arena_printf(arena, "%s%s", text, path);
		text = arena_printf(arena, "%s%.*sx", text, (int)(open - path),
		                    path);
		path = close + 2;
		path += *path == '}';
	}
}

static void check_path(struct check *check, const struct step *step,
                       const char *key, const struct value *path)
{
	auto_error struct error err = { 0 };

	if (path_check_artifact(without_tags(check->arena, path->text), &err) <
	    0)
		errors_add(check->errors, ERR_CONFIG, step->path, path->pos,
		           "\"%s\": %s", key, err.message);
}

/* Whether a name in the path of `step` has another value for each item of the
 * loop `fan`: an item within it, or what one of its steps gives. */
static bool differs(const struct job *job, const struct step *step,
                    const struct step *fan, const char *head)
{
	const struct step *named = job_step_from(job, step->parent, head);

	if (named != NULL)
		return named->index > fan->index && named->index < fan->end;
	for (;; step = &job->steps[step->parent]) {
		if (step->fan != NULL && strcmp(step->fan->name, head) == 0)
			return true;
		if (step == fan || step->parent == STEP_NONE ||
		    job->steps[step->parent].other != NULL)
			return false;
	}
}

/* What another job's text names are its inputs, which may be of the item. */
static bool names_item(struct check *check, const struct step *step,
                       const struct step *fan, const struct value *path)
{
	auto_errors struct errors known = { 0 };
	struct name_use *uses = NULL;
	size_t count = 0;

	render_names(check->arena, step->path, path, &uses, &count, &known);
	for (size_t i = 0; i < count; i++) {
		const char *head = name_head(check->arena, uses[i].name);

		if (!text_equal(step->path, fan->path) ||
		    differs(check->job, step, fan, head))
			return true;
	}
	return false;
}

static void check_items(struct check *check, const struct step *step,
                        const struct value *path)
{
	const struct step *fan = step;

	for (;; fan = &check->job->steps[fan->parent]) {
		if (fan->fan != NULL && !names_item(check, step, fan, path)) {
			error_hint(
			        errors_add(check->errors, ERR_CONFIG,
			                   step->path, path->pos,
			                   "every item of \"%s\" would write "
			                   "%s",
			                   fan->local, path->text),
			        "Name the item in the path, as in "
			        "\"{{%s.slug}}\".",
			        fan->fan->name);
			return;
		}
		if (fan->parent == STEP_NONE)
			return;
	}
}

static void add_path(struct check *check, struct files_written *files,
                     const struct step *step, const char *key,
                     const struct value *path)
{
	bool own = check_shown(check->job, step) == step;

	if (own)
		check_path(check, step, key, path);
	check_items(check, step, path);
	if (!own && strstr(path->text, "{{") != NULL)
		return;
	files->items =
	        mem_grow(files->items, files->count, sizeof(*files->items));
	files->items[files->count++] = (struct written){ path, step };
}

static void add_paths(struct check *check, struct files_written *files,
                      const struct step *step)
{
	const struct value *paths = step->artifacts;

	if (step->artifact != NULL)
		add_path(check, files, step, "artifact", step->artifact);
	for (size_t i = 0; paths != NULL && i < paths->length; i++)
		add_path(check, files, step, paths->members[i].name,
		         paths->members[i].value);
}

static int compare_written(const void *a, const void *b)
{
	const struct written *left = a;
	const struct written *right = b;
	int order = strcmp(left->path->text, right->path->text);

	if (order != 0)
		return order;
	return (left->step->index > right->step->index) -
	       (left->step->index < right->step->index);
}

void check_artifacts(struct check *check)
{
	struct files_written files = { 0 };

	for (size_t i = 0; i < check->job->step_count; i++)
		add_paths(check, &files, &check->job->steps[i]);
	if (files.count > 0)
		qsort(files.items, files.count, sizeof(*files.items),
		      compare_written);
	for (size_t i = 1; i < files.count; i++) {
		const struct written *first = &files.items[i - 1];
		const struct written *second = &files.items[i];

		if (strcmp(first->path->text, second->path->text) == 0)
			errors_add(check->errors, ERR_CONFIG,
			           second->step->path, second->path->pos,
			           "the step \"%s\" (line %u) writes the same "
			           "file",
			           first->step->id, first->path->pos.line);
	}
	free(files.items);
}
