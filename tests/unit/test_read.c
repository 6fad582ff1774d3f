#include "tests/unit/fixture_step.h"

#define FILE_ROW(path, text)                                                   \
	{                                                                      \
		path, (const unsigned char *)(text), sizeof(text) - 1          \
	}

static const struct file_row files[] = {
	FILE_ROW("bank.csv", "Account 1\n\nDay;Amount;Payee\n"
	                     "01.10.2026;-1.234,50;M\xfcller\n"
	                     "02.10.2026;12;\n"),
	FILE_ROW("clients/acme.yaml", "slug: acme\nstatus: active\n"),
	FILE_ROW("clients/globex.yaml", "slug: globex\nstatus: left\n"),
	FILE_ROW("list.json", "[{\"n\": 1}, {\"n\": 2}]"),
	FILE_ROW("notes/a.md", "---\ndate: 2026-10-02\n---\n\nA\n"),
	FILE_ROW("notes/b.md", "---\ndate: 2026-11-02\n---\n\nB\n"),
	FILE_ROW("odd.csv", "client,minutes\nacme,90\nglobex,ninety\n"),
	FILE_ROW("plain.csv", "1,x\n2,y\n"),
	FILE_ROW("thousands.csv", "n\n\"1,234\"\n"),
	FILE_ROW("time/09.csv", "client,date,minutes,text\n"
	                        "acme,2026-09-30,60,call\n"),
	FILE_ROW("time/10.csv", "client,date,minutes,text\n"
	                        "acme, 2026-10-01 ,90, notes\n"
	                        "globex,2026-10-02,,=1+1\n"),
};

static const char scope[] = "a: { since: 2026-10-01, minutes: 999 }\n"
                            "b: x\n";

struct read_case {
	const char *text;
	const char *wanted;
};

static void check_cases(const struct read_case *cases, size_t count)
{
	auto_stage struct stage stage;

	stage_open(&stage, files, ARRAY_LEN(files), scope);
	for (size_t i = 0; i < count; i++)
		assert_row_text(i, stage_run(&stage, cases[i].text),
		                cases[i].wanted);
}

static void test_read__columns_give_cells_their_types(void **state)
{
	static const struct read_case cases[] = {
		{ "    read: { path: odd.csv }\n",
		  "[{\"client\":\"acme\",\"minutes\":\"90\"},"
		  "{\"client\":\"globex\",\"minutes\":\"ninety\"}]" },
		{ "    read: { path: time/10.csv, columns: { client: slug, "
		  "date: date, minutes: optional integer, text: string, "
		  "rate: optional number } }\n",
		  "[{\"client\":\"acme\",\"date\":\"2026-10-01\","
		  "\"minutes\":90,\"rate\":null,\"text\":\" notes\"},"
		  "{\"client\":\"globex\",\"date\":\"2026-10-02\","
		  "\"minutes\":null,\"rate\":null,\"text\":\"=1+1\"}]" },
		{ "    read: { path: odd.csv, columns: { minutes: integer } "
		  "}\n",
		  "odd.csv:3:8: \"minutes\" must be a whole number, not the "
		  "text \"ninety\"" },
		{ "    read: { path: time/10.csv, columns: { minutes: integer "
		  "} }\n",
		  "time/10.csv:3:19: \"minutes\" is empty" },
		{ "    read: { path: odd.csv, columns: { minuts: integer } }\n",
		  "odd.csv:1:1: there is no column \"minuts\"" },
		{ "    read: { path: list.json, expect: { n: integer }, where: "
		  "n > 1 }\n",
		  "[{\"n\":2}]" },
		{ "    read: { path: odd.csv, expect: { minutes: integer } }\n",
		  "odd.csv:2:6: \"minutes\" must be a whole number" },
	};

	UNUSED_STATE(state);
	check_cases(cases, ARRAY_LEN(cases));
}

static void test_read__csv_says_how_a_file_is_written(void **state)
{
	static const struct read_case cases[] = {
		{ "    read:\n"
		  "      path: bank.csv\n"
		  "      csv: { delimiter: \";\", decimal: \",\", skip: 2, "
		  "encoding: windows-1252 }\n"
		  "      columns: { Amount: number, Payee: optional string }\n",
		  "[{\"Amount\":-1234.50,\"Day\":\"01.10.2026\","
		  "\"Payee\":\"M\xc3\xbcller\"},"
		  "{\"Amount\":12,\"Day\":\"02.10.2026\",\"Payee\":null}]" },
		{ "    read:\n"
		  "      path: bank.csv\n"
		  "      csv: { delimiter: \";\", skip: 3, header: [day, "
		  "amount, payee], encoding: windows-1252 }\n"
		  "      columns: { amount: number }\n",
		  "bank.csv:4:12: \"amount\" must be a number, not the text "
		  "\"-1.234,50\"" },
		{ "    read: { path: plain.csv, csv: { header: [n, text] }, "
		  "columns: { n: integer } }\n",
		  "[{\"n\":1,\"text\":\"x\"},{\"n\":2,\"text\":\"y\"}]" },
		{ "    read: { path: thousands.csv, columns: { n: number } }\n",
		  "thousands.csv:2:1: \"n\" must be a number, not the text "
		  "\"1,234\"" },
	};
	auto_stage struct stage stage;

	UNUSED_STATE(state);
	check_cases(cases, ARRAY_LEN(cases));
	stage_open(&stage, files, ARRAY_LEN(files), scope);
	(void)stage_run(&stage, cases[1].text);
	assert_string_equal(stage.err.hint,
	                    "If the file writes numbers as 1.234,56, say "
	                    "csv: { decimal: \",\" }.");
}

static void test_read__a_pattern_gives_files_and_their_rows(void **state)
{
	static const struct read_case cases[] = {
		{ "    read: { path: clients/*.yaml }\n",
		  "[{\"file\":{\"path\":\"clients/acme.yaml\"},"
		  "\"slug\":\"acme\",\"status\":\"active\"},"
		  "{\"file\":{\"path\":\"clients/globex.yaml\"},"
		  "\"slug\":\"globex\",\"status\":\"left\"}]" },
		{ "    read: { path: time/*.csv, columns: { minutes: optional "
		  "integer }, where: \"coalesce(minutes, 0) > 0 and file.path > "
		  "''\" }\n",
		  "[{\"client\":\"acme\",\"date\":\"2026-09-30\","
		  "\"file\":{\"path\":\"time/09.csv\"},\"minutes\":60,"
		  "\"text\":\"call\"},"
		  "{\"client\":\"acme\",\"date\":\" 2026-10-01 \","
		  "\"file\":{\"path\":\"time/10.csv\"},\"minutes\":90,"
		  "\"text\":\" notes\"}]" },
		{ "    read: { path: \"*.json\", where: n = 1 }\n",
		  "[{\"file\":{\"path\":\"list.json\"},\"n\":1}]" },
		{ "    read: { path: \"clients/*\", columns: { slug: slug } "
		  "}\n",
		  "9:5: \"columns\" is for CSV files, and "
		  "\"clients/acme.yaml\" is none" },
	};

	UNUSED_STATE(state);
	check_cases(cases, ARRAY_LEN(cases));
}

/* A field of the item comes before a name of the job. */
static void test_read__where_chooses_items(void **state)
{
	static const struct read_case cases[] = {
		{ "    read: { path: clients/*.yaml, expect: { status: string, "
		  "slug: slug }, where: status = 'active' }\n",
		  "[{\"file\":{\"path\":\"clients/acme.yaml\"},"
		  "\"slug\":\"acme\",\"status\":\"active\"}]" },
		{ "    read: { path: notes/*.md, where: \"date between a.since "
		  "and '2026-10-31'\" }\n",
		  "[{\"date\":\"2026-10-02\","
		  "\"file\":{\"path\":\"notes/a.md\"},\"text\":\"A\\u000a\"}]" },
		{ "    read: { path: notes/*.md, where: date > '2027' }\n",
		  "[]" },
		{ "    read: { path: odd.csv, where: client <> a.since and "
		  "minutes = '90' }\n",
		  "[{\"client\":\"acme\",\"minutes\":\"90\"}]" },
		{ "    read: { path: clients/*.yaml, where: stats = 'x' }\n",
		  "10:42: clients/acme.yaml:1: \"stats\" is not there" },
		{ "    read: { path: odd.csv, where: client }\n",
		  "10:35: odd.csv:2: the condition is the text \"acme\", "
		  "neither true nor false" },
		{ "    read: { path: clients/acme.yaml, where: slug = 'x' }\n",
		  "9:5: \"where\" chooses from a list, and "
		  "\"clients/acme.yaml\" holds a map" },
	};

	UNUSED_STATE(state);
	check_cases(cases, ARRAY_LEN(cases));
}

static void test_read__missing_files_are_an_error_or_nothing(void **state)
{
	static const struct read_case cases[] = {
		{ "    read: { path: none.yaml }\n",
		  "9:5: there is no file \"none.yaml\"" },
		{ "    read: { path: none/*.yaml }\n",
		  "9:5: no file fits \"none/*.yaml\"" },
		{ "    read: { path: none.yaml, missing: empty }\n", "null" },
		{ "    read: { path: none/*.yaml, missing: empty }\n", "[]" },
		{ "    read: { path: none/*.yaml, missing: empty, where: x = 1 "
		  "}\n",
		  "[]" },
		{ "    read: { path: list.json, missing: empty }\n",
		  "[{\"n\":1},{\"n\":2}]" },
	};

	UNUSED_STATE(state);
	check_cases(cases, ARRAY_LEN(cases));
}

/* Files by their blobs, and what the condition takes from outside. */
static void test_read__the_key_has_what_matters(void **state)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{ "    read: { path: none.yaml, missing: empty }\n", "{}" },
		{ "    read: { path: none/*.csv, missing: empty, columns: { "
		  "minutes: integer }, where: minutes > a.minutes }\n",
		  "{\"names\":{\"a.minutes\":999}}" },
		{ "    read: { path: none/*.csv, missing: empty, where: b = c "
		  "}\n",
		  "{\"names\":{\"b\":\"x\"}}" },
		{ "    read: { path: plain.csv }\n",
		  "{\"files\":{\"plain.csv\":"
		  "\"6c734254058f500683bfff22fa2feca1de69ee4f\"}}" },
	};
	auto_stage struct stage stage;

	UNUSED_STATE(state);
	stage_open(&stage, files, ARRAY_LEN(files), scope);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		(void)stage_run(&stage, cases[i].text);
		assert_row_text(i, stage.key, cases[i].wanted);
	}
}
