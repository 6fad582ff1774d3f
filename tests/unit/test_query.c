#include "tests/unit/unit.h"

#include "engine/job/expr.h"
#include "engine/job/query.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* After 50 million steps, or after the time that they may take: which of the
 * two comes first says only how fast the machine is. */
#define NO_END "the query did not end within "

static void assert_refused(size_t row, const char *said, const char *wanted)
{
	if (!text_equal(wanted, NO_END))
		assert_row_text(row, said, wanted);
	else if (!text_starts(said, NO_END))
		fail_msg("row %zu: got \"%s\"", row, said);
}

static const char scope_json[] =
        "{\"entries\":["
        "{\"client\":\"acme\",\"date\":\"2026-10-02\",\"minutes\":90,"
        "\"text\":\"plan\",\"file\":{\"path\":\"a.csv\"}},"
        "{\"client\":\"acme\",\"date\":\"2026-10-09\",\"minutes\":30,"
        "\"text\":\"plan\"},"
        "{\"client\":\"globex\",\"date\":\"2026-10-03\",\"minutes\":15,"
        "\"text\":\"call\"},"
        "{\"client\":\"acme\",\"date\":\"2026-11-01\",\"minutes\":5,"
        "\"text\":\"late\"}],"
        "\"clients\":[{\"slug\":\"acme\",\"order\":2},"
        "{\"slug\":\"globex\",\"order\":1}],"
        "\"names\":[\"acme\",\"initech\"],\"none\":[],\"nothing\":null,"
        "\"client\":{\"slug\":\"acme\",\"rate_cents\":9000},"
        "\"period\":{\"since\":\"2026-10-01\",\"last\":\"2026-10-31\"},"
        "\"report\":{\"lines\":[{\"n\":1.5},{\"n\":2}]},"
        "\"limit_to\":1,\"evil\":\"' or 1=1 --\","
        "\"mixed\":[1,{\"a\":1}],\"journal\":{\"runs\":[{\"id\":\"r1\"}]}}";

static const struct value *scope_of(struct arena *arena)
{
	auto_error struct error err = { 0 };
	const struct value *value = json_parse(arena, "scope", scope_json,
	                                       strlen(scope_json), &err);

	assert_non_null(value);
	return value;
}

static struct query *parse(struct arena *arena, const char *text,
                           struct error *err)
{
	struct value *source = value_string(arena, text);

	source->style = STYLE_PLAIN;
	source->pos = (struct pos){ 1, 1 };
	return query_parse(arena, "q", source, NULL, err);
}

/* The rows as JSON, or NULL with `err`. */
static const char *ask(struct arena *arena, const char *text, struct error *err)
{
	const struct render render = { .scope = scope_of(arena) };
	struct query *query = parse(arena, text, err);
	struct query_bound *bound =
	        query ? query_bind(query, &render, arena, err) : NULL;
	struct value *rows;

	if (!bound || query_rows(bound, arena, &rows, err) < 0)
		return NULL;
	return json_canonical(arena, rows);
}

static void test_query__gives_rows(void **state)
{
	static const struct {
		const char *sql;
		const char *json;
	} rows[] = {
		{ "select text, sum(minutes) as minutes from entries where "
		  "client = client.slug and date between period.since and "
		  "period.last group by text order by text",
		  "[{\"minutes\":120,\"text\":\"plan\"}]" },
		{ "select e.client, c.\"order\" from entries as e join "
		  "clients c on c.slug = e.client where e.minutes < 20 order "
		  "by e.date",
		  "[{\"client\":\"globex\",\"order\":1},"
		  "{\"client\":\"acme\",\"order\":2}]" },
		{ "select client, minutes from entries, clients where slug = "
		  "client and minutes >= 30 order by minutes desc limit 1",
		  "[{\"client\":\"acme\",\"minutes\":90}]" },
		{ "with t as (select client, sum(minutes) m from entries "
		  "group by client) select client, m, rank() over (order by "
		  "m desc) as place from t order by place",
		  "[{\"client\":\"acme\",\"m\":125,\"place\":1},"
		  "{\"client\":\"globex\",\"m\":15,\"place\":2}]" },
		{ "with recursive n(i) as (select 1 union all select i + 1 "
		  "from n where i < 3) select i from n order by i",
		  "[{\"i\":1},{\"i\":2},{\"i\":3}]" },
		{ "select slug from clients where slug in names order by slug",
		  "[{\"slug\":\"acme\"}]" },
		{ "select value from names order by value desc",
		  "[{\"value\":\"initech\"},{\"value\":\"acme\"}]" },
		{ "select lines.n from report.lines order by n",
		  "[{\"n\":1.5},{\"n\":2}]" },
		{ "select count(*) as n from none where date > '2026'",
		  "[{\"n\":0}]" },
		{ "select text, sum(minutes) as m from nothing group by text "
		  "order by text",
		  "[]" },
		{ "select client.slug, limit_to from names order by value "
		  "limit limit_to",
		  "[{\"limit_to\":1,\"slug\":\"acme\"}]" },
		{ "select evil as x, has(client.gone) as has, "
		  "coalesce(client.gone, 3) as gone",
		  "[{\"gone\":3,\"has\":0,\"x\":\"' or 1=1 --\"}]" },
		{ "select id from journal.runs order by id",
		  "[{\"id\":\"r1\"}]" },
		{ "select sum(mul_div(minutes, client.rate_cents, 60)) as "
		  "cents, month_start(min(date)) as since from entries where "
		  "client = 'acme'",
		  "[{\"cents\":18750,\"since\":\"2026-10-01\"}]" },
		{ "select a.text from entries a left join entries b on b.text "
		  "= a.text and b.date > a.date where b.text is null and "
		  "a.minutes < 100 order by a.text",
		  "[{\"text\":\"call\"},{\"text\":\"late\"},"
		  "{\"text\":\"plan\"}]" },
		{ "select client from entries union select slug from clients "
		  "order by client",
		  "[{\"client\":\"acme\"},{\"client\":\"globex\"}]" },
		{ "select case when minutes > 60 then 'long' else 'short' "
		  "end as length, count(*) as n from entries group by 1 order "
		  "by 1",
		  "[{\"length\":\"long\",\"n\":1},"
		  "{\"length\":\"short\",\"n\":3}]" },
		{ "select slug from clients where exists (select 1 as x from "
		  "entries where client = slug and minutes > 60) order by "
		  "slug",
		  "[{\"slug\":\"acme\"}]" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const char *json = ask(&arena, rows[i].sql, &err);

		if (!json)
			fail_msg("row %zu: %u: %s", i, err.pos.column,
			         err.message);
		assert_row_text(i, json, rows[i].json);
	}
}

static void test_query__says_what_is_wrong_and_where(void **state)
{
	static const struct {
		const char *sql;
		unsigned column;
		const char *message;
		const char *hint;
	} rows[] = {
		{ "delete from entries", 1,
		  "a query begins with select or with", NULL },
		{ "select sum(minutes) from entries", 8,
		  "the column has no name", NULL },
		{ "select minuts from entries", 8,
		  "\"minuts\" is neither a column nor a name of the job",
		  "Did you mean \"minutes\"?" },
		{ "select e.minuts from entries e", 8,
		  "\"e.minuts\" is neither a column nor a name of the job",
		  "Did you mean \"minutes\"?" },
		{ "select text from entires", 18, "\"entires\" is not there",
		  "Did you mean \"entries\"?" },
		{ "select text from entries where client = client.slugg", 41,
		  "\"client.slugg\" is not there", "Did you mean \"slug\"?" },
		{ "select text from client", 18,
		  "\"client\" is a map, not a list",
		  "A query is asked of lists." },
		{ "select text from entries where minutes > 'x'", 32,
		  "\"minutes\" (a column of numbers) cannot be compared with "
		  "the text 'x'",
		  NULL },
		{ "select text from entries where date > client.rate_cents", 32,
		  "\"date\" (a column of texts) cannot be compared with "
		  "\"client.rate_cents\" (the number 9000)",
		  NULL },
		{ "select e.file from entries e", 8,
		  "\"e.file\" holds lists or maps and is no column", NULL },
		{ "select text from entries where client = client and x = "
		  "period",
		  56, "\"period\" is a map", NULL },
		{ "select text, text from entries", 1,
		  "the query has two columns \"text\"", NULL },
		{ "select text from entries group", 1,
		  "the query is not complete", NULL },
		{ "select text from entries where where", 32,
		  "\"where\" is not expected here", NULL },
		{ "select lenght(text) as n from entries", 8,
		  "no such function: lenght", "Did you mean \"length\"?" },
		{ "select random() as n", 8,
		  "random cannot be used: a replay would get another value",
		  "Use run.date." },
		{ "select current_date as n", 8,
		  "\"current_date\" cannot be used in a query",
		  "Use run.date." },
		{ "select 1 as n -- x", 15, "a query cannot hold a comment",
		  NULL },
		{ "select 1 as n; drop table x", 14,
		  "a query cannot hold \";\"", NULL },
		{ "select a from mixed", 15, NULL, NULL },
		{ "with recursive n(i) as (select 1 union all select i + 1 "
		  "from n) select count(*) as n from n",
		  1, NO_END, NULL },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i, !ask(&arena, rows[i].sql, &err));
		if (rows[i].message)
			assert_refused(i, err.message, rows[i].message);
		if (err.pos.column != rows[i].column)
			fail_msg("row %zu: column %u: %s", i, err.pos.column,
			         err.message);
		if (rows[i].hint)
			assert_row_text(i, err.hint, rows[i].hint);
	}
}

static void test_query__knows_when_rows_have_an_order(void **state)
{
	static const struct {
		const char *sql;
		bool ordered;
	} rows[] = {
		{ "select text from entries", false },
		{ "select text from entries order by text", true },
		{ "select * from (select text from entries order by text)",
		  false },
		{ "select count(*) as n from entries", true },
		{ "select client, count(*) as n from entries group by client",
		  false },
		{ "select rank() over (order by text) as n from entries",
		  false },
		{ "select 1 as n", true },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct query *query = parse(&arena, rows[i].sql, &err);

		if (!query)
			fail_msg("row %zu: %s", i, err.message);
		assert_row(i, query_is_ordered(query) == rows[i].ordered);
	}
}

static void test_query__lists_its_names(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);
	const struct name_use *uses;
	size_t count;
	struct query *query = parse(
	        &arena,
	        "with t as (select text as x, id from entries e, journal.runs) "
	        "select t.x, e.y, period.since, other as z from t join "
	        "report.lines l on l.n = x order by z",
	        &err);

	UNUSED_STATE(state);
	assert_non_null(query);
	query_names(query, &uses, &count);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%s ", uses[i].name,
		           uses[i].inside ? "?" : "");
	assert_string_equal(text.at, "text? id? entries period.since other? "
	                             "report.lines ");
	assert_true(query_reads(query, "journal.runs"));
	assert_false(query_reads(query, "journal.gates"));
}

static const char *key_of(struct arena *arena, const char *json)
{
	auto_error struct error err = { 0 };
	const struct render render = {
		.scope = json_parse(arena, "s", json, strlen(json), &err)
	};
	struct query *query = parse(
	        arena, "select a from l where a > least order by a", &err);
	struct query_bound *bound = query_bind(query, &render, arena, &err);
	struct value *names = value_map(arena);

	assert_non_null(bound);
	query_ingredients(bound, arena, names);
	return json_canonical(arena, names);
}

static void test_query__depends_on_what_it_names(void **state)
{
	auto_arena struct arena arena = { 0 };
	const char *key =
	        key_of(&arena, "{\"l\":[{\"a\":1}],\"least\":0,\"x\":1}");

	UNUSED_STATE(state);
	assert_non_null(strstr(key, "\"least\":0"));
	assert_string_equal(
	        key, key_of(&arena, "{\"l\":[{\"a\":1}],\"least\":0,\"x\":2}"));
	assert_string_not_equal(
	        key, key_of(&arena, "{\"l\":[{\"a\":2}],\"least\":0,\"x\":1}"));
	assert_string_not_equal(
	        key, key_of(&arena, "{\"l\":[{\"a\":1}],\"least\":1,\"x\":1}"));
}

/* { lines: [ { n, client, day } … ] }, long enough to be kept. */
static struct value *long_list(struct arena *arena)
{
	struct value *scope = value_map(arena);
	struct value *lines = value_list(arena);

	for (int64_t i = 0; i < 600; i++) {
		struct value *line = value_map(arena);

		value_map_int(arena, line, "n", i);
		value_map_text(
		        arena, line, "client",
		        arena_printf(arena, "c%lld", (long long)(i % 3)));
		value_map_int(arena, line, "day", i % 7);
		value_list_add(arena, lines, line);
	}
	value_map_set(arena, scope, "lines", lines);
	return scope;
}

/* The rows as JSON and the hash of the list, or the error. */
static const char *ask_of(struct arena *arena, struct expr_engine *engine,
                          const struct value *scope, const char *sql)
{
	auto_error struct error err = { 0 };
	const struct render render = { .scope = scope, .engine = engine };
	struct query *query = parse(arena, sql, &err);
	struct query_bound *bound =
	        query ? query_bind(query, &render, arena, &err) : NULL;
	struct value *names = value_map(arena);
	struct value *rows;

	if (!bound || query_rows(bound, arena, &rows, &err) < 0)
		return arena_strdup(arena, err.message);
	query_ingredients(bound, arena, names);
	return arena_printf(arena, "%s %s", json_canonical(arena, rows),
	                    json_canonical(arena, names));
}

/* What an engine remembers changes no answer: not the rows, not their order
 * where none is said, not the key. */
static void test_query__is_the_same_when_lists_are_known(void **state)
{
	static const char *const queries[] = {
		"select n from lines where day = 3 or day = 1 limit 9",
		"select n from lines where client = 'c1' limit 4",
		"select n from lines where client = 'c1' or client = 'c0' "
		"limit 4",
		"select n from lines where client in ('c2', 'c0') and day = 3 "
		"limit 4",
		"select n from lines where client in ('c2', 'c0') limit 4",
		"select a.n from lines a join lines b using (n) where a.n < 9",
		"select client, count(n) as n from lines group by client",
		"select n from lines where 'c1' = client and day < 1 limit 4",
		"select nn from lines",
		"select n from lines where client = 1",
	};
	auto_arena struct arena arena = { 0 };
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	const struct value *scope = long_list(&arena);

	UNUSED_STATE(state);
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
			auto_expr_engine struct expr_engine *fresh =
			        expr_engine_new();

			assert_row_text(
			        i, ask_of(&arena, engine, scope, queries[i]),
			        ask_of(&arena, fresh, scope, queries[i]));
		}
}

static void test_query__knows_lists_until_it_forgets(void **state)
{
	static const char sql[] = "select n from lines where n = 7000";
	auto_arena struct arena arena = { 0 };
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	struct value *scope = long_list(&arena);
	const char *before = ask_of(&arena, engine, scope, sql);

	UNUSED_STATE(state);
	assert_memory_equal(before, "[] ", 3);
	/* As if another list had come to lie where this one was. */
	value_map_int(&arena, value_get(scope, "lines")->items[50], "n", 7000);
	assert_string_equal(ask_of(&arena, engine, scope, sql), before);
	expr_engine_forget(engine);
	assert_memory_equal(ask_of(&arena, engine, scope, sql),
	                    "[{\"n\":7000}] ", 13);
}

/* More than are kept: all are forgotten now and then. */
static void test_query__answers_when_lists_are_many(void **state)
{
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < 150; i++) {
		const struct value *scope = long_list(&arena);
		const char *answer = ask_of(&arena, engine, scope,
		                            "select count(n) as n from lines");

		assert_memory_equal(answer, "[{\"n\":600}]", 11);
	}
}

/* Whatever is written ends, in an error at its place. */
static void test_query__what_would_not_end_is_refused(void **state)
{
#define COUNTING                                                               \
	"with recursive c(x) as (select 1 union all select x + 1 from c"

	static const struct {
		const char *sql;
		const char *message;
	} cases[] = {
		{ COUNTING ") select count(x) as n from c", NO_END },
		{ COUNTING " where x < 3000) select count(a.x) as n from c a, "
		           "c b, c d",
		  NO_END },
		{ COUNTING ") select x from c",
		  "the query gives more than 1000000 rows" },
		{ "with recursive c(x) as (select 'x' union all select x || x "
		  "from c) select max(x) as n from c",
		  "the query needs a text that is longer than 4194304 bytes" },
	};
	auto_expr_engine struct expr_engine *engine = expr_engine_new();

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		const struct render render = { .scope = scope_of(&arena),
			                       .engine = engine };
		struct query *query = parse(&arena, cases[i].sql, &err);
		struct query_bound *bound =
		        query ? query_bind(query, &render, &arena, &err) : NULL;
		struct value *rows;

		assert_row(i, !bound || query_rows(bound, &arena, &rows, &err) <
		                                0);
		assert_refused(i, err.message, cases[i].message);
		assert_row_text(i, err.file, "q");
		assert_row(i, err.pos.line == 1);
	}
	/* The engine is as before. */
	auto_arena struct arena arena = { 0 };

	assert_memory_equal(ask_of(&arena, engine, scope_of(&arena),
	                           "select count(text) as n from entries"),
	                    "[{\"n\":", 6);
}
