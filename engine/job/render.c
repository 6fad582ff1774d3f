/*
 * Trees of values with templates in them. All functions recurse over a tree
 * that a reader has bounded to LIMIT_YAML_DEPTH levels.
 *
 * Most texts name values and do nothing else, as in "{{client.name}}, {{day}}":
 * they are written in one pass. What is more than that, or fails, is left to
 * the parsed template, which knows all rules and what to say.
 *
 * A value that comes in through a tag is data of some other file, so it gets
 * the position of the text that named it: that is what the author can change.
 */
#include <string.h>

#include "engine/job/template.h"
#include "store/base/limits.h"
#include "store/base/text.h"

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

/* The bytes of the name at `at`, with which its tag ends; 0: it is no name of
 * letters, digits, hyphens and underscores, or something is behind it. */
static size_t plain_name(const char *at)
{
	size_t len = 0;

	while (text_is_alpha(at[len]) || text_is_digit(at[len]) ||
	       at[len] == '_' || at[len] == '-' ||
	       (at[len] == '.' && len > 0 && at[len - 1] != '.'))
		len++;
	return len > 0 && at[len - 1] != '.' && text_starts(at + len, "}}")
	               ? len
	               : 0;
}

/* The value of the tag at `tag`, and the text behind it; NULL: it is not plain
 * or not there. */
static const struct value *plain_value(struct arena *arena, const char *tag,
                                       const struct render *render,
                                       const char **ret_behind)
{
	const struct frame alone = { render->scope, NULL };
	const char *at = tag + strlen("{{");
	size_t len = plain_name(at);

	if (len == 0)
		return NULL;
	const struct name name =
	        name_split(arena, arena_strndup(arena, at, len));
	*ret_behind = at + len + strlen("}}");
	return scope_find(render->frame ? render->frame : &alone, &name);
}

/* What the text becomes; NULL: that is for the template to say. */
static struct value *render_plain(struct arena *arena,
                                  const struct value *source,
                                  const struct render *render)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);
	const char *at = source->text;

	if (render->escape != ESCAPE_NONE || source->length > LIMIT_TEMPLATE)
		return NULL;
	for (const char *tag; (tag = strstr(at, "{{")) != NULL;) {
		const char *behind = NULL;
		const struct value *value =
		        plain_value(arena, tag, render, &behind);
		const char *said = value ? scope_text(value) : NULL;
		if (value && tag == source->text && !*behind)
			return value_copy(arena, value);
		if (!said)
			return NULL;
		buf_add(&text, at, (size_t)(tag - at));
		buf_add_text(&text, said);
		at = behind;
	}
	buf_add_text(&text, at);
	return text.over ? NULL : value_bytes(arena, text.at, text.len);
}

static int render_text(struct arena *arena, const char *file,
                       const struct value *source, const struct render *render,
                       struct value **ret, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);
	struct template *template;

	*ret = render_plain(arena, source, render);
	if (*ret) {
		place(*ret, source);
		return 0;
	}
	template = template_parse(arena, file, source, err);
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
