/*
 * A field of an entry is a value; or the path of the file whose text it is; or
 * what the job says, when only an effect above it will give it.
 *
 * Entries of one step that are more than a few become one: whom each item's
 * reaches stands in `items`, fields that all have in common stand once, and of
 * the others what the job says and what the first one is.
 */
#include "engine/cycle/listing.h"

#include "engine/job/language.h"
#include "store/base/date.h"
#include "store/base/text.h"

/* One field of an entry; MOMENT_NEVER leaves the whole entry out. */
static int list_field(const struct listing *listing,
                      const struct live_step *live, const struct value *source,
                      struct value **ret, enum moment *ret_moment,
                      struct error *err)
{
	struct live_run *run = listing->preview->run;
	struct render render = run_render(run, live);
	const char *path = preview_artifact(listing->preview, live, source);

	*ret_moment = preview_moment(listing->preview, live, source);
	if (*ret_moment == MOMENT_NEVER)
		return 0;
	if (*ret_moment == MOMENT_NOW && !path)
		return render_value(&run->arena, live->step->path, source,
		                    &render, ret, err);
	*ret = value_map(&run->arena);
	if (path)
		value_map_text(&run->arena, *ret, "artifact", path);
	else
		value_map_set(&run->arena, *ret, "later",
		              value_copy(&run->arena, source));
	return 0;
}

static const struct effect *effect_of(const struct listing *listing,
                                      const struct step *step)
{
	return language_effect(&listing->preview->run->engine->language,
	                       step->name);
}

/* What the review says of it: one line. */
static const char *says(const struct listing *listing, const struct step *step,
                        const struct value *with)
{
	struct arena *arena = &listing->preview->run->arena;
	const struct effect *effect = effect_of(listing, step);

	if (effect && effect->describe)
		return effect->describe(arena, with);
	return arena_printf(arena, "%s %s", step->kind->name, step->name);
}

/* The day on which another run took the occasion of the effect; NULL while it
 * is free, in doubt, or named by what only an effect will give. */
static int find_done(const struct listing *listing,
                     const struct live_step *live, const char **ret,
                     struct error *err)
{
	struct live_run *run = listing->preview->run;
	const struct step *step = live->step;
	struct once_record once;
	const char *occasion;
	struct date date;

	*ret = NULL;
	if (!step->once ||
	    preview_moment(listing->preview, live, step->once) != MOMENT_NOW)
		return 0;
	if (run_text(run, live, step->once, &occasion, err) < 0)
		return -1;
	int found = view_once(run->engine->view, &run->arena, step->name,
	                      occasion, &once, err);
	if (found <= 0 || !once.done || !once.at ||
	    text_equal(once.key, run_effect_key(run, live)))
		return found < 0 ? -1 : 0;
	zone_local(run->config->timezone, once.at, &date);
	*ret = arena_printf(&run->arena, "%04d-%02d-%02d", date.year,
	                    date.month, date.day);
	return 0;
}

static void add_entry(struct listing *listing, const struct live_step *live,
                      const struct value *with, const char *done)
{
	struct arena *arena = &listing->preview->run->arena;
	const struct step *step = live->step;
	struct value *row = value_map(arena);

	listing->entries = arena_grow(arena, listing->entries, listing->count,
	                              sizeof(*listing->entries));
	listing->entries[listing->count++] = (struct slip_entry){
		.step = step->id,
		.item = live->block->item,
		.effect = step->name,
		.done = done,
		.with = with,
	};
	value_map_text(arena, row, "step", step->id);
	if (*live->block->item)
		value_map_text(arena, row, "item", live->block->item);
	value_map_text(arena, row, "effect", step->name);
	value_map_text(arena, row, "says", says(listing, step, with));
	value_map_text(arena, row, "of", preview_item(live, listing->items));
	value_list_add(arena, listing->effects, row);
}

static int list_effect(struct listing *listing, const struct live_step *live,
                       struct error *err)
{
	struct value *with = value_map(&listing->preview->run->arena);
	const struct value *config = live->step->config;
	const char *done;

	for (size_t i = 0; i < config->length; i++) {
		const struct member *member = &config->members[i];
		enum moment moment;
		struct value *value;
		if (list_field(listing, live, member->value, &value, &moment,
		               err) < 0)
			return -1;
		if (moment == MOMENT_NEVER)
			return 0;
		value_map_set(&listing->preview->run->arena, with, member->name,
		              value);
	}
	if (find_done(listing, live, &done, err) < 0)
		return -1;
	add_entry(listing, live, with, done);
	return 0;
}

/* ---- Those that are alike ------------------------------------------------ */

/* The entries of one step, in their order. */
struct alike {
	const struct slip_entry **entries;
	size_t count;
	bool written;
};

static bool is_same_in_all(const struct alike *alike, const char *name)
{
	const struct value *first = value_get(alike->entries[0]->with, name);

	for (size_t i = 1; i < alike->count; i++)
		if (!value_equal(value_get(alike->entries[i]->with, name),
		                 first))
			return false;
	return true;
}

/* What is different in each: as the job says it, and the first. */
static struct value *each_value(struct arena *arena, const struct step *step,
                                const struct member *first)
{
	struct value *map = value_map(arena);
	const struct value *source = value_get(step->config, first->name);

	value_map_set(arena, map, "each", value_copy(arena, source));
	value_map_set(arena, map, "first", value_copy(arena, first->value));
	return map;
}

static struct slip_entry group(struct listing *listing, const struct step *step,
                               const struct alike *alike)
{
	struct arena *arena = &listing->preview->run->arena;
	const struct effect *effect = effect_of(listing, step);
	const char *target = effect ? effect->target : NULL;
	struct slip_entry entry = *alike->entries[0];
	struct value *with = value_map(arena);
	struct value *items = value_map(arena);

	for (size_t i = 0; i < entry.with->length; i++) {
		const struct member *member = &entry.with->members[i];
		if (text_equal(member->name, target))
			continue;
		value_map_set(arena, with, member->name,
		              is_same_in_all(alike, member->name)
		                      ? value_copy(arena, member->value)
		                      : each_value(arena, step, member));
	}
	for (size_t i = 0; i < alike->count; i++) {
		const struct value *to =
		        target ? value_get(alike->entries[i]->with, target)
		               : NULL;
		value_map_set(arena, items, alike->entries[i]->item,
		              to ? value_copy(arena, to) : value_null(arena));
	}
	entry.item = "";
	entry.done = NULL; /* some may be, and some not */
	entry.with = with;
	entry.field = target;
	entry.items = items;
	return entry;
}

static struct alike *sort_by_step(const struct listing *listing)
{
	struct live_run *run = listing->preview->run;
	struct alike *steps = arena_array(&run->arena, run->job->step_count + 1,
	                                  sizeof(*steps));

	for (size_t i = 0; i < listing->count; i++) {
		const struct slip_entry *entry = &listing->entries[i];
		struct alike *alike =
		        &steps[job_step(run->job, entry->step)->index];
		alike->entries =
		        arena_grow(&run->arena, alike->entries, alike->count,
		                   sizeof(const struct slip_entry *));
		alike->entries[alike->count++] = entry;
	}
	return steps;
}

/* Each group stands where its first entry stood. */
static void group_alike(struct listing *listing)
{
	struct live_run *run = listing->preview->run;
	struct alike *steps = sort_by_step(listing);
	struct slip_entry *entries =
	        arena_array(&run->arena, listing->count + 1, sizeof(*entries));
	size_t count = 0;

	for (size_t i = 0; i < listing->count; i++) {
		const struct slip_entry *entry = &listing->entries[i];
		const struct step *step = job_step(run->job, entry->step);
		struct alike *alike = &steps[step->index];
		if (alike->count <= LISTING_ALIKE)
			entries[count++] = *entry;
		else if (!alike->written)
			entries[count++] = group(listing, step, alike);
		alike->written = true;
	}
	listing->entries = entries;
	listing->count = count;
}

int listing_make(struct listing *listing, struct error *err)
{
	struct live_run *run = listing->preview->run;

	listing->effects = value_list(&run->arena);
	for (struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		if (!(live->step->kind->flags & KIND_ACTS) ||
		    !live->step->name || live_is_block(live) ||
		    step_is_settled(live->state) ||
		    !preview_releases(listing->preview, live))
			continue;
		if (list_effect(listing, live, err) < 0)
			return error_wrap(err, "step \"%s\"",
			                  live_name(run, live));
	}
	group_alike(listing);
	return 0;
}
