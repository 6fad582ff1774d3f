/*
 * Patterns are listed one by one, and their sorted lists made one. What a
 * program says is one text or one JSON value; with `files` it is a map of that
 * and of what lies in its folder.
 */
#include "engine/io/launch.h"

#include <string.h>

#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define SYSTEM_PATH "/usr/local/bin:/usr/bin:/bin"

static bool gives_json(const struct value *config)
{
	return text_equal(value_get_text(config, "format", "text"), "json");
}

const struct shape *launch_shape(const struct value *config)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	static const struct shape text = { .kind = SHAPE_TEXT };
	static const struct shape_field of_file[] = {
		{ .name = "path", .shape = &text },
		{ .name = "text", .shape = &text },
	};
	static const struct shape file = {
		.kind = SHAPE_MAP,
		.fields = of_file,
		.count = ARRAY_LEN(of_file),
	};
	static const struct shape files = { .kind = SHAPE_LIST, .item = &file };
	static const struct shape_field with_text[] = {
		{ .name = "files", .shape = &files },
		{ .name = "text", .shape = &text },
	};
	static const struct shape_field with_json[] = {
		{ .name = "files", .shape = &files },
		{ .name = "json", .shape = &any },
	};
	static const struct shape both[] = {
		{ .kind = SHAPE_MAP, .fields = with_text, .count = 2 },
		{ .kind = SHAPE_MAP, .fields = with_json, .count = 2 },
	};

	bool json = gives_json(config);

	if (value_get(config, "files"))
		return &both[json];
	return json ? NULL : &text;
}

/* ---- What it sees -------------------------------------------------------- */

/* Two sorted lists as one. */
static struct file_entry *merge(struct arena *arena, struct file_entry *a,
                                size_t *count, struct file_entry *b,
                                size_t more)
{
	size_t total = *count + more;
	struct file_entry *both = arena_array(arena, total, sizeof(*both));
	size_t at = 0;
	size_t i = 0;
	size_t k = 0;

	if (*count == 0) {
		*count = more;
		return b;
	}
	while (i < *count || k < more) {
		int order = i == *count ? 1
		            : k == more ? -1
		                        : strcmp(a[i].path, b[k].path);
		both[at++] = order <= 0 ? a[i] : b[k];
		i += order <= 0;
		k += order >= 0;
	}
	*count = at;
	return both;
}

/* files_list(), or files_names(). */
typedef int lister(struct files *files, struct arena *arena,
                   const char *pattern, struct file_entry **ret,
                   size_t *ret_count, struct error *err);

static int list_files(struct arena *arena, struct files *files, lister *list,
                      const struct value *patterns, struct checkout_view *ret,
                      struct error *err)
{
	bool is_list = patterns && patterns->kind == VALUE_LIST;
	size_t pattern_count = is_list ? patterns->length : 1;
	struct file_entry *all = NULL;
	size_t count = 0;

	for (size_t i = 0; i < pattern_count; i++) {
		const char *pattern = is_list    ? patterns->items[i]->text
		                      : patterns ? patterns->text
		                                 : "**";
		struct file_entry *found;
		size_t more;
		if (list(files, arena, pattern, &found, &more, err) < 0)
			return -1;
		all = merge(arena, all, &count, found, more);
	}
	*ret = (struct checkout_view){ files, all, count };
	return 0;
}

int launch_files(struct arena *arena, struct files *files,
                 const struct value *patterns, struct checkout_view *ret,
                 struct error *err)
{
	return list_files(arena, files, files_list, patterns, ret, err);
}

/* ---- What it is started with --------------------------------------------- */

const char **launch_script(struct arena *arena, const char *script)
{
	const char *const words[] = { "sh", "-eu", "-c", script, NULL };
	const char **argv = arena_array(arena, ARRAY_LEN(words), sizeof(*argv));

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		argv[i] = words[i];
	return argv;
}

const char *launch_word(struct arena *arena, const struct value *value)
{
	switch (value->kind) {
	case VALUE_STRING:
	case VALUE_NUMBER:
		return value->text;
	case VALUE_BOOL:
		return value->boolean ? "true" : "false";
	case VALUE_NULL:
		return "";
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return json_canonical(arena, value);
}

const char **launch_env(struct arena *arena, const char *out,
                        const struct value *const *given, size_t count)
{
	const struct {
		const char *name, *value;
	} usual[] = {
		{ "PATH", SYSTEM_PATH },
		{ "LANG", "C.UTF-8" },
		{ "HOME", out },
		{ "TMPDIR", arena_printf(arena, "%s/tmp", out) },
		{ "REEVE_OUT", out },
	};
	struct value *all = value_map(arena);

	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		value_map_text(arena, all, usual[i].name, usual[i].value);
	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; given[i] && n < given[i]->length; n++)
			value_map_set(arena, all, given[i]->members[n].name,
			              given[i]->members[n].value);
	const char **result =
	        arena_array(arena, all->length + 1, sizeof(*result));
	for (size_t i = 0; i < all->length; i++)
		result[i] =
		        arena_printf(arena, "%s=%s", all->members[i].name,
		                     launch_word(arena, all->members[i].value));
	return result;
}

const char *launch_kept_name(struct arena *arena, const char *run,
                             const char *step, const char *item)
{
	char *name = arena_printf(arena, "%s-%s%s%s", run, step,
	                          *item ? "-" : "", item);
	const size_t longest = 200;

	for (char *at = name; (at = strchr(at, '/'));)
		*at = '-';
	if (strlen(name) > longest)
		name[longest] = '\0';
	return name;
}

/* ---- What it leaves ------------------------------------------------------ */

/* Its standard output, as its format has it; NULL with err. */
static struct value *read_said(struct arena *arena, const struct value *config,
                               const struct buf *said, struct error *err)
{
	size_t len = said->len;

	if (!utf8_valid(said->at, len)) {
		error_set(err, ERR_FAILED, "its output is not valid UTF-8");
		return NULL;
	}
	if (gives_json(config))
		return json_parse(arena, "its output", said->at, len, err);
	while (len && said->at[len - 1] == '\n')
		len--;
	return value_bytes(arena, said->at, len);
}

/* One file that it has left: { path, text }. */
static struct value *file_of(struct arena *arena, struct files *files,
                             const char *path, struct buf *bytes,
                             struct error *err)
{
	size_t before = bytes->len;
	struct value *file = value_map(arena);

	if (files_read(files, path, bytes, NULL, err) < 0)
		return NULL;
	if (!utf8_valid(bytes->at + before, bytes->len - before)) {
		error_set(err, ERR_FAILED,
		          "the file \"%s\" that it has left is not valid "
		          "UTF-8",
		          path);
		return NULL;
	}
	value_map_text(arena, file, "path", path);
	value_map_set(
	        arena, file, "text",
	        value_bytes(arena, bytes->at + before, bytes->len - before));
	return file;
}

/* The `files` of its folder, as long together as an output may be. */
static struct value *files_of(struct arena *arena, const struct value *patterns,
                              const char *out, struct error *err)
{
	auto_files struct files *files = files_from_dir(out);
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	struct value *list = value_list(arena);
	struct checkout_view left;

	if (list_files(arena, files, files_names, patterns, &left, err) < 0)
		return NULL;
	for (size_t i = 0; i < left.count; i++) {
		const char *path = left.entries[i].path;
		if (text_starts(path, "tmp/"))
			continue;
		struct value *file = file_of(arena, files, path, &bytes, err);
		if (!file)
			return NULL;
		value_list_add(arena, list, file);
	}
	return list;
}

struct value *launch_output(struct arena *arena, const struct value *config,
                            const struct buf *said, const char *out,
                            struct error *err)
{
	const struct value *patterns = value_get(config, "files");
	struct value *value = read_said(arena, config, said, err);

	if (!value || !patterns)
		return value;
	struct value *files = files_of(arena, patterns, out, err);
	if (!files)
		return NULL;
	struct value *both = value_map(arena);
	value_map_set(arena, both, gives_json(config) ? "json" : "text", value);
	value_map_set(arena, both, "files", files);
	return both;
}
