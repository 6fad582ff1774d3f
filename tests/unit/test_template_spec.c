/*
 * What the specification of mustache says, section by section, with cases of
 * our own. Each is rendered twice for a file of HTML: with `strict: false` it
 * gives what the specification gives; strict it gives the same, or the error
 * that stands beside it.
 */
#include "tests/unit/unit.h"

#include "engine/job/template.h"
#include "tests/unit/fixture_template.h"

struct case_row {
	const char *text;
	const char *json;
	const char *wanted;
	const char *refused;  /* what strict says instead; NULL: nothing */
	const char *pages[7]; /* name, text, …, NULL */
};

static void check_cases(const struct case_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (int strict = 0; strict < 2; strict++) {
			auto_arena struct arena arena = { 0 };
			auto_error struct error err = { 0 };
			const struct case_row *row = &rows[i];
			bool refused = strict && row->refused;
			char *got =
			        render(&arena, row->text, row->json, row->pages,
			               ESCAPE_HTML, strict, &err);

			if (!got && !refused)
				fail_msg("row %zu: %s", i, err.message);
			if (refused)
				assert_row_text(i, err.message, row->refused);
			else
				assert_row_text(i, got, row->wanted);
		}
}

static void test_template_spec__comments(void **state)
{
	static const struct case_row rows[] = {
		{ "a{{! not seen }}b", "{}", "ab", NULL, { 0 } },
		{ "a{{! one\ntwo\nthree }}b", "{}", "ab", NULL, { 0 } },
		{ "1\n{{! alone }}\n2\n", "{}", "1\n2\n", NULL, { 0 } },
		{ "1\n \t {{! alone }}  \n2\n", "{}", "1\n2\n", NULL, { 0 } },
		{ "1\r\n{{! alone }}\r\n2", "{}", "1\r\n2", NULL, { 0 } },
		{ "  {{! first line }}\nx", "{}", "x", NULL, { 0 } },
		{ "x\n  {{! last line }}", "{}", "x\n", NULL, { 0 } },
		{ "1\n{{!\nover\nlines\n}}\n2\n", "{}", "1\n2\n", NULL, { 0 } },
		{ "1\n  {{!\n  over\n  }}\n2\n", "{}", "1\n2\n", NULL, { 0 } },
		{ "  a {{! not alone }}\n", "{}", "  a \n", NULL, { 0 } },
		{ "a {{! with space }} b", "{}", "a  b", NULL, { 0 } },
		/* A name that looks like a comment's is none. */
		{ "{{! a }}{{a}}", "{\"a\":1,\"! a\":2}", "1", NULL, { 0 } },
	};

	UNUSED_STATE(state);
	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_spec__delimiters(void **state)
{
	static const struct case_row rows[] = {
		{ "{{=<% %>=}}(<%a%>)", "{\"a\":1}", "(1)", NULL, { 0 } },
		{ "({{=[ ]=}}[a])", "{\"a\":1}", "(1)", NULL, { 0 } },
		{ "{{=| |=}}|a| {{a}}", "{\"a\":1}", "1 {{a}}", NULL, { 0 } },
		{ "{{= @ @ =}}@a@", "{\"a\":1}", "1", NULL, { 0 } },
		{ "a {{=<% %>=}} b", "{}", "a  b", NULL, { 0 } },
		{ "1\n{{=<% %>=}}\n2\n", "{}", "1\n2\n", NULL, { 0 } },
		{ "1\n  {{=<% %>=}}  \n2\n", "{}", "1\n2\n", NULL, { 0 } },
		{ "1\r\n{{= <% %> =}}\r\n2", "{}", "1\r\n2", NULL, { 0 } },
		{ "  {{=<% %>=}}\nx", "{}", "x", NULL, { 0 } },
		{ "x\n  {{=<% %>=}}", "{}", "x\n", NULL, { 0 } },
		{ "{{=<% %>=}}<%={{ }}=%>{{a}}",
		  "{\"a\":1}",
		  "1",
		  NULL,
		  { 0 } },
		{ "{{#s}}{{a}}|{{/s}}{{=| |=}}|#s||a|.|/s|",
		  "{\"s\":true,\"a\":1}",
		  "1|1.",
		  NULL,
		  { 0 } },
		{ "{{^s}}x{{/s}}{{=| |=}}|^s|y|/s|",
		  "{\"s\":false}",
		  "xy",
		  NULL,
		  { 0 } },
		{ "{{=<% %>=}}<%& a%><%! note %>.",
		  "{\"a\":\"<\"}",
		  "<.",
		  NULL,
		  { 0 } },
		/* A partial begins with the usual ones, and leaves those of
		 * who includes it alone. */
		{ "{{=<% %>=}}<%> p%> <%a%>",
		  "{\"a\":1}",
		  "1<%a%> 1",
		  NULL,
		  { "p", "{{a}}<%a%>" } },
		{ "{{> p}} {{a}} |a|",
		  "{\"a\":1}",
		  "1 1 |a|",
		  NULL,
		  { "p", "{{=| |=}}|a|" } },
	};

	UNUSED_STATE(state);
	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_spec__interpolation(void **state)
{
	static const struct case_row rows[] = {
		{ "no {tags} here\n", "{}", "no {tags} here\n", NULL, { 0 } },
		{ "{{a}}",
		  "{\"a\":\"& \\\" < >\"}",
		  "&amp; &quot; &lt; &gt;",
		  NULL,
		  { 0 } },
		{ "{{{a}}}",
		  "{\"a\":\"& \\\" < >\"}",
		  "& \" < >",
		  NULL,
		  { 0 } },
		{ "{{&a}}", "{\"a\":\"& \\\" < >\"}", "& \" < >", NULL, { 0 } },
		{ "{{a}} {{{a}}} {{&a}}",
		  "{\"a\":85}",
		  "85 85 85",
		  NULL,
		  { 0 } },
		{ "{{a}} {{{a}}} {{&a}}",
		  "{\"a\":1.21}",
		  "1.21 1.21 1.21",
		  NULL,
		  { 0 } },
		{ "({{a}}{{{a}}}{{&a}})", "{\"a\":null}", "()", NULL, { 0 } },
		{ "({{a}})", "{}", "()", "\"a\" is not there", { 0 } },
		{ "({{{a}}})", "{}", "()", "\"a\" is not there", { 0 } },
		{ "({{&a}})", "{}", "()", "\"a\" is not there", { 0 } },
		/* Dotted names. */
		{ "{{a.b}} {{{a.b}}} {{&a.b}}",
		  "{\"a\":{\"b\":\"<\"}}",
		  "&lt; < <",
		  NULL,
		  { 0 } },
		{ "{{a.b.c.d.e}}",
		  "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}",
		  "1",
		  NULL,
		  { 0 } },
		{ "({{a.b.c}})",
		  "{\"a\":{}}",
		  "()",
		  "\"a.b.c\" is not there",
		  { 0 } },
		{ "({{a.b.c}})",
		  "{\"a\":{\"b\":{}},\"c\":{\"c\":1}}",
		  "()",
		  "\"a.b.c\" is not there",
		  { 0 } },
		/* The first part decides in which context the rest is. */
		{ "{{#a}}{{b.c}}{{/a}}",
		  "{\"a\":{\"b\":{\"c\":1}},\"b\":{\"c\":2}}",
		  "1",
		  NULL,
		  { 0 } },
		{ "{{#a}}({{b.c}}){{/a}}",
		  "{\"a\":{\"b\":{}},\"b\":{\"c\":2}}",
		  "()",
		  "\"b.c\" is not there",
		  { 0 } },
		{ "{{#a}}{{b}}{{/a}}", "{\"a\":{},\"b\":2}", "2", NULL, { 0 } },
		{ "({{a.b}})",
		  "{\"a.b\":1}",
		  "()",
		  "\"a.b\" is not there",
		  { 0 } },
		/* Implicit iterators. */
		{ "{{#l}}{{.}},{{/l}}",
		  "{\"l\":[1,\"<\"]}",
		  "1,&lt;,",
		  NULL,
		  { 0 } },
		{ "{{#l}}{{{.}}}{{&.}},{{/l}}",
		  "{\"l\":[\"<\",\"&\"]}",
		  "<<,&&,",
		  NULL,
		  { 0 } },
		/* White space. */
		{ "| {{a}} |", "{\"a\":1}", "| 1 |", NULL, { 0 } },
		{ "  {{a}}\n", "{\"a\":1}", "  1\n", NULL, { 0 } },
		{ "  {{{a}}}\n  {{&a}}\n",
		  "{\"a\":1}",
		  "  1\n  1\n",
		  NULL,
		  { 0 } },
		{ "|{{  a }}|{{{ a  }}}|{{& a }}|",
		  "{\"a\":1}",
		  "|1|1|1|",
		  NULL,
		  { 0 } },
	};

	UNUSED_STATE(state);
	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_spec__inverted_sections(void **state)
{
	static const struct case_row rows[] = {
		{ "({{^a}}x{{/a}})", "{\"a\":false}", "(x)", NULL, { 0 } },
		{ "({{^a}}x{{/a}})", "{\"a\":true}", "()", NULL, { 0 } },
		{ "({{^a}}x{{/a}})", "{\"a\":null}", "(x)", NULL, { 0 } },
		{ "({{^a}}x{{/a}})", "{\"a\":{\"b\":1}}", "()", NULL, { 0 } },
		{ "({{^a}}x{{/a}})", "{\"a\":[{\"b\":1}]}", "()", NULL, { 0 } },
		{ "({{^a}}x{{/a}})", "{\"a\":[]}", "(x)", NULL, { 0 } },
		{ "({{^a}}x{{/a}})", "{}", "(x)", NULL, { 0 } },
		{ "({{^a.b.c}}x{{/a.b.c}})", "{\"a\":{}}", "(x)", NULL, { 0 } },
		{ "({{^a.b.c}}x{{/a.b.c}})",
		  "{\"a\":{\"b\":{\"c\":true}}}",
		  "()",
		  NULL,
		  { 0 } },
		{ "({{^a.b.c}}x{{/a.b.c}})",
		  "{\"a\":{\"b\":{\"c\":false}}}",
		  "(x)",
		  NULL,
		  { 0 } },
		{ "{{^a}}1{{/a}} 2 {{^a}}3{{/a}}",
		  "{\"a\":false}",
		  "1 2 3",
		  NULL,
		  { 0 } },
		{ "(A{{^a}} B{{^a}} C{{/a}} D{{/a}} E)",
		  "{\"a\":false}",
		  "(A B C D E)",
		  NULL,
		  { 0 } },
		{ "(A{{^a}} B{{^a}} C{{/a}} D{{/a}} E)",
		  "{\"a\":true}",
		  "(A E)",
		  NULL,
		  { 0 } },
		{ "1\n{{^a}}\n2\n{{/a}}\n3\n", "{}", "1\n2\n3\n", NULL, { 0 } },
		{ "1\n  {{^a}}\n  2\n  {{/a}}\n3\n",
		  "{}",
		  "1\n  2\n3\n",
		  NULL,
		  { 0 } },
		{ "1\r\n{{^a}}\r\n2\r\n{{/a}}\r\n3",
		  "{}",
		  "1\r\n2\r\n3",
		  NULL,
		  { 0 } },
		{ "  {{^a}}\n^{{/a}}\n/", "{}", "^\n/", NULL, { 0 } },
		{ "^{{^a}}\n/\n  {{/a}}", "{}", "^\n/\n", NULL, { 0 } },
		{ " {{^a}}x{{/a}}\n {{^a}}y{{/a}}\n",
		  "{}",
		  " x\n y\n",
		  NULL,
		  { 0 } },
		{ "|{{^  a }}={{/ a  }}|", "{}", "|=|", NULL, { 0 } },
	};

	UNUSED_STATE(state);
	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_spec__sections(void **state)
{
	static const struct case_row rows[] = {
		{ "({{#a}}x{{/a}})", "{\"a\":true}", "(x)", NULL, { 0 } },
		{ "({{#a}}x{{/a}})", "{\"a\":false}", "()", NULL, { 0 } },
		{ "({{#a}}x{{/a}})", "{\"a\":null}", "()", NULL, { 0 } },
		{ "({{#a}}x{{/a}})", "{}", "()", NULL, { 0 } },
		{ "({{#a}}x{{/a}})", "{\"a\":[]}", "()", NULL, { 0 } },
		{ "{{#a}}Hi {{b}}.{{/a}}",
		  "{\"a\":{\"b\":\"Jo\"}}",
		  "Hi Jo.",
		  NULL,
		  { 0 } },
		/* Parent contexts, and what shadows them. */
		{ "{{#s}}{{a}} {{b}} {{c.d}}{{/s}}",
		  "{\"a\":1,\"b\":2,\"s\":{\"b\":3},\"c\":{\"d\":4}}",
		  "1 3 4",
		  NULL,
		  { 0 } },
		{ "{{#s}}{{a}}{{/s}}", "{\"s\":7,\"a\":1}", "1", NULL, { 0 } },
		{ "{{#s}}{{.}} is {{s}}{{/s}}",
		  "{\"s\":7}",
		  "7 is 7",
		  NULL,
		  { 0 } },
		{ "{{#a}}{{#b}}{{#c}}{{x}}{{y}}{{z}}{{#d.e}}{{x}}{{w}}"
		  "{{/d.e}}{{/c}}{{/b}}{{/a}}",
		  "{\"a\":{\"x\":1},\"b\":{\"y\":2},\"c\":{\"z\":3,"
		  "\"d\":{\"e\":{\"w\":4}}}}",
		  "12314",
		  NULL,
		  { 0 } },
		{ "{{#l}}{{#m}}{{n}}{{o}}{{/m}}{{/l}}",
		  "{\"l\":[{\"n\":1,\"m\":[{\"o\":\"a\"},{\"o\":\"b\"}]},"
		  "{\"n\":2,\"m\":[{\"o\":\"c\"}]}]}",
		  "1a1b2c",
		  NULL,
		  { 0 } },
		/* Lists. */
		{ "({{#l}}{{n}},{{/l}})",
		  "{\"l\":[{\"n\":1},{\"n\":2},{\"n\":3}]}",
		  "(1,2,3,)",
		  NULL,
		  { 0 } },
		{ "({{#l}}({{#.}}{{.}}{{/.}}){{/l}})",
		  "{\"l\":[[1,2],[],[3]]}",
		  "((12)()(3))",
		  NULL,
		  { 0 } },
		{ "{{#l}}({{.}}){{/l}}",
		  "{\"l\":[\"a\",1.1,true]}",
		  "(a)(1.1)(true)",
		  NULL,
		  { 0 } },
		{ "{{#.}}({{n}}){{/.}}", "{\"n\":1}", "(1)", NULL, { 0 } },
		/* Doubled, nested, dotted. */
		{ "{{#a}}1{{/a}} 2 {{#a}}3{{/a}}",
		  "{\"a\":true}",
		  "1 2 3",
		  NULL,
		  { 0 } },
		{ "(A{{#a}} B{{#a}} C{{/a}} D{{/a}} E)",
		  "{\"a\":true}",
		  "(A B C D E)",
		  NULL,
		  { 0 } },
		{ "(A{{#a}} B{{#a}} C{{/a}} D{{/a}} E)",
		  "{\"a\":false}",
		  "(A E)",
		  NULL,
		  { 0 } },
		{ "({{#a.b.c}}x{{/a.b.c}})",
		  "{\"a\":{\"b\":{\"c\":true}}}",
		  "(x)",
		  NULL,
		  { 0 } },
		{ "({{#a.b.c}}x{{/a.b.c}})", "{\"a\":{}}", "()", NULL, { 0 } },
		/* Lines of their own. */
		{ "1\n{{#a}}\n2\n{{/a}}\n3\n",
		  "{\"a\":true}",
		  "1\n2\n3\n",
		  NULL,
		  { 0 } },
		{ "1\n  {{#a}}\n  2\n\t{{/a}}\n3\n",
		  "{\"a\":true}",
		  "1\n  2\n3\n",
		  NULL,
		  { 0 } },
		{ "1\n{{#a}}\n{{/a}}\n2\n",
		  "{\"a\":true}",
		  "1\n2\n",
		  NULL,
		  { 0 } },
		{ "|\r\n{{#a}}\r\n{{/a}}\r\n|",
		  "{\"a\":true}",
		  "|\r\n|",
		  NULL,
		  { 0 } },
		{ "  {{#a}}\n#{{/a}}\n/", "{\"a\":true}", "#\n/", NULL, { 0 } },
		{ "#{{#a}}\n/\n  {{/a}}",
		  "{\"a\":true}",
		  "#\n/\n",
		  NULL,
		  { 0 } },
		{ "{{#l}}\n- {{.}}\n{{/l}}\n",
		  "{\"l\":[1,2]}",
		  "- 1\n- 2\n",
		  NULL,
		  { 0 } },
		{ "{{#l}}\n{{#.}}\n{{.}}\n{{/.}}\n{{/l}}\n",
		  "{\"l\":[[1],[2]]}",
		  "1\n2\n",
		  NULL,
		  { 0 } },
		{ " | {{#a}}\t|\t{{/a}} | \n",
		  "{\"a\":true}",
		  " | \t|\t | \n",
		  NULL,
		  { 0 } },
		{ " | {{#a}} {{! x }}\n {{/a}} | \n",
		  "{\"a\":true}",
		  " |  \n  | \n",
		  NULL,
		  { 0 } },
		{ " {{#a}}Y{{/a}}\n {{#a}}G{{/a}}\n",
		  "{\"a\":true}",
		  " Y\n G\n",
		  NULL,
		  { 0 } },
		{ "|{{# a }}={{/ a }}|", "{\"a\":true}", "|=|", NULL, { 0 } },
	};

	UNUSED_STATE(state);
	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_spec__partials(void **state)
{
	static const struct case_row rows[] = {
		{ "({{> p}})", "{}", "(from it)", NULL, { "p", "from it" } },
		{ "({{>p}})", "{\"a\":1}", "(*1*)", NULL, { "p", "*{{a}}*" } },
		{ "{{#s}}{{> p}}{{/s}}",
		  "{\"a\":1,\"s\":{\"a\":2}}",
		  "2",
		  NULL,
		  { "p", "{{a}}" } },
		{ "{{> p}}",
		  "{\"v\":\"X\",\"n\":[{\"v\":\"Y\",\"n\":[]}]}",
		  "X<Y<>>",
		  NULL,
		  { "p", "{{v}}<{{#n}}{{> p}}{{/n}}>" } },
		{ "{{> o}}",
		  "{\"a\":\"x\"}",
		  "*x x!*",
		  NULL,
		  { "o", "*{{a}} {{> i}}*", "i", "{{a}}!" } },
		/* What is around it stays. */
		{ "| {{> p}} |", "{}", "| \t|\t |", NULL, { "p", "\t|\t" } },
		{ "  {{a}}  {{> p}}\n",
		  "{\"a\":\"|\"}",
		  "  |  >\n>\n",
		  NULL,
		  { "p", ">\n>" } },
		/* Alone on its line it takes the line's indentation. */
		{ "|\r\n{{> p}}\r\n|", "{}", "|\r\n>|", NULL, { "p", ">" } },
		{ "  {{> p}}\n>", "{}", "  >\n  >>", NULL, { "p", ">\n>" } },
		{ ">\n  {{> p}}", "{}", ">\n  >\n  >", NULL, { "p", ">\n>" } },
		{ "\\\n {{> p}}\n/\n",
		  "{\"a\":\"<\\n->\"}",
		  "\\\n |\n <\n->\n |\n/\n",
		  NULL,
		  { "p", "|\n{{{a}}}\n|\n" } },
		{ "  {{> o}}\n",
		  "{}",
		  "  1\n    2\n    3\n  4\n",
		  NULL,
		  { "o", "1\n  {{> i}}\n4\n", "i", "2\n3\n" } },
		{ "  {{> p}}\n",
		  "{}",
		  "  a\n\n  b\n",
		  NULL,
		  { "p", "a\n\nb\n" } },
		{ "|{{>  p  }}|",
		  "{\"a\":\"[]\"}",
		  "|[]|",
		  NULL,
		  { "p", "{{a}}" } },
	};

	UNUSED_STATE(state);
	check_cases(rows, ARRAY_LEN(rows));
}

static void test_template_spec__inheritance(void **state)
{
	static const struct case_row rows[] = {
		{ "{{$t}}own{{/t}}", "{}", "own", NULL, { 0 } },
		{ "{{$t}}own {{a}} {{{h}}}{{/t}}",
		  "{\"a\":1,\"h\":\"<\"}",
		  "own 1 <",
		  NULL,
		  { 0 } },
		{ "{{$t}}{{#l}}{{.}}{{/l}}{{^no}}!{{/no}}{{/t}}",
		  "{\"l\":[1,2]}",
		  "12!",
		  NULL,
		  { 0 } },
		{ "{{$t}}{{> p}}{{/t}}",
		  "{\"a\":1}",
		  "p1",
		  NULL,
		  { "p", "p{{a}}" } },
		{ "{{<p}}{{/p}}",
		  "{}",
		  "|own|",
		  NULL,
		  { "p", "|{{$t}}own{{/t}}|" } },
		{ "{{<p}}{{$t}}mine{{/t}}{{/p}}",
		  "{}",
		  "|mine|",
		  NULL,
		  { "p", "|{{$t}}own{{/t}}|" } },
		{ "{{<p}}{{$t}}mine{{/t}}{{/p}}",
		  "{}",
		  "mine mine",
		  NULL,
		  { "p", "{{$t}}a{{/t}} {{$t}}b{{/t}}" } },
		{ "{{<p}}{{$t}}mine {{a}}{{/t}}{{/p}}",
		  "{\"a\":1}",
		  "mine 1",
		  NULL,
		  { "p", "{{$t}}{{/t}}" } },
		/* What is beside the blocks is no one's. */
		{ "{{<p}} asdf {{$t}}x{{/t}} ignored{{/p}}",
		  "{}",
		  "x",
		  NULL,
		  { "p", "{{$t}}y{{/t}}" } },
		{ "{{<p}}{{$t}}one{{/t}}{{/p}} {{<p}}{{$t}}two{{/t}}{{/p}}",
		  "{}",
		  "one two",
		  NULL,
		  { "p", "{{$t}}{{/t}}" } },
		{ "{{<p}}{{$b}}B{{/b}}{{/p}}",
		  "{}",
		  "a|B",
		  NULL,
		  { "p", "{{$a}}a{{/a}}|{{$b}}b{{/b}}" } },
		/* A block of an outer text does not reach into a partial's. */
		{ "{{$t}}1{{/t}} {{> p}}",
		  "{}",
		  "1 2",
		  NULL,
		  { "p", "{{$t}}2{{/t}}" } },
		/* Parents within parents end when a block is given. */
		{ "{{<p}}{{$a}}A{{/a}}{{/p}}",
		  "{}",
		  "A A A b",
		  NULL,
		  { "p", "{{$a}}p{{/a}} {{$b}}{{<q}}{{/q}}{{/b}}", "q",
		    "{{$a}}q{{/a}} {{<p}}{{$b}}b{{/b}}{{/p}}" } },
		/* Over several levels the outermost text decides. */
		{ "{{<k}}{{$t}}c{{/t}}{{/k}}",
		  "{}",
		  "c",
		  NULL,
		  { "k", "{{<p}}{{$t}}p{{/t}}{{/p}}", "p", "{{$t}}g{{/t}}" } },
		{ "{{<k}}{{/k}}",
		  "{}",
		  "p",
		  NULL,
		  { "k", "{{<p}}{{$t}}p{{/t}}{{/p}}", "p", "{{$t}}g{{/t}}" } },
		{ "{{<k}}{{$t}}c{{/t}}{{/k}}",
		  "{}",
		  "c",
		  NULL,
		  { "k", "{{<p}}{{/p}}", "p", "{{$t}}g{{/t}}" } },
		{ "{{<k}}{{/k}}",
		  "{}",
		  "g",
		  NULL,
		  { "k", "{{<p}}{{/p}}", "p", "{{$t}}g{{/t}}" } },
		{ "{{<p}}{{$a}}A{{$b}}new{{/b}}{{/a}}{{/p}}",
		  "{}",
		  "Anew",
		  NULL,
		  { "p", "{{$a}}a{{$b}}b{{/b}}{{/a}}" } },
		{ "{{<p}}{{$b}}new{{/b}}{{/p}}",
		  "{}",
		  "a new z",
		  NULL,
		  { "p", "{{$a}}a {{$b}}b{{/b}} z{{/a}}" } },
		{ "{{<p}}{{$a}}{{<q}}{{$b}}in{{/b}}{{/q}}{{/a}}{{/p}}",
		  "{}",
		  "(<in>)",
		  NULL,
		  { "p", "({{$a}}{{/a}})", "q", "<{{$b}}{{/b}}>" } },
		{ "{{#l}}{{<p}}{{$t}}{{.}}{{/t}}{{/p}}{{/l}}",
		  "{\"l\":[1,2]}",
		  "(1)(2)",
		  NULL,
		  { "p", "({{$t}}{{/t}})" } },
		/* Lines of their own, indented where the block stands. */
		{ "Hi,\n  {{<p}}{{/p}}\n",
		  "{}",
		  "Hi,\n  one\n  two\n",
		  NULL,
		  { "p", "one\ntwo\n" } },
		{ "{{<p}}\n{{$t}}\n1\n 2\n{{/t}}\n{{/p}}\n",
		  "{}",
		  "-\n  1\n   2\n-\n",
		  NULL,
		  { "p", "-\n  {{$t}}\n  own\n  {{/t}}\n-\n" } },
		{ "{{<p}}{{$t}}\n    1\n    2\n{{/t}}{{/p}}",
		  "{}",
		  "  1\n  2\n",
		  NULL,
		  { "p", "  {{$t}}{{/t}}" } },
		{ "{{<p}}{{$t}}here{{/t}}{{/p}}\n",
		  "{}",
		  "Hi, here!\n",
		  NULL,
		  { "p", "Hi, {{$t}}{{/t}}!\n" } },
	};

	UNUSED_STATE(state);
	check_cases(rows, ARRAY_LEN(rows));
}

/* What is nothing by the specification is an error in either mode: a file that
 * is not there, and what only our own rules refuse. */
static void test_template_spec__what_both_refuse(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} rows[] = {
		{ "{{> none}}", "there is no template \"none\"" },
		{ "{{<none}}{{/none}}", "there is no template \"none\"" },
		{ "{{l}}", "\"l\" is a list and cannot be printed" },
		{ "{{m}}", "\"m\" is a map and cannot be printed" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int strict = 0; strict < 2; strict++) {
			auto_arena struct arena arena = { 0 };
			auto_error struct error err = { 0 };

			assert_row(i, !render(&arena, rows[i].text,
			                      "{\"l\":[1],\"m\":{\"a\":1}}",
			                      NULL, ESCAPE_HTML, strict, &err));
			assert_row_text(i, err.message, rows[i].message);
		}
}
