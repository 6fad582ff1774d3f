/*
 * Fields of values that are known before anything runs: a kind says what its
 * output holds, reeve.yaml what `company` holds.
 *
 * Below its gate a step's artifact is parsed again from what was merged, so
 * there a text may have become fields, and fields have their file with them.
 */
#include <string.h>

#include "engine/job/check_private.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

static const struct shape shape_any = { .kind = SHAPE_ANY };
static const struct shape shape_text = { .kind = SHAPE_TEXT };

static const struct shape *find_field(const struct shape *shape,
                                      const char *name)
{
	for (size_t i = 0; i < shape->count; i++)
		if (strcmp(shape->fields[i].name, name) == 0)
			return shape->fields[i].shape;
	return NULL;
}

/* ---- walking down a dotted name */

static void add_unknown(struct check *check, const struct shape *shape,
                        const char *name, const char *field, struct place place)
{
	const char **names =
	        arena_array(check->arena, shape->count, sizeof(*names));
	const char *list = "";
	struct error *err;

	for (size_t i = 0; i < shape->count; i++) {
		names[i] = shape->fields[i].name;
		list = arena_printf(check->arena, "%s%s%s", list,
		                    i > 0 ? ", " : "", names[i]);
	}
	err = errors_add(check->errors, ERR_CONFIG, place.file, place.pos,
	                 "%s has no \"%s\"", name, field);
	check_hint_nearest(err, field, names, shape->count);
	if (shape->count > 0)
		error_hint(err, "It has: %s.", list);
}

const struct shape *check_below(struct check *check, const struct shape *shape,
                                const char *name, const char *rest,
                                struct place place)
{
	while (rest != NULL && shape->kind != SHAPE_ANY) {
		const char *field = name_head(check->arena, rest);
		const char *dot = strchr(rest, '.');

		if (shape->kind != SHAPE_MAP) {
			errors_add(check->errors, ERR_CONFIG, place.file,
			           place.pos, "%s is a %s, so it has no \"%s\"",
			           name,
			           shape->kind == SHAPE_LIST ? "list"
			                                     : "single value",
			           field);
			return NULL;
		}
		if (find_field(shape, field) == NULL) {
			add_unknown(check, shape, name, field, place);
			return NULL;
		}
		shape = find_field(shape, field);
		name = arena_printf(check->arena, "%s.%s", name, field);
		rest = dot != NULL ? dot + 1 : NULL;
	}
	return rest == NULL ? shape : &shape_any;
}

/* ---- the output of a step */

static bool has_front_matter(const char *path)
{
	return strcmp(path_ending(path), ".md") == 0;
}

/* What an artifact with that output is when it is read again. */
static const struct shape *
merged_shape(struct check *check, const struct shape *shape, const char *path)
{
	struct shape *merged = arena_new(check->arena, struct shape);
	struct shape_field *fields;

	if (shape->kind == SHAPE_TEXT && text_equal(path_ending(path), ".txt"))
		return shape;
	if (shape->kind != SHAPE_MAP)
		return &shape_any;
	fields = arena_array(check->arena, shape->count + 2, sizeof(*fields));
	*merged = *shape;
	merged->fields = fields;
	if (shape->count > 0)
		memcpy(fields, shape->fields, shape->count * sizeof(*fields));
	fields[merged->count].name = "file";
	fields[merged->count++].shape = &shape_any;
	if (has_front_matter(path) && find_field(shape, "text") == NULL) {
		fields[merged->count].name = "text";
		fields[merged->count++].shape = &shape_text;
	}
	return merged;
}

static bool is_gate(const struct step *step)
{
	return (step->kind->flags & (KIND_WALL | KIND_PASSES)) == KIND_WALL;
}

/* Whether a gate between `target` and `step` has shown its file: one that
 * releases `step`, or is it, or stands behind it in its own block. */
static bool is_merged(const struct job *job, const struct step *step,
                      const struct step *target)
{
	size_t around = target->parent;

	if (is_gate(step) && step->index > target->index)
		return true;
	if (step->gate != STEP_NONE && step->gate > target->index)
		return true;
	if (around == STEP_NONE || step->parent == around)
		return false;
	for (size_t i = target->end; i < job->steps[around].end;
	     i = job->steps[i].end)
		if (is_gate(&job->steps[i]))
			return true;
	return false;
}

/* What one carrying out of `target` gives, where `step` names it. */
static const struct shape *one_shape(struct check *check,
                                     const struct step *step,
                                     const struct step *target)
{
	const struct shape *shape = NULL;

	if (target->kind->shape != NULL)
		shape = target->kind->shape(check->workspace, target,
		                            check->arena);
	if (shape == NULL)
		shape = &shape_any;
	if (target->artifact == NULL || !is_merged(check->job, step, target))
		return shape;
	return merged_shape(check, shape, target->artifact->text);
}

/* The steps directly in the block. */
static size_t count_steps(const struct job *job, const struct step *block)
{
	size_t count = 0;

	for (size_t i = block->index + 1; i < block->end; i = job->steps[i].end)
		count++;
	return count;
}

/* A list of maps: the item, and each step of the block or the step itself. */
static const struct shape *
fan_shape(struct check *check, const struct step *step, const struct step *fan)
{
	const struct job *job = check->job;
	bool block = (fan->kind->flags & KIND_BLOCK) != 0;
	size_t count = block ? count_steps(job, fan) : 1;
	struct shape *list = arena_new(check->arena, struct shape);
	struct shape *item = arena_new(check->arena, struct shape);
	struct shape_field *fields =
	        arena_array(check->arena, count + 1, sizeof(*fields));

	fields[item->count].name = fan->fan->name;
	fields[item->count++].shape = check_item_shape(check, fan);
	for (size_t i = fan->index + 1; block && i < fan->end;
	     i = job->steps[i].end) {
		fields[item->count].name = job->steps[i].local;
		fields[item->count++].shape =
		        check_step_shape(check, step, &job->steps[i]);
	}
	if (!block) {
		fields[item->count].name = fan->local;
		fields[item->count++].shape = one_shape(check, step, fan);
	}
	item->kind = SHAPE_MAP;
	item->fields = fields;
	list->kind = SHAPE_LIST;
	list->item = item;
	return list;
}

/* What `target` is where `step` names it; within its own loop a step is the
 * one of this item. */
const struct shape *check_step_shape(struct check *check,
                                     const struct step *step,
                                     const struct step *target)
{
	const struct shape **known;

	if (target->fan == NULL || step == target)
		return one_shape(check, step, target);
	known = &check->loops[2 * target->index +
	                      is_merged(check->job, step, target)];
	if (*known != NULL)
		return *known;
	if (check->depth > LIMIT_JOB_DEPTH * LIMIT_JOB_DEPTH)
		return &shape_any;
	check->depth++;
	*known = fan_shape(check, step, target);
	check->depth--;
	return *known;
}

/* The loop around `step`, or `step` itself, whose items are called `head`. */
static const struct step *fan_of(const struct job *job, const struct step *step,
                                 const char *head)
{
	for (;;) {
		if (step->fan != NULL && strcmp(step->fan->name, head) == 0)
			return step;
		if (step->parent == STEP_NONE ||
		    job->steps[step->parent].other != NULL)
			return NULL;
		step = &job->steps[step->parent];
	}
}

/* What a name is: a step's, or an item's. NULL for a name that is neither, or
 * that has errors. */
static const struct shape *use_shape(struct check *check,
                                     const struct step *step,
                                     const struct name_use *use)
{
	const char *head = name_head(check->arena, use->name);
	const char *dot = strchr(use->name, '.');
	const struct step *target =
	        job_step_from(check->job, step->parent, head);
	const struct place place = { step->path, use->pos };
	const struct shape *shape;
	const struct step *fan;

	if (target != NULL) {
		shape = check_step_shape(check, step, target);
	} else {
		fan = fan_of(check->job, step, head);
		shape = fan != NULL ? check_item_shape(check, fan) : NULL;
	}
	if (shape == NULL)
		return NULL;
	return check_below(check, shape, head, dot != NULL ? dot + 1 : NULL,
	                   place);
}

/* ---- company */

static void missing_company(struct check *check, const struct name_use *use,
                            const struct value *map, const char *field,
                            const char *file)
{
	const char **names =
	        arena_array(check->arena, map->length, sizeof(*names));
	struct error *err;

	for (size_t i = 0; map->kind == VALUE_MAP && i < map->length; i++)
		names[i] = map->members[i].name;
	err = errors_add(check->errors, ERR_CONFIG, file, use->pos,
	                 "\"%s\" is not in reeve.yaml", use->name);
	if (map->kind == VALUE_MAP)
		check_hint_nearest(err, field, names, map->length);
	error_hint(err, "Add it below \"company\".");
}

void check_company(struct check *check, const struct name_use *use,
                   const char *file)
{
	const struct value *map;
	const char *rest = strchr(use->name, '.');

	if (check->config == NULL || use->section || use->inside)
		return;
	map = check->config->company;
	for (; rest != NULL; rest = strchr(rest + 1, '.')) {
		const char *field = name_head(check->arena, rest + 1);
		const struct value *below = value_get(map, field);

		if (below == NULL) {
			missing_company(check, use, map, field, file);
			return;
		}
		map = below;
	}
}

/* ---- every name */

static void check_use(struct check *check, const struct step *step,
                      const struct name_use *use)
{
	if (use->inside)
		return;
	if (strcmp(name_head(check->arena, use->name), "company") == 0)
		check_company(check, use, step->path);
	else
		(void)use_shape(check, step, use);
}

/* A loop goes through a list, as far as can be known. */
static void check_list(struct check *check, const struct step *step)
{
	const struct value *list = step->fan->list;
	const struct shape *shape = check_value_shape(check, step, list);

	if (list->kind == VALUE_STRING && shape != NULL &&
	    (shape->kind == SHAPE_TEXT || shape->kind == SHAPE_MAP))
		error_hint(errors_add(check->errors, ERR_CONFIG, step->path,
		                      list->pos,
		                      "\"for_each\" needs a list, but %s is a "
		                      "%s",
		                      list->text,
		                      shape->kind == SHAPE_MAP
		                              ? "map"
		                              : "single value"),
		           "A pattern of read, a query or a loop gives a "
		           "list.");
}

/* `artifacts` names fields of the step's output. */
static void check_fields(struct check *check, const struct step *step)
{
	const struct value *paths = step->artifacts;

	for (size_t i = 0; paths != NULL && i < paths->length; i++) {
		const struct place place = { step->path,
			                     paths->members[i].pos };

		(void)check_below(check, one_shape(check, step, step),
		                  step->local, paths->members[i].name, place);
	}
}

void check_shapes(struct check *check, const struct step *step)
{
	check_fields(check, step);
	if (step->fan != NULL)
		check_list(check, step);
	for (size_t i = 0; i < step->use_count; i++)
		check_use(check, step, &step->uses[i]);
}

/* The title is made when the run is shown, wherever that stands; so it is
 * looked at from the first step. */
void check_title(struct check *check)
{
	auto_errors struct errors scratch = { 0 };
	struct name_use *uses = NULL;
	size_t count = 0;

	if (check->job->title == NULL)
		return;
	/* As seen from the first step, which is in no block. */
	render_names(check->arena, check->job->path, check->job->title, &uses,
	             &count, &scratch);
	for (size_t i = 0; i < count; i++)
		check_use(check, &check->job->steps[0], &uses[i]);
}

/* ---- the values of a step */

/* Loops within loops are limited in depth, so is this. */
const struct shape *check_item_shape(struct check *check,
                                     const struct step *fan)
{
	const struct shape *shape =
	        check_value_shape(check, fan, fan->fan->list);

	return shape != NULL && shape->kind == SHAPE_LIST ? shape->item
	                                                  : &shape_any;
}

static const struct shape *tag_shape(struct check *check,
                                     const struct step *step,
                                     const struct value *value)
{
	auto_error struct error err = { 0 };
	auto_errors struct errors known = { 0 };
	struct errors *errors = check->errors;
	const struct template *template =
	        template_parse(check->arena, step->path, value, &err);
	const struct name_use *single =
	        template != NULL ? template_single(template) : NULL;
	const struct shape *shape;

	if (single == NULL)
		return &shape_text;
	if (strchr(value->text, '|') != NULL)
		return &shape_any; /* a format makes something else of it */
	/* What is wrong with the tag itself was said with the step. */
	check->errors = &known;
	shape = use_shape(check, step, single);
	check->errors = errors;
	return shape;
}

static const struct shape *
map_shape(struct check *check, const struct step *step, const struct value *map)
{
	struct shape *shape = arena_new(check->arena, struct shape);
	struct shape_field *fields =
	        arena_array(check->arena, map->length, sizeof(*fields));

	for (size_t i = 0; i < map->length; i++) {
		const struct shape *below =
		        check_value_shape(check, step, map->members[i].value);

		fields[i].name = map->members[i].name;
		fields[i].shape = below != NULL ? below : &shape_any;
	}
	shape->kind = SHAPE_MAP;
	shape->fields = fields;
	shape->count = map->length;
	return shape;
}

const struct shape *check_value_shape(struct check *check,
                                      const struct step *step,
                                      const struct value *value)
{
	switch (value->kind) {
	case VALUE_STRING:
		return tag_shape(check, step, value);
	case VALUE_MAP:
		return map_shape(check, step, value);
	case VALUE_LIST:
		return &shape_any;
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_NUMBER:
		return &shape_text;
	}
	return NULL;
}
