#include "engine/cycle/slip.h"

#include <string.h>

#include "engine/job/field.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

static const struct field entry_fields[] = {
	{ .name = "id", .type = FIELD_TEXT, .required = true },
	{ .name = "item", .type = FIELD_TEXT },
	{ .name = "effect", .type = FIELD_TEXT, .required = true },
	{ .name = "already_done", .type = FIELD_TEXT },
	{ .name = "field", .type = FIELD_TEXT },
	{ .name = "items", .type = FIELD_MAP },
	{ .name = "with", .type = FIELD_MAP },
	{ 0 },
};

static const struct field slip_fields[] = {
	{ .name = "gate", .type = FIELD_TEXT },
	{ .name = "job", .type = FIELD_TEXT },
	{ .name = "run", .type = FIELD_TEXT, .required = true },
	{ .name = "title", .type = FIELD_TEXT },
	{ .name = "revision",
	  .type = FIELD_INT,
	  .min = 1,
	  .max = 1000000,
	  .required = true },
	{ .name = "about", .type = FIELD_MAP },
	{ .name = "effects", .type = FIELD_MAPS, .fields = entry_fields },
	{ 0 },
};

static const char comment[] =
        "# Merging this draft releases what stands under effects, as it "
        "stands here.\n"
        "# Change a field to change what is done; delete an entry to leave "
        "it out.\n";

static const char comment_empty[] =
        "# Merging this draft takes over its files; it releases nothing.\n";

static struct value *entry_value(struct arena *arena,
                                 const struct slip_entry *entry)
{
	struct value *map = value_map(arena);

	value_map_text(arena, map, "id", entry->step);
	if (entry->item && *entry->item)
		value_map_text(arena, map, "item", entry->item);
	value_map_text(arena, map, "effect", entry->effect);
	value_map_text(arena, map, "already_done", entry->done);
	if (entry->items) {
		value_map_text(arena, map, "field", entry->field);
		value_map_set(arena, map, "items",
		              value_copy(arena, entry->items));
	}
	value_map_set(arena, map, "with", value_copy(arena, entry->with));
	return map;
}

int slip_write(struct buf *buf, const struct slip *slip, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = value_map(&arena);
	struct value *effects = value_list(&arena);

	value_map_text(&arena, map, "gate", slip->gate);
	value_map_text(&arena, map, "run", slip->run);
	value_map_text(&arena, map, "title", slip->title);
	value_map_int(&arena, map, "revision", slip->revision);
	if (slip->about)
		value_map_set(&arena, map, "about",
		              value_copy(&arena, slip->about));
	for (size_t i = 0; i < slip->count; i++)
		value_list_add(&arena, effects,
		               entry_value(&arena, &slip->entries[i]));
	value_map_set(&arena, map, "effects", effects);
	buf_add_text(buf, slip->count ? comment : comment_empty);
	return yaml_write(buf, map, err);
}

static struct slip_entry *add_entry(struct arena *arena, struct slip *slip)
{
	slip->entries = arena_grow(arena, slip->entries, slip->count,
	                           sizeof(*slip->entries));
	return &slip->entries[slip->count++];
}

/* What stands for many: an entry for each of its items. */
static void read_items(struct arena *arena, const struct value *entry,
                       const struct slip_entry *all, struct slip *slip)
{
	const struct value *items = value_get(entry, "items");
	const char *field = value_get_text(entry, "field", NULL);

	for (size_t i = 0; i < items->length; i++) {
		const struct member *item = &items->members[i];
		struct slip_entry *one = add_entry(arena, slip);
		struct value *with =
		        value_map_sized(arena, all->with->length + 1);
		*one = *all;
		one->item = item->name;
		one->pos = item->pos;
		one->with = with;
		if (field)
			value_map_set(arena, with, field, item->value);
		for (size_t n = 0; n < all->with->length; n++)
			value_map_set(arena, with, all->with->members[n].name,
			              all->with->members[n].value);
	}
}

/* One of the owner's edits may have left `effects:` empty, which is null; and
 * an `items:` from which all are struck. */
static void read_entries(struct arena *arena, const struct value *map,
                         struct slip *slip)
{
	const struct value *effects = value_get(map, "effects");

	for (size_t i = 0;
	     effects && effects->kind == VALUE_LIST && i < effects->length;
	     i++) {
		const struct value *entry = effects->items[i];
		const struct value *with = value_get(entry, "with");
		const struct slip_entry read = {
			.step = value_get_text(entry, "id", ""),
			.item = value_get_text(entry, "item", ""),
			.effect = value_get_text(entry, "effect", ""),
			.done = value_get_text(entry, "already_done", NULL),
			.with = with ? with : value_map(arena),
			.pos = entry->pos,
		};
		if (value_get(entry, "items"))
			read_items(arena, entry, &read, slip);
		else
			*add_entry(arena, slip) = read;
	}
}

static const char *place_of(struct arena *arena, const char *step,
                            const char *item)
{
	return arena_printf(arena, "%s %s", step, item);
}

/* A step that stood there twice, after a merge perhaps, could mean either. */
static int index_entries(struct arena *arena, struct slip *slip,
                         const char *path, struct error *err)
{
	struct value *by_place = value_map_sized(arena, slip->count);

	for (size_t i = 0; i < slip->count; i++) {
		const struct slip_entry *entry = &slip->entries[i];
		if (!value_map_add(arena, by_place,
		                   place_of(arena, entry->step, entry->item),
		                   value_int(arena, (int64_t)i)))
			return error_at(err, ERR_CONFIG, path, entry->pos,
			                "the step \"%s\" is listed twice",
			                entry->step);
	}
	slip->by_place = by_place;
	return 0;
}

/* The map with nothing where it has null, which fields_check() would refuse. */
static struct value *without_null(struct arena *arena, struct value *map)
{
	struct value *effects = value_get(map, "effects");

	if (effects && effects->kind == VALUE_NULL)
		value_map_set(arena, map, "effects", value_list(arena));
	for (size_t i = 0;
	     effects && effects->kind == VALUE_LIST && i < effects->length;
	     i++) {
		const struct value *items =
		        value_get(effects->items[i], "items");
		if (items && items->kind == VALUE_NULL)
			value_map_set(arena, effects->items[i], "items",
			              value_map(arena));
	}
	return map;
}

struct slip *slip_parse(struct arena *arena, const char *path,
                        const char *bytes, size_t len, const char *run,
                        struct error *err)
{
	auto_errors struct errors errors = { 0 };
	struct value *map = yaml_parse(arena, path, bytes, len, 1, err);
	struct slip *slip = arena_new(arena, struct slip);

	if (!map)
		return NULL;
	if (map->kind != VALUE_MAP) {
		error_at(err, ERR_CONFIG, path, map->pos,
		         "a slip must be a map");
		return NULL;
	}
	if (!fields_check(without_null(arena, map), slip_fields, "the slip",
	                  path, &errors)) {
		error_move(err, &errors.items[0]);
		return NULL;
	}
	slip->gate = value_get_text(map, "gate", NULL);
	slip->run = value_get_text(map, "run", "");
	slip->title = value_get_text(map, "title", NULL);
	slip->revision = value_get_int(map, "revision", 1);
	slip->about = value_get(map, "about");
	read_entries(arena, map, slip);
	if (index_entries(arena, slip, path, err) < 0)
		return NULL;
	if (strcmp(slip->run, run) == 0)
		return slip;
	error_at(err, ERR_CONFIG, path, value_get(map, "run")->pos,
	         "this slip is of the run \"%s\", not of \"%s\"", slip->run,
	         run);
	return NULL;
}

static bool is_stand_in(const struct value *value)
{
	if (value->kind != VALUE_MAP)
		return false;
	if (value->length == 2)
		return value_get(value, "each") && value_get(value, "first");
	return value->length == 1 &&
	       (value_get(value, "artifact") || value_get(value, "later"));
}

int slip_resolve(struct arena *arena, const struct value *with,
                 const struct slip_resolver *resolver, const struct value **ret,
                 struct error *err)
{
	struct value *result = value_map(arena);

	for (size_t i = 0; i < with->length; i++) {
		const struct member *member = &with->members[i];
		struct value *value = NULL;
		if (!is_stand_in(member->value))
			value = value_copy(arena, member->value);
		else if (resolver->resolve(resolver->state, member->name,
		                           member->value, &value, err) < 0)
			return -1;
		value_map_set(arena, result, member->name, value);
	}
	*ret = result;
	return 0;
}

const struct slip_entry *slip_find(const struct slip *slip, const char *step,
                                   const char *item)
{
	auto_arena struct arena arena = { 0 };
	int64_t n =
	        value_get_int(slip->by_place, place_of(&arena, step, item), -1);

	return n < 0 ? NULL : &slip->entries[n];
}

/* ---- Striking ------------------------------------------------------------ */

static struct value *kept_items(struct arena *arena, const struct value *entry,
                                const struct slip_filter *filter)
{
	const struct value *items = value_get(entry, "items");
	const char *step = value_get_text(entry, "id", "");
	struct value *kept = value_map(arena);

	for (size_t i = 0; items->kind == VALUE_MAP && i < items->length; i++)
		if (filter->keeps(filter->state, step, items->members[i].name))
			value_map_set(arena, kept, items->members[i].name,
			              items->members[i].value);
	return kept;
}

int slip_strike(struct buf *ret, const char *path, const struct buf *bytes,
                const struct slip_filter *filter, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct value *map =
	        yaml_parse(&arena, path, bytes->at, bytes->len, 1, err);
	const struct value *effects = map ? value_get(map, "effects") : NULL;
	struct value *kept = value_list(&arena);

	if (!map)
		return -1;
	for (size_t i = 0;
	     effects && effects->kind == VALUE_LIST && i < effects->length;
	     i++) {
		struct value *entry = effects->items[i];
		const char *step = value_get_text(entry, "id", "");
		const char *item = value_get_text(entry, "item", "");
		if (value_get(entry, "items"))
			value_map_set(&arena, entry, "items",
			              kept_items(&arena, entry, filter));
		else if (!filter->keeps(filter->state, step, item))
			continue;
		value_list_add(&arena, kept, entry);
	}
	value_map_set(&arena, map, "effects", kept);
	buf_add_text(ret, kept->length ? comment : comment_empty);
	return yaml_write(ret, map, err);
}
