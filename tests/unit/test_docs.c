/*
 * docs/jobs.md against the program: its tables are those that the engine
 * checks files by, and the files in it make a workspace without an error. So
 * do those of docs/coming-from.md.
 *
 * A table stands between `<!-- table NAME -->` and `<!-- end -->`; UPDATE=1
 * (`make docs`) writes it there. A fenced block whose first line is a comment
 * with a path (`# jobs/proposal.yaml`) is a file. In docs/jobs.md each block of
 * YAML must be one.
 */
#include "tests/unit/unit.h"

#include "engine/bus/bus.h"
#include "engine/cycle/engine.h"
#include "engine/job/agent.h"
#include "engine/job/check.h"
#include "engine/job/config.h"
#include "engine/job/format.h"
#include "engine/job/job.h"
#include "engine/job/job_private.h"
#include "engine/job/type.h"
#include "engine/steps/step.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static const char table_mark[] = "<!-- table ";
static const char end_mark[] = "<!-- end -->";

/* ---- the tables */

static const struct {
	const char *name;
	const struct field *fields;
} field_tables[] = {
	{ "job", job_fields },           { "on", on_fields },
	{ "commit", commit_fields },     { "schedule", schedule_fields },
	{ "event", event_fields },       { "batch", batch_fields },
	{ "input", input_fields },       { "end_on", end_on_fields },
	{ "step", step_fields },         { "agent", agent_fields },
	{ "reeve.yaml", config_fields }, { "policy", policy_fields },
};

static void write_types(struct buf *ret)
{
	buf_add_text(ret, "| type | a value of it is |\n|---|---|\n");
	for (size_t i = 0; i < type_count; i++)
		buf_printf(ret, "| `%s` | %s |\n", types[i].name,
		           types[i].phrase);
}

static void write_formats(struct buf *ret)
{
	buf_add_text(ret, "| format | meaning |\n|---|---|\n");
	for (size_t i = 0; i < function_count; i++) {
		const char *bar = strchr(functions[i].example, '|');

		if (functions[i].apply == NULL)
			continue;
		/* In a table a bar must be escaped, in code, too. */
		buf_printf(ret, "| `%.*s\\%s` | %s |\n",
		           (int)(bar - functions[i].example),
		           functions[i].example, bar, functions[i].help);
	}
}

static void write_functions(struct buf *ret)
{
	buf_add_text(ret, "| function | meaning |\n|---|---|\n");
	for (size_t i = 0; i < function_count; i++)
		if (functions[i].most > 0 && functions[i].apply == NULL)
			buf_printf(ret, "| `%s` | %s |\n", functions[i].example,
			           functions[i].help);
}

static const char *result_of(const struct step_kind *kind)
{
	if ((kind->flags & KIND_COMPUTES) != 0)
		return "is reused";
	if ((kind->flags & KIND_ACTS) != 0)
		return "is made once a run";
	if ((kind->flags & KIND_BLOCK) != 0)
		return "is a list, one of each item";
	if ((kind->flags & KIND_PASSES) != 0)
		return "is what came";
	return (kind->flags & KIND_WALL) != 0 ? "is the approval"
	                                      : "is the job's outputs";
}

static void write_kinds(struct buf *ret)
{
	buf_add_text(ret, "| kind | does | takes | its result |\n"
	                  "|---|---|---|---|\n");
	for (size_t i = 0; step_kinds[i] != NULL; i++) {
		const struct step_kind *kind = step_kinds[i];

		buf_printf(ret, "| `%s` | %s | ", kind->name, kind->help);
		if (kind->names != NULL)
			buf_printf(ret, "the name of %s %s, and `with` | ",
			           strchr("aeiou", *kind->names) ? "an" : "a",
			           kind->names);
		else if ((kind->flags & KIND_BLOCK) != 0)
			buf_add_text(ret, "a list of steps | ");
		else
			buf_add_text(ret, "a map | ");
		buf_printf(ret, "%s%s |\n", result_of(kind),
		           kind->flags & KIND_ARTIFACT ? ", may be an artifact"
		                                       : "");
	}
}

/* The kinds that are refused by name. */
static void write_later_kinds(struct buf *ret)
{
	auto_arena struct arena arena = { 0 };
	const struct language language = engine_language();

	buf_add_text(ret, "| kind | does |\n|---|---|\n");
	for (const struct field *row = job_step_rows(&arena, &language);
	     row->name != NULL; row++)
		if (row->later && field_find(step_fields, row->name) == NULL)
			buf_printf(ret, "| `%s` | %s |\n", row->name,
			           row->help);
}

static void write_effects(struct buf *ret)
{
	buf_add_text(ret, "| effect | class | does | gives |\n"
	                  "|---|---|---|---|\n");
	for (size_t i = 0; bus_effects[i] != NULL; i++) {
		const struct effect *effect = bus_effects[i];

		buf_printf(ret, "| `%s` | %s | %s |", effect->name,
		           effect_class_name(effect->class), effect->help);
		for (const struct shape_field *row = effect->results;
		     row->name != NULL; row++)
			buf_printf(ret, "%s `%s`: %s",
			           row == effect->results ? "" : ";", row->name,
			           row->help);
		buf_add_text(ret, " |\n");
	}
}

static const struct {
	const char *name;
	void (*write)(struct buf *ret);
} other_tables[] = {
	{ "types", write_types },
	{ "formats", write_formats },
	{ "functions", write_functions },
	{ "kinds", write_kinds },
	{ "later kinds", write_later_kinds },
	{ "effects", write_effects },
};

/* The fields behind "kind read csv": of a map within the kind's map. */
static const struct field *inner_fields(const char *name)
{
	auto_arena struct arena arena = { 0 };

	for (size_t i = 0; step_kinds[i] != NULL; i++)
		for (const struct field *row = step_kinds[i]->fields;
		     step_kinds[i]->names == NULL && row->name != NULL; row++)
			if (row->fields != NULL &&
			    text_equal(name, arena_printf(&arena, "kind %s %s",
			                                  step_kinds[i]->name,
			                                  row->name)))
				return row->fields;
	return NULL;
}

/* "connector http" is of one endpoint, "connector http verify" of a map in it.
 */
static const struct field *connector_fields(const struct connector *connector,
                                            const char *name)
{
	auto_arena struct arena arena = { 0 };
	const struct field *rows = connector->settings;

	if (connector->family == NULL || !text_starts(name, "connector "))
		return NULL;
	name += strlen("connector ");
	if (connector->entry != NULL)
		rows = rows->fields;
	if (text_equal(name, connector->family))
		return rows;
	for (const struct field *row = rows; row->name != NULL; row++)
		if (text_equal(name,
		               arena_printf(&arena, "%s %s", connector->family,
		                            row->name)))
			return row->fields;
	return NULL;
}

/* The fields behind "kind gate", "effect email.send", "connector email". */
static const struct field *named_fields(const char *name)
{
	for (size_t i = 0; step_kinds[i] != NULL; i++)
		if (text_starts(name, "kind ") &&
		    step_kinds[i]->names == NULL &&
		    text_equal(name + strlen("kind "), step_kinds[i]->name))
			return step_kinds[i]->fields;
	for (size_t i = 0; connectors[i] != NULL; i++) {
		if (text_starts(name, "effect ") &&
		    text_equal(name + strlen("effect "),
		               connectors[i]->effect.name))
			return connectors[i]->effect.fields;
		const struct field *found =
		        connector_fields(connectors[i], name);
		if (found != NULL)
			return found;
	}
	return inner_fields(name);
}

/* Append the table `name`; false when there is none. */
static bool write_table(const char *name, struct buf *ret)
{
	const struct field *fields = named_fields(name);

	for (size_t i = 0; i < ARRAY_LEN(field_tables); i++)
		if (text_equal(field_tables[i].name, name))
			fields = field_tables[i].fields;
	if (fields != NULL) {
		fields_document(fields, ret);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(other_tables); i++)
		if (text_equal(other_tables[i].name, name)) {
			other_tables[i].write(ret);
			return true;
		}
	return false;
}

/* ---- the page */

static const char *page_path(struct arena *arena, const char *name)
{
	const char *top = getenv("REEVE_TOP");

	assert_non_null(top);
	return arena_printf(arena, "%s/docs/%s.md", top, name);
}

static char *read_page(struct arena *arena, const char *name)
{
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	auto_error struct error err = { 0 };

	if (file_read(page_path(arena, name), &text, &err) < 0)
		fail_msg("%s", err.message);
	return arena_strndup(arena, text.at, text.len);
}

/* The page with every table as it is in the program. */
static void renew(struct arena *arena, const char *page, struct buf *ret)
{
	bool inside = false;

	while (*page != '\0') {
		size_t len = strcspn(page, "\n");
		size_t whole = len + (page[len] == '\n');

		if (text_starts(page, end_mark))
			inside = false;
		if (!inside)
			buf_add(ret, page, whole);
		if (text_starts(page, table_mark)) {
			const char *from = page + strlen(table_mark);
			const char *name = arena_strndup(
			        arena, from,
			        len - strlen(table_mark) - strlen(" -->"));

			if (!write_table(name, ret))
				fail_msg("there is no table \"%s\"", name);
			inside = true;
		}
		page += whole;
	}
	assert_false(inside);
}

static void test_docs__tables_are_those_of_the_program(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf renewed = buf_make(LIMIT_YAML_FILE);
	auto_error struct error err = { 0 };
	const char *page = read_page(&arena, "jobs");

	UNUSED_STATE(state);
	renew(&arena, page, &renewed);
	if (text_equal(getenv("UPDATE"), "1") &&
	    !text_equal(renewed.at, page) &&
	    file_replace(page_path(&arena, "jobs"), renewed.at, renewed.len,
	                 0644, &err) < 0)
		fail_msg("%s", err.message);
	if (!text_equal(getenv("UPDATE"), "1") && !text_equal(renewed.at, page))
		fail_msg(
		        "docs/jobs.md is not as the program is: run make docs");
}

static void need_table(const char *page, const char *kind, const char *name)
{
	auto_arena struct arena arena = { 0 };
	const char *mark =
	        arena_printf(&arena, "%s%s%s -->\n", table_mark, kind, name);

	if (strstr(page, mark) == NULL)
		fail_msg("docs/jobs.md has no table \"%s%s\"", kind, name);
}

/* The table of a kind, and those of the maps within its map. */
static void need_kind(struct arena *arena, const char *page,
                      const struct step_kind *kind)
{
	need_table(page, "kind ", kind->name);
	for (const struct field *row = kind->fields; row->name != NULL; row++)
		if (row->fields != NULL)
			need_table(page, "kind ",
			           arena_printf(arena, "%s %s", kind->name,
			                        row->name));
}

static void test_docs__nothing_is_left_out(void **state)
{
	auto_arena struct arena arena = { 0 };
	const char *page = read_page(&arena, "jobs");

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(field_tables); i++)
		need_table(page, "", field_tables[i].name);
	for (size_t i = 0; i < ARRAY_LEN(other_tables); i++)
		need_table(page, "", other_tables[i].name);
	for (size_t i = 0; step_kinds[i] != NULL; i++)
		if (step_kinds[i]->names == NULL &&
		    step_kinds[i]->fields->name != NULL)
			need_kind(&arena, page, step_kinds[i]);
	for (size_t i = 0; connectors[i] != NULL; i++) {
		/* Several effects of a family may have the same fields. */
		if (connectors[i + 1] == NULL ||
		    connectors[i]->effect.fields !=
		            connectors[i + 1]->effect.fields)
			need_table(page, "effect ", connectors[i]->effect.name);
		if (connectors[i]->family != NULL)
			need_table(page, "connector ", connectors[i]->family);
	}
}

/* ---- its files */

/* The path in a comment that is a block's first line, or NULL. */
static const char *block_path(struct arena *arena, const char *line, size_t len)
{
	static const char *const comments[][2] = { { "# ", "" },
		                                   { "{{! ", " }}" } };

	for (size_t i = 0; i < ARRAY_LEN(comments); i++) {
		size_t before = strlen(comments[i][0]);
		size_t after = strlen(comments[i][1]);
		const char *path;

		if (len <= before + after || !text_starts(line, comments[i][0]))
			continue;
		path = arena_strndup(arena, line + before,
		                     len - before - after);
		if (strchr(path, ' ') == NULL && strchr(path, '.') != NULL)
			return path;
	}
	return NULL;
}

/* Write the files that the page shows into the folder. A block that is none is
 * counted when it is YAML. */
static size_t write_files(struct arena *arena, const char *page,
                          const char *folder, size_t *ret_others)
{
	auto_error struct error err = { 0 };
	size_t count = 0;

	for (const char *at = strstr(page, "\n```"); at != NULL;
	     at = strstr(at, "\n```")) {
		const char *begin = strchr(at + 1, '\n') + 1;
		const char *end = strstr(begin, "\n```");
		const char *path =
		        block_path(arena, begin, strcspn(begin, "\n"));

		assert_non_null(end);
		if (path == NULL)
			*ret_others += text_starts(at, "\n```yaml");
		else if (file_replace(
		                 arena_printf(arena, "%s/%s", folder, path),
		                 begin, (size_t)(end + 1 - begin), 0644,
		                 &err) < 0)
			fail_msg("%s", err.message);
		else
			count++;
		at = end + strlen("\n```");
	}
	return count;
}

/* How many files the page has, which are a workspace without a mistake. */
static size_t check_files(const char *name, size_t *ret_others)
{
	auto_arena struct arena arena = { 0 };
	auto_errors struct errors errors = { 0 };
	auto_errors struct errors warnings = { 0 };
	auto_error struct error err = { 0 };
	const struct language language = engine_language();
	size_t count =
	        write_files(&arena, read_page(&arena, name), name, ret_others);
	struct files *files = engine_work_files(&arena, name);
	struct workspace *workspace = workspace_new(files, &language);
	int status = check_workspace(workspace, &errors, &warnings, &err);

	if (errors.count > 0)
		fail_msg("%s:%u:%u: %s", errors.items[0].file,
		         errors.items[0].pos.line, errors.items[0].pos.column,
		         errors.items[0].message);
	if (warnings.count > 0)
		fail_msg("%s:%u:%u: %s", warnings.items[0].file,
		         warnings.items[0].pos.line,
		         warnings.items[0].pos.column,
		         warnings.items[0].message);
	workspace_free(workspace);
	files_free(files);
	assert_int_equal(status, 0);
	return count;
}

static void test_docs__files_are_in_order(void **state)
{
	size_t others = 0;

	UNUSED_STATE(state);
	assert_true(check_files("jobs", &others) >= 4);
	assert_int_equal(others, 0);
}

static void test_docs__files_beside_those_of_others_are_in_order(void **state)
{
	size_t theirs = 0;

	UNUSED_STATE(state);
	assert_true(check_files("coming-from", &theirs) >= 4);
	assert_int_equal(theirs, 2); /* of GitHub Actions and Dagu */
}
