#include "engine/cmd/deciding.h"

#include <string.h>

#include "engine/cmd/runs.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static int none_open(const char *label, const struct draft_record *drafts,
                     size_t count, struct error *err)
{
	if (count == 0) {
		error_set(err, ERR_STATE, "%s has nothing to review", label);
		return error_hint(err, "\"reeve status %s\" says where it is.",
		                  label);
	}
	error_set(err, ERR_STATE, "the draft of %s was %s already", label,
	          draft_state_name(drafts[count - 1].state));
	return error_hint(err, "\"reeve log %s\" tells what happened.", label);
}

/* The open drafts, in front. */
static size_t keep_open(struct draft_record *drafts, size_t count)
{
	size_t open = 0;

	for (size_t i = 0; i < count; i++)
		if (drafts[i].state == DRAFT_OPEN)
			drafts[open++] = drafts[i];
	return open;
}

static int name_items(const char *command, const char *label,
                      const struct draft_record *drafts, size_t count,
                      struct error *err)
{
	auto_buf struct buf items = buf_make(LIMIT_ERROR_TEXT);
	size_t named = 0;

	for (size_t i = 0; i < count && named < 10; i++)
		if (*drafts[i].item)
			buf_printf(&items, "%s%s", named++ ? ", " : "",
			           drafts[i].item);
	error_set(err, ERR_USAGE, "%zu drafts of %s wait", count, label);
	return error_hint(err, "Name the item, \"reeve %s %s ITEM\": %s%s.",
	                  command, label, items.at, count > named ? ", …" : "");
}

/* 1 when a draft of a whole gate has an effect that is done for the item. */
static int has_part(struct engine *engine, struct arena *arena,
                    const struct draft_record *draft, const char *item,
                    struct error *err)
{
	struct value *effects;

	if (view_draft_effects(engine->view, arena, draft, &effects, err) < 0)
		return -1;
	for (size_t i = 0; i < effects->length; i++)
		if (text_equal(value_get_text(effects->items[i], "of", NULL),
		               item) ||
		    text_equal(value_get_text(effects->items[i], "item", NULL),
		               item))
			return 1;
	return 0;
}

/* The open draft of the item: 1, 0 when there is none, -1. */
static int find_item(struct invocation *invocation, struct engine *engine,
                     const struct draft_record *drafts, size_t count,
                     const struct draft_record **ret, struct error *err)
{
	const char *item = item_named(invocation);

	for (size_t i = 0; i < count; i++) {
		*ret = &drafts[i];
		if (!item || strcmp(drafts[i].item, item) == 0)
			return 1;
	}
	for (size_t i = 0; i < count; i++) {
		*ret = &drafts[i];
		int found = *drafts[i].item
		                    ? 0
		                    : has_part(engine, invocation->arena,
		                               &drafts[i], item, err);
		if (found != 0)
			return found;
	}
	return 0;
}

const char *item_named(const struct invocation *invocation)
{
	return invocation->count > 1 ? invocation->args[1] : NULL;
}

int find_open_draft(struct invocation *invocation, struct engine *engine,
                    struct run_record *ret_run, struct draft_record *ret_draft,
                    struct error *err)
{
	struct arena *arena = invocation->arena;
	const char *item = item_named(invocation);
	struct draft_record *drafts;
	size_t count;

	if (view_find_run(engine->view, arena, invocation->args[0], ret_run,
	                  err) < 0 ||
	    view_run_drafts(engine->view, arena, ret_run->id, &drafts, &count,
	                    err) < 0)
		return -1;
	const char *label = run_label(engine, arena, ret_run);
	size_t open = keep_open(drafts, count);
	if (open == 0)
		return none_open(label, drafts, count, err);
	const struct draft_record *draft;
	int found = find_item(invocation, engine, drafts, open, &draft, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERR_MISSING,
		                 "no draft of %s has an item \"%s\"", label,
		                 item);
	if (!item && open > 1 && *drafts[0].item)
		return name_items(invocation->command->name, label, drafts,
		                  open, err);
	*ret_draft = *draft;
	return 0;
}
