/*
 * Domain events become runs, alone or in batches.
 *
 * An event that a batch waits for is only remembered: the note `batch` is the
 * first one that is in no run yet. From there on the events are dealt out anew
 * whenever a batch may be due: each goes to the batch of its job and type,
 * which is closed by the first time of its cron behind its first event, or when
 * it is full. run.started names the last event of its batch, and what is behind
 * that one is in none: so each event is in exactly one, also after the notes
 * were lost or the job's file was edited.
 */
#include <string.h>

#include "engine/cycle/collect.h"
#include "engine/job/cron.h"
#include "engine/job/expr.h"
#include "store/base/text.h"

/* An event, and a trigger that waits for it. */
struct offer {
	const struct job *job;
	const struct trigger *trigger;
	const struct emitted_record *emitted;
	struct value *event; /* what it says */
};

static int event_fits(struct collector *collector,
                      const struct trigger *trigger, struct value *event,
                      struct error *err)
{
	struct value *scope = value_map(collector->arena);

	if (!trigger->where)
		return 1;
	value_map_set(collector->arena, scope, "event", event);

	const struct render render = { .scope = scope,
		                       .engine =
		                               collector->engine->env.engine };

	return expr_is_true(trigger->where, &render, err);
}

static int start_by_event(struct collector *collector,
                          const struct offer *offer, struct error *err)
{
	const struct emitted_record *emitted = offer->emitted;
	struct arena *arena = collector->arena;
	struct value *facts = value_map(arena);
	struct cause cause = {
		.kind = "event",
		.id = arena_printf(arena, "event:%s", emitted->event),
		.says = emitted->type,
		.time_ms = emitted->at,
		.facts = facts,
		.with = offer->trigger->with,
	};

	value_map_text(arena, facts, "type", emitted->type);
	value_map_text(arena, facts, "from_run", emitted->run);
	value_map_set(arena, facts, "event", offer->event);
	return collector_start(collector, offer->job->name, &cause, err);
}

typedef int take_offer(struct collector *collector, void *state,
                       const struct offer *offer, struct error *err);

struct dealing {
	take_offer *alone;   /* by triggers without a batch; or NULL */
	take_offer *batched; /* and by those with one */
	void *state;
};

static int deal_trigger(struct collector *collector,
                        const struct dealing *dealing,
                        const struct offer *offer, struct error *err)
{
	auto_error struct error reason = { 0 };
	take_offer *taken =
	        offer->trigger->cron ? dealing->batched : dealing->alone;

	if (!taken)
		return 0;
	int wanted =
	        event_fits(collector, offer->trigger, offer->event, &reason);
	if (wanted < 0)
		collector_tell(collector, &reason);
	if (wanted <= 0)
		return 0;
	return taken(collector, dealing->state, offer, err);
}

/* The tree of the commit that the owner's branch was at then. */
static int tree_then(struct collector *collector,
                     const struct emitted_record *emitted, struct oid *ret,
                     struct error *err)
{
	struct engine *engine = collector->engine;
	struct commit commit;

	*ret = engine->tip_tree;
	if (!repo_object_exists(engine->repo, &emitted->commit))
		return 0;
	if (repo_commit_read(engine->repo, collector->arena, &emitted->commit,
	                     &commit, err) < 0)
		return -1;
	*ret = commit.tree;
	return 0;
}

static bool waits_for(const struct trigger *trigger,
                      const struct emitted_record *emitted)
{
	return trigger->kind == TRIGGER_EVENT &&
	       text_equal(trigger->event_type, emitted->type);
}

static int deal_event(struct collector *collector,
                      const struct dealing *dealing,
                      const struct emitted_record *emitted, struct error *err)
{
	struct engine *engine = collector->engine;
	struct value *event = NULL;
	const struct past *past;
	struct oid tree;

	if (tree_then(collector, emitted, &tree, err) < 0)
		return -1;
	past = past_of(engine, &tree, err);
	for (size_t i = 0; past && i < past->count; i++) {
		const struct job *job =
		        collector_job(collector, &past->jobs[i]);
		for (size_t n = 0; job && n < job->trigger_count; n++) {
			const struct trigger *trigger = &job->triggers[n];
			if (!waits_for(trigger, emitted))
				continue;
			if (!event &&
			    journal_resolve(engine->repo, collector->arena,
			                    emitted->data, &event, err) < 0)
				return -1;
			const struct offer offer = { job, trigger, emitted,
				                     event };
			if (deal_trigger(collector, dealing, &offer, err) < 0)
				return -1;
		}
	}
	return past ? 0 : -1;
}

/* ---- Events as they come ------------------------------------------------- */

static int offer_alone(struct collector *collector, void *state,
                       const struct offer *offer, struct error *err)
{
	(void)state;
	return start_by_event(collector, offer, err);
}

/* Batches are looked at from this event on, and at once: it may fill one. */
static int offer_pending(struct collector *collector, void *state,
                         const struct offer *offer, struct error *err)
{
	int64_t first = collector_number(collector, "batch", 0);
	int64_t seq = offer->emitted->seq;

	(void)state;
	if (collector_set_number(collector, "batch due", 0, err) < 0)
		return -1;
	if (first > 0 && first <= seq)
		return 0;
	return collector_set_number(collector, "batch", seq, err);
}

int events_collect(struct collector *collector, struct error *err)
{
	static const struct dealing dealing = {
		.alone = offer_alone,
		.batched = offer_pending,
	};
	int64_t since = collector_number(collector, "events", 0);
	struct emitted_record *emitted;
	size_t count;

	if (view_emitted(collector->engine->view, collector->arena, since,
	                 &emitted, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (deal_event(collector, &dealing, &emitted[i], err) < 0)
			return -1;
	if (count == 0 || collector->held)
		return 0;
	return collector_set_number(collector, "events", emitted[count - 1].seq,
	                            err);
}

/* ---- Batches ------------------------------------------------------------- */

struct batch {
	const char *job;
	const char *type;
	int64_t last;                  /* the last event that is in a run */
	const struct trigger *trigger; /* of its first event */
	const struct emitted_record *first;
	const struct emitted_record *newest;
	struct slot slot;     /* that closes it; at_ms is 0: none will */
	struct value *events; /* what they say */
};

struct batches {
	struct batch **all;
	size_t count;
	int64_t pending; /* the first event that is in none; 0: all are */
	int64_t due_ms;
};

static int find_batch(struct collector *collector, struct batches *batches,
                      const struct job *job, const char *type,
                      struct batch **ret, struct error *err)
{
	struct batch *batch;

	for (size_t i = 0; i < batches->count; i++) {
		*ret = batches->all[i];
		if (text_equal((*ret)->job, job->name) &&
		    text_equal((*ret)->type, type))
			return 0;
	}
	batch = arena_new(collector->arena, struct batch);
	batch->job = job->name;
	batch->type = type;
	if (view_last_batch(collector->engine->view, job->name, type,
	                    &batch->last, err) < 0)
		return -1;
	batches->all = arena_grow(collector->arena, batches->all,
	                          batches->count, sizeof(struct batch *));
	batches->all[batches->count++] = batch;
	*ret = batch;
	return 0;
}

static int close_batch(struct collector *collector, struct batch *batch,
                       int64_t time_ms, struct error *err)
{
	struct arena *arena = collector->arena;
	struct value *facts = value_map(arena);
	struct cause cause = {
		.kind = "batch",
		.id = arena_printf(arena, "batch:%s", batch->first->event),
		.says = arena_printf(arena, "%zu x %s", batch->events->length,
		                     batch->type),
		.time_ms = time_ms,
		.facts = facts,
		.with = batch->trigger->with,
	};

	value_map_text(arena, facts, "type", batch->type);
	value_map_int(arena, facts, "count", (int64_t)batch->events->length);
	value_map_text(arena, facts, "last", batch->newest->event);
	value_map_set(arena, facts, "events", batch->events);
	batch->first = NULL;
	return collector_start(collector, batch->job, &cause, err);
}

static void open_batch(struct collector *collector, struct batch *batch,
                       const struct trigger *trigger,
                       const struct emitted_record *emitted)
{
	batch->trigger = trigger;
	batch->first = emitted;
	batch->events = value_list(collector->arena);
	if (!cron_next(trigger->cron, collector->engine->env.timezone,
	               emitted->at, &batch->slot))
		batch->slot.at_ms = INT64_MAX;
}

static int offer_batch(struct collector *collector, void *state,
                       const struct offer *offer, struct error *err)
{
	const struct emitted_record *emitted = offer->emitted;
	struct batch *batch;

	if (find_batch(collector, state, offer->job, emitted->type, &batch,
	               err) < 0)
		return -1;
	if (emitted->seq <= batch->last)
		return 0;
	if (batch->first && batch->slot.at_ms <= emitted->at &&
	    close_batch(collector, batch, batch->slot.at_ms, err) < 0)
		return -1;
	if (!batch->first)
		open_batch(collector, batch, offer->trigger, emitted);
	batch->newest = emitted;
	value_list_add(collector->arena, batch->events, offer->event);
	if ((int64_t)batch->events->length < batch->trigger->batch_max)
		return 0;
	return close_batch(collector, batch, emitted->at, err);
}

/* Close what is due now, and see what is left. */
static int settle_batches(struct collector *collector, struct batches *batches,
                          struct error *err)
{
	int64_t now = clock_wall_ms(&collector->engine->clock);

	batches->due_ms = INT64_MAX;
	for (size_t i = 0; i < batches->count; i++) {
		struct batch *batch = batches->all[i];
		if (batch->first && batch->slot.at_ms <= now &&
		    close_batch(collector, batch, batch->slot.at_ms, err) < 0)
			return -1;
		if (!batch->first)
			continue;
		if (!batches->pending || batch->first->seq < batches->pending)
			batches->pending = batch->first->seq;
		if (batch->slot.at_ms < batches->due_ms)
			batches->due_ms = batch->slot.at_ms;
	}
	return 0;
}

int batches_collect(struct collector *collector, struct error *err)
{
	struct engine *engine = collector->engine;
	struct batches batches = { 0 };
	const struct dealing dealing = {
		.batched = offer_batch,
		.state = &batches,
	};
	int64_t first = collector_number(collector, "batch", 0);
	struct emitted_record *emitted;
	size_t count;

	if (first == 0 || collector_number(collector, "batch due", 0) >
	                          clock_wall_ms(&engine->clock))
		return 0;
	if (view_emitted(engine->view, collector->arena, first - 1, &emitted,
	                 &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (deal_event(collector, &dealing, &emitted[i], err) < 0)
			return -1;
	if (settle_batches(collector, &batches, err) < 0)
		return -1;
	if (collector->held)
		return 0;
	if (collector_set_number(collector, "batch", batches.pending, err) < 0)
		return -1;
	return collector_set_number(collector, "batch due", batches.due_ms,
	                            err);
}
