/*
 * read: files as data. One path gives the data, a pattern a list by path.
 */
#include <string.h>

#include "engine/job/document.h"
#include "engine/job/type.h"
#include "engine/steps/kinds.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

static const struct field read_fields[] = {
	{
	        .name = "path",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "a file, or a pattern with * and **",
	        .example = "\"{{inputs.brief}}\"",
	},
	{
	        .name = "expect",
	        .type = FIELD_TYPES,
	        .help = "fields that must be there, each with its type",
	        .example = "{ client: slug, budget: optional number }",
	},
	{ .name = "where", .later = true, .help = "which of them" },
	{ .name = "columns", .later = true, .help = "types of CSV columns" },
	{ .name = "csv", .later = true, .help = "how a CSV file is written" },
	{ .name = "missing", .later = true, .help = "when there is none" },
	{ 0 },
};

/* What prepare found: the files, parsed only when the key is new. */
struct found {
	bool is_pattern;
	struct file_entry *entries;
	size_t count;
};

static const struct shape *read_shape(struct workspace *workspace,
                                      const struct step *step,
                                      struct arena *arena)
{
	static const struct shape text = { .kind = SHAPE_TEXT };
	static const struct shape_field file_fields[] = {
		{ "path", &text, "where it was read" },
	};
	static const struct shape file = {
		.kind = SHAPE_MAP,
		.fields = file_fields,
		.count = ARRAY_LEN(file_fields),
	};
	const struct value *expect = value_get(step->config, "expect");
	const char *path = value_get_text(step->config, "path", "");

	(void)workspace; /* the declaration alone says it */
	if (!expect || path_is_pattern(path))
		return NULL;
	struct shape *declared = types_shape(expect, arena);
	struct shape_field *fields =
	        arena_array(arena, declared->count + 2, sizeof(*fields));
	size_t count = declared->count;
	memcpy(fields, declared->fields, count * sizeof(*fields));
	if (!value_get(expect, "text"))
		fields[count++] =
		        (struct shape_field){ "text", &text,
			                      "the body of a Markdown file" };
	if (!value_get(expect, "file"))
		fields[count++] = (struct shape_field){ "file", &file, NULL };
	declared->fields = fields;
	declared->count = count;
	return declared;
}

static int find_one(struct step_run *run, const char *path, struct found *found,
                    struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);

	found->entries = arena_new(run->arena, struct file_entry);
	found->entries[0].path = path;
	int there = files_read(run->files, path, &bytes, &found->entries[0].oid,
	                       err);
	if (there < 0)
		return -1;
	if (there == 0)
		return step_error(run, err, "there is no file \"%s\"", path);
	found->count = 1;
	return 0;
}

static int read_prepare(struct step_run *run, struct error *err)
{
	struct found *found = arena_new(run->arena, struct found);
	const char *path = value_get_text(run->config, "path", "");

	if (path_check(path, err) < 0)
		return error_wrap(err, "cannot read \"%s\"", path);
	found->is_pattern = path_is_pattern(path);
	int status = found->is_pattern
	                     ? files_list(run->files, run->arena, path,
	                                  &found->entries, &found->count, err)
	                     : find_one(run, path, found, err);
	if (status < 0)
		return -1;
	for (size_t i = 0; i < found->count; i++)
		step_ingredient_file(run, "files", found->entries[i].path,
		                     &found->entries[i].oid);
	run->prepared = found;
	return 0;
}

static struct value *read_file(struct step_run *run, const char *path,
                               struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
	auto_errors struct errors errors = { 0 };
	const struct value *expect = value_get(run->config, "expect");

	int there = files_read(run->files, path, &bytes, NULL, err);
	if (there <= 0) {
		if (there == 0)
			step_error(run, err, "there is no file \"%s\"", path);
		return NULL;
	}
	struct value *data =
	        document_parse(run->arena, path, bytes.at, bytes.len, err);
	if (!data)
		return NULL;
	if (expect && !types_fit(expect, data, path, &errors)) {
		error_move(err, &errors.items[0]);
		return NULL;
	}
	return document_with_path(run->arena, data, path);
}

static int read_start(struct step_run *run, struct error *err)
{
	const struct found *found = run->prepared;
	struct value *list = value_list(run->arena);

	for (size_t i = 0; i < found->count; i++) {
		struct value *data =
		        read_file(run, found->entries[i].path, err);
		if (!data)
			return -1;
		value_list_add(run->arena, list, data);
	}
	run->output = found->is_pattern ? list : list->items[0];
	return 0;
}

const struct step_kind step_read = {
	.name = "read",
	.help = "files at a path or pattern, as data",
	.flags = KIND_COMPUTES,
	.format = 1,
	.fields = read_fields,
	.shape = read_shape,
	.prepare = read_prepare,
	.start = read_start,
};
