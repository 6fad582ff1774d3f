/* A template, below a first line that is the JSON of what its names mean. */
#include "engine/job/template.h"
#include "store/base/json.h"
#include "tests/fuzz/fuzz.h"

/* A template may name itself as its partial. */
static const struct template *itself(void *state, const char *name,
                                     struct error *err)
{
	(void)name, (void)err;
	return *(struct template **)state;
}

static void render(struct template *template, const struct value *scope,
                   enum escape escape, bool strict)
{
	auto_buf struct buf text = buf_make(64 << 10);
	auto_error struct error err = { 0 };
	const struct render how = {
		.scope = scope,
		.escape = escape,
		.strict = strict,
		.partial = itself,
		.state = &template,
	};

	if (template_render(template, &how, &text, &err) < 0)
		must(err.code && err.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	const uint8_t *line = len ? memchr(bytes, '\n', len) : NULL;
	size_t data_len = line ? (size_t)(line - bytes) : 0;
	size_t skip = line ? data_len + 1 : 0;
	struct value *scope =
	        json_parse(&arena, "f", (const char *)bytes, data_len, &err);
	const struct name_use *names;
	size_t count;

	if (!scope || scope->kind != VALUE_MAP)
		scope = value_map(&arena);
	error_clear(&err);
	if (len == 0)
		return 0;
	struct template *template = template_parse(
	        &arena, "f", text_of(&arena, bytes + skip, len - skip), &err);
	if (!template) {
		must(err.code && err.message && err.pos.line > 0);
		return 0;
	}
	template_names(template, &names, &count);
	for (size_t i = 0; i < count; i++)
		must(names[i].pos.line > 0);
	for (enum escape escape = ESCAPE_NONE; escape <= ESCAPE_CSV; escape++)
		render(template, scope, escape, escape % 2 == 0);
	return 0;
}
