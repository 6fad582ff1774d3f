#include "engine/cycle/slip.h"

#include <string.h>

#include "engine/job/field.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

static const struct field entry_fields[] = {
	{ .name = "id", .type = FIELD_TEXT, .required = true },
	{ .name = "item", .type = FIELD_TEXT },
	{ .name = "effect", .type = FIELD_TEXT, .required = true },
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
	for (size_t i = 0; i < slip->count; i++) {
		struct value *entry = value_map(&arena);
		value_map_text(&arena, entry, "id", slip->entries[i].step);
		if (slip->entries[i].item && *slip->entries[i].item)
			value_map_text(&arena, entry, "item",
			               slip->entries[i].item);
		value_map_text(&arena, entry, "effect",
		               slip->entries[i].effect);
		value_map_set(&arena, entry, "with",
		              value_copy(&arena, slip->entries[i].with));
		value_list_add(&arena, effects, entry);
	}
	value_map_set(&arena, map, "effects", effects);
	buf_add_text(buf, slip->count ? comment : comment_empty);
	return yaml_write(buf, map, err);
}

/* One of the owner's edits may have left `effects:` empty, which is null. */
static void read_entries(struct arena *arena, const struct value *map,
                         struct slip *slip)
{
	const struct value *effects = value_get(map, "effects");

	if (!effects || effects->kind != VALUE_LIST)
		return;
	slip->count = effects->length;
	slip->entries =
	        arena_array(arena, slip->count + 1, sizeof(*slip->entries));
	for (size_t i = 0; i < slip->count; i++) {
		const struct value *entry = effects->items[i];
		const struct value *with = value_get(entry, "with");
		slip->entries[i] = (struct slip_entry){
			.step = value_get_text(entry, "id", ""),
			.item = value_get_text(entry, "item", ""),
			.effect = value_get_text(entry, "effect", ""),
			.with = with ? with : value_map(arena),
			.pos = entry->pos,
		};
	}
}

/* A step that stood there twice, after a merge perhaps, could mean either. */
static int check_entries(const struct slip *slip, const char *path,
                         struct error *err)
{
	for (size_t i = 0; i < slip->count; i++) {
		const struct slip_entry *entry = &slip->entries[i];
		if (slip_find(slip, entry->step, entry->item) != entry)
			return error_at(err, ERR_CONFIG, path, entry->pos,
			                "the step \"%s\" is listed twice",
			                entry->step);
	}
	return 0;
}

/* The map without a null `effects`, which fields_check() would refuse. */
static struct value *without_null(struct arena *arena, struct value *map)
{
	struct value *effects = value_get(map, "effects");

	if (effects && effects->kind == VALUE_NULL)
		value_map_set(arena, map, "effects", value_list(arena));
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
	if (check_entries(slip, path, err) < 0)
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
	return value->kind == VALUE_MAP && value->length == 1 &&
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
	for (size_t i = 0; i < slip->count; i++)
		if (strcmp(slip->entries[i].step, step) == 0 &&
		    strcmp(slip->entries[i].item, item) == 0)
			return &slip->entries[i];
	return NULL;
}
