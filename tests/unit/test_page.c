#include "tests/unit/unit.h"

#include "engine/job/page.h"
#include "store/base/json.h"
#include "store/files.h"
#include "tests/unit/toy.h"

#define ROW(path, text)                                                        \
	{                                                                      \
		path, (const unsigned char *)(text), sizeof(text) - 1          \
	}

static const struct file_row rows[] = {
	ROW("reeve.yaml", "version: 1\nlocale: de\n"),
	ROW("templates/a.md", "{{with.name}} {{run.date}} {{> b.md}}{{> c.md}}"
	                      "{{> b.md}}{{company.name}} {{with.name}}\n"),
	ROW("templates/b.md", "B{{company.address.city}}{{> d/e.md}}\n"),
	ROW("templates/c.md", "C{{#with.deep}}{{> c.md}}{{/with.deep}}\n"),
	ROW("templates/d/e.md", "E{{run.job}}\n"),
	ROW("templates/all.md", "{{#run}}{{date}}{{/run}}{{#company}}{{name}}"
	                        "{{/company}}\n"),
	ROW("templates/frame.md", "{{#company}}{{$it}}{{> d/e.md}}{{/it}}"
	                          "{{/company}}\n"),
	ROW("templates/kid.md", "{{<frame.md}}{{$it}}{{name}} {{run.id}}"
	                        "{{> plain.md}}{{/it}}{{> lost.md}}"
	                        "{{/frame.md}}\n"),
	ROW("templates/lost.md", "{{> nowhere.md}}\n"),
	ROW("templates/broken.md", "{{#a}}\n"),
	ROW("templates/plain.md", "{{with.name}}\n"),
	ROW("templates/page.html", "<p>{{with.html}}</p>\n"),
	ROW("templates/odd.md", "{{steps.read.state}}\n"),
	ROW("templates/gone.md", "[{{with.gone}}]\n"),
	ROW("templates/money.md", "{{with.net | money}}\n"),
};

struct desk {
	struct frame frame;
	struct arena arena;
	struct files *files;
	struct workspace *workspace;
	struct page page;
};

static const struct value *parse_json(struct arena *arena, const char *json)
{
	auto_error struct error err = { 0 };
	const struct value *value =
	        json_parse(arena, "case", json, strlen(json), &err);

	if (!value)
		fail_msg("%s", err.message);
	return value;
}

static void desk_open(struct desk *desk, const char *path)
{
	*desk = (struct desk){ .files = NULL };
	desk->files = files_from_table(rows, ARRAY_LEN(rows));
	desk->workspace = workspace_new(desk->files, &toy_language);
	desk->page = (struct page){
		.workspace = desk->workspace,
		.arena = &desk->arena,
		.path = path,
		.strict = true,
	};
	desk->page.with =
	        parse_json(&desk->arena, "{\"name\":\"Ann\",\"html\":\"<b>\","
	                                 "\"net\":120050}");
	desk->frame.value = parse_json(
	        &desk->arena, "{\"run\":{\"id\":\"r1\",\"date\":\"2026-11-22\","
	                      "\"job\":\"bill\"},\"company\":{\"name\":\"Us\","
	                      "\"address\":{\"city\":\"Bonn\"}},"
	                      "\"steps\":{\"read\":{\"state\":\"done\"}}}");
	desk->page.frame = &desk->frame;
}

static void desk_close(struct desk *desk)
{
	workspace_free(desk->workspace);
	files_free(desk->files);
	arena_clear(&desk->arena);
}

#define auto_desk CLEANUP(desk_close)

/* The ingredients of `path`, without their blob ids, as JSON. */
static const char *ingredients(struct desk *desk, const char *path)
{
	auto_error struct error err = { 0 };
	struct value *all = value_map(&desk->arena);
	struct value *names = value_map(&desk->arena);

	desk->page.path = path;
	if (page_ingredients(&desk->page, all, &err) < 0)
		fail_msg("%s", err.message);
	const struct value *templates = value_get(all, "templates");
	for (size_t i = 0; i < templates->length; i++) {
		const struct member *one = &templates->members[i];
		struct oid oid;
		struct oid wanted = { { 0 } };

		assert_true(oid_from_text(one->value->text, &oid));
		for (size_t n = 0; n < ARRAY_LEN(rows); n++)
			if (strcmp(rows[n].path, one->name) == 0)
				repo_blob_id(rows[n].bytes, rows[n].len,
				             &wanted);
		assert_true(oid_equal(&oid, &wanted));
		value_map_set(&desk->arena, names, one->name,
		              value_bool(&desk->arena, true));
	}
	value_map_set(&desk->arena, all, "templates", names);
	return json_canonical(&desk->arena, all);
}

static void test_page__its_ingredients_are_all_it_depends_on(void **state)
{
	static const struct {
		const char *path;
		const char *wanted;
	} cases[] = {
		{ "templates/a.md",
		  "{\"names\":{\"company.address.city\":\"Bonn\","
		  "\"company.name\":\"Us\",\"run.date\":\"2026-11-22\","
		  "\"run.job\":\"bill\"},\"templates\":{"
		  "\"templates/a.md\":true,\"templates/b.md\":true,"
		  "\"templates/c.md\":true,\"templates/d/e.md\":true}}" },
		/* A partial in a circle, which `with` ends. */
		{ "templates/c.md",
		  "{\"names\":{},\"templates\":{\"templates/c.md\":true}}" },
		{ "templates/plain.md",
		  "{\"names\":{},\"templates\":{\"templates/plain.md\":true}}" },
		/* The whole of either, when a section opens it. */
		{ "templates/all.md",
		  "{\"names\":{\"company\":{\"address\":{\"city\":\"Bonn\"},"
		  "\"name\":\"Us\"},\"run\":{\"date\":\"2026-11-22\","
		  "\"id\":\"r1\",\"job\":\"bill\"}},"
		  "\"templates\":{\"templates/all.md\":true}}" },
		/* What it inherits from and what it gives, used or not; what a
		 * parent ignores is nothing. */
		{ "templates/kid.md",
		  "{\"names\":{\"company\":{\"address\":{\"city\":\"Bonn\"},"
		  "\"name\":\"Us\"},\"run.id\":\"r1\",\"run.job\":\"bill\"},"
		  "\"templates\":{\"templates/d/e.md\":true,"
		  "\"templates/frame.md\":true,\"templates/kid.md\":true,"
		  "\"templates/plain.md\":true}}" },
	};
	auto_desk struct desk desk;

	UNUSED_STATE(state);
	desk_open(&desk, "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row_text(i, ingredients(&desk, cases[i].path),
		                cases[i].wanted);
}

static void test_page__its_ingredients_leave_others_alone(void **state)
{
	auto_desk struct desk desk;
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	desk_open(&desk, "templates/plain.md");
	struct value *all = value_map(&desk.arena);
	value_map_text(&desk.arena, all, "config", "c");
	assert_int_equal(page_ingredients(&desk.page, all, &err), 0);
	assert_string_equal(value_get_text(all, "config", ""), "c");
	assert_int_equal(all->length, 3);
}

static void test_page__is_filled_in(void **state)
{
	static const struct {
		const char *path;
		const char *text;
	} cases[] = {
		{ "templates/a.md", "Ann 2026-11-22 BBonnEbill\n\nC\n"
		                    "BBonnEbill\n\nUs Ann\n" },
		{ "templates/page.html", "<p>&lt;b&gt;</p>\n" },
		{ "templates/money.md", "1.200,50\n" },
	};
	auto_desk struct desk desk;

	UNUSED_STATE(state);
	desk_open(&desk, "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		const char *text = NULL;

		desk.page.path = cases[i].path;
		if (page_render(&desk.page, &text, &err) < 0)
			fail_msg("row %zu: %s", i, err.message);
		assert_row_text(i, text, cases[i].text);
	}
}

/* A page sees `with`, `run` and `company`, nothing else. */
static void test_page__what_is_not_there_is_refused(void **state)
{
	static const struct {
		const char *path;
		const char *file; /* of the error */
	} cases[] = {
		{ "templates/lost.md", NULL },
		{ "templates/broken.md", "templates/broken.md" },
		{ "templates/none.md", NULL },
		{ "templates/odd.md", "templates/odd.md" },
		{ "templates/gone.md", "templates/gone.md" },
	};
	auto_desk struct desk desk;

	UNUSED_STATE(state);
	desk_open(&desk, "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		const char *text = NULL;

		desk.page.path = cases[i].path;
		assert_row(i, page_render(&desk.page, &text, &err) == -1);
		assert_row(i, !text);
		assert_row(i,
		           err.code == ERR_CONFIG || err.code == ERR_MISSING);
		if (cases[i].file)
			assert_row_text(i, err.file, cases[i].file);
	}

	auto_error struct error err = { 0 };
	const char *text = NULL;
	desk.page.strict = false;
	desk.page.path = "templates/gone.md";
	assert_int_equal(page_render(&desk.page, &text, &err), 0);
	assert_string_equal(text, "[]\n");
}
