/*
 * read: files as data. One path gives the data, a pattern a list by path, in
 * which a file that holds a list (rows of CSV, say) stands with its items.
 *
 * The key is made of the configuration, of each file's blob and of the values
 * that the condition uses but does not take from the items.
 */
#include <string.h>

#include "engine/job/columns.h"
#include "engine/job/document.h"
#include "engine/job/type.h"
#include "engine/steps/kinds.h"
#include "store/base/buf.h"
#include "store/base/csv.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

static const char *const decimal_words[] = { ".", ",", NULL };
static const char *const encoding_words[] = { "utf-8", "windows-1252", NULL };
static const char *const missing_words[] = { "empty", NULL };

static const struct field csv_fields[] = {
	{
	        .name = "delimiter",
	        .type = FIELD_TEXT,
	        .otherwise = ",",
	        .help = "the character between two cells",
	        .example = "\";\"",
	},
	{
	        .name = "decimal",
	        .type = FIELD_WORD,
	        .words = decimal_words,
	        .otherwise = ".",
	        .help = "how columns of numbers are written: 1234.56, or "
	                "1234,56 and 1.234,56",
	        .example = "\",\"",
	},
	{
	        .name = "encoding",
	        .type = FIELD_WORD,
	        .words = encoding_words,
	        .otherwise = "utf-8",
	        .help = "how it spells characters; windows-1252 includes "
	                "ISO 8859-1",
	        .example = "windows-1252",
	},
	{
	        .name = "skip",
	        .type = FIELD_INT,
	        .max = 1000,
	        .otherwise = "0",
	        .help = "lines before the header",
	        .example = "4",
	},
	{
	        .name = "header",
	        .type = FIELD_NAMES,
	        .help = "names of the columns, when no line of the file has "
	                "them",
	        .example = "[date, payee, amount]",
	},
	{ 0 },
};

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
	{
	        .name = "where",
	        .type = FIELD_EXPRESSION,
	        .help = "which of the files of a pattern, or of the items of a "
	                "list: a condition over the fields of each",
	        .example = "status = 'active'",
	},
	{
	        .name = "columns",
	        .type = FIELD_TYPES,
	        .help = "types of a CSV file's columns; without one a cell is "
	                "a string",
	        .example = "{ client: slug, date: date, minutes: integer }",
	},
	{
	        .name = "csv",
	        .type = FIELD_MAP,
	        .fields = csv_fields,
	        .help = "how a CSV file is written, if not as usual",
	        .example = "{ delimiter: \";\", decimal: \",\" }",
	},
	{
	        .name = "missing",
	        .type = FIELD_WORD,
	        .words = missing_words,
	        .help = "no file is no error: a pattern gives an empty list, a "
	                "path null",
	        .example = "empty",
	},
	{ 0 },
};

/* What prepare found: the files, parsed only when the key is new. */
struct found {
	bool is_pattern;
	struct file_entry *entries;
	size_t count;
	const struct expr *where; /* or NULL */
};

/* ---- What is known before it runs ---------------------------------------- */

/* The ending of the files, "" when it is not known yet. */
static const char *known_ending(const struct value *config)
{
	const char *ending = path_ending(value_get_text(config, "path", ""));

	return strpbrk(ending, "}*") ? "" : ending;
}

static void check_csv(const struct value *csv, const char *file,
                      struct errors *errors)
{
	const struct value *delimiter = value_get(csv, "delimiter");
	const struct value *header = value_get(csv, "header");
	auto_arena struct arena arena = { 0 };
	struct value *names = value_map(&arena);

	if (delimiter &&
	    (delimiter->length != 1 || strchr("\"\r\n", *delimiter->text) ||
	     (unsigned char)*delimiter->text > 0x7e))
		errors_add(errors, ERR_CONFIG, file, delimiter->pos,
		           "\"delimiter\" must be one ASCII character, and no "
		           "quote or line end");
	if (header && header->length == 0)
		errors_add(errors, ERR_CONFIG, file, header->pos,
		           "\"header\" names no column");
	for (size_t i = 0; header && i < header->length; i++) {
		const struct value *name = header->items[i];
		if (value_get(names, name->text))
			errors_add(errors, ERR_CONFIG, file, name->pos,
			           "two columns are named \"%s\"", name->text);
		value_map_set(&arena, names, name->text, value_null(&arena));
	}
}

static void read_check(const struct value *config, const char *file,
                       struct errors *errors)
{
	static const char *const keys[] = { "columns", "csv" };
	const struct value *columns = value_get(config, "columns");
	const char *ending = known_ending(config);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct member *member = value_member(config, keys[i]);
		if (member && *ending && !text_equal(ending, ".csv"))
			errors_add(errors, ERR_CONFIG, file, member->pos,
			           "\"%s\" is for CSV files, and the path ends "
			           "in \"%s\"",
			           keys[i], ending);
	}
	if (columns)
		(void)columns_check(columns, file, errors);
	check_csv(value_get(config, "csv"), file, errors);
}

/* Whether one path, as far as it is known, gives a list. */
static bool is_list_of_items(const struct value *config)
{
	return value_get(config, "columns") || value_get(config, "where") ||
	       text_equal(known_ending(config), ".csv");
}

/* The body of a Markdown file, and where a file was read, are fields as well
 * as those that are declared. */
static bool may_have_text(const struct value *config)
{
	const char *ending = known_ending(config);

	return !*ending || text_equal(ending, ".md");
}

static bool may_have_file(const struct value *config)
{
	return path_is_pattern(value_get_text(config, "path", "")) ||
	       !is_list_of_items(config);
}

static bool is_declared(const struct value *config, const char *name)
{
	return value_get(value_get(config, "columns"), name) ||
	       value_get(value_get(config, "expect"), name) ||
	       (text_equal(name, "text") && may_have_text(config)) ||
	       (text_equal(name, "file") && may_have_file(config));
}

static enum name_owner read_owner(const struct value *config, const char *key,
                                  const char *head)
{
	(void)key; /* there is one expression */
	if (!value_get(config, "expect") && !value_get(config, "columns"))
		return NAME_EITHER;
	return is_declared(config, head) ? NAME_OWN : NAME_OUTER;
}

/* What is declared of each file or row. */
static const struct shape *item_shape(const struct value *config,
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
	struct value *declared = value_map(arena);
	const struct value *parts[] = { value_get(config, "columns"),
		                        value_get(config, "expect") };
	struct shape_field *fields;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (size_t k = 0; parts[i] && k < parts[i]->length; k++)
			value_map_set(arena, declared,
			              parts[i]->members[k].name,
			              parts[i]->members[k].value);

	struct shape *shape = types_shape(declared, arena);
	fields = arena_array(arena, shape->count + 2, sizeof(*fields));
	if (shape->count)
		memcpy(fields, shape->fields, shape->count * sizeof(*fields));
	if (may_have_text(config) && !value_get(declared, "text"))
		fields[shape->count++] =
		        (struct shape_field){ "text", &text,
			                      "the body of a Markdown file" };
	if (may_have_file(config) && !value_get(declared, "file"))
		fields[shape->count++] =
		        (struct shape_field){ "file", &file, NULL };
	shape->fields = fields;
	return shape;
}

static const struct shape *read_shape(struct workspace *workspace,
                                      const struct step *step,
                                      struct arena *arena)
{
	const struct value *config = step->config;
	const char *path = value_get_text(config, "path", "");

	(void)workspace; /* the declaration alone says it */
	if (!value_get(config, "expect") && !value_get(config, "columns"))
		return NULL;
	const struct shape *item = item_shape(config, arena);
	if (!path_is_pattern(path) && !is_list_of_items(config))
		return item;
	struct shape *list = arena_new(arena, struct shape);
	list->kind = SHAPE_LIST;
	list->item = item;
	return list;
}

/* ---- Finding ------------------------------------------------------------- */

static bool may_be_missing(const struct step_run *run)
{
	return value_get(run->config, "missing");
}

static int nothing_found(const struct step_run *run, const char *what,
                         const char *path, struct error *err)
{
	step_error(run, err, "%s \"%s\"", what, path);
	return error_hint(err, "Say \"missing: empty\" if there may be none.");
}

static int find_one(struct step_run *run, const char *path, struct found *found,
                    struct error *err)
{
	found->entries = arena_new(run->arena, struct file_entry);
	found->entries[0].path = path;
	int there = files_find(run->files, path, LIMIT_DATA_FILE,
	                       &found->entries[0].oid, err);
	if (there > 0)
		found->count = 1;
	return there < 0 ? -1 : 0;
}

static int prepare_where(struct step_run *run, struct found *found,
                         struct error *err)
{
	const struct value *where = value_get(run->config, "where");

	if (!where)
		return 0;
	found->where = expr_parse(run->arena, run->job->path, where,
	                          step_customs(run).engine, err);
	if (!found->where)
		return -1;
	step_ingredient_names(run, "where", found->where);
	step_ingredient_customs(run, where);
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
	if (found->count == 0 && !may_be_missing(run))
		return nothing_found(run,
		                     found->is_pattern ? "no file fits"
		                                       : "there is no file",
		                     path, err);
	for (size_t i = 0; i < found->count; i++)
		step_ingredient_file(run, "files", found->entries[i].path,
		                     &found->entries[i].oid);
	run->prepared = found;
	return prepare_where(run, found, err);
}

/* ---- Reading ------------------------------------------------------------- */

static struct value *parse_csv(struct step_run *run, const char *path,
                               const struct buf *bytes, struct error *err)
{
	const struct value *csv = value_get(run->config, "csv");
	const struct value *columns = value_get(run->config, "columns");
	const struct csv_format format = {
		.delimiter = *value_get_text(csv, "delimiter", ","),
		.windows = text_equal(value_get_text(csv, "encoding", ""),
		                      "windows-1252"),
		.skip = (size_t)value_get_int(csv, "skip", 0),
		.header = value_get(csv, "header"),
	};
	struct value *rows = csv_parse(run->arena, path, bytes->at, bytes->len,
	                               &format, err);

	if (rows && columns &&
	    columns_apply(run->arena, columns,
	                  *value_get_text(csv, "decimal", "."), rows, path,
	                  err) < 0)
		return NULL;
	return rows;
}

static struct value *parse_file(struct step_run *run, const char *path,
                                const struct buf *bytes, struct error *err)
{
	static const char *const keys[] = { "columns", "csv" };

	if (document_is_csv(path))
		return parse_csv(run, path, bytes, err);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!value_get(run->config, keys[i]))
			continue;
		step_error(run, err,
		           "\"%s\" is for CSV files, and \"%s\" is none",
		           keys[i], path);
		return NULL;
	}
	return document_parse(run->arena, path, bytes->at, bytes->len, err);
}

/* Whether the data has the declared fields, or each item of it. */
static int check_expected(const struct step_run *run, const struct value *data,
                          const char *path, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	const struct value *expect = value_get(run->config, "expect");
	const char *pattern = value_get_text(run->config, "path", "");
	bool list = data->kind == VALUE_LIST &&
	            (path_is_pattern(pattern) || is_list_of_items(run->config));

	for (size_t i = 0; expect && i < (list ? data->length : 1); i++) {
		if (types_fit(expect, list ? data->items[i] : data, path,
		              &errors))
			continue;
		error_move(err, &errors.items[0]);
		return -1;
	}
	return 0;
}

static struct value *read_file(struct step_run *run, const char *path,
                               struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);

	int there = files_read(run->files, path, &bytes, NULL, err);
	if (there <= 0) {
		if (there == 0)
			step_error(run, err, "there is no file \"%s\"", path);
		return NULL;
	}
	struct value *data = parse_file(run, path, &bytes, err);
	return data && check_expected(run, data, path, err) == 0 ? data : NULL;
}

/* ---- Choosing ------------------------------------------------------------ */

struct choice {
	struct step_run *run;
	const struct expr *where; /* NULL: everything */
	struct render render;     /* of the condition */
	struct value *list;
};

static int choose(struct choice *choice, struct value *item, const char *path,
                  struct error *err)
{
	const struct frame frame = { item, choice->run->frame };
	struct render render = choice->render;
	int fits = 1;

	render.frame = &frame;
	if (choice->where)
		fits = expr_is_true(choice->where, &render, err);
	if (fits < 0)
		return error_wrap(err, "%s:%u", path, item->pos.line);
	if (fits)
		value_list_add(choice->run->arena, choice->list, item);
	return 0;
}

/* A list is so many items, each with the path if that is not the step's. */
static int choose_from(struct choice *choice, struct value *data,
                       const char *path, bool with_path, struct error *err)
{
	struct arena *arena = choice->run->arena;
	struct value *file = value_map(arena);

	if (data->kind != VALUE_LIST)
		return choose(choice, document_with_path(arena, data, path),
		              path, err);
	value_map_text(arena, file, "path", path);
	for (size_t i = 0; i < data->length; i++) {
		struct value *item = data->items[i];
		if (with_path && item->kind == VALUE_MAP)
			value_map_set(arena, item, "file", file);
		if (choose(choice, item, path, err) < 0)
			return -1;
	}
	return 0;
}

/* What one path gives. */
static int read_one(struct choice *choice, const char *path, struct error *err)
{
	struct step_run *run = choice->run;
	struct value *data = read_file(run, path, err);

	if (!data)
		return -1;
	if (!choice->where) {
		run->output = document_with_path(run->arena, data, path);
		return 0;
	}
	if (data->kind != VALUE_LIST)
		return step_error(run, err,
		                  "\"where\" chooses from a list, and \"%s\" "
		                  "holds a %s",
		                  path, value_kind_name(data->kind));
	run->output = choice->list;
	return choose_from(choice, data, path, false, err);
}

static int read_all(struct choice *choice, const struct found *found,
                    struct error *err)
{
	choice->run->output = choice->list;
	for (size_t i = 0; i < found->count; i++) {
		const char *path = found->entries[i].path;
		struct value *data = read_file(choice->run, path, err);
		if (!data || choose_from(choice, data, path, true, err) < 0)
			return -1;
	}
	return 0;
}

static int read_start(struct step_run *run, struct error *err)
{
	const struct found *found = run->prepared;
	struct choice choice = {
		.run = run,
		.where = found->where,
		.render = step_customs(run),
		.list = value_list(run->arena),
	};

	if (found->is_pattern)
		return read_all(&choice, found, err);
	if (found->count == 1)
		return read_one(&choice, found->entries[0].path, err);
	run->output = value_null(run->arena);
	return 0;
}

const struct step_kind step_read = {
	.name = "read",
	.help = "files at a path or pattern, as data",
	.flags = KIND_COMPUTES,
	.format = 2, /* a CSV file was a text, a list within a list */
	.fields = read_fields,
	.check = read_check,
	.owner = read_owner,
	.shape = read_shape,
	.prepare = read_prepare,
	.start = read_start,
};
