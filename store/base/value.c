/*
 * Items and members are arrays in the arena that double as they grow; a value
 * knows for how many it has room. A map with room for more than INDEX_FROM
 * members has an index right behind their array: a hash table with open
 * addressing, at most half full. A slot holds a member's number plus one and,
 * in the bits that are left, some of its name's hash, so that other names are
 * rarely looked at. Its size follows from the room: a map keeps no more. Names
 * come from outside, so the hash is seeded with where the members happen to lie
 * in memory: nobody can prepare names that collide.
 */
#include "store/base/value.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/number.h"
#include "store/base/text.h"

enum {
	FIRST_ROOM = 4,
	INDEX_FROM = 16,
	INT_CHARACTERS = 20 /* of -2^63 */
};

__extension__ typedef unsigned __int128 wide;

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
	/* The sum of -2^63 and its own amount would not fit otherwise. */
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char text[INT_CHARACTERS];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (number < 0)
		text[--at] = '-';
	value->length = sizeof(text) - at;
	value->text = arena_strndup(arena, text + at, value->length);
	return value;
}

struct value *value_number(struct arena *arena, const char *text)
{
	return value_digits(arena, text, strlen(text));
}

struct value *value_digits(struct arena *arena, const char *bytes, size_t len)
{
	struct value *value = make(arena, VALUE_NUMBER);

	assert(number_valid(bytes, len));
	if (len == 2 && memcmp(bytes, "-0", 2) == 0) {
		bytes++;
		len--;
	}
	value->text = arena_strndup(arena, bytes, len);
	value->length = len;
	return value;
}

struct value *value_string(struct arena *arena, const char *text)
{
	return value_bytes(arena, text, strlen(text));
}

struct value *value_bytes(struct arena *arena, const char *bytes, size_t len)
{
	return value_adopt(arena, arena_strndup(arena, bytes, len), len);
}

struct value *value_adopt(struct arena *arena, const char *text, size_t len)
{
	struct value *value = make(arena, VALUE_STRING);

	value->text = text;
	value->length = len;
	return value;
}

struct value *value_printf(struct arena *arena, const char *format, ...)
{
	const char *text;
	va_list values;

	va_start(values, format);
	text = arena_vprintf(arena, format, values);
	va_end(values);
	return value_adopt(arena, text, strlen(text));
}

struct value *value_list(struct arena *arena)
{
	return make(arena, VALUE_LIST);
}

struct value *value_map(struct arena *arena)
{
	return make(arena, VALUE_MAP);
}

/* Room for `count` more, at the least. */
static size_t more_room(const struct value *value, size_t count)
{
	size_t room = size_add(value->length, count);
	size_t twice = size_mul(value->length, 2);

	room = room > twice ? room : twice;
	assert(room < UINT32_MAX / 4);
	return room;
}

static void list_room(struct arena *arena, struct value *list, size_t count)
{
	size_t room = more_room(list, count);
	struct value **items = arena_array(arena, room, sizeof(struct value *));

	if (list->length > 0)
		memcpy(items, list->items,
		       list->length * sizeof(struct value *));
	list->items = items;
	list->room = (unsigned)room;
}

struct value *value_list_sized(struct arena *arena, size_t count)
{
	struct value *list = make(arena, VALUE_LIST);

	if (count > 0)
		list_room(arena, list, count);
	return list;
}

void value_list_add(struct arena *arena, struct value *list, struct value *item)
{
	assert(list->kind == VALUE_LIST && item != NULL);
	if (list->length == list->room)
		list_room(arena, list, FIRST_ROOM);
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

/* How many slots the index of a map with `room` has, a power of two. */
static size_t slot_count(size_t room)
{
	unsigned long long least = 2ull * room - 1;

	return (size_t)2 << (63 - __builtin_clzll(least));
}

/* The index of a large map, and what a name is looked for by. */
struct probe {
	uint32_t *slots;
	uint32_t mask; /* of a slot's number; also of where a slot is */
	uint32_t tag;  /* bits of the hash, above those */
	uint32_t at;
};

static struct probe probe_for(const struct value *map, const char *name,
                              size_t len)
{
	uint64_t seed = (uintptr_t)map->members * UINT64_C(0xd6e8feb86659fd93);
	uint64_t hash = hash_name(seed, name, len);
	uint32_t mask = (uint32_t)slot_count(map->room) - 1;

	return (struct probe){
		.slots = (uint32_t *)(map->members + map->room),
		.mask = mask,
		.tag = (uint32_t)(hash >> 32) & ~mask,
		.at = (uint32_t)hash & mask,
	};
}

static struct member *find_indexed(const struct value *map, const char *name,
                                   size_t len)
{
	struct probe look = probe_for(map, name, len);
	uint32_t slot;

	while ((slot = look.slots[look.at]) != 0) {
		struct member *member = &map->members[(slot & look.mask) - 1];

		if ((slot & ~look.mask) == look.tag &&
		    has_name(member, name, len))
			return member;
		look.at = (look.at + 1) & look.mask;
	}
	return NULL;
}

static struct member *find(const struct value *map, const char *name,
                           size_t len)
{
	char first = len > 0 ? *name : '\0';

	if (map->room > INDEX_FROM)
		return find_indexed(map, name, len);
	for (size_t i = 0; i < map->length; i++) {
		if (*map->members[i].name == first &&
		    has_name(&map->members[i], name, len))
			return &map->members[i];
	}
	return NULL;
}

/* Its name is not in the index yet. */
static void index_member(struct value *map, size_t number)
{
	const char *name = map->members[number].name;
	struct probe spot = probe_for(map, name, strlen(name));

	while (spot.slots[spot.at] != 0)
		spot.at = (spot.at + 1) & spot.mask;
	spot.slots[spot.at] = spot.tag | (uint32_t)(number + 1);
}

size_t value_members_size(size_t count)
{
	size_t size = size_mul(count, sizeof(struct member));

	if (count > INDEX_FROM)
		size = size_add(size, slot_count(count) * sizeof(uint32_t));
	return size;
}

void value_members_moved(struct value *map)
{
	for (size_t i = 0; map->room > INDEX_FROM && i < map->length; i++)
		index_member(map, i);
}

static void map_room(struct arena *arena, struct value *map, size_t count)
{
	size_t room = more_room(map, count);
	struct member *members = arena_alloc(arena, value_members_size(room));

	if (map->length > 0)
		memcpy(members, map->members, map->length * sizeof(*members));
	map->members = members;
	map->room = (unsigned)room;
	value_members_moved(map);
}

struct value *value_map_sized(struct arena *arena, size_t count)
{
	struct value *map = make(arena, VALUE_MAP);

	if (count > 0)
		map_room(arena, map, count);
	return map;
}

/* A new last member, of a name that the map does not have. */
static struct member *append(struct arena *arena, struct value *map,
                             const char *name, struct value *value)
{
	struct member *member;

	if (map->length == map->room)
		map_room(arena, map, FIRST_ROOM);
	member = &map->members[map->length++];
	*member = (struct member){ .name = name, .value = value };
	if (map->room > INDEX_FROM)
		index_member(map, map->length - 1);
	return member;
}

void value_map_set(struct arena *arena, struct value *map, const char *name,
                   struct value *value)
{
	struct member *member;
	size_t len;

	assert(map->kind == VALUE_MAP);
	if (value == NULL)
		return;
	len = strlen(name);
	member = find(map, name, len);
	if (member != NULL)
		member->value = value;
	else
		(void)append(arena, map, arena_strndup(arena, name, len),
		             value);
}

void value_map_put(struct arena *arena, struct value *map, const char *name,
                   struct value *value)
{
	struct member *member;

	assert(map->kind == VALUE_MAP);
	if (value == NULL)
		return;
	member = find(map, name, strlen(name));
	if (member != NULL)
		member->value = value;
	else
		(void)append(arena, map, name, value);
}

bool value_map_add(struct arena *arena, struct value *map, const char *name,
                   struct value *value)
{
	assert(map->kind == VALUE_MAP && value != NULL);
	if (find(map, name, strlen(name)) != NULL)
		return false;
	(void)append(arena, map, name, value);
	return true;
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

static struct value *copy_list(struct arena *arena, const struct value *list)
{
	struct value *copy = value_list_sized(arena, list->length);

	for (size_t i = 0; i < list->length; i++)
		value_list_add(arena, copy, value_copy(arena, list->items[i]));
	return copy;
}

static struct value *copy_map(struct arena *arena, const struct value *map)
{
	struct value *copy = value_map_sized(arena, map->length);

	for (size_t i = 0; i < map->length; i++) {
		const struct member *member = &map->members[i];

		append(arena, copy, arena_strdup(arena, member->name),
		       value_copy(arena, member->value))
		        ->pos = member->pos;
	}
	return copy;
}

static struct value *copy_scalar(struct arena *arena, const struct value *value)
{
	struct value *copy = make(arena, value->kind);

	*copy = *value;
	if (value->kind == VALUE_NUMBER || value->kind == VALUE_STRING)
		copy->text = arena_strndup(arena, value->text, value->length);
	return copy;
}

struct value *value_copy(struct arena *arena, const struct value *value)
{
	struct value *copy;

	if (value->kind == VALUE_LIST)
		copy = copy_list(arena, value);
	else if (value->kind == VALUE_MAP)
		copy = copy_map(arena, value);
	else
		return copy_scalar(arena, value);
	copy->style = value->style;
	copy->joined = value->joined;
	copy->pos = value->pos;
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
		const struct member *member = &b->members[i];
		const struct value *other = member->value;

		/* Mostly the order is the same. */
		if (strcmp(member->name, a->members[i].name) != 0)
			other = value_get(b, a->members[i].name);
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
