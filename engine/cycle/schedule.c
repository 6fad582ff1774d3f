/*
 * Slots become runs.
 *
 * What is due begins behind the base: when the job's present text came onto the
 * owner's branch, or the latest slot that the journal has a run for, or `init`,
 * whichever is last. All of it is derived; when a text came is kept in a note,
 * for looking it up walks the branch. So is the first slot that is still to
 * come: until then, and as long as the branch stays, nothing is looked at.
 */
#include "engine/cycle/schedule.h"

#include <inttypes.h>
#include <string.h>

#include "engine/cycle/collect.h"
#include "engine/job/cron.h"
#include "store/base/date.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* `catch_up: none` leaves out what is later than this. A scheduler that calls
 * reeve once an hour is common. */
#define LATE_MS INT64_C(3600000)

/* A job with schedules. */
struct plan {
	const struct past_job *past;
	const struct job *job;
	int64_t base_ms; /* 0: not known yet when its text came */
};

struct plans {
	struct plan *all;
	size_t count;
	size_t unknown;
};

static bool has_schedule(const struct job *job)
{
	for (size_t i = 0; i < job->trigger_count; i++)
		if (job->triggers[i].kind == TRIGGER_SCHEDULE)
			return true;
	return false;
}

/* ---- When a text came ---------------------------------------------------- */

static const char *arrival_name(struct collector *collector,
                                const struct plan *plan)
{
	return arena_printf(collector->arena, "arrival %s", plan->past->path);
}

/* The note is "BLOB MS". */
static int64_t known_arrival(struct collector *collector,
                             const struct plan *plan)
{
	const char *note = view_note(collector->engine->view, collector->arena,
	                             arrival_name(collector, plan));
	const char *blob = oid_text(collector->arena, &plan->past->blob);
	size_t len = strlen(blob);
	int64_t ms;

	if (!note || !text_starts(note, blob) || note[len] != ' ' ||
	    !text_to_int(note + len + 1, 1, INT64_MAX, &ms))
		return 0;
	return ms;
}

static int keep_arrival(struct collector *collector, struct plans *plans,
                        struct plan *plan, int64_t ms, struct error *err)
{
	const char *text =
	        arena_printf(collector->arena, "%s %" PRId64,
	                     oid_text(collector->arena, &plan->past->blob), ms);

	plan->base_ms = ms;
	plans->unknown--;
	return view_set_note(collector->engine->view,
	                     arrival_name(collector, plan), text, err);
}

/* Those whose text is not in `tree` came with the commit behind it. */
static int compare_tree(struct collector *collector, struct plans *plans,
                        const struct oid *tree, int64_t later_ms,
                        struct error *err)
{
	for (size_t i = 0; i < plans->count; i++) {
		struct plan *plan = &plans->all[i];
		struct tree_entry entry = { 0 };
		if (plan->base_ms != 0)
			continue;
		int there = repo_tree_find(collector->engine->repo, tree,
		                           plan->past->path, &entry, err);
		if (there < 0)
			return -1;
		if (there && oid_equal(&entry.oid, &plan->past->blob))
			continue;
		if (keep_arrival(collector, plans, plan, later_ms, err) < 0)
			return -1;
	}
	return 0;
}

/* The end of the walk: what is as old as `init`, or as the first commit. */
static int find_first(struct collector *collector, struct plans *plans,
                      int64_t init_ms, int64_t later_ms, struct error *err)
{
	const struct oid *init = &collector->engine->env.root->tip;
	struct commit commit;

	if (!oid_is_zero(init)) {
		if (plans->unknown == 0)
			return 0;
		if (repo_commit_read(collector->engine->repo, collector->arena,
		                     init, &commit, err) < 0 ||
		    compare_tree(collector, plans, &commit.tree, later_ms,
		                 err) < 0)
			return -1;
		later_ms = init_ms;
	}
	for (size_t i = 0; i < plans->count; i++)
		if (plans->all[i].base_ms == 0 &&
		    keep_arrival(collector, plans, &plans->all[i], later_ms,
		                 err) < 0)
			return -1;
	return 0;
}

/* One walk back for all of them, as far as any of them needs it. Commits up to
 * `init` are all as old as that. */
static int find_arrivals(struct collector *collector, struct plans *plans,
                         int64_t init_ms, struct error *err)
{
	struct engine *engine = collector->engine;
	const struct oid *init = &engine->env.root->tip;
	struct oid folder = { 0 };
	int64_t later_ms = init_ms;
	struct oid *commits;
	size_t count;

	if (repo_first_parents(engine->repo, collector->arena, &engine->tip,
	                       oid_is_zero(init) ? NULL : init, &commits,
	                       &count, err) < 0)
		return -1;
	for (size_t i = count; i-- > 0 && plans->unknown > 0;) {
		struct tree_entry jobs = { 0 };
		struct commit commit;
		if (repo_commit_read(engine->repo, collector->arena,
		                     &commits[i], &commit, err) < 0 ||
		    repo_tree_find(engine->repo, &commit.tree, "jobs", &jobs,
		                   err) < 0)
			return -1;
		if (!oid_equal(&jobs.oid, &folder) &&
		    compare_tree(collector, plans, &commit.tree, later_ms,
		                 err) < 0)
			return -1;
		folder = jobs.oid;
		later_ms = commit.committer.time_s * 1000;
	}
	return find_first(collector, plans, init_ms, later_ms, err);
}

/* ---- Slots --------------------------------------------------------------- */

static const char *zone_of(struct collector *collector,
                           const struct trigger *trigger)
{
	return trigger->timezone ? trigger->timezone
	                         : collector->engine->env.timezone;
}

static int start_slot(struct collector *collector, const char *job,
                      const struct trigger *trigger, const struct slot *slot,
                      struct error *err)
{
	struct arena *arena = collector->arena;
	const char *text = slot_text(arena, slot);
	struct value *facts = value_map(arena);
	struct cause cause = {
		.kind = "schedule",
		.id = arena_printf(arena, "schedule:%s", text),
		.says = arena_printf(arena, "the time %s", text),
		.time_ms = slot->at_ms,
		.facts = facts,
		.with = trigger->with,
	};

	value_map_text(arena, facts, "slot", text);
	return collector_start(collector, job, &cause, err);
}

static void tell_skipped(struct collector *collector, const char *job,
                         const struct slot *first)
{
	auto_error struct error problem = { 0 };
	struct note note = { .kind = NOTE_PROBLEM, .problem = &problem };

	error_set(&problem, ERR_LIMIT,
	          "of \"%s\" only the last %d missed times are made up for, "
	          "from %s on",
	          job, LIMIT_CATCH_UP, slot_text(collector->arena, first));
	tick_tell(collector->tick, &note);
}

/* `catch_up: all`: from the oldest on, so that whoever is interrupted goes on
 * behind the last one that was started. */
static int catch_up(struct collector *collector, const struct plan *plan,
                    const struct trigger *trigger, struct slot newest,
                    struct error *err)
{
	const char *zone = zone_of(collector, trigger);
	struct slot *slots = NULL;
	size_t count = 0;
	bool more;

	do {
		slots = arena_grow(collector->arena, slots, count,
		                   sizeof(*slots));
		slots[count++] = newest;
		more = cron_last(trigger->cron, zone, newest.at_ms - 1,
		                 &newest) &&
		       newest.at_ms > plan->base_ms;
	} while (more && count < LIMIT_CATCH_UP);
	if (more)
		tell_skipped(collector, plan->job->name, &slots[count - 1]);
	while (count-- > 0)
		if (start_slot(collector, plan->job->name, trigger,
		               &slots[count], err) < 0)
			return -1;
	return 0;
}

static int collect_slots(struct collector *collector, const struct plan *plan,
                         const struct trigger *trigger, int64_t now,
                         struct error *err)
{
	struct slot slot;

	if (!cron_last(trigger->cron, zone_of(collector, trigger), now,
	               &slot) ||
	    slot.at_ms <= plan->base_ms)
		return 0;
	switch (trigger->catch_up) {
	case CATCH_UP_ALL:
		return catch_up(collector, plan, trigger, slot, err);
	case CATCH_UP_NONE:
		if (slot.at_ms < now - LATE_MS)
			return 0;
		break;
	case CATCH_UP_LATEST:
		break;
	}
	return start_slot(collector, plan->job->name, trigger, &slot, err);
}

/* The base is that of all schedules of the job, before any of them starts. */
static int collect_plan(struct collector *collector, struct plan *plan,
                        int64_t init_ms, int64_t now, struct error *err)
{
	const char *text;
	int64_t last_ms;
	int found = view_last_slot(collector->engine->view, collector->arena,
	                           plan->job->name, &text, err);

	if (found < 0)
		return -1;
	if (plan->base_ms < init_ms)
		plan->base_ms = init_ms;
	if (found && date_parse_rfc3339(text, &last_ms) &&
	    last_ms > plan->base_ms)
		plan->base_ms = last_ms;
	for (size_t i = 0; i < plan->job->trigger_count; i++) {
		const struct trigger *trigger = &plan->job->triggers[i];
		if (trigger->kind == TRIGGER_SCHEDULE &&
		    collect_slots(collector, plan, trigger, now, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- What is still to come ----------------------------------------------- */

static int64_t first_slot(struct collector *collector,
                          const struct plans *plans, int64_t now)
{
	int64_t first_ms = INT64_MAX;

	for (size_t i = 0; i < plans->count; i++) {
		const struct job *job = plans->all[i].job;
		for (size_t n = 0; n < job->trigger_count; n++) {
			const struct trigger *trigger = &job->triggers[n];
			struct slot slot;
			if (trigger->kind == TRIGGER_SCHEDULE &&
			    cron_next(trigger->cron,
			              zone_of(collector, trigger), now,
			              &slot) &&
			    slot.at_ms < first_ms)
				first_ms = slot.at_ms;
		}
	}
	return first_ms;
}

/* The note is "TIP MS"; 0 when it is of another tip. */
static int64_t noted_slot(struct engine *engine, struct arena *arena)
{
	const char *note = view_note(engine->view, arena, "slots");
	const char *tip = oid_text(arena, &engine->tip);
	size_t len = strlen(tip);
	int64_t ms;

	if (!note || !text_starts(note, tip) || note[len] != ' ' ||
	    !text_to_int(note + len + 1, 0, INT64_MAX, &ms))
		return 0;
	return ms;
}

int64_t schedules_next(struct engine *engine)
{
	auto_arena struct arena arena = { 0 };
	const char *batch = view_note(engine->view, &arena, "batch");
	const char *due = view_note(engine->view, &arena, "batch due");
	int64_t slot_ms = noted_slot(engine, &arena);
	int64_t due_ms;

	if (!batch || text_equal(batch, "0"))
		return slot_ms;
	if (!due || !text_to_int(due, 0, INT64_MAX, &due_ms))
		return 0;
	return due_ms < slot_ms ? due_ms : slot_ms;
}

/* ---- All of it ----------------------------------------------------------- */

static int make_plans(struct collector *collector, struct plans *plans,
                      struct error *err)
{
	const struct past *past =
	        past_of(collector->engine, &collector->engine->tip_tree, err);

	if (!past)
		return -1;
	plans->all = arena_array(collector->arena, past->count + 1,
	                         sizeof(*plans->all));
	for (size_t i = 0; i < past->count; i++) {
		const struct job *job =
		        collector_job(collector, &past->jobs[i]);
		struct plan *plan = &plans->all[plans->count];
		if (!job || !has_schedule(job))
			continue;
		plan->past = &past->jobs[i];
		plan->job = job;
		plan->base_ms = known_arrival(collector, plan);
		plans->unknown += plan->base_ms == 0;
		plans->count++;
	}
	return 0;
}

static int keep_first_slot(struct collector *collector,
                           const struct plans *plans, int64_t now,
                           struct error *err)
{
	const char *tip = oid_text(collector->arena, &collector->engine->tip);
	const char *text = arena_printf(collector->arena, "%s %" PRId64, tip,
	                                first_slot(collector, plans, now));

	return view_set_note(collector->engine->view, "slots", text, err);
}

static int init_time(struct collector *collector, int64_t *ret_ms,
                     struct error *err)
{
	struct engine *engine = collector->engine;
	struct commit root;

	if (repo_commit_read(engine->repo, collector->arena,
	                     &engine->env.root->commit, &root, err) < 0)
		return -1;
	*ret_ms = root.committer.time_s * 1000;
	return 0;
}

int slots_collect(struct collector *collector, struct error *err)
{
	struct engine *engine = collector->engine;
	int64_t noted_ms = noted_slot(engine, collector->arena);
	struct plans plans = { 0 };
	int64_t init_ms = 0;
	int64_t now = 0;

	if (noted_ms == INT64_MAX ||
	    (noted_ms > 0 && noted_ms > clock_wall_ms(&engine->clock)))
		return 0;
	if (make_plans(collector, &plans, err) < 0)
		return -1;
	if (plans.count > 0) {
		now = clock_wall_ms(&engine->clock);
		if (init_time(collector, &init_ms, err) < 0)
			return -1;
	}
	if (plans.unknown > 0 &&
	    find_arrivals(collector, &plans, init_ms, err) < 0)
		return -1;
	for (size_t i = 0; i < plans.count; i++)
		if (collect_plan(collector, &plans.all[i], init_ms, now, err) <
		    0)
			return -1;
	if (collector->held)
		return 0;
	return keep_first_slot(collector, &plans, now, err);
}
