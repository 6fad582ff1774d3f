#include "tests/unit/unit.h"

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/error.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/db.h"
#include "store/files.h"
#include "store/memory.h"

/* Each test has a folder of its own name below these. */
#define INDEX "memory.db"

struct file {
	const char *path;
	const char *text;
};

/* The memory of a consultant. */
static const struct file corpus[] = {
	{ "memory/org/prices.md",
	  "---\n"
	  "source: price list of 2026\n"
	  "trust: owner\n"
	  "---\n"
	  "\n"
	  "# Prices\n"
	  "\n"
	  "## Day rate\n"
	  "\n"
	  "A day costs 960 EUR net. Half days are charged as half days.\n"
	  "\n"
	  "## Fixed price\n"
	  "\n"
	  "A proposal has a fixed price for each milestone.\n"
	  "\n"
	  "## Travel\n"
	  "\n"
	  "Travel within Berlin is included. Elsewhere it is charged at cost.\n" },
	{ "memory/org/terms.md",
	  "# Terms\n"
	  "\n"
	  "## Payment\n"
	  "\n"
	  "An invoice is payable within 14 days, without deduction.\n"
	  "\n"
	  "## Confidence\n"
	  "\n"
	  "Names and certificates of customers stay with the client.\n" },
	{ "memory/org/voice.md",
	  "# Voice\n"
	  "\n"
	  "Short sentences, first person. No superlatives, no jargon.\n"
	  "\n"
	  "Umlauts as they are: Müller, not Mueller.\n" },
	{ "memory/projects/acme/2026-10-14-call.md",
	  "---\n"
	  "source: phone call with Ann Meyer\n"
	  "---\n"
	  "# First call\n"
	  "\n"
	  "Reminders must be read by Ann before they go out.\n"
	  "Decides alone up to 15,000 EUR.\n" },
	{ "memory/projects/acme/2026-11-03-mail.md",
	  "---\n"
	  "source: mail from ann@acme.example\n"
	  "trust: outside\n"
	  "---\n"
	  "The field team has phones only. The calendar of visits must show\n"
	  "on a phone.\n" },
	{ "memory/projects/other/call.md",
	  "The other client wants reminders by fax.\n" },
	{ "memory/projects/acme/data.txt", "reminders phone calendar\n" },
	{ "notes/reminders.md", "reminders phone calendar\n" },
};

static void write_file(const char *root, const char *path, const char *bytes,
                       size_t len)
{
	auto_error struct error err = { 0 };
	auto_free char *full = mem_printf("%s/%s", root, path);

	assert_int_equal(file_replace(full, bytes, len, 0600, &err), 0);
}

static void write_files(const char *root, const struct file *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		write_file(root, list[i].path, list[i].text,
		           strlen(list[i].text));
}

/* One test's folder, index and results. */
struct bench {
	char *root;
	char *index;
	struct memory *memory;
	struct files *files;
	struct arena arena;
	struct error err;
	struct memory_chunk *found;
	size_t count;
};

static void bench_open(struct bench *bench)
{
	bench->memory = memory_open(bench->index, &bench->err);
	assert_non_null(bench->memory);
	bench->files = files_from_dir(bench->root);
}

static void bench_close(struct bench *bench)
{
	memory_close(bench->memory);
	bench->memory = NULL;
	files_free(bench->files);
	bench->files = NULL;
}

static void bench_clear(struct bench *bench)
{
	bench_close(bench);
	arena_clear(&bench->arena);
	error_clear(&bench->err);
	free(bench->root);
	free(bench->index);
}

#define auto_bench CLEANUP(bench_clear)

static struct bench bench_make(const char *name, const struct file *list,
                               size_t count)
{
	struct bench bench = {
		.root = mem_strdup(name),
		.index = mem_printf("%s/.reeve/" INDEX, name),
	};
	auto_free char *folder = mem_printf("%s/.reeve", name);

	assert_int_equal(dir_make(folder, &bench.err), 0);
	write_files(name, list, count);
	bench_open(&bench);
	return bench;
}

static int search(struct bench *bench, const struct memory_query *query)
{
	return memory_search(bench->memory, bench->files, query, &bench->arena,
	                     &bench->found, &bench->count, &bench->err);
}

/* Search acme's memory and the organisation's for `text`. */
static void find(struct bench *bench, const char *text)
{
	const struct memory_query query = {
		.text = text,
		.project = "acme",
		.today = "2026-11-22",
	};

	if (search(bench, &query) < 0)
		fail_msg("%s: %s", text, bench->err.message);
}

/* The files that were found, each once, in their order: "a.md b.md". */
static const char *names(struct bench *bench)
{
	const char *list = "";

	for (size_t i = 0; i < bench->count; i++) {
		const char *name = strrchr(bench->found[i].path, '/') + 1;

		if (!strstr(list, name))
			list = arena_printf(&bench->arena, "%s%s%s", list,
			                    list[0] ? " " : "", name);
	}
	return list;
}

static void test_memory__finds_what_was_asked_for(void **state)
{
	static const struct {
		const char *query;
		const char *path;
		unsigned line;
	} rows[] = {
		{ "What does a day cost?", "memory/org/prices.md", 8 },
		{ "fixed prices", "memory/org/prices.md", 12 },
		{ "travelling to Berlin", "memory/org/prices.md", 16 },
		{ "when is the invoice paid", "memory/org/terms.md", 3 },
		{ "payment terms", "memory/org/terms.md", 3 },
		{ "how do I write: superlative", "memory/org/voice.md", 1 },
		{ "MULLER", "memory/org/voice.md", 1 },
		{ "reminders for Ann",
		  "memory/projects/acme/2026-10-14-call.md", 4 },
		{ "calendar on a phone",
		  "memory/projects/acme/2026-11-03-mail.md", 5 },
		/* Only the path says it. */
		{ "mail", "memory/projects/acme/2026-11-03-mail.md", 5 },
	};
	auto_bench struct bench bench =
	        bench_make("asked", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		find(&bench, rows[i].query);
		assert_row(i, bench.count > 0);
		assert_row_text(i, bench.found[0].path, rows[i].path);
		assert_row(i, bench.found[0].first_line == rows[i].line);
		assert_row(i, bench.found[0].score >= 1);
		for (size_t n = 1; n < bench.count; n++)
			assert_row(i, bench.found[n].score <=
			                      bench.found[n - 1].score);
	}
}

static void test_memory__says_where_it_is_from(void **state)
{
	auto_bench struct bench bench =
	        bench_make("from", corpus, ARRAY_LEN(corpus));
	struct oid oid;

	UNUSED_STATE(state);
	find(&bench, "half days");
	assert_string_equal(bench.found[0].heading, "Prices");
	assert_string_equal(bench.found[0].text,
	                    "## Day rate\n\nA day costs 960 EUR net. "
	                    "Half days are charged as half days.");
	assert_int_equal(bench.found[0].first_line, 8);
	assert_int_equal(bench.found[0].last_line, 10);
	assert_string_equal(bench.found[0].trust, "owner");
	assert_string_equal(bench.found[0].source, "price list of 2026");
	repo_blob_id(corpus[0].text, strlen(corpus[0].text), &oid);
	assert_true(oid_equal(&bench.found[0].oid, &oid));

	find(&bench, "field team");
	assert_string_equal(bench.found[0].trust, "outside");
	find(&bench, "superlatives");
	assert_string_equal(bench.found[0].trust, "owner");
	assert_null(bench.found[0].source);
}

static void test_memory__stays_in_the_project(void **state)
{
	static const struct {
		const char *project;
		const char *want;
	} rows[] = {
		{ NULL, "" },
		{ "acme", "2026-10-14-call.md" },
		{ "other", "call.md" },
		{ "nobody", "" },
	};
	auto_bench struct bench bench =
	        bench_make("project", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct memory_query query = {
			.text = "reminders",
			.project = rows[i].project,
			.today = "2026-11-22",
		};

		assert_row(i, search(&bench, &query) == 0);
		assert_row_text(i, names(&bench), rows[i].want);
	}
}

static void test_memory__refuses_what_is_no_project(void **state)
{
	static const char *const names[] = { "",      "*",      "**",
		                             "a/b",   "../org", "Acme Ltd",
		                             "[a-z]*" };
	auto_bench struct bench bench =
	        bench_make("slug", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct memory_query query = {
			.text = "reminders",
			.project = names[i],
			.today = "2026-11-22",
		};

		assert_row(i, search(&bench, &query) == -1);
		assert_row(i, bench.err.code == ERR_FAILED);
		assert_row(i, bench.err.hint != NULL);
		error_clear(&bench.err);
	}
}

static void test_memory__neighbours_of_a_hit_are_found(void **state)
{
	static const struct file list[] = {
		{ "memory/org/a.md", "# One\nx\n# Two\nzebra\n# Three\ny\n"
		                     "# Four\nz\n" },
		{ "memory/org/b.md", "# Five\nx\n" },
	};
	auto_bench struct bench bench =
	        bench_make("beside", list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	find(&bench, "zebra");
	assert_int_equal(bench.count, 3);
	assert_int_equal(bench.found[0].first_line, 3);
	assert_int_equal(bench.found[1].first_line, 1);
	assert_int_equal(bench.found[2].first_line, 5);
	assert_true(bench.found[1].score > 0.29 && bench.found[1].score < 0.31);
}

static void assert_same(const struct bench *a, const struct bench *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct memory_chunk *x = &a->found[i];
		const struct memory_chunk *y = &b->found[i];

		assert_row_text(i, x->path, y->path);
		assert_row_text(i, x->text, y->text);
		assert_row_text(i, x->heading, y->heading);
		assert_row(i, x->first_line == y->first_line);
		assert_row(i,
		           memcmp(&x->score, &y->score, sizeof(x->score)) == 0);
	}
}

static void test_memory__what_else_was_indexed_does_not_count(void **state)
{
	static const struct file before[] = {
		{ "memory/org/prices.md", "# Prices\nAn old rate a day.\n" },
		{ "memory/org/phones.md", "phone phone day rate invoice\n" },
		{ "memory/projects/acme/x.md", "The calendar, the invoice.\n" },
	};
	static const char *const queries[] = {
		"day rate",
		"invoice",
		"phone calendar for Ann",
		"nothing here",
	};
	auto_bench struct bench fresh =
	        bench_make("fresh", corpus, ARRAY_LEN(corpus));
	auto_bench struct bench used =
	        bench_make("used", before, ARRAY_LEN(before));

	UNUSED_STATE(state);
	find(&used, "day");
	assert_int_equal(remove("used/memory/org/phones.md"), 0);
	assert_int_equal(remove("used/memory/projects/acme/x.md"), 0);
	write_files("used", corpus, ARRAY_LEN(corpus));
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		find(&fresh, queries[i]);
		find(&used, queries[i]);
		assert_same(&fresh, &used);
	}
	/* And the old state is still what it was. */
	write_files("used", before, ARRAY_LEN(before));
	find(&used, "phone");
	assert_string_equal(used.found[0].path, "memory/org/phones.md");
}

static void test_memory__knows_what_is_valid(void **state)
{
	static const struct file list[] = {
		{ "memory/org/2025.md",
		  "---\nvalid_to: 2025-12-31\n---\nrate\n" },
		{ "memory/org/2026.md", "---\nvalid_from: 2026-01-01\n"
		                        "valid_to: 2026-12-31\n---\nrates\n" },
		{ "memory/org/2027.md",
		  "---\nvalid_from: 2027-01-01\n---\nrated\n" },
		{ "memory/org/ever.md",
		  "---\nvalid_to: soon\n---\nthe rate always\n" },
	};

	static const struct {
		const char *today;
		const char *want;
	} rows[] = {
		{ "2025-12-31", "2025.md ever.md" },
		{ "2026-01-01", "2026.md ever.md" },
		{ "2026-12-31", "2026.md ever.md" },
		{ "2027-01-01", "2027.md ever.md" },
	};
	auto_bench struct bench bench =
	        bench_make("valid", list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct memory_query query = { .text = "rate",
			                            .today = rows[i].today };

		assert_row(i, search(&bench, &query) == 0);
		assert_row_text(i, names(&bench), rows[i].want);
	}
}

static void test_memory__newer_supersedes_older(void **state)
{
	static const struct file list[] = {
		{ "memory/org/a.md", "rate one\n" },
		{ "memory/org/b.md", "rate two\n" },
		{ "memory/org/c.md",
		  "---\nvalid_from: 2026-06-01\nvalid_to: 2026-06-30\n"
		  "supersedes: [memory/org/a.md, memory/org/b.md, 7, "
		  "memory/org/c.md, memory/org/none.md]\n---\nrate three\n" },
		{ "memory/org/d.md",
		  "---\ntrust: outside\nsupersedes:\n  - memory/org/a.md\n"
		  "  - memory/org/e.md\n---\nrate four\n" },
		{ "memory/org/e.md", "---\ntrust: outside\n---\nrate five\n" },
		{ "memory/projects/acme/f.md",
		  "---\nsupersedes: memory/org/d.md\n---\nrate six\n" },
	};

	static const struct {
		const char *today;
		const char *project;
		const char *want;
	} rows[] = {
		/* d is from outside: it supersedes e, but not the owner's a. */
		{ "2026-05-31", NULL, "a.md b.md d.md" },
		{ "2026-06-15", NULL, "c.md d.md" },
		/* What was superseded does not come back. */
		{ "2026-07-01", NULL, "d.md" },
		/* Only what is searched counts. */
		{ "2026-05-31", "acme", "a.md b.md f.md" },
		{ "2026-05-31", "other", "a.md b.md d.md" },
	};
	auto_bench struct bench bench =
	        bench_make("newer", list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct memory_query query = {
			.text = "rate",
			.project = rows[i].project,
			.today = rows[i].today,
		};

		assert_row(i, search(&bench, &query) == 0);
		assert_row_text(i, names(&bench), rows[i].want);
	}
}

static void test_memory__who_is_unknown_is_outside(void **state)
{
	static const struct {
		const char *text;
		const char *trust;
	} rows[] = {
		{ "zebra\n", "owner" },
		{ "---\nsource: me\n---\nzebra\n", "owner" },
		{ "---\ntrust: owner\n---\nzebra\n", "owner" },
		{ "---\ntrust: agent\n---\nzebra\n", "agent" },
		{ "---\ntrust: outside\n---\nzebra\n", "outside" },
		{ "---\ntrust: Owner\n---\nzebra\n", "outside" },
		{ "---\ntrust: [owner]\n---\nzebra\n", "outside" },
		{ "---\ntrust: null\n---\nzebra\n", "outside" },
		{ "---\ntrust: {{who}}\n---\nzebra\n", "outside" },
		{ "---\ntrust: owner\ntrust: owner\n---\nzebra\n", "outside" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct file file = { "memory/org/note.md", rows[i].text };
		auto_free char *name = mem_printf("who%zu", i);
		auto_bench struct bench bench = bench_make(name, &file, 1);

		find(&bench, "zebra");
		assert_row(i, bench.count == 1);
		assert_row_text(i, bench.found[0].trust, rows[i].trust);
	}
}

static void test_memory__a_query_is_only_words(void **state)
{
	static const char *const queries[] = {
		"\"invoice",
		"invoice*",
		"^invoice",
		"(invoice",
		"invoice)",
		"+invoice -",
		"{text} : invoice",
		"'invoice';",
		"\"\"invoice\" \"\"\"",
		"\xff invoice \xc3",
		"invoice\\",
		"{{invoice}} $1 ?1 %s",
		"NEAR(invoice payment, 2)",
		"invoice OR",
		"AND invoice",
		"NOT invoice",
		"invoice AND NOT",
		"heading:invoice",
		"rowid:1 invoice",
	};
	auto_bench struct bench bench =
	        bench_make("hostile", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		find(&bench, queries[i]);
		assert_row(i, bench.count > 0);
		assert_row_text(i, bench.found[0].path, "memory/org/terms.md");
		assert_row(i, bench.found[0].first_line == 3);
	}
}

static void test_memory__a_long_query_is_cut(void **state)
{
	auto_buf struct buf text = buf_make(1u << 20);
	auto_bench struct bench bench =
	        bench_make("long", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	for (size_t i = 0; text.len < MEMORY_QUERY_BYTES; i++)
		buf_printf(&text, "w%zu ", i);
	buf_add_text(&text, "invoice");
	find(&bench, text.at);
	assert_int_equal(bench.count, 0);
	find(&bench, text.at + text.len - strlen("w1 invoice"));
	assert_true(bench.count > 0);
}

static void test_memory__no_words_find_all_in_order(void **state)
{
	static const char *const queries[] = { "", "  \n", "*", "?! -- \"" };
	auto_bench struct bench bench =
	        bench_make("empty", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		find(&bench, queries[i]);
		assert_row_text(i, names(&bench),
		                "prices.md terms.md voice.md "
		                "2026-10-14-call.md 2026-11-03-mail.md");
		assert_row(i, bench.found[1].first_line == 12);
		assert_row(i, bench.found[0].score <= 0);
	}
	/* Stop words are words when there are no others. */
	find(&bench, "out");
	assert_int_equal(bench.count, 1);
	find(&bench, "how and why");
	assert_true(bench.count > 0 && bench.found[0].score >= 1);
}

static void test_memory__equals_are_in_order(void **state)
{
	static const struct file list[] = {
		{ "memory/org/c.md", "zebra red\n" },
		{ "memory/org/a.md", "# X\nzebra one\n# Y\nzebra two\n" },
		{ "memory/org/b.md", "zebra old\n" },
	};

	static const struct {
		const char *path;
		unsigned line;
	} want[] = {
		{ "memory/org/a.md", 1 },
		{ "memory/org/a.md", 3 },
		{ "memory/org/b.md", 1 },
		{ "memory/org/c.md", 1 },
	};
	auto_bench struct bench bench =
	        bench_make("order", list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	find(&bench, "zebra");
	assert_int_equal(bench.count, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_row_text(i, bench.found[i].path, want[i].path);
		assert_row(i, bench.found[i].first_line == want[i].line);
	}
}

static void test_memory__says_nothing_twice(void **state)
{
	static const struct file list[] = {
		{ "memory/org/a.md", "- The zebra\n  is **striped**.\n" },
		{ "memory/org/b.md", "The ZEBRA is striped\n" },
		{ "memory/org/c.md", "The zebra is striped twice.\n" },
	};
	auto_bench struct bench bench =
	        bench_make("twice", list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	find(&bench, "zebra");
	assert_string_equal(names(&bench), "a.md c.md");
}

static void test_memory__keeps_to_limit_and_budget(void **state)
{
	static const struct file list[] = {
		{ "memory/org/a.md",
		  "# A\nzebra zebra zebra\nsecond line\nthird line\n" },
		{ "memory/org/b.md",
		  "# B\nzebra with a text that is rather longer, of more "
		  "words than the others have\n" },
		{ "memory/org/c.md", "# C\nzebra short\n" },
	};

	static const struct {
		size_t limit, budget;
		const char *want;
		unsigned last_line;
	} rows[] = {
		{ 0, 0, "a.md c.md b.md", 4 },
		{ 2, 0, "a.md c.md", 4 },
		{ 1, 0, "a.md", 4 },
		{ 9, 15, "a.md c.md", 4 }, /* 11 + 4 tokens */
		{ 9, 14, "a.md", 4 },
		{ 9, 11, "a.md", 4 },
		{ 9, 10, "a.md", 3 },
		{ 9, 6, "a.md", 2 },
		{ 9, 3, "a.md", 1 },
		{ 9, 1, "a.md", 1 },
		{ (size_t)-1, (size_t)-1, "a.md c.md b.md", 4 },
	};
	auto_bench struct bench bench =
	        bench_make("budget", list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct memory_query query = {
			.text = "zebra",
			.today = "2026-11-22",
			.limit = rows[i].limit,
			.token_budget = rows[i].budget,
		};
		size_t bytes = 0;

		assert_row(i, search(&bench, &query) == 0);
		assert_row_text(i, names(&bench), rows[i].want);
		assert_row(i, bench.found[0].last_line == rows[i].last_line);
		for (size_t n = 0; n < bench.count; n++)
			bytes += strlen(bench.found[n].text);
		assert_row(i, bytes > 0);
		assert_row(i,
		           rows[i].budget == 0 || bytes / 4 <= rows[i].budget);
	}
}

static void test_memory__a_damaged_index_is_begun_anew(void **state)
{
	static char garbage[8192];

	static const struct {
		const char *name;
		long offset;
		size_t len;
	} rows[] = {
		{ "header", 0, 100 },      { "first", 100, 900 },
		{ "second", 4096, 4096 },  { "third", 8192, 4096 },
		{ "middle", 40960, 8192 },
	};
	auto_bench struct bench whole =
	        bench_make("whole", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	memset(garbage, 0xa5, sizeof(garbage));
	find(&whole, "day rate");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_bench struct bench bench =
		        bench_make(rows[i].name, corpus, ARRAY_LEN(corpus));

		find(&bench, "phones");
		bench_close(&bench);

		FILE *file = fopen(bench.index, "r+b");

		assert_non_null(file);
		assert_int_equal(fseek(file, rows[i].offset, SEEK_SET), 0);
		assert_int_equal(fwrite(garbage, 1, rows[i].len, file),
		                 rows[i].len);
		assert_int_equal(fclose(file), 0);
		bench_open(&bench);
		find(&bench, "day rate");
		assert_same(&whole, &bench);
	}
}

static void test_memory__what_is_no_index_is_replaced(void **state)
{
	static const char *const formats[] = {
		"pragma user_version = 99",
		"pragma application_id = 1",
		"pragma application_id = 0; pragma user_version = 0",
	};
	auto_bench struct bench whole =
	        bench_make("right", corpus, ARRAY_LEN(corpus));
	auto_bench struct bench bench =
	        bench_make("wrong", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	find(&whole, "day rate");
	bench_close(&bench);
	write_file("wrong", ".reeve/" INDEX, "not a database at all, no", 25);
	bench_open(&bench);
	find(&bench, "day rate");
	assert_same(&whole, &bench);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		bench_close(&bench);

		struct db *db = db_open(bench.index, &bench.err);

		assert_non_null(db);
		assert_int_equal(db_run(db, formats[i], &bench.err), 0);
		assert_int_equal(db_run(db, "delete from chunk", &bench.err),
		                 0);
		db_close(db);
		bench_open(&bench);
		find(&bench, "day rate");
		assert_same(&whole, &bench);
	}
}

static void test_memory__an_index_is_kept(void **state)
{
	auto_bench struct bench bench =
	        bench_make("kept", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	find(&bench, "day rate");
	bench_close(&bench);

	struct db *db = db_open(bench.index, &bench.err);

	assert_non_null(db);
	assert_int_equal(
	        db_run(db, "update note set source = 'kept'", &bench.err), 0);
	db_close(db);
	bench_open(&bench);
	find(&bench, "day rate");
	assert_string_equal(bench.found[0].source, "kept");
}

static void test_memory__two_may_share_an_index(void **state)
{
	auto_bench struct bench bench =
	        bench_make("shared", corpus, ARRAY_LEN(corpus));
	auto_bench struct bench other = bench_make("shared", NULL, 0);

	UNUSED_STATE(state);
	find(&bench, "invoice");
	find(&other, "invoice");
	assert_same(&bench, &other);
	write_file("shared", "memory/org/new.md", "zebra\n", 6);
	find(&other, "zebra");
	find(&bench, "zebra");
	assert_int_equal(bench.count, 1);
	assert_same(&bench, &other);
}

static void test_memory__files_that_are_no_text_say_nothing(void **state)
{
	auto_bench struct bench bench =
	        bench_make("binary", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	write_file("binary", "memory/org/nul.md", "zebra\0zebra", 11);
	write_file("binary", "memory/org/latin.md", "zebra \xe4\n", 8);
	write_file("binary", "memory/org/nothing.md", "", 0);
	find(&bench, "zebra");
	assert_int_equal(bench.count, 0);
	find(&bench, "invoice");
	assert_true(bench.count > 0);
}

static void test_memory__a_file_that_is_too_long_is_an_error(void **state)
{
	const struct memory_query query = { .text = "x",
		                            .today = "2026-11-22" };
	auto_free char *text = mem_alloc(LIMIT_NOTE + 1);
	auto_bench struct bench bench =
	        bench_make("too-long", corpus, ARRAY_LEN(corpus));

	UNUSED_STATE(state);
	memset(text, 'x', LIMIT_NOTE + 1);
	write_file("too-long", "memory/org/big.md", text, LIMIT_NOTE + 1);
	assert_int_equal(search(&bench, &query), -1);
	assert_int_equal(bench.err.code, ERR_LIMIT);
	/* Nothing is half done, and it works once the file is gone. */
	error_clear(&bench.err);
	assert_int_equal(remove("too-long/memory/org/big.md"), 0);
	assert_int_equal(search(&bench, &query), 0);
	find(&bench, "invoice");
	assert_true(bench.count > 0);
}

static void test_memory__nothing_is_no_error(void **state)
{
	auto_bench struct bench bench = bench_make("nothing", NULL, 0);

	UNUSED_STATE(state);
	find(&bench, "invoice");
	assert_int_equal(bench.count, 0);
	find(&bench, "");
	assert_int_equal(bench.count, 0);
}

static void test_memory__a_folder_in_its_place_is_an_error(void **state)
{
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_int_equal(dir_make("folder.db", &err), 0);
	assert_null(memory_open("folder.db", &err));
	assert_int_equal(err.code, ERR_SYSTEM);
}
