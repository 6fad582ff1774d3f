/*
 * The layouts of what a job is made of, as far as a header shows it; of what is
 * private to a file, they are in that file.
 */
#include "engine/job/layout.h"

#include "engine/job/cron.h"
#include "engine/job/job.h"
#include "store/base/value.h"

/* clang-format off */
#define END { LAYOUT_END, 0, 0, 0, NULL }

const struct layout layout_size = {
	.size = sizeof(size_t),
	.rows = (const struct layout_row[]){
		{ LAYOUT_PLAIN, 0, sizeof(size_t), 0, NULL },
		END,
	},
};

const struct layout layout_text = {
	.size = sizeof(const char *),
	.rows = (const struct layout_row[]){
		{ LAYOUT_TEXT, 0, 0, 0, NULL },
		END,
	},
};

/* ---- Values */

#define VALUE_ROWS                               \
	LAYOUT_IS_PLAIN(struct value, boolean),  \
	LAYOUT_IS_PLAIN(struct value, joined),   \
	LAYOUT_IS_PLAIN(struct value, indent),   \
	LAYOUT_IS_PLAIN(struct value, pos),      \
	LAYOUT_IS_PLAIN(struct value, length)

static const struct layout item_layout = {
	.size = sizeof(struct value *),
	.rows = (const struct layout_row[]){
		{ LAYOUT_ONE, 0, 0, 0, &layout_value },
		END,
	},
};

static const struct layout plain_value = {
	.size = sizeof(struct value),
	.rows = (const struct layout_row[]){
		VALUE_ROWS,
		LAYOUT_IS_PLAIN(struct value, text),
		END,
	},
};

static const struct layout text_value = {
	.size = sizeof(struct value),
	.rows = (const struct layout_row[]){
		VALUE_ROWS,
		LAYOUT_IS_BYTES(struct value, text, length),
		END,
	},
};

static const struct layout list_value = {
	.size = sizeof(struct value),
	.rows = (const struct layout_row[]){
		VALUE_ROWS,
		LAYOUT_IS_MANY(struct value, items, length, item_layout),
		END,
	},
};

static const struct layout member_layout = {
	.size = sizeof(struct member),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct member, name),
		LAYOUT_IS_PLAIN(struct member, pos),
		LAYOUT_IS_ONE(struct member, value, layout_value),
		END,
	},
};

static const struct layout map_value = {
	.size = sizeof(struct value),
	.rows = (const struct layout_row[]){
		VALUE_ROWS,
		{ LAYOUT_MEMBERS, offsetof(struct value, members), 0,
		  offsetof(struct value, length), &member_layout },
		END,
	},
};

static const struct layout *choose_value(const void *object)
{
	const struct value *value = object;

	switch (value->kind) {
	case VALUE_NULL:
	case VALUE_BOOL:
		break;
	case VALUE_NUMBER:
	case VALUE_STRING:
		return &text_value;
	case VALUE_LIST:
		return &list_value;
	case VALUE_MAP:
		return &map_value;
	}
	return &plain_value;
}

const struct layout layout_value = {
	.size = sizeof(struct value),
	.rows = (const struct layout_row[]){
		VALUE_ROWS,
		LAYOUT_IS_PLAIN(struct value, text),
		END,
	},
	.choose = choose_value,
};

/* ---- The parts of a step */

const struct layout layout_name_use = {
	.size = sizeof(struct name_use),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct name_use, name),
		LAYOUT_IS_PLAIN(struct name_use, pos),
		LAYOUT_IS_PLAIN(struct name_use, section),
		LAYOUT_IS_PLAIN(struct name_use, inside),
		LAYOUT_IS_PLAIN(struct name_use, given),
		END,
	},
};

static const struct layout fan_layout = {
	.size = sizeof(struct fan),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct fan, name),
		LAYOUT_IS_PLAIN(struct fan, pos),
		LAYOUT_IS_ONE(struct fan, list, layout_value),
		LAYOUT_IS_ONE(struct fan, key, layout_value),
		LAYOUT_IS_PLAIN(struct fan, max_parallel),
		LAYOUT_IS_PLAIN(struct fan, limit),
		LAYOUT_IS_PLAIN(struct fan, prune),
		LAYOUT_IS_PLAIN(struct fan, stop),
		END,
	},
};

static const struct layout condition_layout = {
	.size = sizeof(struct condition),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct condition, message),
		LAYOUT_IS_PLAIN(struct condition, pos),
		LAYOUT_IS_ONE(struct condition, expr, layout_expr),
		END,
	},
};

static const struct layout step_layout = {
	.size = sizeof(struct step),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct step, id),
		LAYOUT_IS_TEXT(struct step, local),
		LAYOUT_IS_TEXT(struct step, path),
		LAYOUT_IS_PLAIN(struct step, index),
		LAYOUT_IS_PLAIN(struct step, parent),
		LAYOUT_IS_PLAIN(struct step, end),
		LAYOUT_IS_PLAIN(struct step, section),
		LAYOUT_IS_ONE(struct step, fan, fan_layout),
		LAYOUT_IS_ONE(struct step, other, layout_job),
		LAYOUT_IS_PLAIN(struct step, pos),
		{ LAYOUT_KIND, offsetof(struct step, kind), 0, 0, NULL },
		LAYOUT_IS_TEXT(struct step, name),
		LAYOUT_IS_PLAIN(struct step, name_pos),
		LAYOUT_IS_ONE(struct step, config, layout_value),
		LAYOUT_IS_ONE(struct step, needs, layout_value),
		LAYOUT_IS_ONE(struct step, condition, layout_expr),
		LAYOUT_IS_ONE(struct step, artifact, layout_value),
		LAYOUT_IS_ONE(struct step, artifacts, layout_value),
		LAYOUT_IS_MANY(struct step, checks, check_count,
		               condition_layout),
		LAYOUT_IS_PLAIN(struct step, check_count),
		LAYOUT_IS_PLAIN(struct step, command),
		LAYOUT_IS_ONE(struct step, env, layout_value),
		LAYOUT_IS_ONE(struct step, once, layout_value),
		LAYOUT_IS_ONE(struct step, undo, layout_value),
		LAYOUT_IS_PLAIN(struct step, retry),
		LAYOUT_IS_PLAIN(struct step, timeout_ms),
		LAYOUT_IS_PLAIN(struct step, caching),
		LAYOUT_IS_PLAIN(struct step, cache_ms),
		LAYOUT_IS_PLAIN(struct step, continue_on_error),
		LAYOUT_IS_PLAIN(struct step, publish),
		LAYOUT_IS_PLAIN(struct step, strict),
		LAYOUT_IS_MANY(struct step, uses, use_count, layout_name_use),
		LAYOUT_IS_PLAIN(struct step, use_count),
		LAYOUT_IS_MANY(struct step, waits_for, wait_count, layout_size),
		LAYOUT_IS_PLAIN(struct step, wait_count),
		LAYOUT_IS_MANY(struct step, depends_on, depend_count,
		               layout_size),
		LAYOUT_IS_PLAIN(struct step, depend_count),
		LAYOUT_IS_PLAIN(struct step, wall),
		LAYOUT_IS_PLAIN(struct step, gate),
		END,
	},
};

/* ---- The parts of a job */

static const struct layout cron_layout = {
	.size = sizeof(struct cron),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_PLAIN(struct cron, minutes),
		LAYOUT_IS_PLAIN(struct cron, hours),
		LAYOUT_IS_PLAIN(struct cron, days),
		LAYOUT_IS_PLAIN(struct cron, months),
		LAYOUT_IS_PLAIN(struct cron, weekdays),
		LAYOUT_IS_PLAIN(struct cron, either_day),
		END,
	},
};

static const struct layout trigger_layout = {
	.size = sizeof(struct trigger),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_PLAIN(struct trigger, kind),
		LAYOUT_IS_PLAIN(struct trigger, pos),
		LAYOUT_IS_MANY(struct trigger, paths, path_count, layout_text),
		LAYOUT_IS_PLAIN(struct trigger, path_count),
		LAYOUT_IS_PLAIN(struct trigger, change),
		LAYOUT_IS_PLAIN(struct trigger, drafts),
		LAYOUT_IS_PLAIN(struct trigger, per_commit),
		LAYOUT_IS_TEXT(struct trigger, event_type),
		LAYOUT_IS_ONE(struct trigger, where, layout_expr),
		LAYOUT_IS_ONE(struct trigger, cron, cron_layout),
		LAYOUT_IS_PLAIN(struct trigger, batch_max),
		LAYOUT_IS_TEXT(struct trigger, timezone),
		LAYOUT_IS_PLAIN(struct trigger, catch_up),
		LAYOUT_IS_ONE(struct trigger, with, layout_value),
		END,
	},
};

static const struct layout ending_layout = {
	.size = sizeof(struct ending),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_PLAIN(struct ending, pos),
		LAYOUT_IS_TEXT(struct ending, event_type),
		LAYOUT_IS_ONE(struct ending, where, layout_expr),
		LAYOUT_IS_TEXT(struct ending, answers),
		LAYOUT_IS_PLAIN(struct ending, undo),
		END,
	},
};

static const struct layout input_layout = {
	.size = sizeof(struct input),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct input, name),
		LAYOUT_IS_PLAIN(struct input, pos),
		LAYOUT_IS_TEXT(struct input, type),
		LAYOUT_IS_PLAIN(struct input, required),
		LAYOUT_IS_ONE(struct input, otherwise, layout_value),
		LAYOUT_IS_ONE(struct input, words, layout_value),
		END,
	},
};

static const struct layout allowance_layout = {
	.size = sizeof(struct allowance),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct allowance, effect),
		LAYOUT_IS_PLAIN(struct allowance, pos),
		LAYOUT_IS_PLAIN(struct allowance, count),
		END,
	},
};

const struct layout layout_job = {
	.size = sizeof(struct job),
	.rows = (const struct layout_row[]){
		LAYOUT_IS_TEXT(struct job, name),
		LAYOUT_IS_TEXT(struct job, path),
		LAYOUT_IS_ONE(struct job, title, layout_value),
		LAYOUT_IS_TEXT(struct job, description),
		LAYOUT_IS_PLAIN(struct job, publish),
		LAYOUT_IS_MANY(struct job, triggers, trigger_count,
		               trigger_layout),
		LAYOUT_IS_PLAIN(struct job, trigger_count),
		LAYOUT_IS_MANY(struct job, inputs, input_count, input_layout),
		LAYOUT_IS_PLAIN(struct job, input_count),
		LAYOUT_IS_MANY(struct job, may, may_count, allowance_layout),
		LAYOUT_IS_PLAIN(struct job, may_count),
		LAYOUT_IS_MANY(struct job, endings, ending_count,
		               ending_layout),
		LAYOUT_IS_PLAIN(struct job, ending_count),
		LAYOUT_IS_PLAIN(struct job, overlap),
		LAYOUT_IS_ONE(struct job, concurrency, layout_value),
		LAYOUT_IS_ONE(struct job, budget, layout_value),
		LAYOUT_IS_ONE(struct job, outputs, layout_value),
		LAYOUT_IS_MANY(struct job, steps, step_count, step_layout),
		LAYOUT_IS_PLAIN(struct job, step_count),
		LAYOUT_IS_PLAIN(struct job, linked),
		LAYOUT_IS_ONE(struct job, ids, layout_job_index),
		END,
	},
};
/* clang-format on */
