/*
 * A template file sees `with`, `run` and `company`. Whether `with` has what
 * the file names depends on the step, so it is reported at the step: the file
 * may serve others, too, or be the library's. What it wants of `company` is
 * asked for by a step alone: a workspace need not say what an agent of the
 * library that nobody uses would print.
 */
#include <string.h>

#include "engine/job/check_private.h"
#include "store/base/text.h"

/* The files that were looked at, partials included. */
struct page {
	struct check *check;
	const struct step *step;
	const char **paths;
	struct place *places; /* where each is named */
	size_t count;
};

static void add_path(struct page *page, const char *path, struct place place)
{
	struct arena *arena = page->check->arena;

	for (size_t i = 0; i < page->count; i++)
		if (strcmp(page->paths[i], path) == 0)
			return;
	page->paths = arena_grow(arena, page->paths, page->count,
	                         sizeof(*page->paths));
	page->places = arena_grow(arena, page->places, page->count,
	                          sizeof(*page->places));
	page->paths[page->count] = path;
	page->places[page->count++] = place;
}

static const char *member_name(struct arena *arena, const char *rest)
{
	return rest != NULL ? name_head(arena, rest) : NULL;
}

/* What is behind the first `count` segments, or NULL. */
static const char *behind(const char *dotted, size_t count)
{
	for (; count > 0 && dotted != NULL; count--) {
		dotted = strchr(dotted, '.');
		dotted = dotted != NULL ? dotted + 1 : NULL;
	}
	return dotted;
}

/* Whether an error at `place` begins with `text`. */
static bool was_said(const struct check *check, struct place place,
                     const char *text)
{
	for (size_t i = 0; i < check->errors->count; i++) {
		const struct error *err = &check->errors->items[i];

		if (err->pos.line == place.pos.line &&
		    err->pos.column == place.pos.column &&
		    text_equal(err->file, place.file) &&
		    text_starts(err->message, text))
			return true;
	}
	return false;
}

/* Once for each value, however often the files name it. */
static void missing_value(struct page *page, const char *path,
                          const struct name_use *use, const char *name)
{
	const struct value *with = page->step->config;
	struct check *check = page->check;
	const struct place place = { page->step->path, page->step->name_pos };
	const char **names =
	        arena_array(check->arena, with->length, sizeof(*names));
	const char *what =
	        arena_printf(check->arena, "\"with\" lacks \"%s\",", name);
	const char *nearest;
	struct error *err;

	if (was_said(check, place, what))
		return;
	for (size_t i = 0; i < with->length; i++)
		names[i] = with->members[i].name;
	nearest = text_nearest(name, names, with->length);
	err = errors_add(check->errors, ERR_CONFIG, place.file, place.pos,
	                 "%s which %s names (line %u)", what, path,
	                 use->pos.line);
	if (nearest != NULL)
		error_hint(err,
		           "It has \"%s\"; one of the two may be misspelled.",
		           nearest);
	error_hint(err, "Add \"%s\" to the step's \"with\".", name);
}

/* A section asks whether there is something; what stands in one may be a field
 * of its item. In a block that a parent is given `with` is the step's: a field
 * of an item there has another name. */
static void check_with(struct page *page, const char *path,
                       const struct name_use *use)
{
	struct check *check = page->check;
	const char *name = member_name(check->arena, behind(use->name, 1));
	const char *rest = behind(use->name, 2);
	const struct shape *shape;
	const struct value *value;
	struct place place;

	if (page->step == NULL || name == NULL || use->section || use->inside)
		return;
	value = value_get(page->step->config, name);
	if (value == NULL) {
		missing_value(page, path, use, name);
		return;
	}
	shape = check_value_shape(check, page->step, value);
	place = (struct place){ page->step->path, value->pos };
	if (shape != NULL && rest != NULL)
		(void)check_below(check, shape,
		                  arena_printf(check->arena, "%s:%u: with.%s",
		                               path, use->pos.line, name),
		                  rest, place);
}

static void check_name(struct page *page, const char *path,
                       const struct name_use *use)
{
	static const char *const known[] = { "with", "run", "company" };
	struct check *check = page->check;
	const char *head = name_head(check->arena, use->name);
	struct error *err;

	if (strcmp(head, "with") == 0) {
		check_with(page, path, use);
	} else if (strcmp(head, "company") == 0) {
		if (page->step != NULL)
			check_company(check, use, path);
	} else if (strcmp(head, "run") != 0 && !use->inside && !use->given) {
		err = errors_add(check->errors, ERR_CONFIG, path, use->pos,
		                 "unknown name \"%s\"", use->name);
		check_hint_nearest(err, head, known, ARRAY_LEN(known));
		error_hint(err, "A template file sees with, run and company; "
		                "a step passes values by its \"with\".");
	}
}

static void check_parsed(struct page *page, const char *path,
                         const struct template *template)
{
	struct arena *arena = page->check->arena;
	const struct name_use *uses;
	size_t count;

	template_names(template, &uses, &count);
	for (size_t i = 0; i < count; i++)
		check_name(page, path, &uses[i]);
	template_partials(template, &uses, &count);
	for (size_t i = 0; i < count; i++) {
		const struct place place = { path, uses[i].pos };

		add_path(page,
		         arena_printf(arena, "templates/%s", uses[i].name),
		         place);
	}
}

/* A missing file is an error where it is named, others where they are. Without
 * a place somebody else reports that the file is missing. */
static void add_errors(struct page *page, struct place place,
                       struct errors *found)
{
	for (size_t i = 0; i < found->count; i++) {
		struct error *err = &found->items[i];
		struct error *added;

		if (err->code != ERR_MISSING) {
			errors_take(page->check->errors, err);
			continue;
		}
		if (place.file == NULL)
			continue;
		added = errors_add(page->check->errors, ERR_CONFIG, place.file,
		                   place.pos, "%s", err->message);
		if (err->hint != NULL)
			error_hint(added, "%s", err->hint);
	}
}

void check_page(struct check *check, const char *path, const struct step *step,
                struct place place)
{
	struct page page = { .check = check, .step = step };

	add_path(&page, path, place);
	for (size_t i = 0; i < page.count; i++) {
		auto_errors struct errors found = { 0 };
		const struct template *template = workspace_template(
		        check->workspace, page.paths[i], &found);

		if (template != NULL)
			check_parsed(&page, page.paths[i], template);
		else
			add_errors(&page, page.places[i], &found);
	}
}

void check_agent(struct check *check, const struct agent *agent)
{
	const struct place prompt = { agent->path, agent->prompt_pos };
	const struct place system = { agent->path, agent->system_pos };
	const struct place offline = { agent->path, agent->offline_pos };

	check_page(check, agent->prompt, NULL, prompt);
	if (agent->system != NULL)
		check_page(check, agent->system, NULL, system);
	check_page(check, agent->offline, NULL, offline);
}
