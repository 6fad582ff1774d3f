#include "engine/job/page.h"

#include <string.h>

#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static const char *partial_path(struct arena *arena, const char *name)
{
	return arena_printf(arena, "templates/%s", name);
}

static const struct template *load(const struct page *page, const char *path,
                                   struct error *err)
{
	auto_errors struct errors errors = { 0 };
	const struct template *template =
	        workspace_template(page->workspace, path, &errors);

	if (!template)
		error_move(err, &errors.items[0]);
	return template;
}

static const struct template *find_partial(void *state, const char *name,
                                           struct error *err)
{
	const struct page *page = state;

	return load(page, partial_path(page->arena, name), err);
}

/* What a page sees besides `with`. */
static const char *const outer_names[] = { "run", "company" };

/* A copy of what the name means, or NULL. */
static struct value *find(const struct page *page, const char *dotted)
{
	const struct name name = name_split(page->arena, dotted);
	const struct value *value = scope_find(page->frame, &name);

	return value ? value_copy(page->arena, value) : NULL;
}

static struct value *group(const struct page *page, struct value *ingredients,
                           const char *name)
{
	struct value *map = value_get(ingredients, name);

	if (!map) {
		map = value_map(page->arena);
		value_map_set(page->arena, ingredients, name, map);
	}
	return map;
}

/* `name` is the context `head` as a whole, as a section opens it, or one of
 * its fields. */
static bool is_within(const char *name, const char *head)
{
	size_t len = strlen(head);

	return text_starts(name, head) && (!name[len] || name[len] == '.');
}

static void add_names(const struct page *page, const struct template *template,
                      struct value *names)
{
	const struct name_use *uses;
	size_t count;

	template_names(template, &uses, &count);
	for (size_t i = 0; i < count; i++) {
		struct value *value = NULL;
		for (size_t k = 0; k < ARRAY_LEN(outer_names); k++)
			if (is_within(uses[i].name, outer_names[k]))
				value = find(page, uses[i].name);
		if (value)
			value_map_set(page->arena, names, uses[i].name, value);
	}
}

/* The file's blob id and names; its partials are appended to `paths`. */
static int add_file(const struct page *page, struct value *ingredients,
                    const char ***paths, size_t at, size_t *count,
                    struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_TEMPLATE);
	const char *path = (*paths)[at];
	const struct name_use *partials;
	size_t partial_count;
	struct oid oid;
	const struct template *template = load(page, path, err);

	if (!template)
		return -1;
	if (files_read(workspace_files(page->workspace), path, &bytes, &oid,
	               err) < 0)
		return -1;
	value_map_text(page->arena, group(page, ingredients, "templates"), path,
	               oid_text(page->arena, &oid));
	add_names(page, template, group(page, ingredients, "names"));
	template_partials(template, &partials, &partial_count);
	for (size_t i = 0; i < partial_count; i++) {
		*paths = arena_grow(page->arena, *paths, *count,
		                    sizeof(**paths));
		(*paths)[(*count)++] =
		        partial_path(page->arena, partials[i].name);
	}
	return 0;
}

/* A list of paths that grows while it is walked: partials may name each other
 * in circles. */
int page_ingredients(const struct page *page, struct value *ingredients,
                     struct error *err)
{
	const char **paths = arena_grow(page->arena, NULL, 0, sizeof(*paths));
	size_t count = 1;

	paths[0] = page->path;
	for (size_t i = 0; i < count; i++) {
		const struct value *known = value_get(ingredients, "templates");
		if (value_get(known, paths[i]))
			continue;
		if (add_file(page, ingredients, &paths, i, &count, err) < 0)
			return -1;
	}
	return 0;
}

int page_render(const struct page *page, const char **ret, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);
	auto_errors struct errors errors = { 0 };
	const struct template *template = load(page, page->path, err);
	const struct config *config =
	        workspace_config(page->workspace, &errors);
	struct value *scope = value_map(page->arena);
	struct page partials = *page;

	if (!template)
		return -1;
	value_map_set(page->arena, scope, "with",
	              value_copy(page->arena, page->with));
	for (size_t i = 0; i < ARRAY_LEN(outer_names); i++)
		value_map_set(page->arena, scope, outer_names[i],
		              find(page, outer_names[i]));
	struct render render = {
		.scope = scope,
		.escape = escape_for_path(page->path),
		.strict = page->strict,
		.partial = find_partial,
		.state = &partials,
		.locale = config ? config->locale : "en",
	};
	if (template_render(template, &render, &text, err) < 0)
		return -1;
	*ret = arena_strndup(page->arena, text.at, text.len);
	return 0;
}
