/*
 * Items and members are arrays in the arena that double as they grow. A map of
 * more than INDEX_FROM members has an index beside its array: a hash table
 * with open addressing whose slots hold a member's number plus one, at most
 * half full. Names come from outside, so the hash is seeded with where the map
 * happens to lie in memory: nobody can prepare names that collide.
 */
#include "store/base/value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/number.h"
#include "store/base/text.h"

enum {
	INDEX_FROM = 16
};

__extension__ typedef unsigned __int128 wide;

struct value_index {
	uint64_t seed;
	size_t size; /* slots, a power of two */
	uint32_t *slots;
};

const char *value_kind_name(enum value_kind kind)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",     [VALUE_BOOL] = "bool",
		[VALUE_NUMBER] = "number", [VALUE_STRING] = "string",
		[VALUE_LIST] = "list",     [VALUE_MAP] = "map",
	};

	assert(kind < ARRAY_LEN(names));
	return names[kind];
}

static struct value *make(struct arena *arena, enum value_kind kind)
{
	struct value *value = arena_new(arena, struct value);

	value->kind = kind;
	return value;
}

struct value *value_null(struct arena *arena)
{
	return make(arena, VALUE_NULL);
}

struct value *value_bool(struct arena *arena, bool boolean)
{
	struct value *value = make(arena, VALUE_BOOL);

	value->boolean = boolean;
	return value;
}

struct value *value_int(struct arena *arena, int64_t number)
{
	struct value *value = make(arena, VALUE_NUMBER);

	value->text = arena_printf(arena, "%" PRId64, number);
	value->length = strlen(value->text);
	return value;
}

struct value *value_number(struct arena *arena, const char *text)
{
	struct value *value = make(arena, VALUE_NUMBER);

	assert(number_valid(text, strlen(text)));
	value->text = arena_strdup(arena, text_equal(text, "-0") ? "0" : text);
	value->length = strlen(value->text);
	return value;
}

struct value *value_string(struct arena *arena, const char *text)
{
	return value_bytes(arena, text, strlen(text));
}

struct value *value_bytes(struct arena *arena, const char *bytes, size_t len)
{
	struct value *value = make(arena, VALUE_STRING);

	value->text = arena_strndup(arena, bytes, len);
	value->length = len;
	return value;
}

struct value *value_printf(struct arena *arena, const char *format, ...)
{
	auto_free char *text = NULL;
	va_list values;

	va_start(values, format);
	text = mem_vprintf(format, values);
	va_end(values);
	return value_string(arena, text);
}

struct value *value_list(struct arena *arena)
{
	return make(arena, VALUE_LIST);
}

struct value *value_map(struct arena *arena)
{
	return make(arena, VALUE_MAP);
}

void value_list_add(struct arena *arena, struct value *list, struct value *item)
{
	assert(list->kind == VALUE_LIST && item != NULL);
	list->items = arena_grow(arena, list->items, list->length,
	                         sizeof(struct value *));
	list->items[list->length++] = item;
}

static uint64_t hash_name(uint64_t seed, const char *name, size_t len)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15) ^ seed;
	uint64_t hash = seed ^ len;

	while (len > 0) {
		size_t part = len < sizeof(hash) ? len : sizeof(hash);
		uint64_t word = 0;
		wide product;

		memcpy(&word, name, part);
		product = (wide)(hash ^ word) * factor;
		hash = (uint64_t)product ^ (uint64_t)(product >> 64);
		name += part;
		len -= part;
	}
	return hash;
}

static bool has_name(const struct member *member, const char *name, size_t len)
{
	return strncmp(member->name, name, len) == 0 &&
	       member->name[len] == '\0';
}

/* The slot of `name`, or the free one where it belongs. */
static uint32_t *find_slot(const struct value *map, const char *name,
                           size_t len)
{
	const struct value_index *index = map->index;
	size_t at = hash_name(index->seed, name, len) & (index->size - 1);

	while (index->slots[at] != 0 &&
	       !has_name(&map->members[index->slots[at] - 1], name, len))
		at = (at + 1) & (index->size - 1);
	return &index->slots[at];
}

static struct member *find(const struct value *map, const char *name,
                           size_t len)
{
	if (map->index != NULL) {
		uint32_t slot = *find_slot(map, name, len);

		return slot != 0 ? &map->members[slot - 1] : NULL;
	}
	for (size_t i = 0; i < map->length; i++) {
		if (has_name(&map->members[i], name, len))
			return &map->members[i];
	}
	return NULL;
}

static void index_member(struct value *map, size_t number)
{
	const char *name = map->members[number].name;

	*find_slot(map, name, strlen(name)) = (uint32_t)(number + 1);
}

/* Bring the index up to date with a new last member. */
static void index_last(struct arena *arena, struct value *map)
{
	struct value_index *index = map->index;

	if (map->length <= INDEX_FROM)
		return;
	if (index != NULL && map->length * 2 <= index->size) {
		index_member(map, map->length - 1);
		return;
	}
	assert(map->length < UINT32_MAX / 4);
	if (index == NULL) {
		index = arena_new(arena, struct value_index);
		index->seed = (uintptr_t)map * UINT64_C(0xd6e8feb86659fd93);
		index->size = INDEX_FROM;
	}
	index->size *= 4;
	index->slots = arena_array(arena, index->size, sizeof(*index->slots));
	map->index = index;
	for (size_t i = 0; i < map->length; i++)
		index_member(map, i);
}

void value_map_set(struct arena *arena, struct value *map, const char *name,
                   struct value *value)
{
	struct member *member;

	assert(map->kind == VALUE_MAP);
	if (value == NULL)
		return;
	member = find(map, name, strlen(name));
	if (member != NULL) {
		member->value = value;
		return;
	}
	map->members = arena_grow(arena, map->members, map->length,
	                          sizeof(struct member));
	member = &map->members[map->length++];
	*member = (struct member){
		.name = arena_strdup(arena, name),
		.value = value,
	};
	index_last(arena, map);
}

void value_map_text(struct arena *arena, struct value *map, const char *name,
                    const char *text)
{
	if (text != NULL)
		value_map_set(arena, map, name, value_string(arena, text));
}

void value_map_int(struct arena *arena, struct value *map, const char *name,
                   int64_t number)
{
	value_map_set(arena, map, name, value_int(arena, number));
}

const struct member *value_member(const struct value *map, const char *name)
{
	if (map == NULL || map->kind != VALUE_MAP)
		return NULL;
	return find(map, name, strlen(name));
}

struct value *value_get(const struct value *map, const char *name)
{
	const struct member *member = value_member(map, name);

	return member != NULL ? member->value : NULL;
}

struct value *value_path(const struct value *map, const char *dotted)
{
	for (;;) {
		size_t len = strcspn(dotted, ".");
		const struct member *member;

		if (map == NULL || map->kind != VALUE_MAP)
			return NULL;
		member = find(map, dotted, len);
		if (member == NULL || dotted[len] == '\0')
			return member != NULL ? member->value : NULL;
		map = member->value;
		dotted += len + 1;
	}
}

const char *value_get_text(const struct value *map, const char *name,
                           const char *otherwise)
{
	const struct value *value = value_get(map, name);

	return value != NULL && value->kind == VALUE_STRING ? value->text
	                                                    : otherwise;
}

int64_t value_get_int(const struct value *map, const char *name,
                      int64_t otherwise)
{
	int64_t number;

	return value_to_int(value_get(map, name), &number) ? number : otherwise;
}

bool value_get_bool(const struct value *map, const char *name, bool otherwise)
{
	const struct value *value = value_get(map, name);

	return value != NULL && value->kind == VALUE_BOOL ? value->boolean
	                                                  : otherwise;
}

bool value_to_int(const struct value *value, int64_t *ret)
{
	return value != NULL && value->kind == VALUE_NUMBER &&
	       text_to_int(value->text, INT64_MIN, INT64_MAX, ret);
}

static void copy_members(struct arena *arena, struct value *copy,
                         const struct value *value)
{
	for (size_t i = 0; i < value->length; i++) {
		const struct member *member = &value->members[i];

		value_map_set(arena, copy, member->name,
		              value_copy(arena, member->value));
		copy->members[i].pos = member->pos;
	}
}

struct value *value_copy(struct arena *arena, const struct value *value)
{
	struct value *copy = make(arena, value->kind);

	copy->style = value->style;
	copy->boolean = value->boolean;
	copy->joined = value->joined;
	copy->indent = value->indent;
	copy->pos = value->pos;
	switch (value->kind) {
	case VALUE_NULL:
	case VALUE_BOOL:
		break;
	case VALUE_NUMBER:
	case VALUE_STRING:
		copy->text = arena_strndup(arena, value->text, value->length);
		copy->length = value->length;
		break;
	case VALUE_LIST:
		for (size_t i = 0; i < value->length; i++)
			value_list_add(arena, copy,
			               value_copy(arena, value->items[i]));
		break;
	case VALUE_MAP:
		copy_members(arena, copy, value);
		break;
	}
	return copy;
}

static bool equal_items(const struct value *a, const struct value *b)
{
	for (size_t i = 0; i < a->length; i++) {
		if (!value_equal(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

static bool equal_members(const struct value *a, const struct value *b)
{
	for (size_t i = 0; i < a->length; i++) {
		const struct value *other = value_get(b, a->members[i].name);

		if (other == NULL || !value_equal(a->members[i].value, other))
			return false;
	}
	return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind || a->length != b->length)
		return false;
	switch (a->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_NUMBER:
	case VALUE_STRING:
		return memcmp(a->text, b->text, a->length) == 0;
	case VALUE_LIST:
		return equal_items(a, b);
	case VALUE_MAP:
		return equal_members(a, b);
	}
	return false;
}

bool value_is_true(const struct value *value)
{
	if (value == NULL || value->kind == VALUE_NULL)
		return false;
	if (value->kind == VALUE_BOOL)
		return value->boolean;
	return value->kind != VALUE_LIST || value->length > 0;
}

struct pos value_pos_at(const struct value *value, size_t offset)
{
	struct pos pos = value->pos;
	bool block =
	        value->style == STYLE_LITERAL || value->style == STYLE_FOLDED;
	const char *line = value->text;
	const char *end;

	assert(value->kind == VALUE_STRING && offset <= value->length);
	if (value->style == STYLE_NONE || value->joined)
		return pos;
	if (block) {
		pos.line++;
		pos.column = value->indent + 1;
	} else if (value->style == STYLE_QUOTED) {
		pos.column++;
	}
	while ((end = memchr(line, '\n', offset)) != NULL &&
	       value->style != STYLE_QUOTED) {
		offset -= (size_t)(end + 1 - line);
		line = end + 1;
		pos.line++;
		pos.column = value->indent + 1;
	}
	pos.column += (unsigned)offset;
	return pos;
}
