/*
 * Fields of values that are known before anything runs: a kind says what its
 * output holds, reeve.yaml what `company` holds.
 *
 * Below its gate a step's artifact is parsed again from what was merged, so
 * there a text may have become fields, and fields have their file with them.
 */
#include <string.h>

#include "engine/job/check_private.h"
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

/* What `target` is where `step` names it. */
static const struct shape *step_shape(struct check *check,
                                      const struct step *step,
                                      const struct step *target)
{
	const struct shape *shape = NULL;
	bool below = (step->kind->flags & KIND_WALL) != 0 ||
	             (step->wall != STEP_NONE && step->wall > target->index);

	if (target->kind->shape != NULL)
		shape = target->kind->shape(check->workspace, target,
		                            check->arena);
	if (shape == NULL)
		shape = &shape_any;
	if (target->artifact == NULL || !below)
		return shape;
	return merged_shape(check, shape, target->artifact->text);
}

/* NULL for a name that is none of a step's, or that has errors. */
static const struct shape *use_shape(struct check *check,
                                     const struct step *step,
                                     const struct name_use *use)
{
	const char *head = name_head(check->arena, use->name);
	const char *dot = strchr(use->name, '.');
	const struct step *target = job_step(check->job, head);
	const struct place place = { check->job->path, use->pos };

	if (target == NULL)
		return NULL;
	return check_below(check, step_shape(check, step, target), head,
	                   dot != NULL ? dot + 1 : NULL, place);
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
		check_company(check, use, check->job->path);
	else
		(void)use_shape(check, step, use);
}

void check_shapes(struct check *check, const struct step *step)
{
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
	render_names(check->arena, check->job->path, check->job->title, &uses,
	             &count, &scratch);
	for (size_t i = 0; i < count; i++)
		check_use(check, &check->job->steps[0], &uses[i]);
}

/* ---- the values of a step */

static const struct shape *tag_shape(struct check *check,
                                     const struct step *step,
                                     const struct value *value)
{
	auto_error struct error err = { 0 };
	auto_errors struct errors known = { 0 };
	struct errors *errors = check->errors;
	const struct template *template =
	        template_parse(check->arena, check->job->path, value, &err);
	const struct name_use *single =
	        template != NULL ? template_single(template) : NULL;
	const struct shape *shape;

	if (single == NULL)
		return &shape_text;
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
