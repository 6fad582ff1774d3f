#include "tests/unit/unit.h"

#include "engine/job/template.h"
#include "store/base/buf.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/yaml.h"
#include "tests/unit/fixture_template.h"

struct row {
	const char *text;
	const char *json;
	const char *wanted;
};

static void check_rows(const struct row *rows, size_t count, enum escape escape)
{
	for (size_t i = 0; i < count; i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		char *got = render(&arena, rows[i].text, rows[i].json, NULL,
		                   escape, true, &err);

		if (!got)
			fail_msg("row %zu: %s", i, err.message);
		assert_row_text(i, got, rows[i].wanted);
	}
}

static void test_template__prints_variables(void **state)
{
	UNUSED_STATE(state);
	static const struct row rows[] = {
		{ "", "{}", "" },
		{ "no tag\n", "{}", "no tag\n" },
		{ "Dear {{name}},", "{\"name\":\"Ada\"}", "Dear Ada," },
		{ "{{ name }}|{{\tname\n}}", "{\"name\":\"A\"}", "A|A" },
		{ "{{a}}{{b}}", "{\"a\":1,\"b\":2}", "12" },
		{ "{{n}} {{m}} {{x}}", "{\"n\":1200.50,\"m\":1e3,\"x\":-0.10}",
		  "1200.50 1e3 -0.10" },
		{ "{{t}} {{f}}[{{z}}]", "{\"t\":true,\"f\":false,\"z\":null}",
		  "true false[]" },
		{ "{{a.b.c}}", "{\"a\":{\"b\":{\"c\":\"deep\"}}}", "deep" },
		{ "  {{a}}\n", "{\"a\":\"x\"}", "  x\n" },
		/* One brace is text, and so is what is left of three. */
		{ "{a} }} {{a}}}", "{\"a\":1}", "{a} }} 1}" },
		/* What is printed is not looked at again. */
		{ "{{a}}", "{\"a\":\"{{b}}\"}", "{{b}}" },
	};

	check_rows(rows, ARRAY_LEN(rows), ESCAPE_NONE);
}

static void test_template__walks_sections(void **state)
{
	UNUSED_STATE(state);
	static const struct row rows[] = {
		{ "{{#a}}yes{{/a}}", "{\"a\":true}", "yes" },
		{ "{{#a}}yes{{/a}}", "{\"a\":false}", "" },
		{ "{{#a}}yes{{/a}}", "{\"a\":null}", "" },
		{ "{{#a}}yes{{/a}}", "{\"a\":[]}", "" },
		{ "{{#a}}yes{{/a}}", "{}", "" },
		{ "{{#a.b}}yes{{/a.b}}", "{\"a\":{}}", "" },
		/* Only those are false. */
		{ "{{#a}}yes{{/a}}", "{\"a\":0}", "yes" },
		{ "{{#a}}yes{{/a}}", "{\"a\":\"\"}", "yes" },
		{ "{{#a}}yes{{/a}}", "{\"a\":{}}", "yes" },
		{ "{{#a}}{{.}}{{/a}}", "{\"a\":\"x\"}", "x" },
		{ "{{#a}}{{b}}{{/a}}", "{\"a\":{\"b\":1}}", "1" },
		{ "{{#a}}<{{n}}>{{/a}}", "{\"a\":[{\"n\":1},{\"n\":2}]}",
		  "<1><2>" },
		{ "{{#a}}({{#.}}{{.}}{{/.}}){{/a}}", "{\"a\":[[1,2],[3]]}",
		  "(12)(3)" },
		{ "{{#a.b}}{{.}}{{/a.b}}", "{\"a\":{\"b\":[1,2]}}", "12" },
		{ "{{#a}}{{#a}}x{{/a}}{{/a}}", "{\"a\":[1,2]}", "xxxx" },
		/* The inner name hides the outer; the outer is seen through. */
		{ "{{#a}}{{n}}{{o}}{{/a}}{{n}}",
		  "{\"a\":{\"n\":1},\"n\":2,\"o\":3}", "132" },
		/* The first segment decides where the others are looked for. */
		{ "{{#a}}{{#b.c}}x{{/b.c}}{{/a}}",
		  "{\"a\":{\"b\":{}},\"b\":{\"c\":1}}", "" },
		{ "{{#a}}{{b}}{{/a}}", "{\"a\":{\"b\":null},\"b\":1}", "" },
	};

	check_rows(rows, ARRAY_LEN(rows), ESCAPE_NONE);
}

static void test_template__walks_inverted_sections(void **state)
{
	UNUSED_STATE(state);
	static const struct row rows[] = {
		{ "{{^a}}no{{/a}}", "{\"a\":false}", "no" },
		{ "{{^a}}no{{/a}}", "{\"a\":null}", "no" },
		{ "{{^a}}no{{/a}}", "{\"a\":[]}", "no" },
		{ "{{^a}}no{{/a}}", "{}", "no" },
		{ "{{^a.b.c}}no{{/a.b.c}}", "{\"a\":{}}", "no" },
		{ "{{^a}}no{{/a}}", "{\"a\":true}", "" },
		{ "{{^a}}no{{/a}}", "{\"a\":{\"b\":1}}", "" },
		{ "{{^a}}no{{/a}}", "{\"a\":[{}]}", "" },
		{ "{{#a}}y{{/a}}{{^a}}{{b}}{{/a}}", "{\"a\":[],\"b\":1}", "1" },
	};

	check_rows(rows, ARRAY_LEN(rows), ESCAPE_NONE);
}

static void test_template__removes_lines_that_hold_only_a_tag(void **state)
{
	UNUSED_STATE(state);
	static const struct row rows[] = {
		{ "1\n{{#a}}\n2\n{{/a}}\n3\n", "{\"a\":true}", "1\n2\n3\n" },
		{ "1\n  {{#a}}  \n2\n\t{{/a}}\n3\n", "{\"a\":true}",
		  "1\n2\n3\n" },
		{ "1\r\n{{#a}}\r\n2\r\n{{/a}}\r\n", "{\"a\":true}",
		  "1\r\n2\r\n" },
		{ "  {{#a}}\n1{{/a}}", "{\"a\":true}", "1" },
		{ "{{#a}}1\n  {{/a}}", "{\"a\":true}", "1\n" },
		{ "1\n{{^a}}\n2\n{{/a}}\n3", "{\"a\":true}", "1\n3" },
		{ "1\n  {{! a note }}\n2", "{}", "1\n2" },
		{ "1\n{{!\n  two\n  lines\n}}\n2", "{}", "1\n2" },
		{ "1\n{{=<% %>=}}\n2", "{}", "1\n2" },
		{ "{{#a}}\n{{#a}}\n1\n{{/a}}\n{{/a}}\n", "{\"a\":true}",
		  "1\n" },
		/* Not alone: the line stays as it is. */
		{ " {{#a}}1{{/a}} \n", "{\"a\":true}", " 1 \n" },
		{ " {{#a}}\t\n 1 {{/a}}\n", "{\"a\":true}", " 1 \n" },
		{ "1 {{! note }}\n2", "{}", "1 \n2" },
		{ "{{! one }}{{! two }}\n", "{}", "\n" },
		{ "{{! one }} {{! two }}\n", "{}", " \n" },
		{ "{{a}}\n", "{\"a\":\"\"}", "\n" },
		{ "  {{^a}}1{{/a}}\n\n", "{}", "  1\n\n" },
	};

	check_rows(rows, ARRAY_LEN(rows), ESCAPE_NONE);
}

static void test_template__leaves_out_comments(void **state)
{
	UNUSED_STATE(state);
	static const struct row rows[] = {
		{ "1{{! anything {{ | ' }}2", "{}", "12" },
		{ "1{{!\nlines\n}}2\n", "{}", "12\n" },
		{ "1 {{!x}} 2", "{}", "1  2" },
		{ "{{!name}}{{!}}", "{}", "" },
	};

	check_rows(rows, ARRAY_LEN(rows), ESCAPE_NONE);
}

static void test_template__changes_delimiters(void **state)
{
	UNUSED_STATE(state);
	static const struct row rows[] = {
		{ "{{=<% %>=}}(<%a%>){{a}}", "{\"a\":1}", "(1){{a}}" },
		{ "({{=[ ]=}}[a])", "{\"a\":1}", "(1)" },
		{ "{{= | | =}}|a|", "{\"a\":1}", "1" },
		{ "{{=@   @=}}(@a@)", "{\"a\":1}", "(1)" },
		{ "{{=| |=}}|={{ }}=|{{a}}", "{\"a\":1}", "1" },
		{ "{{#s}}{{a}}{{=| |=}}|a||/s||a|", "{\"s\":[1,2],\"a\":0}",
		  "00000" },
		{ "{{=| |=}}|&a|", "{\"a\":\"<\"}", "<" },
	};

	check_rows(rows, ARRAY_LEN(rows), ESCAPE_HTML);
}

static void test_template__escapes_for_the_kind_of_file(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		enum escape escape;
		struct row row;
	} rows[] = {
		{ ESCAPE_NONE, { "{{a}}", "{\"a\":\"<&>\\\"\"}", "<&>\"" } },
		{ ESCAPE_HTML,
		  { "{{a}}", "{\"a\":\"<b>&'\\\"\"}",
		    "&lt;b&gt;&amp;&#39;&quot;" } },
		{ ESCAPE_HTML, { "{{{a}}} {{&a}}", "{\"a\":\"<\"}", "< <" } },
		{ ESCAPE_HTML, { "{{{ a }}}{{& a }}", "{\"a\":\"<\"}", "<<" } },
		{ ESCAPE_HTML,
		  { "{{#a}}{{.}}{{{.}}}{{/a}}", "{\"a\":[\"<\"]}", "&lt;<" } },
		{ ESCAPE_HTML,
		  { "{{a | json}}", "{\"a\":[1,\"x\"]}",
		    "[1,&quot;x&quot;]" } },
		{ ESCAPE_JSON,
		  { "\"{{a}}\"", "{\"a\":\"q\\\"\\n\"}", "\"q\\\"\\u000a\"" } },
		{ ESCAPE_JSON,
		  { "{{a | json}}", "{\"a\":{\"b\":1}}", "{\"b\":1}" } },
		{ ESCAPE_JSON, { "{{n}}", "{\"n\":1.50}", "1.50" } },
		{ ESCAPE_YAML,
		  { "{{a}}", "{\"a\":\"plain words\"}", "plain words" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":\"a: b\"}", "\"a: b\"" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":\"x #y\"}", "\"x #y\"" } },
		{ ESCAPE_YAML,
		  { "{{a}}", "{\"a\":\"1\\n2\"}", "\"1\\u000a2\"" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":\"\"}", "\"\"" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":\"True\"}", "\"True\"" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":\"12\"}", "\"12\"" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":12}", "12" } },
		{ ESCAPE_YAML,
		  { "{{a}}", "{\"a\":\"2026-11-22\"}", "2026-11-22" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":\"Zoë\"}", "Zoë" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":\"- x\"}", "\"- x\"" } },
		{ ESCAPE_YAML, { "{{a}}", "{\"a\":\"end \"}", "\"end \"" } },
		{ ESCAPE_CSV,
		  { "{{a}},{{b}}", "{\"a\":\"x y\",\"b\":-1}", "x y,-1" } },
		{ ESCAPE_CSV,
		  { "{{a}}", "{\"a\":\"x,\\\"y\\\"\"}", "\"x,\"\"y\"\"\"" } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_rows(&rows[i].row, 1, rows[i].escape);
}

/* What YAML escaping makes of a text reads back as that text. */
static void test_template__yaml_values_read_back(void **state)
{
	UNUSED_STATE(state);
	static const char *const texts[] = {
		"a",
		"a b",
		"a:b",
		"a: b",
		"[x]",
		"{x}",
		"*x",
		"&x",
		"!x",
		"|",
		">",
		"%x",
		"@x",
		"`x",
		"'x'",
		"\"x\"",
		"x'",
		"#x",
		"~",
		"null",
		"no",
		"0x1f",
		"1e3",
		".5",
		"-",
		"- a",
		"? a",
		"a,b",
		" a",
		"a ",
		"a\tb",
		"\xc3\xa9t\xc3\xa9",
		"\xe2\x80\xa8",
		"\xc2\x85",
		"a\\b",
		"=",
		"<<",
		"---",
		"...",
		"a\nb\n",
		"2026-02-30",
		"2026-11-22T00:00:00Z",
		"ada@example.com",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		auto_buf struct buf out = buf_make(LIMIT_RENDERED);
		struct value *scope = value_map(&arena);
		struct render how = { .scope = scope, .escape = ESCAPE_YAML };

		value_map_text(&arena, scope, "x", texts[i]);

		const struct template *template = template_parse(
		        &arena, "t",
		        source_of(&arena, "a: {{x}}\nb: [{{x}}, 1]\n"), &err);

		assert_int_equal(template_render(template, &how, &out, &err),
		                 0);

		struct value *back =
		        yaml_parse(&arena, "t", out.at, out.len, 1, &err);

		if (!back)
			fail_msg("row %zu: %s: %s", i, out.at, err.message);
		assert_row_text(i, value_get_text(back, "a", NULL), texts[i]);
		assert_row(i, value_get(back, "b")->length == 2);
		assert_row_text(i, value_get(back, "b")->items[0]->text,
		                texts[i]);
	}
}

static void test_template__knows_the_escape_of_a_path(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *path;
		enum escape escape;
	} rows[] = {
		{ "a.html", ESCAPE_HTML },     { "a/b.htm", ESCAPE_HTML },
		{ "a.yaml", ESCAPE_YAML },     { "a.yml", ESCAPE_YAML },
		{ "a.json", ESCAPE_JSON },     { "a.csv", ESCAPE_CSV },
		{ "a.md", ESCAPE_NONE },       { "a", ESCAPE_NONE },
		{ "html", ESCAPE_NONE },       { "a.html/b", ESCAPE_NONE },
		{ "a.html.txt", ESCAPE_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_row(i, escape_for_path(rows[i].path) == rows[i].escape);
}

static void test_template__includes_partials(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *text;
		const char *json;
		const char *wanted;
		const char *pages[5];
	} rows[] = {
		{ "[{{>p}}]", "{}", "[text]", { "p", "text" } },
		{ "[{{> a/b.md }}]", "{}", "[text]", { "a/b.md", "text" } },
		{ "{{>p}}", "{\"a\":1}", "*1*", { "p", "*{{a}}*" } },
		{ "{{#l}}{{>p}}{{/l}}",
		  "{\"l\":[{\"a\":1},{\"a\":2}]}",
		  "12",
		  { "p", "{{a}}" } },
		{ "{{>p}}",
		  "{\"v\":\"X\",\"n\":[{\"v\":\"Y\",\"n\":[]}]}",
		  "X<Y<>>",
		  { "p", "{{v}}<{{#n}}{{>p}}{{/n}}>" } },
		/* In a line: nothing is indented. */
		{ "| {{>p}} |", "{}", "| \t|\t |", { "p", "\t|\t" } },
		{ "  {{v}}  {{> p}}\n",
		  "{\"v\":\"|\"}",
		  "  |  >\n>\n",
		  { "p", ">\n>" } },
		/* Alone: its line goes, each of its lines is indented. */
		{ "1\n  {{>p}}\n2\n",
		  "{}",
		  "1\n  a\n  b\n2\n",
		  { "p", "a\nb\n" } },
		{ "1\r\n  {{>p}}\r\n2", "{}", "1\r\n  a2", { "p", "a" } },
		{ "  {{>p}}\n>", "{}", "  >\n  >>", { "p", ">\n>" } },
		{ "1\n  {{>p}}", "{}", "1\n  a", { "p", "a" } },
		{ "\\\n {{>p}}\n/\n",
		  "{\"c\":\"<\\n->\"}",
		  "\\\n |\n <\n->\n |\n/\n",
		  { "p", "|\n{{c}}\n|\n" } },
		{ "  {{>p}}\n",
		  "{\"a\":[1,2]}",
		  "  x\n  1\n  2\n",
		  { "p", "x\n{{#a}}\n{{.}}\n{{/a}}\n" } },
		{ "  {{>p}}\n", "{}", "  a\n\n  b\n", { "p", "a\n\nb\n" } },
		{ " {{>p}}\n",
		  "{}",
		  " 1\n   2\n 3\n",
		  { "p", "1\n  {{>q}}\n3\n", "q", "2\n" } },
		{ " {{>p}}\n",
		  "{}",
		  " (2\n4)\n",
		  { "p", "({{>q}})\n", "q", "2\n4" } },
		{ " {{>p}}\n",
		  "{}",
		  " 2\n 4\n",
		  { "p", "{{>q}}\n", "q", "2\n4\n" } },
		/* The delimiters of one text are not those of the other. */
		{ "{{=| |=}}|>p|", "{\"a\":1}", "1", { "p", "{{a}}" } },
		{ "{{>p}} {{a}}", "{\"a\":1}", "1 1", { "p", "{{=| |=}}|a|" } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		char *got = render(&arena, rows[i].text, rows[i].json,
		                   rows[i].pages, ESCAPE_NONE, true, &err);

		if (!got)
			fail_msg("row %zu: %s", i, err.message);
		assert_row_text(i, got, rows[i].wanted);
	}
}

static void test_template__applies_formats(void **state)
{
	UNUSED_STATE(state);
	static const struct row rows[] = {
		{ "{{a | money}}", "{\"a\":123450}", "1,234.50" },
		{ "{{a|money}}", "{\"a\":5}", "0.05" },
		{ "{{a | date 'd MMMM yyyy'}}", "{\"a\":\"2026-11-22\"}",
		  "22 November 2026" },
		{ "{{a | date \"d 'of' MMMM\"}}", "{\"a\":\"2026-11-22\"}",
		  "22 of November" },
		{ "{{a | date 'd ''of'' MMMM'}}", "{\"a\":\"2026-11-22\"}",
		  "22 of November" },
		{ "{{ a | join ' | ' }}", "{\"a\":[1,\"b\"]}", "1 | b" },
		{ "{{a | join ''}}", "{\"a\":[1,2]}", "12" },
		{ "{{a | decimal 2}}", "{\"a\":-5}", "-0.05" },
		{ "{{a | count}}", "{\"a\":[1,2]}", "2" },
		{ "[{{a | money}}]", "{\"a\":null}", "[]" },
		{ "{{a | json}}", "{\"a\":null}", "null" },
		{ "{{{a | slug}}}", "{\"a\":\"Ada & Co\"}", "ada-co" },
	};

	check_rows(rows, ARRAY_LEN(rows), ESCAPE_NONE);
}

static void test_template__says_what_is_not_well_formed(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *text;
		unsigned line;
		unsigned column;
		const char *message;
		const char *hint;
	} rows[] = {
		{ "a {{b", 1, 3, "the tag is not closed: \"}}\" is missing",
		  NULL },
		{ "{{{b}}", 1, 1, "the tag is not closed: \"}}}\" is missing",
		  NULL },
		{ "{{=<% %>}}", 1, 1,
		  "the tag is not closed: \"=}}\" is missing", NULL },
		{ "{{}}", 1, 3, "the tag has no name", NULL },
		{ "{{# }}", 1, 5, "the tag has no name", NULL },
		{ "{{ a + b }}", 1, 4, "\"a + b\" is not a name",
		  "A tag holds one name, and at most one format behind a "
		  "bar." },
		{ "{{a..b}}", 1, 3, "\"a..b\" is not a name",
		  "A tag holds one name, and at most one format behind a "
		  "bar." },
		{ "{{.a}}", 1, 3, "\".a\" is not a name",
		  "A tag holds one name, and at most one format behind a "
		  "bar." },
		{ "x\n{{#a}}\n", 2, 4, "the section \"a\" is not closed",
		  NULL },
		{ "{{/a}}", 1, 4, "no section is open that \"a\" could close",
		  NULL },
		{ "{{#a}}\n {{/b}}", 2, 5,
		  "\"b\" is closed, but the open section is \"a\" (line 1)",
		  NULL },
		{ "{{=a=}}", 1, 4,
		  "delimiters are set by two marks without \"=\", such as "
		  "{{=<% %>=}}",
		  NULL },
		{ "{{=a b c=}}", 1, 4,
		  "delimiters are set by two marks without \"=\", such as "
		  "{{=<% %>=}}",
		  NULL },
		{ "{{>*a}}", 1, 4,
		  "the name of a partial cannot come from a value", NULL },
		{ "{{a | mony}}", 1, 7, "there is no format \"mony\"",
		  "Did you mean \"money\"?" },
		{ "{{a | xyzzy}}", 1, 7, "there is no format \"xyzzy\"",
		  "The formats are count, date, decimal, join, json, money "
		  "and slug." },
		{ "{{a |}}", 1, 6, "a format is missing behind the bar", NULL },
		{ "{{a | date}}", 1, 7, "the format \"date\" takes an argument",
		  "Write {{due | date 'd MMMM yyyy'}}." },
		{ "{{a | money 2}}", 1, 7,
		  "the format \"money\" takes no argument",
		  "Write {{net | money}}." },
		{ "{{a | date yyyy}}", 1, 12,
		  "the argument of \"date\" is neither a quoted text nor a "
		  "number",
		  NULL },
		{ "{{a | date 'yyyy}}", 1, 12,
		  "the argument of \"date\" is neither a quoted text nor a "
		  "number",
		  NULL },
		{ "{{a | decimal 99}}", 1, 7,
		  "decimal takes a number of places from 0 to 18, not \"99\"",
		  NULL },
		{ "{{a | money | slug}}", 1, 13,
		  "a tag ends in one format and its argument, not in \"| "
		  "slug\"",
		  NULL },
		{ "{{#a | count}}{{/a}}", 1, 4, "\"a | count\" is not a name",
		  "A tag holds one name, and at most one format behind a "
		  "bar." },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i, !template_parse(&arena, "t",
		                              source_of(&arena, rows[i].text),
		                              &err));
		assert_row_text(i, err.message, rows[i].message);
		assert_row_text(i, err.hint, rows[i].hint);
		assert_row_text(i, err.file, "t");
		assert_row(i, err.code == ERR_CONFIG);
		assert_row(i, err.pos.line == rows[i].line);
		assert_row(i, err.pos.column == rows[i].column);
	}
}

static void test_template__says_what_was_there(void **state)
{
	UNUSED_STATE(state);
	static const char *const pages[] = { "loop", "x{{>loop}}", "page",
		                             "\n {{gone}}", NULL };

	static const struct {
		const char *text;
		const char *json;
		const char *file;
		unsigned line;
		unsigned column;
		const char *message;
		const char *hint;
	} rows[] = {
		{ "{{brief.emial}}",
		  "{\"brief\":{\"name\":\"x\",\"email\":\"y\"}}", "t", 1, 3,
		  "\"brief.emial\" is not there", "Did you mean \"email\"?" },
		{ "{{breif.email}}", "{\"brief\":{\"email\":\"y\"}}", "t", 1, 3,
		  "\"breif.email\" is not there", "Did you mean \"brief\"?" },
		{ "{{xyzzy}}", "{\"brief\":1,\"run\":2}", "t", 1, 3,
		  "\"xyzzy\" is not there", "There is: brief, run." },
		{ "{{a.b.c}}", "{\"a\":{\"b\":\"text\"}}", "t", 1, 3,
		  "\"a.b.c\" is not there", "\"a.b\" is the text \"text\"." },
		{ "{{a.b}}", "{\"a\":null}", "t", 1, 3, "\"a.b\" is not there",
		  "\"a\" is null." },
		{ "{{#l}}\n{{nmae}}{{/l}}", "{\"l\":[{\"name\":1}],\"x\":1}",
		  "t", 2, 3, "\"nmae\" is not there",
		  "Did you mean \"name\"?" },
		{ "{{a}}", "{\"a\":[1]}", "t", 1, 3,
		  "\"a\" is a list and cannot be printed",
		  "Name it in a section, or use | join, | count or | json." },
		{ "{{a}}", "{\"a\":{}}", "t", 1, 3,
		  "\"a\" is a map and cannot be printed",
		  "Name one of its fields, or use | json." },
		{ "{{a | money}}", "{\"a\":\"12\"}", "t", 1, 3,
		  "\"a\": money takes whole cents, not the text \"12\"", NULL },
		{ "{{>gone}}", "{}", "t", 1, 4, "there is no template \"gone\"",
		  NULL },
		{ "{{>page}}", "{}", "page", 2, 4, "\"gone\" is not there",
		  NULL },
		{ "{{>loop}}", "{}", "loop", 1, 5,
		  "sections and partials are nested more than 32 deep", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i, !render(&arena, rows[i].text, rows[i].json, pages,
		                      ESCAPE_NONE, true, &err));
		assert_row_text(i, err.message, rows[i].message);
		assert_row_text(i, err.hint, rows[i].hint);
		assert_row_text(i, err.file, rows[i].file);
		assert_row(i, err.pos.line == rows[i].line);
		assert_row(i, err.pos.column == rows[i].column);
	}
}

static void
test_template__prints_nothing_for_missing_unless_strict(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };

	assert_string_equal(render(&arena, "[{{a}}{{b.c | money}}]",
	                           "{\"b\":{}}", NULL, ESCAPE_NONE, false,
	                           &err),
	                    "[]");
}

static void test_template__fails_without_a_trace(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf out = buf_make(100);
	struct render how = { .scope = data_of(&arena, "{}"), .strict = true };
	const struct template *template = template_parse(
	        &arena, "t", source_of(&arena, "text {{gone}}"), &err);

	buf_add_text(&out, "before");
	assert_int_equal(template_render(template, &how, &out, &err), -1);
	assert_string_equal(out.at, "before");
}

static void test_template__bounds_depth_and_length(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);
	auto_buf struct buf out = buf_make(10);
	struct render how = { .scope = data_of(&arena, "{\"a\":\"12345\"}") };

	for (int i = 0; i < LIMIT_TEMPLATE_DEPTH + 1; i++)
		buf_add_text(&text, "{{#a}}");
	assert_null(
	        template_parse(&arena, "t", source_of(&arena, text.at), &err));
	assert_string_equal(err.message,
	                    "sections are nested more than 32 deep");

	error_clear(&err);
	buf_cut(&text, 0);
	buf_pad(&text, 'x', LIMIT_TEMPLATE + 1);
	assert_null(
	        template_parse(&arena, "t", source_of(&arena, text.at), &err));
	assert_int_equal(err.code, ERR_LIMIT);

	error_clear(&err);

	const struct template *template = template_parse(
	        &arena, "t", source_of(&arena, "{{a}}{{a}}{{a}}"), &err);

	assert_int_equal(template_render(template, &how, &out, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
}

static void test_template__ends_what_repeats_itself_for_ever(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_TEMPLATE);

	for (int i = 0; i < 8; i++)
		buf_add_text(&text, "{{#l}}");
	for (int i = 0; i < 8; i++)
		buf_add_text(&text, "{{/l}}");
	assert_null(render(&arena, text.at, "{\"l\":[1,2,3,4,5,6,7,8,9,0]}",
	                   NULL, ESCAPE_NONE, true, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "the template takes too long");
}

static void test_template__lists_its_names(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	const struct name_use *uses;
	size_t count;
	const struct template *template = template_parse(
	        &arena, "t",
	        source_of(&arena, "{{a.b | slug}} {{! no }}\n"
	                          "{{#c}}{{.}}{{d}}{{^e}}{{/e}}{{/c}}{{>p}}"),
	        &err);
	static const struct name_use wanted[] = {
		{ .name = "a.b", .pos = { 1, 3 } },
		{ .name = "c", .pos = { 2, 4 }, .section = true },
		{ .name = "d", .pos = { 2, 14 }, .inside = true },
		{ .name = "e",
		  .pos = { 2, 20 },
		  .section = true,
		  .inside = true },
	};

	template_names(template, &uses, &count);
	assert_int_equal(count, ARRAY_LEN(wanted));
	for (size_t i = 0; i < count; i++) {
		assert_row_text(i, uses[i].name, wanted[i].name);
		assert_row(i, uses[i].pos.line == wanted[i].pos.line);
		assert_row(i, uses[i].pos.column == wanted[i].pos.column);
		assert_row(i, uses[i].section == wanted[i].section);
		assert_row(i, uses[i].inside == wanted[i].inside);
	}
	template_partials(template, &uses, &count);
	assert_int_equal(count, 1);
	assert_string_equal(uses[0].name, "p");
	assert_int_equal(uses[0].pos.column, 38);
}

static void test_template__knows_a_single_tag(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *text;
		const char *name;
	} rows[] = {
		{ "{{a.b}}", "a.b" },     { "{{ a | money }}", "a" },
		{ "{{{a}}}", "a" },       { "{{&a}}", "a" },
		{ "{{.}}", "." },         { " {{a}}", NULL },
		{ "{{a}}\n", NULL },      { "{{a}}{{b}}", NULL },
		{ "{{#a}}{{/a}}", NULL }, { "{{!x}}{{a}}", NULL },
		{ "{{>a}}", NULL },       { "", NULL },
		{ "text", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const struct template *template = template_parse(
		        &arena, "t", source_of(&arena, rows[i].text), &err);

		assert_row(i, template);

		const struct name_use *use = template_single(template);

		assert_row_text(i, use ? use->name : NULL, rows[i].name);
	}
}

/* A file of YAML with every style of text: positions are those of the file. */
static void test_template__points_into_the_file(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *yaml;
		unsigned line;
		unsigned column;
	} rows[] = {
		{ "a: x {{gone}}", 1, 8 },
		{ "a: \"x {{gone}}\"", 1, 9 },
		{ "a: 'x {{gone}}'", 1, 9 },
		{ "a: |\n  one\n  two {{gone}}\n", 3, 9 },
		{ "a: |\n  {{#x}}\n  {{/x}}\n\n  {{! }} {{gone}}\n", 5, 12 },
		{ "a:\n  - b: {{#x}}{{/x}}{{gone}}\n", 2, 22 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct render how = { .scope = data_of(&arena, "{}"),
			              .strict = true };
		struct value *made;
		struct value *source =
		        yaml_parse(&arena, "f.yaml", rows[i].yaml,
		                   strlen(rows[i].yaml), 1, &err);

		/* YAML itself refuses a plain text that begins with a tag. */
		if (!source) {
			error_clear(&err);
			continue;
		}
		assert_row(i, render_value(&arena, "f.yaml", source, &how,
		                           &made, &err) < 0);
		assert_row_text(i, err.message, "\"gone\" is not there");
		assert_row(i, err.pos.line == rows[i].line);
		assert_row(i, err.pos.column == rows[i].column);
	}
}

static void test_template__renders_trees(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	static const char yaml[] = "to: \"{{brief.email}}\"\n"
	                           "brief: \"{{brief}}\"\n"
	                           "n: \"{{n}}\"\n"
	                           "m: \"{{n | money}}\"\n"
	                           "t: \"{{n}} {{n}}\"\n"
	                           "\"{{k}}\": plain\n"
	                           "list: [1, \"{{null}}\", true, null]\n";
	struct render how = {
		.scope = data_of(&arena, "{\"brief\":{\"email\":\"a@b.c\","
		                         "\"l\":[1]},\"n\":12.50,"
		                         "\"null\":null}"),
		.strict = true,
	};
	struct value *made;
	struct value *source =
	        yaml_parse(&arena, "f.yaml", yaml, strlen(yaml), 1, &err);

	value_map_int(&arena, source, "n2", 1);
	assert_int_equal(
	        render_value(&arena, "f.yaml", source, &how, &made, &err), -1);
	assert_string_equal(err.message,
	                    "\"n\": money takes whole cents, not the number "
	                    "12.50");
	assert_int_equal(err.pos.line, 4);
	error_clear(&err);

	value_map_text(&arena, source, "m", "{{brief.l | count}}");
	assert_int_equal(
	        render_value(&arena, "f.yaml", source, &how, &made, &err), 0);
	assert_string_equal(json_canonical(&arena, made),
	                    "{\"brief\":{\"email\":\"a@b.c\",\"l\":[1]},"
	                    "\"list\":[1,null,true,null],\"m\":1,\"n\":12.50,"
	                    "\"n2\":1,\"t\":\"12.50 12.50\","
	                    "\"to\":\"a@b.c\",\"{{k}}\":\"plain\"}");

	const struct value *inner = value_path(made, "brief.l");

	assert_int_equal(inner->pos.line, 2);
	assert_int_equal(value_member(made, "n")->pos.line, 3);
	/* The data keeps its own. */
	assert_int_equal(value_path(how.scope, "brief.l")->pos.line,
	                 value_get(how.scope, "brief")->pos.line);
}

static void test_template__collects_names_and_errors_of_trees(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_errors struct errors errors = { 0 };
	static const char yaml[] = "a: \"{{one}} {{#two}}{{/two}}\"\n"
	                           "b: [ \"{{\", \"{{three}}\", no tag ]\n"
	                           "c: { d: \"{{four.x}}\", e: \"{{}}\" }\n";
	struct name_use *uses = NULL;
	size_t count = 0;
	struct value *source =
	        yaml_parse(&arena, "f.yaml", yaml, strlen(yaml), 1, &err);
	static const char *const wanted[] = { "one", "two", "three", "four.x" };

	assert_non_null(source);
	render_names(&arena, "f.yaml", source, &uses, &count, &errors);
	assert_int_equal(count, ARRAY_LEN(wanted));
	for (size_t i = 0; i < count; i++)
		assert_row_text(i, uses[i].name, wanted[i]);
	assert_int_equal(errors.count, 2);
	assert_int_equal(errors.items[0].pos.line, 2);
	assert_int_equal(errors.items[1].pos.line, 3);
}
