/*
 * A loop becomes blocks, one for each item. An item is known by its key, or by
 * the hash of what it holds with a number among equals, never by its place in
 * the list: one that is new among ten thousand is the one that runs.
 */
#include <string.h>

#include "engine/cycle/run.h"
#include "engine/job/type.h"
#include "store/base/hash.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define ITEM_BYTES 100

/* ---- Making blocks ------------------------------------------------------- */

static struct live_block *make_block(struct live_run *run,
                                     struct live_step *over, const char *item)
{
	struct arena *arena = &run->arena;
	struct live_block *block = arena_new(arena, struct live_block);
	size_t after = over ? over->step->index + 1 : 0;
	bool again = over && over->step->end == after;

	block->over = over;
	block->item = item;
	block->first = again ? after - 1 : after;
	block->end = over ? over->step->end : run->job->step_count;
	block->steps = arena_array(arena, block->end - block->first,
	                           sizeof(*block->steps));
	if (over) /* the names of its steps, its item and `steps` */
		block->scope =
		        value_map_sized(arena, block->end - block->first + 2);
	block->about = value_map(arena);
	block->frame.value = block->scope;
	if (!over || !live_is_loop(over))
		block->sections = arena_new(arena, struct live_sections);
	return block;
}

static size_t unsettled(const struct live_block *block, size_t index)
{
	return !step_is_settled(block->steps[index - block->first].state);
}

static void count_waiting(struct live_run *run, struct live_step *live)
{
	const struct step *step = live->step;
	const struct live_block *block = live->block;
	bool walled = false;

	live->waiting = 0;
	if (block->over && block->over->step == step)
		return; /* the step once more: the loop has waited for it */
	for (size_t i = 0; i < step->wait_count; i++) {
		walled = walled || step->waits_for[i] == step->wall;
		live->waiting += unsettled(block, step->waits_for[i]);
	}
	if (step->wall != STEP_NONE && !walled && step->wall >= block->first)
		live->waiting += unsettled(block, step->wall);
	if (step->section != SECTION_STEPS && block->sections)
		live->waiting++; /* for the section's turn */
	(void)run;
}

/* Parts that the journal knows of are made again, once what the loop is over
 * is there; a loop over what is missing yet is made when its turn comes. */
static int unfold_known(struct live_run *run, struct live_block *block,
                        struct error *err)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (struct live_step *live = live_child(block, NULL); live;
		     live = live_child(block, live)) {
			if (!live_is_block(live) || live->unfolded ||
			    !run_knows_parts(run, live))
				continue;
			if (live_unfold(run, live, err) < 0)
				return -1;
			moved = live->unfolded;
		}
	}
	return 0;
}

static int fill_block(struct live_run *run, struct live_block *block,
                      struct error *err)
{
	struct live_step *live;

	value_map_set(&run->arena, block->scope, "steps", block->about);
	for (size_t i = block->first; i < block->end;
	     i = run->job->steps[i].end) {
		live = &block->steps[i - block->first];
		live->step = &run->job->steps[i];
		live->block = block;
		if (run_attach(run, live, err) < 0)
			return -1;
	}
	if (unfold_known(run, block, err) < 0)
		return -1;
	for (live = live_child(block, NULL); live;
	     live = live_child(block, live)) {
		count_waiting(run, live);
		block->open += !step_is_settled(live->state);
		if (block->sections)
			block->sections->open[live->step->section] +=
			        !step_is_settled(live->state);
	}
	return 0;
}

int live_open(struct live_run *run, struct value *scope, struct error *err)
{
	run->root = make_block(run, NULL, "");
	run->root->scope = scope;
	run->root->frame.value = scope;
	return fill_block(run, run->root, err);
}

/* ---- Loops --------------------------------------------------------------- */

/* What an id may hold as it is: it stands in lines and paths. */
static bool is_plain(unsigned char byte)
{
	return byte > 0x7f || text_is_alpha((char)byte) ||
	       text_is_digit((char)byte) || (byte && strchr("._~@:+-", byte));
}

/* A key as an item's id: bytes that would not stand in a line are escaped as
 * in a URL. */
static const char *item_of_key(struct live_run *run, const char *key)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);

	for (const char *c = key; *c; c++)
		if (is_plain((unsigned char)*c))
			buf_add(&text, c, 1);
		else
			buf_printf(&text, "%%%02X", (unsigned char)*c);
	if (text.len <= ITEM_BYTES)
		return arena_strdup(&run->arena, text.at);
	return arena_printf(&run->arena, "%.*s~%.8s", ITEM_BYTES / 2, text.at,
	                    run_hash(run, "item", key));
}

static const char *item_of_content(struct live_run *run,
                                   const struct value *item)
{
	auto_arena struct arena scratch = { 0 };

	return arena_printf(
	        &run->arena, "%.16s",
	        run_hash(run, "item", json_canonical(&scratch, item)));
}

static int name_item(struct live_run *run, struct live_step *live,
                     const struct live_block *block, const char **ret,
                     struct error *err)
{
	auto_arena struct arena scratch = { 0 };
	const struct value *source = live->step->fan->key;
	struct render render = run_render(run, NULL);
	struct value *key;

	if (!source) {
		*ret = item_of_content(run, block->value);
		return 0;
	}
	render.frame = &block->frame;
	if (render_value(&scratch, live->step->path, source, &render, &key,
	                 err) < 0)
		return -1;
	const char *text = scope_text(key);
	if (!text || !*text)
		return error_at(err, ERR_CONFIG, live->step->path, source->pos,
		                "the key of an item must be a text or a "
		                "number, not %s",
		                text ? "an empty text"
		                     : scope_describe(&scratch, key));
	*ret = item_of_key(run, text);
	return 0;
}

static const char *below(struct live_run *run, const struct live_step *live,
                         const char *own)
{
	const char *outer = live->block->item;

	return *outer ? arena_printf(&run->arena, "%s/%s", outer, own) : own;
}

/* Two items of one key are an error; two that hold the same are numbered. */
static int claim_item(struct live_run *run, struct live_step *live,
                      struct live_block *block, const char *own,
                      struct error *err)
{
	const struct fan *fan = live->step->fan;
	const char *item = below(run, live, own);

	if (value_get(live->by_item, item) && fan->key)
		return error_at(err, ERR_CONFIG, live->step->path,
		                fan->key->pos, "two items have the key \"%s\"",
		                own);
	for (int n = 2; value_get(live->by_item, item); n++)
		item = below(run, live,
		             arena_printf(&run->arena, "%s-%d", own, n));
	block->item = item;
	value_map_int(&run->arena, live->by_item, item, (int64_t)block->number);
	return 0;
}

/* A block for `item`, under `own`; NULL: as its key or content names it. */
static int add_part(struct live_run *run, struct live_step *live,
                    const struct value *item, const char *own,
                    struct error *err)
{
	struct live_block *block = make_block(run, live, "");

	block->value = item;
	block->number = live->part_count;
	block->frame.up = &live->block->frame;
	run_share(&run->arena, block->scope, live->step->fan->name, item);
	if (!own && name_item(run, live, block, &own, err) < 0)
		return -1;
	if (claim_item(run, live, block, own, err) < 0)
		return -1;
	live->parts[live->part_count++] = block;
	return fill_block(run, block, err);
}

/* The list that a loop is over, as names are now. */
static const struct value *
list_of(struct live_run *run, const struct live_step *live, struct error *err)
{
	const struct fan *fan = live->step->fan;
	struct render render = run_render(run, live);
	struct value *list;

	if (render_value(&run->arena, live->step->path, fan->list, &render,
	                 &list, err) < 0)
		return NULL;
	if (list->kind == VALUE_LIST && list->length <= LIMIT_ITEMS)
		return list;
	if (list->kind != VALUE_LIST)
		error_at(err, ERR_CONFIG, live->step->path, fan->list->pos,
		         "for_each needs a list, and this is %s",
		         scope_describe(&run->arena, list));
	else
		error_at(err, ERR_LIMIT, live->step->path, fan->list->pos,
		         "for_each takes at most %d items, and these "
		         "are %zu",
		         LIMIT_ITEMS, list->length);
	return NULL;
}

static int unfold_loop(struct live_run *run, struct live_step *live,
                       struct error *err)
{
	const struct value *list =
	        live->items ? live->items : list_of(run, live, err);

	if (!list)
		return -1;
	live->parts = arena_array(&run->arena, list->length + 1,
	                          sizeof(struct live_block *));
	live->by_item = value_map(&run->arena);
	for (size_t i = 0; i < list->length; i++) {
		const struct value *item = list->items[i];
		const char *own = NULL;
		if (live->items) {
			own = value_get_text(item, "key", "");
			item = value_get(item, "item");
		}
		if (add_part(run, live, item, own, err) < 0)
			return -1;
	}
	return 0;
}

struct value *live_items(struct live_run *run, const struct live_step *live)
{
	struct arena *arena = &run->arena;
	struct value *list = value_list(arena);
	size_t len = strlen(live->block->item);

	for (size_t i = 0; i < live->part_count; i++) {
		const struct live_block *part = live->parts[i];
		struct value *row = value_map(arena);
		value_map_text(arena, row, "key", part->item + len + (len > 0));
		run_share(&run->arena, row, "item", part->value);
		value_list_add(arena, list, row);
	}
	return list;
}

/* ---- Jobs in jobs -------------------------------------------------------- */

static int fit_input(struct live_run *run, const struct live_step *live,
                     const struct input *input, struct value *value,
                     struct error *err)
{
	bool optional;
	const struct type *type =
	        type_find(input->type ? input->type : "string", &optional);

	if (!value && input->required)
		return error_at(err, ERR_CONFIG, live->step->path,
		                live->step->pos,
		                "the input \"%s\" of \"%s\" is required",
		                input->name, live->step->other->name);
	if (value && type && !type->fits(value))
		return error_at(
		        err, ERR_CONFIG, live->step->path, live->step->pos,
		        "the input \"%s\" of \"%s\" must be %s, not %s",
		        input->name, live->step->other->name, type->phrase,
		        scope_describe(&run->arena, value));
	return 0;
}

static int put_inputs(struct live_run *run, const struct live_step *live,
                      struct live_block *block, struct error *err)
{
	const struct job *other = live->step->other;
	struct value *inputs = value_map(&run->arena);

	value_map_set(&run->arena, block->scope, "inputs", inputs);
	for (size_t i = 0; i < other->input_count; i++) {
		const struct input *input = &other->inputs[i];
		const struct value *given =
		        value_get(live->step->config, input->name);
		struct render render = run_render(run, live);
		const char *path = live->step->path;
		struct value *value = NULL;
		if (!given) {
			given = input->otherwise;
			path = other->path;
			render.frame = &block->frame;
		}
		if (given && render_value(&run->arena, path, given, &render,
		                          &value, err) < 0)
			return -1;
		if (fit_input(run, live, input, value, err) < 0)
			return -1;
		value_map_set(&run->arena, inputs, input->name, value);
	}
	return 0;
}

static int unfold_job(struct live_run *run, struct live_step *live,
                      struct error *err)
{
	struct live_block *block = make_block(run, live, live->block->item);

	live->parts = arena_array(&run->arena, 1, sizeof(struct live_block *));
	run_share(&run->arena, block->scope, "run", run->names);
	run_share(&run->arena, block->scope, "company", run->config->company);
	if (put_inputs(run, live, block, err) < 0)
		return -1;
	live->parts[live->part_count++] = block;
	return fill_block(run, block, err);
}

int live_unfold(struct live_run *run, struct live_step *live, struct error *err)
{
	int status = live_is_loop(live) ? unfold_loop(run, live, err)
	                                : unfold_job(run, live, err);

	if (status < 0) {
		live->part_count = 0;
		return -1;
	}
	live->unfolded = true;
	for (size_t i = 0; i < live->part_count; i++)
		live->parts_open += live_is_open(live->parts[i]);
	if (step_has_output(live->state)) {
		live->output = live_gather(run, live, err);
		if (!live->output)
			return -1;
		run_describe_step(run, live);
	}
	return 0;
}

/* ---- What a block gives -------------------------------------------------- */

bool live_is_whole(const struct live_block *part)
{
	for (const struct live_step *live = live_child(part, NULL); live;
	     live = live_child(part, live))
		if (live->state == STEP_DECLINED ||
		    (live->state == STEP_FAILED &&
		     !live->step->continue_on_error))
			return false;
	return true;
}

static struct value *gather_part(struct live_run *run,
                                 const struct live_step *live,
                                 const struct live_block *part)
{
	struct value *row = value_map(&run->arena);

	run_share(&run->arena, row, live->step->fan->name, part->value);
	for (const struct live_step *child = live_child(part, NULL); child;
	     child = live_child(part, child))
		if (step_has_output(child->state))
			run_share(&run->arena, row, child->step->local,
			          child->output);
	return row;
}

static struct value *gather_outputs(struct live_run *run,
                                    const struct live_step *live,
                                    struct error *err)
{
	const struct job *other = live->step->other;
	struct render render = run_render(run, NULL);
	struct value *outputs = value_map(&run->arena);

	render.frame = &live->parts[0]->frame;
	if (other->outputs &&
	    render_value(&run->arena, other->path, other->outputs, &render,
	                 &outputs, err) < 0)
		return NULL;
	return outputs;
}

const struct value *live_gather(struct live_run *run,
                                const struct live_step *live, struct error *err)
{
	struct value *list = value_list(&run->arena);

	if (!live_is_loop(live))
		return gather_outputs(run, live, err);
	for (size_t i = 0; i < live->part_count; i++)
		if (live_is_whole(live->parts[i]))
			value_list_add(&run->arena, list,
			               gather_part(run, live, live->parts[i]));
	return list;
}
