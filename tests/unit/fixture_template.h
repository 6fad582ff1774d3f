/*
 * Templates as texts, with partials and data that stand in the test.
 */
#ifndef TESTS_FIXTURE_TEMPLATE_H
#define TESTS_FIXTURE_TEMPLATE_H

#include "engine/job/template.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "tests/unit/unit.h"

/* Partials by name, as a list that ends in NULL. */
struct book {
	struct arena *arena;
	const char *const *pages; /* name, text, name, text, …, NULL */
};

static inline struct value *source_of(struct arena *arena, const char *text)
{
	struct value *source = value_string(arena, text);

	source->style = STYLE_PLAIN;
	source->pos = (struct pos){ 1, 1 };
	return source;
}

static inline const struct template *find_page(void *state, const char *name,
                                               struct error *err)
{
	const struct book *book = state;
	const char *const *page = book->pages;

	for (; page && page[0]; page += 2)
		if (strcmp(page[0], name) == 0)
			return template_parse(book->arena, name,
			                      source_of(book->arena, page[1]),
			                      err);
	error_set(err, ERR_MISSING, "there is no template \"%s\"", name);
	return NULL;
}

static inline struct value *data_of(struct arena *arena, const char *json)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        json_parse(arena, "the test", json, strlen(json), &err);

	if (!value)
		fail_msg("%s: %s", json, err.message);
	return value;
}

/* The rendered text in `arena`, or NULL with `err`. */
static inline char *render(struct arena *arena, const char *text,
                           const char *json, const char *const *pages,
                           enum escape escape, bool strict, struct error *err)
{
	auto_buf struct buf out = buf_make(LIMIT_RENDERED);
	struct book book = { arena, pages };
	struct render how = {
		.scope = data_of(arena, json),
		.escape = escape,
		.strict = strict,
		.partial = find_page,
		.state = &book,
	};
	const struct template *template =
	        template_parse(arena, "t", source_of(arena, text), err);

	if (!template || template_render(template, &how, &out, err) < 0)
		return NULL;
	return arena_strdup(arena, out.at);
}

#endif
