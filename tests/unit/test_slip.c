#include "tests/unit/unit.h"

#include "engine/cycle/slip.h"
#include "store/base/yaml.h"

#define PATH "actions/proposal-7k2fq0ab.1.yaml"
#define RUN  "7k2fq0ab"

static struct value *parse_yaml(struct arena *arena, const char *yaml)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        yaml_parse(arena, "case", yaml, strlen(yaml), 1, &err);

	if (!value)
		fail_msg("%s", err.message);
	return value;
}

static struct slip *parse(struct arena *arena, const char *text,
                          struct error *err)
{
	return slip_parse(arena, PATH, text, strlen(text), RUN, err);
}

static struct slip *parse_well(struct arena *arena, const char *text)
{
	auto_error struct error err = { 0 };
	struct slip *slip = parse(arena, text, &err);

	if (!slip)
		fail_msg("%u:%u: %s", err.pos.line, err.pos.column,
		         err.message);
	return slip;
}

static void test_slip__reads_as_it_is_meant(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(4096);
	auto_error struct error err = { 0 };
	struct slip_entry entry = {
		.step = "send",
		.effect = "email.send",
		.with = parse_yaml(&arena, "{ to: ann@acme.example, "
		                           "text: { artifact: a.md } }"),
	};
	const struct slip slip = {
		.gate = "review",
		.run = RUN,
		.title = "Proposal for Acme GmbH",
		.revision = 1,
		.about = parse_yaml(&arena, "{ cost: '0.00' }"),
		.entries = &entry,
		.count = 1,
	};

	UNUSED_STATE(state);
	assert_int_equal(slip_write(&text, &slip, &err), 0);
	assert_string_equal(
	        text.at,
	        "# Merging this draft releases what stands under effects, as "
	        "it stands here.\n"
	        "# Change a field to change what is done; delete an entry to "
	        "leave it out.\n"
	        "gate: review\n"
	        "run: 7k2fq0ab\n"
	        "title: Proposal for Acme GmbH\n"
	        "revision: 1\n"
	        "about:\n"
	        "  cost: \"0.00\"\n"
	        "effects:\n"
	        "  - id: send\n"
	        "    effect: email.send\n"
	        "    with:\n"
	        "      to: ann@acme.example\n"
	        "      text:\n"
	        "        artifact: a.md\n");
}

/* What is written is what is read, whatever words are in it. */
static void test_slip__is_read_back(void **state)
{
	static const char *const withs[] = {
		"{}",
		"{ a: '{{send.id}}', b: { later: '{{x}}' }, c: [ 1, 2.50 ] }",
		"{ 'on': \"no\", t: \"# not a comment\\nrun: other\\n\" }",
		"{ t: \"- a\\n---\\n...\\neffects: []\\n\", u: \" lead\\n\" }",
		"{ t: \"\\u202e\\tü\\r\\n\", n: null, y: true, e: '' }",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i <= ARRAY_LEN(withs); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(1 << 16);
		auto_error struct error err = { 0 };
		struct slip_entry entries[ARRAY_LEN(withs)];
		const struct slip slip = {
			.gate = i % 2 ? "review" : NULL,
			.run = RUN,
			.title = i % 2 ? "a: b # c" : NULL,
			.revision = (int64_t)i + 1,
			.about = i % 2 ? parse_yaml(&arena, "{ s: [ x ] }")
			               : NULL,
			.entries = entries,
			.count = i,
		};

		for (size_t n = 0; n < i; n++)
			entries[n] = (struct slip_entry){
				.step = arena_printf(&arena, "step%zu", n),
				.effect = "email.send",
				.with = parse_yaml(&arena, withs[n]),
			};
		assert_row(i, slip_write(&text, &slip, &err) == 0);
		const struct slip *read = parse_well(&arena, text.at);
		assert_row_text(i, read->gate, slip.gate);
		assert_row_text(i, read->run, slip.run);
		assert_row_text(i, read->title, slip.title);
		assert_row(i, read->revision == slip.revision);
		assert_row(i, !read->about == !slip.about);
		assert_row(i,
		           !slip.about || value_equal(read->about, slip.about));
		assert_row(i, read->count == i);
		for (size_t n = 0; n < i; n++) {
			const struct slip_entry *entry = &read->entries[n];
			assert_row_text(n, entry->step, entries[n].step);
			assert_row_text(n, entry->effect, "email.send");
			assert_row(n,
			           value_equal(entry->with, entries[n].with));
			assert_row(n, slip_find(read, entry->step,
			                        entry->item) == entry);
			assert_row(n, entry->pos.line > 3);
		}
		assert_row(i, !slip_find(read, "nobody", ""));
	}
}

/* How owners edit it. */
static void test_slip__takes_an_owners_edits(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = {
		{ "run: 7k2fq0ab\nrevision: 1\n", 0 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects:\n", 0 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects: []\n", 0 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects:\n# - id: send\n", 0 },
		{ "revision: 2\nrun: \"7k2fq0ab\"\r\neffects:\r\n"
		  "- id: a\r\n  effect: b.c\r\n",
		  1 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects:\n"
		  "  - { id: a, effect: b.c, with: { x: 1 } }\n"
		  "  - id: d\n    effect: e.f\n",
		  2 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct slip *slip = parse_well(&arena, cases[i].text);

		assert_row(i, slip->count == cases[i].count);
		for (size_t n = 0; n < slip->count; n++)
			assert_row(i, slip->entries[n].with->kind == VALUE_MAP);
	}
}

static void test_slip__nonsense_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
	} cases[] = {
		{ "", 1, 1 },
		{ "hello\n", 1, 1 },
		{ "- run: 7k2fq0ab\n", 1, 1 },
		{ "revision: 1\n", 1, 1 },
		{ "run: 7k2fq0ab\n", 1, 1 },
		{ "run: other\nrevision: 1\n", 1, 6 },
		{ "revision: 1\nrun: 7k2fq0a\n", 2, 6 },
		{ "run: 7k2fq0ab\nrevision: 0\n", 2, 11 },
		{ "run: 7k2fq0ab\nrevision: one\n", 2, 11 },
		{ "run: 7k2fq0ab\nrevision: 1\nefects: []\n", 3, 1 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects: send\n", 3, 10 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects:\n  - send\n", 4, 5 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects:\n  - id: send\n", 4,
		  5 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects:\n  - id: a\n"
		  "    effect: b\n    wiht: {}\n",
		  6, 5 },
		{ "run: 7k2fq0ab\nrevision: 1\neffects:\n  - id: a\n"
		  "    effect: b\n    with: text\n",
		  6, 11 },
		{ "run: 7k2fq0ab\nrun: 7k2fq0ab\nrevision: 1\n", 2, 1 },
		{ "run: 7k2fq0ab\nrevision: 1\n<<<<<<< ours\n", 3, 0 },
		{ "run: [ 7k2fq0ab\n", 0, 0 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };

		assert_row(i, !parse(&arena, cases[i].text, &err));
		assert_row(i, err.code == ERR_CONFIG);
		assert_row_text(i, err.file, PATH);
		if (cases[i].line && err.pos.line != cases[i].line)
			fail_msg("row %zu: line %u: %s", i, err.pos.line,
			         err.message);
		if (cases[i].column && err.pos.column != cases[i].column)
			fail_msg("row %zu: column %u: %s", i, err.pos.column,
			         err.message);
		assert_row(i, err.pos.line > 0);
	}
}

/* Two entries of one step: which one would be done? */
static void test_slip__a_step_is_listed_once(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };

	UNUSED_STATE(state);
	assert_null(parse(&arena,
	                  "run: 7k2fq0ab\nrevision: 1\neffects:\n"
	                  "  - { id: a, effect: b.c }\n"
	                  "  - { id: d, effect: b.c }\n"
	                  "  - { id: a, effect: b.c }\n",
	                  &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(err.pos.line, 6);
	assert_non_null(strstr(err.message, "\"a\""));
}

/* ---- Stand-ins ---- */

/* Notes the field and what stands for it: "field=artifact:x;". */
struct stand_ins {
	struct arena *arena;
	struct buf asked;
	bool refuses;
};

static int resolve(void *state, const char *field, const struct value *stand_in,
                   struct value **ret, struct error *err)
{
	struct stand_ins *all = state;
	const struct member *member = &stand_in->members[0];

	if (all->refuses)
		return error_set(err, ERR_FAILED, "no \"%s\"", field);
	buf_printf(&all->asked, "%s=%s;", field, member->name);
	*ret = value_printf(all->arena, "now %s",
	                    value_get_text(stand_in, member->name, "?"));
	return 0;
}

static void test_slip__stand_ins_are_replaced(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	struct stand_ins all = { .arena = &arena, .asked = buf_make(1000) };
	const struct slip_resolver resolver = { resolve, &all };
	const struct value *with =
	        parse_yaml(&arena, "a: plain\n"
	                           "b: { artifact: x.md }\n"
	                           "c: { later: '{{send.id}}' }\n"
	                           "d: { artifact: x.md, more: 1 }\n"
	                           "e: [ { artifact: x.md } ]\n"
	                           "f: {}\n"
	                           "g: { other: 1 }\n");
	const struct value *resolved = NULL;

	UNUSED_STATE(state);
	assert_int_equal(slip_resolve(&arena, with, &resolver, &resolved, &err),
	                 0);
	assert_string_equal(all.asked.at, "b=artifact;c=later;");
	assert_true(value_equal(
	        resolved, parse_yaml(&arena, "a: plain\n"
	                                     "b: now x.md\n"
	                                     "c: now {{send.id}}\n"
	                                     "d: { artifact: x.md, more: 1 }\n"
	                                     "e: [ { artifact: x.md } ]\n"
	                                     "f: {}\n"
	                                     "g: { other: 1 }\n")));
	all.refuses = true;
	resolved = NULL;
	assert_int_equal(slip_resolve(&arena, with, &resolver, &resolved, &err),
	                 -1);
	assert_null(resolved);
	assert_string_equal(err.message, "no \"b\"");
	buf_clear(&all.asked);
}

static void test_slip__many_entries_in_one_are_each_their_own(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct slip *slip =
	        parse_well(&arena, "run: 7k2fq0ab\n"
	                           "revision: 1\n"
	                           "effects:\n"
	                           "  - id: send\n"
	                           "    effect: email.send\n"
	                           "    field: to\n"
	                           "    items:\n"
	                           "      acme: ann@acme.example\n"
	                           "      globex: tom@globex.example\n"
	                           "    with: { subject: Hello }\n");

	UNUSED_STATE(state);
	assert_int_equal(slip->count, 2);
	const struct slip_entry *entry = slip_find(slip, "send", "globex");
	assert_non_null(entry);
	assert_string_equal(value_get_text(entry->with, "to", ""),
	                    "tom@globex.example");
	assert_string_equal(value_get_text(entry->with, "subject", ""),
	                    "Hello");
	assert_int_equal(entry->pos.line, 9);
	assert_null(slip_find(slip, "send", ""));
	assert_null(slip_find(slip, "send", "initech"));
}

static void test_slip__a_list_whose_items_are_all_struck_is_empty(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct slip *slip = parse_well(&arena, "run: 7k2fq0ab\n"
	                                       "revision: 1\n"
	                                       "effects:\n"
	                                       "  - id: send\n"
	                                       "    effect: email.send\n"
	                                       "    items:\n");

	UNUSED_STATE(state);
	assert_int_equal(slip->count, 0);
}
