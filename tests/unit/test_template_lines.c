#include "tests/unit/unit.h"

#include "engine/job/template.h"
#include "tests/unit/fixture_template.h"

struct case_row {
	const char *text;
	const char *wanted;
	const char *pages[9]; /* name, text, …, NULL */
};

#define DATA                                                                   \
	"{\"who\":\"Ada\",\"yes\":true,\"list\":[1,2],\"mark\":\"<b>\","       \
	"\"inner\":{\"who\":\"Bob\"}}"

static void check_cases(const struct case_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		char *got = render(&arena, rows[i].text, DATA, rows[i].pages,
		                   ESCAPE_HTML, false, &err);

		if (!got)
			fail_msg("row %zu: %s", i, err.message);
		assert_row_text(i, got, rows[i].wanted);
	}
}

static void test_template_lines__prints_a_block_nobody_replaces(void **state)
{
	UNUSED_STATE(state);
	static const struct case_row rows[] = {
		{ "{{$a}}as it is{{/a}}", "as it is", { 0 } },
		{ "{{$a}}as it is{{/a}}\n", "as it is\n", { 0 } },
		{ "{{$a}}{{/a}}", "", { 0 } },
		{ "{{$ a }}x{{/ a }}", "x", { 0 } },
		{ "{{$a}}Dear {{who}}{{/a}}", "Dear Ada", { 0 } },
		{ "{{$a}}{{{mark}}} {{mark}}{{/a}}", "<b> &lt;b&gt;", { 0 } },
		{ "{{$a}}{{#list}}{{.}};{{/list}}{{^no}}!{{/no}}{{/a}}",
		  "1;2;!",
		  { 0 } },
		{ "{{#inner}}{{$a}}{{who}}{{/a}}{{/inner}}", "Bob", { 0 } },
		{ "{{$a}}x{{$b}}y{{/b}}z{{/a}}", "xyz", { 0 } },
		/* A block has nothing to do with data of its name. */
		{ "{{$who}}x{{/who}}", "x", { 0 } },
		{ "{{=<% %>=}}<%$a%>x<%/a%>", "x", { 0 } },
		/* Lines that hold one tag go, and nothing else does. */
		{ "1\n{{$a}}\n2\n{{/a}}\n3\n", "1\n2\n3\n", { 0 } },
		{ "1\n  {{$a}}\n  2\n   3\n  {{/a}}\n4\n",
		  "1\n  2\n   3\n4\n",
		  { 0 } },
		{ "1\r\n{{$a}}\r\n2\r\n{{/a}}\r\n3\r\n",
		  "1\r\n2\r\n3\r\n",
		  { 0 } },
		{ "  {{$a}}1\n  2{{/a}}\n", "  1\n  2\n", { 0 } },
		{ "1 {{$a}}\n2\n{{/a}} 3\n", "1 \n2\n 3\n", { 0 } },
	};

	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_lines__gives_blocks_to_a_parent(void **state)
{
	UNUSED_STATE(state);
	static const struct case_row rows[] = {
		{ "{{<p}}{{/p}}", "[one]", { "p", "[{{$a}}one{{/a}}]" } },
		{ "{{< x/p.md }}{{/ x/p.md }}",
		  "[one]",
		  { "x/p.md", "[one]" } },
		{ "{{<p}}{{$a}}two{{/a}}{{/p}}",
		  "[two]",
		  { "p", "[{{$a}}one{{/a}}]" } },
		{ "{{<p}}{{$b}}3{{/b}}{{/p}}",
		  "1 3",
		  { "p", "{{$a}}1{{/a}} {{$b}}2{{/b}}" } },
		{ "{{<p}}{{$a}}{{/a}}{{/p}}",
		  "[]",
		  { "p", "[{{$a}}one{{/a}}]" } },
		{ "{{<p}}{{$a}}x{{/a}}{{/p}}",
		  "xx",
		  { "p", "{{$a}}1{{/a}}{{$a}}2{{/a}}" } },
		/* Each use has its own. */
		{ "{{<p}}{{$a}}1{{/a}}{{/p}} {{<p}}{{$a}}2{{/a}}{{/p}} "
		  "{{>p}}\n",
		  "(1) (2) (0)\n",
		  { "p", "({{$a}}0{{/a}})" } },
		/* Data of the name changes nothing. */
		{ "{{<p}}{{$who}}x{{/who}}{{/p}}",
		  "x",
		  { "p", "{{$who}}y{{/who}}" } },
		{ "{{<p}}{{/p}}", "y", { "p", "{{$who}}y{{/who}}" } },
		/* What is in a parent and in no block is not there. */
		{ "{{<p}} a {{who}} {{#yes}}b{{/yes}} {{>gone}} {{! c }}"
		  "{{$a}}x{{/a}} d {{/p}}",
		  "x",
		  { "p", "{{$a}}y{{/a}}" } },
		{ "{{<p}}{{#yes}}{{$a}}x{{/a}}{{/yes}}{{/p}}",
		  "y",
		  { "p", "{{$a}}y{{/a}}" } },
		{ "{{<p}}{{#yes}}{{<q}}{{$a}}x{{/a}}{{/q}}{{/yes}}{{/p}}",
		  "y",
		  { "p", "{{$a}}y{{/a}}" } },
		/* Scope is that of the place where the block goes. */
		{ "{{<p}}{{$a}}I am {{who}}{{/a}}{{/p}}",
		  "I am Bob",
		  { "p", "{{#inner}}{{$a}}you are {{who}}{{/a}}{{/inner}}" } },
		{ "{{<p}}{{$a}}{{.}},{{/a}}{{/p}}",
		  "1,2,",
		  { "p", "{{#list}}{{$a}}x{{/a}}{{/list}}" } },
		{ "{{#inner}}{{<p}}{{/p}}{{/inner}}",
		  "Bob",
		  { "p", "{{who}}" } },
		/* Delimiters are those of each text. */
		{ "{{=<% %>=}}<%<p%><%$a%><%who%>{{who}}<%/a%><%/p%>",
		  "Ada{{who}}|Ada",
		  { "p", "{{$a}}{{/a}}|{{who}}" } },
	};

	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_lines__lets_the_outermost_text_decide(void **state)
{
	UNUSED_STATE(state);
	static const struct case_row rows[] = {
		{ "{{<p}}{{$a}}1{{/a}}{{/p}}",
		  "1",
		  { "p", "{{<q}}{{$a}}2{{/a}}{{/q}}", "q",
		    "{{<r}}{{$a}}3{{/a}}{{/r}}", "r", "{{$a}}4{{/a}}" } },
		{ "{{<p}}{{/p}}",
		  "2",
		  { "p", "{{<q}}{{$a}}2{{/a}}{{/q}}", "q",
		    "{{<r}}{{$a}}3{{/a}}{{/r}}", "r", "{{$a}}4{{/a}}" } },
		/* A partial passes on what there is. */
		{ "{{<p}}{{$a}}1{{/a}}{{/p}}",
		  "-1-",
		  { "p", "-{{>q}}-", "q", "{{$a}}2{{/a}}" } },
		/* Blocks that a block offers, and parents in blocks. */
		{ "{{<p}}{{$b}}2{{/b}}{{/p}}",
		  "(1 2)",
		  { "p", "{{<q}}{{$a}}1 {{$b}}b{{/b}}{{/a}}{{/q}}", "q",
		    "({{$a}}a{{/a}})" } },
		{ "{{<p}}{{$a}}{{<q}}{{$b}}2{{/b}}{{/q}}{{/a}}{{/p}}",
		  "[(2)]",
		  { "p", "[{{$a}}a{{/a}}]", "q", "({{$b}}b{{/b}})" } },
		/* Templates that name each other in circles end where a block
		 * is given. */
		{ "{{<p}}{{$a}}A{{/a}}{{/p}}",
		  "A A A end",
		  { "p", "{{$a}}a{{/a}} {{$b}}{{<q}}{{/q}}{{/b}}", "q",
		    "{{$a}}qa{{/a}} {{<p}}{{$b}}end{{/b}}{{/p}}" } },
		/* A block in a block of its name is not that block. */
		{ "{{<p}}{{$a}}<{{$a}}in{{/a}}>{{/a}}{{/p}}",
		  "<in>",
		  { "p", "{{$a}}out{{/a}}" } },
	};

	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_lines__indents_a_parent_on_its_own_lines(void **state)
{
	UNUSED_STATE(state);
	static const struct case_row rows[] = {
		{ "{{<p}}{{/p}}\n", "one", { "p", "one" } },
		{ "1\n  {{<p}}{{/p}}\n4\n",
		  "1\n  2\n  3\n4\n",
		  { "p", "2\n3\n" } },
		{ "1\r\n  {{<p}}{{/p}}\r\n4",
		  "1\r\n  2\r\n4",
		  { "p", "2\r\n" } },
		{ "1\n  {{<p}}\n  {{$a}}x{{/a}}\n  {{/p}}  \n4\n",
		  "1\n  x\n4\n",
		  { "p", "{{$a}}y{{/a}}\n" } },
		{ " {{<p}}{{/p}}\n",
		  "  2\n  4\n",
		  { "p", " {{<q}}{{/q}}\n", "q", "2\n4\n" } },
		{ " {{<p}}{{/p}}\n",
		  " 2\n 4\n",
		  { "p", "{{>q}}\n", "q", "2\n4\n" } },
		/* Beside something else it is no line. */
		{ "1 {{<p}}{{/p}}\n4\n", "1 2\n3\n4\n", { "p", "2\n3" } },
		{ "  {{<p}}{{/p}} 4\n", "  2\n3 4\n", { "p", "2\n3" } },
		{ "  {{<p}}\n{{/p}} 4\n", "  2\n3 4\n", { "p", "2\n3" } },
		{ "1 {{<p}}\n {{/p}}\n4\n", "1 2\n3\n4\n", { "p", "2\n3" } },
	};

	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_lines__indents_what_a_block_becomes(void **state)
{
	UNUSED_STATE(state);
	static const struct case_row rows[] = {
		{ "{{<p}}{{$a}}two{{/a}}{{/p}}",
		  "1:\n  two\n",
		  { "p", "1:\n  {{$a}}one and more{{/a}}\n" } },
		{ "{{<p}}{{$a}}2\n3{{/a}}{{/p}}",
		  "1:\n  2\n  3\n4\n",
		  { "p", "1:\n  {{$a}}{{/a}}\n4\n" } },
		/* The end of a first tag's line is the tag's. */
		{ "{{<p}}{{$a}}\n2\n\n3\n{{/a}}{{/p}}",
		  "2\n\n3\n",
		  { "p", "{{$a}}x{{/a}}" } },
		{ "{{<p}}{{$a}}\n2\n3{{/a}}\n{{/p}}\n",
		  "1\n  2\n  3\n",
		  { "p", "1\n  {{$a}}{{/a}}\n" } },
		/* The first line says what all lines lose. */
		{ "{{<p}}\n    {{$a}}\n      2\n        3\n    4\n    {{/a}}\n"
		  "{{/p}}\n",
		  "1\n  2\n    3\n  4\n5\n",
		  { "p", "1\n  {{$a}}\n  {{/a}}\n5\n" } },
		{ "{{<p}}{{$a}}\n\n    2\n    3\n{{/a}}{{/p}}\n",
		  "1\n\n  2\n  3\n",
		  { "p", "1\n  {{$a}}\n  {{/a}}\n" } },
		/* The first line of what it replaces says what they get. */
		{ "{{<p}}{{$a}}\n2\n3\n{{/a}}{{/p}}\n",
		  "1\n  2\n  3\n4\n",
		  { "p", "1\n{{$a}}\n  x\n{{/a}}\n4\n" } },
		{ "{{<p}}{{$a}}\n2\n3\n{{/a}}{{/p}}\n",
		  "1\n2\n3\n",
		  { "p", "1\n  {{$a}}\nx\n  {{/a}}\n" } },
		/* Two tags, neither alone, but the pair is. */
		{ "{{<p}}{{$a}}2\n3{{/a}}{{/p}}",
		  "  2\n  3\n",
		  { "p", "  {{$a}}x\n  y{{/a}}\n" } },
		/* In a line: as it is. */
		{ "{{<p}}{{$a}}2\n3{{/a}}{{/p}}",
		  "  1 2\n3\n",
		  { "p", "  1 {{$a}}x{{/a}}\n" } },
		{ "{{<p}}{{$a}}2\n3{{/a}}{{/p}}",
		  "  2\n3 4\n",
		  { "p", "  {{$a}}x{{/a}} 4\n" } },
		/* What is printed is not indented, nor is nothing. */
		{ "{{<p}}{{$a}}{{#list}}\n{{.}}{{/list}}{{/a}}{{/p}}",
		  "  \n  1\n  2\n",
		  { "p", "  {{$a}}x{{/a}}\n" } },
		{ "{{<p}}{{$a}}{{/a}}{{/p}}",
		  "1\n2\n",
		  { "p", "1\n  {{$a}}\n  x\n  {{/a}}\n2\n" } },
		/* Indents add up: of parent, block and what is in it. */
		{ " {{<p}}{{$a}}\n2\n{{>q}}\n{{/a}}{{/p}}\n",
		  "   2\n   3\n   4\n",
		  { "p", "  {{$a}}x{{/a}}", "q", "3\n4\n" } },
		{ "{{<p}}{{$b}}\n3\n{{/b}}{{/p}}\n",
		  "1\n  3\n",
		  { "p",
		    "{{<q}}{{$a}}\n  1\n  {{$b}}\n    2\n  {{/b}}\n"
		    "{{/a}}{{/q}}\n",
		    "q", "{{$a}}x{{/a}}" } },
		{ "{{<p}}{{$a}}\n    1\n    {{<q}}\n      {{$b}}\n"
		  "        2\n          3\n      {{/b}}\n    {{/q}}\n"
		  "{{/a}}{{/p}}\n",
		  "  1\n   2\n     3\n",
		  { "p", "  {{$a}}x{{/a}}", "q", " {{$b}}y{{/b}}" } },
	};

	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_lines__says_what_is_not_well_formed(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *text;
		unsigned line;
		unsigned column;
		const char *message;
	} rows[] = {
		{ "{{<a}}", 1, 4, "the parent \"a\" is not closed" },
		{ "\n{{$a}}", 2, 4, "the block \"a\" is not closed" },
		{ "{{<a}}{{$b}}{{/a}}", 1, 16,
		  "\"a\" is closed, but the open block is \"b\" (line 1)" },
		{ "{{<a}}{{/b}}", 1, 10,
		  "\"b\" is closed, but the open parent is \"a\" (line 1)" },
		{ "{{<}}{{/}}", 1, 4, "the tag has no name" },
		{ "{{$}}{{/}}", 1, 4, "the tag has no name" },
		{ "{{<a b}}{{/a b}}", 1, 4, "\"a b\" is not a name" },
		{ "{{$a b}}{{/a b}}", 1, 4, "\"a b\" is not a name" },
		{ "{{<*a}}{{/*a}}", 1, 4,
		  "the name of a parent cannot come from a value" },
		{ "{{$*a}}{{/*a}}", 1, 4,
		  "the name of a block cannot come from a value" },
		/* What is ignored is looked at. */
		{ "{{<a}}{{b c}}{{/a}}", 1, 9, "\"b c\" is not a name" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i, !template_parse(&arena, "t",
		                              source_of(&arena, rows[i].text),
		                              &err));
		assert_row_text(i, err.message, rows[i].message);
		assert_row(i, err.pos.line == rows[i].line);
		assert_row(i, err.pos.column == rows[i].column);
	}
}

static void test_template_lines__says_where_a_given_block_fails(void **state)
{
	UNUSED_STATE(state);

	static const struct {
		const char *text;
		const char *file;
		unsigned line;
		const char *message;
	} rows[] = {
		{ "{{<p}}{{$a}}\n{{gone}}{{/a}}{{/p}}", "t", 2,
		  "\"gone\" is not there" },
		{ "{{<p}}{{$b}}{{/b}}{{/p}}", "p", 1, "\"lost\" is not there" },
		{ "{{<q}}{{/q}}", "t", 1, "there is no template \"q\"" },
		{ "{{<loop}}{{/loop}}", "loop", 1,
		  "sections and partials are nested more than 32 deep" },
	};

	static const char *const pages[] = { "p", "{{$a}}{{lost}}{{/a}}",
		                             "loop", "{{<loop}}{{/loop}}",
		                             NULL };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i, !render(&arena, rows[i].text, "{\"x\":1}", pages,
		                      ESCAPE_NONE, true, &err));
		assert_row_text(i, err.message, rows[i].message);
		assert_row_text(i, err.file, rows[i].file);
		assert_row(i, err.pos.line == rows[i].line);
	}
}

/* Names in blocks count, those that are ignored do not. */
static void test_template_lines__lists_names_in_blocks(void **state)
{
	UNUSED_STATE(state);
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	const struct name_use *uses;
	size_t count;
	const struct template *template = template_parse(
	        &arena, "t",
	        source_of(&arena, "{{$a}}{{one}}{{>p1}}{{/a}}"
	                          "{{<p2}}{{no}}{{>none}}{{#not}}{{/not}}"
	                          "{{$a}}{{two}}{{>p3}}{{<p4}}{{/p4}}"
	                          "{{#three}}{{four}}{{/three}}{{/a}}{{/p2}}"),
	        &err);
	static const struct name_use wanted[] = {
		{ .name = "one" },
		{ .name = "two", .given = true },
		{ .name = "three", .section = true, .given = true },
		{ .name = "four", .inside = true, .given = true },
	};
	static const char *const partials[] = { "p1", "p2", "p3", "p4" };

	template_names(template, &uses, &count);
	assert_int_equal(count, ARRAY_LEN(wanted));
	for (size_t i = 0; i < count; i++) {
		assert_row_text(i, uses[i].name, wanted[i].name);
		assert_row(i, uses[i].section == wanted[i].section);
		assert_row(i, uses[i].inside == wanted[i].inside);
		assert_row(i, uses[i].given == wanted[i].given);
	}
	template_partials(template, &uses, &count);
	assert_int_equal(count, ARRAY_LEN(partials));
	for (size_t i = 0; i < count; i++)
		assert_row_text(i, uses[i].name, partials[i]);
}
