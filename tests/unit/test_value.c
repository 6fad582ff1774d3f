#include "tests/unit/unit.h"

#include "store/base/arena.h"
#include "store/base/value.h"

static void test_value__numbers_keep_their_text(void **state)
{
	auto_arena struct arena arena = { 0 };
	int64_t number = 7;

	UNUSED_STATE(state);
	assert_string_equal(value_number(&arena, "1200.50")->text, "1200.50");
	assert_string_equal(value_number(&arena, "-0")->text, "0");
	assert_string_equal(value_int(&arena, INT64_MIN)->text,
	                    "-9223372036854775808");
	assert_true(value_to_int(value_int(&arena, -42), &number));
	assert_int_equal(number, -42);
	assert_false(value_to_int(value_number(&arena, "1.0"), &number));
	assert_false(value_to_int(value_string(&arena, "1"), &number));
	assert_false(value_to_int(NULL, &number));
	assert_int_equal(number, -42);
}

static void test_value__map_adds_replaces_and_skips(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = value_map(&arena);

	UNUSED_STATE(state);
	value_map_text(&arena, map, "b", "one");
	value_map_int(&arena, map, "a", 2);
	value_map_text(&arena, map, "none", NULL);
	value_map_set(&arena, map, "none", NULL);
	value_map_text(&arena, map, "b", "three");
	assert_int_equal(map->length, 2);
	assert_string_equal(map->members[0].name, "b");
	assert_string_equal(value_get_text(map, "b", ""), "three");
	assert_int_equal(value_get_int(map, "a", 0), 2);
	assert_int_equal(value_get_int(map, "b", 9), 9);
	assert_string_equal(value_get_text(map, "a", "other"), "other");
	assert_true(value_get_bool(map, "a", true));
	value_map_set(&arena, map, "c", value_bool(&arena, false));
	assert_false(value_get_bool(map, "c", true));
}

static void test_value__get_finds_nothing_in_what_is_no_map(void **state)
{
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	assert_null(value_get(NULL, "a"));
	assert_null(value_get(value_list(&arena), "a"));
	assert_null(value_get(value_map(&arena), ""));
	assert_null(value_path(NULL, "a.b"));
}

static void test_value__large_map_finds_every_member(void **state)
{
	enum {
		COUNT = 20000
	};
	auto_arena struct arena arena = { 0 };
	struct value *map = value_map(&arena);
	char name[32];

	UNUSED_STATE(state);
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof(name), "a rather long name %d", i);
		assert_null(value_get(map, name));
		value_map_int(&arena, map, name, i);
	}
	value_map_int(&arena, map, "a rather long name 77", -1);
	assert_int_equal(map->length, COUNT);
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof(name), "a rather long name %d", i);
		assert_int_equal(value_get_int(map, name, -2),
		                 i == 77 ? -1 : i);
		assert_string_equal(map->members[i].name, name);
	}
	assert_null(value_get(map, "a rather long name"));
}

static void test_value__sized_is_filled_and_grows(void **state)
{
	enum {
		COUNT = 40
	};

	static const size_t sizes[] = { 0, 1, 5, 16, 17, 31 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		auto_arena struct arena arena = { 0 };
		struct value *map = value_map_sized(&arena, sizes[i]);
		struct value *list = value_list_sized(&arena, sizes[i]);

		for (int j = 0; j < COUNT; j++) {
			const char *name = arena_printf(&arena, "n%d", j);
			struct value *number = value_int(&arena, j);

			assert_row(i, !value_get(map, name));
			assert_row(i, value_map_add(&arena, map, name, number));
			assert_row(i,
			           !value_map_add(&arena, map, name, number));
			value_list_add(&arena, list, number);
		}
		assert_row(i, map->length == COUNT && list->length == COUNT);
		for (int j = 0; j < COUNT; j++) {
			assert_row(i, value_get_int(map, map->members[j].name,
			                            -1) == j);
			assert_row_text(i, list->items[j]->text,
			                map->members[j].value->text);
		}
	}
}

static void test_value__put_takes_the_name_as_it_is(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = value_map(&arena);
	static const char name[] = "one";

	UNUSED_STATE(state);
	value_map_put(&arena, map, name, value_int(&arena, 1));
	assert_ptr_equal(map->members[0].name, name);
	value_map_put(&arena, map, "one", value_int(&arena, 2));
	value_map_put(&arena, map, "one", NULL);
	assert_int_equal(map->length, 1);
	assert_ptr_equal(map->members[0].name, name);
	assert_int_equal(value_get_int(map, "one", 0), 2);
}

static void test_value__copy_grows_apart(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = value_map(&arena);
	struct value *copy;

	UNUSED_STATE(state);
	for (int i = 0; i < 20; i++)
		value_map_int(&arena, map, arena_printf(&arena, "%d", i), i);
	copy = value_copy(&arena, map);
	value_map_int(&arena, copy, "new", 1);
	value_map_int(&arena, map, "other", 1);
	value_map_int(&arena, copy, "7", 8);
	assert_null(value_get(map, "new"));
	assert_null(value_get(copy, "other"));
	assert_int_equal(value_get_int(map, "7", 0), 7);
	assert_false(value_equal(map, copy));
}

static void test_value__whole_numbers_are_spelled(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -1, "-1" },
		{ 10, "10" },
		{ 1234567890, "1234567890" },
		{ INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct value *value = value_int(&arena, cases[i].number);

		assert_row_text(i, value->text, cases[i].text);
		assert_row(i, value->length == strlen(cases[i].text));
	}
}

static void test_value__path_follows_maps(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = value_map(&arena);
	struct value *inner = value_map(&arena);

	UNUSED_STATE(state);
	value_map_text(&arena, inner, "to", "anna");
	value_map_set(&arena, map, "mail", inner);
	value_map_set(&arena, map, "list", value_list(&arena));
	assert_string_equal(value_path(map, "mail.to")->text, "anna");
	assert_ptr_equal(value_path(map, "mail"), inner);
	assert_null(value_path(map, "mail.to.x"));
	assert_null(value_path(map, "mai"));
	assert_null(value_path(map, "mail."));
	assert_null(value_path(map, "list.0"));
	assert_null(value_path(map, ""));
}

/* Two maps with the same members, in another order when `turned`. */
static struct value *sample(struct arena *arena, bool turned)
{
	struct value *map = value_map(arena);
	struct value *list = value_list(arena);

	if (!turned)
		value_map_text(arena, map, "first", "x");
	value_list_add(arena, list, value_number(arena, "1.50"));
	value_list_add(arena, list, value_null(arena));
	value_list_add(arena, list, value_bool(arena, true));
	list->pos = (struct pos){ .line = 3, .column = 5 };
	value_map_set(arena, map, "list", list);
	if (turned)
		value_map_text(arena, map, "first", "x");
	map->members[0].pos = (struct pos){ .line = 2, .column = 1 };
	return map;
}

static void test_value__equal_ignores_the_order_of_members(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *a = sample(&arena, false);
	struct value *b = sample(&arena, true);

	UNUSED_STATE(state);
	assert_true(value_equal(a, b));
	value_map_text(&arena, b, "first", "y");
	assert_false(value_equal(a, b));
	value_map_text(&arena, b, "first", "x");
	value_list_add(&arena, value_get(b, "list"), value_null(&arena));
	assert_false(value_equal(a, b));
}

static void test_value__equal_compares_kind_and_text(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *one = value_number(&arena, "1");

	UNUSED_STATE(state);
	assert_true(value_equal(one, value_int(&arena, 1)));
	assert_false(value_equal(one, value_number(&arena, "1.0")));
	assert_false(value_equal(one, value_string(&arena, "1")));
	assert_false(value_equal(value_bytes(&arena, "a\0b", 3),
	                         value_bytes(&arena, "a\0c", 3)));
	assert_false(value_equal(value_bool(&arena, true),
	                         value_bool(&arena, false)));
	assert_false(value_equal(value_null(&arena), value_map(&arena)));
}

static void test_value__copy_outlives_its_source(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct arena source = { 0 };
	struct value *copy = value_copy(&arena, sample(&source, false));

	UNUSED_STATE(state);
	arena_clear(&source);
	assert_true(value_equal(copy, sample(&arena, false)));
	assert_int_equal(copy->members[0].pos.line, 2);
	assert_int_equal(value_get(copy, "list")->pos.column, 5);
}

static void test_value__truth(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct value *list = value_list(&arena);

	UNUSED_STATE(state);
	assert_false(value_is_true(NULL));
	assert_false(value_is_true(value_null(&arena)));
	assert_false(value_is_true(value_bool(&arena, false)));
	assert_false(value_is_true(list));
	assert_true(value_is_true(value_bool(&arena, true)));
	assert_true(value_is_true(value_int(&arena, 0)));
	assert_true(value_is_true(value_string(&arena, "")));
	assert_true(value_is_true(value_map(&arena)));
	value_list_add(&arena, list, value_null(&arena));
	assert_true(value_is_true(list));
}

static void test_value__position_inside_a_text(void **state)
{
	static const struct {
		enum value_style style;
		bool joined;
		size_t offset;
		struct pos wanted;
	} cases[] = {
		{ STYLE_NONE, false, 4, { 5, 9 } },
		{ STYLE_PLAIN, false, 0, { 5, 9 } },
		{ STYLE_PLAIN, false, 2, { 5, 11 } },
		{ STYLE_PLAIN, true, 2, { 5, 9 } },
		{ STYLE_QUOTED, false, 2, { 5, 12 } },
		{ STYLE_QUOTED, false, 6, { 5, 16 } },
		{ STYLE_LITERAL, false, 0, { 6, 4 } },
		{ STYLE_LITERAL, false, 3, { 6, 7 } },
		{ STYLE_LITERAL, false, 4, { 7, 4 } },
		{ STYLE_LITERAL, false, 5, { 8, 4 } },
		{ STYLE_LITERAL, false, 7, { 8, 6 } },
		{ STYLE_FOLDED, true, 5, { 5, 9 } },
	};
	auto_arena struct arena arena = { 0 };
	struct value *value = value_string(&arena, "abc\n\nde");

	UNUSED_STATE(state);
	value->pos = (struct pos){ .line = 5, .column = 9 };
	value->indent = 3;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pos pos;

		value->style = cases[i].style;
		value->joined = cases[i].joined;
		pos = value_pos_at(value, cases[i].offset);
		assert_row(i, pos.line == cases[i].wanted.line);
		assert_row(i, pos.column == cases[i].wanted.column);
	}
}

static void test_value__kinds_have_names(void **state)
{
	UNUSED_STATE(state);
	assert_string_equal(value_kind_name(VALUE_NULL), "null");
	assert_string_equal(value_kind_name(VALUE_MAP), "map");
}
