/*
 * Trees of values with templates in them. All functions recurse over a tree
 * that a reader has bounded to LIMIT_YAML_DEPTH levels.
 *
 * A value that comes in through a tag is data of some other file, so it gets
 * the position of the text that named it: that is what the author can change.
 */
#include <string.h>

#include "engine/job/template.h"
#include "store/base/limits.h"

static bool has_tag(const struct value *value)
{
	return value->kind == VALUE_STRING && strstr(value->text, "{{");
}

bool render_has_tags(const struct value *value)
{
	if (has_tag(value))
		return true;
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->length; i++)
		if (render_has_tags(value->items[i]))
			return true;
	for (size_t i = 0; value->kind == VALUE_MAP && i < value->length; i++)
		if (render_has_tags(value->members[i].value))
			return true;
	return false;
}

/* Everything at and below `value` stands where `source` does. */
static void place(struct value *value, const struct value *source)
{
	value->pos = source->pos;
	if (value->kind == VALUE_STRING)
		value->style = STYLE_NONE;
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->length; i++)
		place(value->items[i], source);
	for (size_t i = 0; value->kind == VALUE_MAP && i < value->length; i++) {
		value->members[i].pos = source->pos;
		place(value->members[i].value, source);
	}
}

static int render_text(struct arena *arena, const char *file,
                       const struct value *source, const struct render *render,
                       struct value **ret, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);
	struct template *template = template_parse(arena, file, source, err);

	if (!template)
		return -1;
	if (template_single(template)) {
		if (template_value(template, render, arena, ret, err) < 0)
			return -1;
	} else {
		if (template_render(template, render, &text, err) < 0)
			return -1;
		*ret = value_bytes(arena, text.at, text.len);
	}
	place(*ret, source);
	return 0;
}

static int render_list(struct arena *arena, const char *file,
                       const struct value *source, const struct render *render,
                       struct value *list, struct error *err)
{
	for (size_t i = 0; i < source->length; i++) {
		struct value *item;

		if (render_value(arena, file, source->items[i], render, &item,
		                 err) < 0)
			return -1;
		value_list_add(arena, list, item);
	}
	return 0;
}

static int render_map(struct arena *arena, const char *file,
                      const struct value *source, const struct render *render,
                      struct value *map, struct error *err)
{
	for (size_t i = 0; i < source->length; i++) {
		const struct member *member = &source->members[i];
		struct value *value;

		if (render_value(arena, file, member->value, render, &value,
		                 err) < 0)
			return -1;
		value_map_set(arena, map, member->name, value);
		map->members[map->length - 1].pos = member->pos;
	}
	return 0;
}

int render_value(struct arena *arena, const char *file,
                 const struct value *source, const struct render *render,
                 struct value **ret, struct error *err)
{
	struct value *made;

	if (source->kind != VALUE_LIST && source->kind != VALUE_MAP) {
		if (has_tag(source))
			return render_text(arena, file, source, render, ret,
			                   err);
		*ret = value_copy(arena, source);
		return 0;
	}
	if (source->kind == VALUE_LIST) {
		made = value_list(arena);
		if (render_list(arena, file, source, render, made, err) < 0)
			return -1;
	} else {
		made = value_map(arena);
		if (render_map(arena, file, source, render, made, err) < 0)
			return -1;
	}
	made->pos = source->pos;
	*ret = made;
	return 0;
}

static void text_names(struct arena *arena, const char *file,
                       const struct value *source, struct name_use **uses,
                       size_t *count, struct errors *errors)
{
	auto_error struct error err = { 0 };
	struct template *template = template_parse(arena, file, source, &err);
	const struct name_use *names;
	size_t name_count;

	if (!template) {
		(void)errors_take(errors, &err);
		return;
	}
	template_names(template, &names, &name_count);
	for (size_t i = 0; i < name_count; i++) {
		*uses = arena_grow(arena, *uses, *count, sizeof(**uses));
		(*uses)[(*count)++] = names[i];
	}
}

void render_names(struct arena *arena, const char *file,
                  const struct value *source, struct name_use **uses,
                  size_t *count, struct errors *errors)
{
	if (has_tag(source))
		text_names(arena, file, source, uses, count, errors);
	for (size_t i = 0; source->kind == VALUE_LIST && i < source->length;
	     i++)
		render_names(arena, file, source->items[i], uses, count,
		             errors);
	for (size_t i = 0; source->kind == VALUE_MAP && i < source->length; i++)
		render_names(arena, file, source->members[i].value, uses, count,
		             errors);
}
