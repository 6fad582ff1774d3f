/*
 * Two policies are asked, the pinned one and that of the owner's branch now,
 * and each about every receiver; the strictest answer and the latest time
 * count. Lists of addresses are those of the owner's branch now, whichever
 * policy names them.
 */
#include "engine/bus/permit.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "engine/bus/room.h"
#include "store/base/date.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* One policy, asked about one receiver. */
struct inquiry {
	const struct bus_request *request;
	const struct connector *connector;
	const struct config *config;
	const char *target; /* NULL: it reaches nobody, or nobody knows whom */
	struct permission *permission;
	const char *forbidden; /* the first refusal */
};

/* ---- Facts --------------------------------------------------------------- */

static int is_listed(void *state, const char *path, const char *address,
                     struct error *err)
{
	const struct inquiry *inquiry = state;
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	struct files *files = inquiry->request->owner_files;
	int found = files ? files_read(files, path, &bytes, NULL, err) : 0;

	if (found < 0)
		return -1;
	if (found == 0) {
		error_set(err, ERR_FAILED,
		          "the policy asks \"%s\", which is not there", path);
		return error_hint(err, "Commit the file; it may be empty.");
	}
	return policy_lists(bytes.at, bytes.len, address);
}

static int64_t count_passed(void *state, const struct policy_line *line,
                            struct error *err)
{
	const struct inquiry *inquiry = state;
	const struct env *env = inquiry->request->env;
	const struct bus_round *round = inquiry->request->round;
	struct effect_count *counts;
	size_t count;
	int64_t sum = 0;

	if (view_effects_since(env->view, inquiry->request->arena, line->job,
	                       clock_wall_ms(env->clock) - line->max_ms,
	                       &counts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (policy_is_for(line, counts[i].effect))
			sum += counts[i].count;
	for (size_t i = 0; round && i < round->count; i++)
		sum += !round->begun[i].in_flight &&
		       policy_is_for(line, round->begun[i].effect) &&
		       (!line->job ||
		        text_equal(line->job, round->begun[i].job));
	return sum;
}

/* ---- The policy ---------------------------------------------------------- */

static const char *whom(const struct inquiry *inquiry)
{
	return inquiry->target ? arena_printf(inquiry->request->arena, " to %s",
	                                      inquiry->target)
	                       : "";
}

/* The policy's line says never; nothing else does. */
static void forbid(struct inquiry *inquiry, const struct policy_line *line)
{
	assert(line);
	if (!inquiry->forbidden)
		inquiry->forbidden = arena_printf(
		        inquiry->request->arena,
		        "reeve.yaml:%u:%u: the policy forbids %s%s",
		        line->pos.line, line->pos.column,
		        inquiry->connector->effect.name, whom(inquiry));
}

/* The line lets it pass: now, or later. */
static void put_off(struct inquiry *inquiry, const struct policy_line *line)
{
	const struct bus_request *request = inquiry->request;
	struct permission *permission = inquiry->permission;
	int64_t now = clock_wall_ms(request->env->clock);
	int64_t held = request->held_since_ms;
	/* A clock may have been set back. */
	int64_t since = held && held < now ? held : now;
	int64_t at =
	        policy_earliest(line, inquiry->config->timezone, since, now);
	auto_buf struct buf time = buf_make(64);

	if (at <= now || at <= permission->wake_at)
		return;
	date_add_rfc3339(&time, at);
	permission->wake_at = at;
	permission->reason =
	        arena_printf(request->arena,
	                     "reeve.yaml:%u:%u: the policy holds it until %s",
	                     line->pos.line, line->pos.column, time.at);
}

static int ask(struct inquiry *inquiry, struct error *err)
{
	const struct bus_request *request = inquiry->request;
	const struct effect *effect = &inquiry->connector->effect;
	const struct policy_facts facts = {
		.target = inquiry->target,
		.sender = request->sender,
		.owner_text = request->owner_text,
		.is_listed = is_listed,
		.count = count_passed,
		.state = inquiry,
	};
	const struct policy_line *line;

	if (policy_find(inquiry->config, effect, request->job, &facts, &line,
	                err) < 0)
		return -1;
	switch (line ? line->then : policy_otherwise(effect)) {
	case VERDICT_AUTO:
		break;
	case VERDICT_NEVER:
		forbid(inquiry, line);
		return 0;
	case VERDICT_GATE:
		if (!request->released)
			return error_set(err, ERR_FAILED,
			                 "%s%s was released by no merge",
			                 effect->name, whom(inquiry));
	}
	if (line)
		put_off(inquiry, line);
	return 0;
}

/* Both policies, about one receiver. */
static int ask_both(struct inquiry *inquiry, struct error *err)
{
	const struct bus_request *request = inquiry->request;
	const struct config *both[] = { request->pinned, request->current };

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		inquiry->config = both[i];
		if (ask(inquiry, err) < 0)
			return -1;
	}
	return 0;
}

static int ask_all(struct inquiry *inquiry, struct error *err)
{
	const char *field = inquiry->connector->effect.target;
	const struct value *target =
	        field ? value_get(inquiry->request->with, field) : NULL;

	if (!target || target->kind != VALUE_LIST) {
		inquiry->target = target && target->kind == VALUE_STRING
		                          ? target->text
		                          : NULL;
		return ask_both(inquiry, err);
	}
	for (size_t i = 0; i < target->length; i++) {
		const struct value *one = target->items[i];
		inquiry->target = one->kind == VALUE_STRING ? one->text : NULL;
		if (ask_both(inquiry, err) < 0)
			return -1;
	}
	return 0;
}

int permit(const struct connector *connector, const struct bus_request *request,
           struct permission *ret, struct error *err)
{
	struct inquiry inquiry = {
		.request = request,
		.connector = connector,
		.permission = ret,
	};

	if (ask_all(&inquiry, err) < 0)
		return -1;
	if (inquiry.forbidden && *request->item == '\0')
		return error_set(err, ERR_FAILED, "%s", inquiry.forbidden);
	ret->refused = inquiry.forbidden;
	return 0;
}

/* ---- How many a run may -------------------------------------------------- */

static bool is_within(const char *item, const char *of)
{
	size_t len = strlen(of);

	return len == 0 || (text_starts(item, of) &&
	                    (item[len] == '\0' || item[len] == '/'));
}

/* Those of the round, which the view does not know yet. */
static int64_t begun_of(const struct bus_request *request,
                        const struct bus_limit *limit)
{
	const struct bus_round *round = request->round;
	int64_t count = 0;

	for (size_t i = 0; round && i < round->count; i++) {
		const struct bus_begun *begun = &round->begun[i];
		count += !begun->in_flight &&
		         text_equal(begun->run, request->run) &&
		         text_equal(begun->effect, request->effect) &&
		         text_starts(begun->step, limit->steps) &&
		         is_within(begun->item, limit->item);
	}
	return count;
}

int within_limits(const struct bus_request *request, struct error *err)
{
	for (size_t i = 0; i < request->limit_count; i++) {
		const struct bus_limit *limit = &request->limits[i];
		int64_t count;

		if (view_effects_of(request->env->view, request->run,
		                    request->effect, limit->steps, limit->item,
		                    &count, err) < 0)
			return -1;
		count += begun_of(request, limit);
		if (count >= limit->count)
			return error_at(err, ERR_FAILED, limit->path,
			                limit->pos,
			                "the run has done %" PRId64
			                " %s, and may no more",
			                count, request->effect);
	}
	return 0;
}
