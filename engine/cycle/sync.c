/*
 * A tick asks the remote what it has (one ls-remote), fetches what differs,
 * and lets store/journal_share make one line of the two journals. From then on
 * it pushes when something must not happen before the others know: then it
 * pushes the journal, alone, and when that is refused because theirs has moved
 * on, fetches, merges, folds anew, and tries again after a pause of chance
 * length.
 *
 * That a push was accepted is proof that this engine had the newest line, so a
 * claim of ours in it holds from the moment at which the push began: nobody
 * can have seen it earlier, and whoever wants the run must see it unchanged
 * for the claim's whole time.
 */
#include "engine/cycle/sync.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cycle/claim.h"
#include "engine/cycle/offer.h"
#include "store/base/alloc.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/draft.h"
#include "store/witness.h"

#define PUSH_TRIES    10
#define PAUSE_MS      20
#define LONGEST_PAUSE 2000
#define CLAIM_MS      120000
#define SPECS_AT_ONCE 32

int64_t sync_claim_ms(const struct engine *engine)
{
	return engine->sharing ? engine->sharing->claim_ms : CLAIM_MS;
}

bool sync_is_away(const struct engine *engine)
{
	return engine->sharing && engine->sharing->is_away;
}

/* The reference that keeps what the remote has as `ref`. */
const char *sync_tracking(const struct sharing *sharing, struct arena *arena,
                          const char *ref)
{
	return arena_printf(arena, "refs/remotes/%s/%s", sharing->remote.name,
	                    ref + strlen("refs/heads/"));
}

bool sync_is_unsure(const struct engine *engine, const char *run)
{
	return sync_is_away(engine) && engine->sharing->unsure &&
	       value_get(engine->sharing->unsure, run);
}

/* ---- Numbers that others do not know of ---------------------------------- */

static int note_number(void *state, const struct event *event,
                       const struct journal_place *place, struct error *err)
{
	struct sharing *sharing = state;
	const char *run = value_get_text(event->data, "run", NULL);

	(void)place, (void)err;
	if (run && event->type == EVENT_NUMBER_TAKEN)
		value_map_set(&sharing->arena, sharing->unsure, run,
		              value_bool(&sharing->arena, true));
	return 0;
}

/* Others may have taken the same ones: what names them waits. */
static int find_unsure(struct sharing *sharing, struct error *err)
{
	sharing->unsure = value_map(&sharing->arena);
	return share_ahead(&sharing->share, note_number, sharing, err);
}

/* ---- Telling ------------------------------------------------------------- */

/* Said once a tick; from here on nobody is asked again. */
static int stay_away(struct sharing *sharing, const struct error *reason,
                     struct error *err)
{
	auto_error struct error problem = { 0 };
	struct note note = { .kind = NOTE_PROBLEM, .problem = &problem };

	if (!sharing->is_away && sharing->tick) {
		error_set(&problem, ERR_AWAY, "%s; effects wait",
		          reason->message);
		if (reason->hint)
			error_hint(&problem, "%s", reason->hint);
		tick_tell(sharing->tick, &note);
		sharing->tick->problems++;
	}
	sharing->is_away = true;
	return find_unsure(sharing, err);
}

/* ---- Fetching ------------------------------------------------------------ */

static void hear(void *state, const char *source)
{
	struct sharing *sharing = state;

	value_map_set(&sharing->arena, sharing->heard, source,
	              value_bool(&sharing->arena, true));
}

/* What the remote has, and what of it differs from what we have of it. */
struct listing {
	struct sharing *sharing;
	struct arena *arena;
	const char **specs;
	size_t count;
	bool has_journal;
	bool is_shallow;
};

static int compare(struct listing *listing, const struct remote_ref *ref,
                   struct error *err)
{
	struct arena *arena = listing->arena;
	struct repo *repo = listing->sharing->engine->repo;
	const char *tracking =
	        sync_tracking(listing->sharing, arena, ref->name);
	struct oid known;

	if (!text_starts(ref->name, "refs/heads/"))
		return 0;
	if (listing->sharing->listed)
		value_map_set(&listing->sharing->arena,
		              listing->sharing->listed, ref->name,
		              value_bool(&listing->sharing->arena, true));
	bool is_draft = text_starts(ref->name, "refs/heads/" DRAFT_BRANCHES);
	listing->has_journal |= strcmp(ref->name, JOURNAL_REF) == 0;
	int found = repo_ref_read(repo, tracking, &known, err);
	if (found < 0)
		return -1;
	if (found && oid_equal(&known, &ref->oid) &&
	    (is_draft || !listing->is_shallow))
		return 0;
	listing->specs = arena_grow(arena, listing->specs, listing->count,
	                            sizeof(char *));
	listing->specs[listing->count++] =
	        arena_printf(arena, "+%s:%s", ref->name, tracking);
	return 0;
}

static int fetch_listed(struct listing *listing, struct error *err)
{
	struct remote *remote = &listing->sharing->remote;

	for (size_t i = 0; i < listing->count; i += SPECS_AT_ONCE) {
		const char *some[SPECS_AT_ONCE + 1] = { NULL };
		for (size_t n = 0; n < SPECS_AT_ONCE && i + n < listing->count;
		     n++)
			some[n] = listing->specs[i + n];
		if (remote_fetch(remote, some, listing->is_shallow && i == 0,
		                 err) < 0)
			return -1;
	}
	return 0;
}

/* Fetch what fits `patterns`. */
static int fetch(struct sharing *sharing, struct arena *arena,
                 const char *const *patterns, bool *ret_has_journal,
                 struct error *err)
{
	const char *shallow = arena_printf(
	        arena, "%s/shallow", repo_common_dir(sharing->engine->repo));
	struct listing listing = {
		.sharing = sharing,
		.arena = arena,
		.is_shallow = file_exists(shallow),
	};
	struct remote_ref *refs;
	size_t count;

	if (remote_list(&sharing->remote, patterns, arena, &refs, &count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (compare(&listing, &refs[i], err) < 0)
			return -1;
	*ret_has_journal = listing.has_journal;
	return fetch_listed(&listing, err);
}

/* What was fetched of their journal: 1, 0, -1. */
static int fetched_journal(struct sharing *sharing, struct oid *ret,
                           struct error *err)
{
	auto_arena struct arena arena = { 0 };

	return repo_ref_read(sharing->engine->repo,
	                     sync_tracking(sharing, &arena, JOURNAL_REF), ret,
	                     err);
}

/* Fetch, merge, fold. `ret` says how ours stands to theirs then. */
static int pull(struct sharing *sharing, const char *const *patterns,
                enum share_state *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct journal *journal = sharing->engine->journal;
	bool has_journal = false;
	struct oid theirs;

	sharing->heard = value_map(&sharing->arena);
	if (fetch(sharing, &arena, patterns, &has_journal, err) < 0)
		return -1;
	FAULT("pull.fetched");
	*ret = SHARE_AHEAD;
	if (!has_journal)
		return share_missing(&sharing->share, err);
	int found = fetched_journal(sharing, &theirs, err);
	if (found <= 0)
		return found;
	if (share_take(&sharing->share, &theirs, ret, err) < 0 ||
	    journal_catch_up(journal, err) < 0)
		return -1;
	return claims_watch(sharing->engine, sharing->heard, err);
}

static int pull_all(struct sharing *sharing, struct error *err)
{
	const char *const patterns[] = {
		sharing->engine->branch_ref,
		"refs/heads/reeve/*",
		NULL,
	};
	enum share_state ignored;

	sharing->listed = value_map(&sharing->arena);
	return pull(sharing, patterns, &ignored, err);
}

/* ---- Pushing the journal ------------------------------------------------- */

static void pause_a_while(struct sharing *sharing, int try)
{
	const struct clock *clock = &sharing->engine->clock;
	int64_t longest = (int64_t)PAUSE_MS << try;
	uint32_t chance;

	clock_random(clock, &chance, sizeof(chance));
	if (longest > LONGEST_PAUSE)
		longest = LONGEST_PAUSE;
	clock_pause(clock, 1 + (int64_t)(chance % (uint32_t)longest));
}

/* Push what ours has and theirs, as far as we know, has not: 1 when it was
 * accepted or nothing was left to push, 0 when it was refused, -1. */
static int push_once(struct sharing *sharing, struct arena *arena,
                     const char **ret_reason, struct error *err)
{
	struct engine *engine = sharing->engine;
	int64_t began = clock_boot_ms(&engine->clock);
	struct oid tip;
	struct oid last;
	int known = share_last(&sharing->share, &last, err);

	if (known < 0 || journal_tip(engine->journal, &tip, err) < 0)
		return -1;
	if (known && oid_equal(&tip, &last))
		return 1;
	int taken = remote_push(&sharing->remote, arena, &tip, JOURNAL_REF,
	                        ret_reason, err);
	if (taken <= 0)
		return taken;
	FAULT("push.accepted");
	sharing->confirmed_at = began;
	return share_pushed(&sharing->share, &tip, err) < 0 ? -1 : 1;
}

/* 0 when the remote has all that is in the journal. ERR_AWAY when it has not,
 * for now. */
static int push_journal(struct sharing *sharing, struct error *err)
{
	static const char *const patterns[] = { JOURNAL_REF, NULL };
	auto_arena struct arena arena = { 0 };
	const char *reason = NULL;
	enum share_state state;

	for (int try = 0; try < PUSH_TRIES; try++) {
		int taken = push_once(sharing, &arena, &reason, err);
		if (taken != 0)
			return taken < 0 ? -1 : 0;
		pause_a_while(sharing, try);
		if (pull(sharing, patterns, &state, err) < 0)
			return -1;
	}
	(void)error_set(err, ERR_AWAY, "\"%s\" refuses the journal: %s",
	                sharing->remote.name, reason);
	if (strstr(reason, "failed to update ref"))
		return error_hint(err, "A git that was killed there may have "
		                       "left reeve/journal.lock behind: look "
		                       "in its refs/heads.");
	return error_hint(err, "Its hooks or its rules must let reeve push "
	                       "reeve/journal.");
}

/* ---- What effects wait for ----------------------------------------------- */

static int fail_away(const struct sharing *sharing, struct error *err)
{
	return error_set(err, ERR_AWAY,
	                 "\"%s\" was not reached in this tick, and effects "
	                 "wait for it",
	                 sharing->remote.name);
}

static int ready(void *state, struct error *err)
{
	const struct sharing *sharing = state;

	return sharing->is_away ? fail_away(sharing, err) : 0;
}

/* Whether there is time left for something that takes up to `deadline_ms`. */
static bool is_in_time(const struct sharing *sharing, int64_t deadline_ms)
{
	int64_t now = clock_boot_ms(&sharing->engine->clock);

	return sharing->confirmed_at > 0 &&
	       now - sharing->confirmed_at + deadline_ms < sharing->claim_ms;
}

static int push_in_time(struct sharing *sharing, const char *run,
                        int64_t deadline_ms, struct error *err)
{
	if (push_journal(sharing, err) < 0)
		return -1;
	if (is_in_time(sharing, deadline_ms))
		return 0;
	if (claim_renew(sharing->engine, run, err) < 0 ||
	    push_journal(sharing, err) < 0)
		return -1;
	if (is_in_time(sharing, deadline_ms))
		return 0;
	return error_set(err, ERR_AWAY,
	                 "the push to \"%s\" took longer than the claim leaves "
	                 "time for",
	                 sharing->remote.name);
}

static int confirm_run(struct sharing *sharing, const char *run,
                       int64_t deadline_ms, struct error *err)
{
	struct engine *engine = sharing->engine;

	int ours = claim_holds(engine, run, err);
	if (ours > 0 && push_in_time(sharing, run, deadline_ms, err) < 0)
		return -1;
	if (ours > 0)
		ours = claim_holds(engine, run, err);
	if (ours < 0)
		return -1;
	return ours ? 0
	            : error_set(err, ERR_AWAY,
	                        "another engine has taken the run");
}

static int confirm(void *state, const char *run, int64_t deadline_ms,
                   struct error *err)
{
	struct sharing *sharing = state;
	auto_error struct error reason = { 0 };

	if (sharing->is_away)
		return fail_away(sharing, err);
	if (confirm_run(sharing, run, deadline_ms, &reason) == 0)
		return 0;
	if (reason.code == ERR_AWAY &&
	    claim_holds(sharing->engine, run, err) > 0 &&
	    stay_away(sharing, &reason, err) < 0)
		return -1;
	error_move(err, &reason);
	return -1;
}

/* ---- The phases ---------------------------------------------------------- */

/* What an earlier tick could not push goes first: what follows builds on it. */
static int begin(struct sharing *sharing, struct error *err)
{
	auto_error struct error reason = { 0 };

	if (sharing->engine->offline)
		return find_unsure(sharing, err);
	if (pull_all(sharing, &reason) == 0 &&
	    push_journal(sharing, &reason) == 0)
		return 0;
	if (reason.code == ERR_AWAY)
		return stay_away(sharing, &reason, err);
	error_move(err, &reason);
	return -1;
}

int sync_begin(struct tick *tick, struct error *err)
{
	struct sharing *sharing = tick->engine->sharing;

	if (!sharing)
		return journal_catch_up(tick->engine->journal, err);
	sharing->tick = tick;
	sharing->is_away = tick->engine->offline;
	sharing->confirmed_at = 0;
	if (begin(sharing, err) < 0)
		return -1;
	return journal_catch_up(tick->engine->journal, err);
}

int sync_end(struct tick *tick, struct error *err)
{
	struct sharing *sharing = tick->engine->sharing;
	auto_error struct error reason = { 0 };

	/* Who cannot say that it gives them back keeps them. */
	if (!sync_is_away(tick->engine) &&
	    claims_release(tick->engine, err) < 0)
		return -1;
	if (!sharing || sharing->is_away)
		return journal_catch_up(tick->engine->journal, err);
	if (offer_branch(tick, err) < 0)
		return -1;
	if (push_journal(sharing, &reason) == 0)
		return offer_all(tick, err);
	if (reason.code != ERR_AWAY) {
		error_move(err, &reason);
		return -1;
	}
	return stay_away(sharing, &reason, err);
}

/* ---- Opening ------------------------------------------------------------- */

static struct sharing *sharing_new(struct engine *engine, const char *name)
{
	struct sharing *sharing = mem_zalloc(1, sizeof(*sharing));

	sharing->engine = engine;
	sharing->remote = (struct remote){
		.dir = repo_work_dir(engine->repo),
		.name = arena_strdup(&sharing->arena, name),
		.arena = &sharing->arena,
	};
	sharing->share = (struct share){
		.journal = engine->journal,
		.remote = sharing->remote.name,
		.heard = hear,
		.state = sharing,
	};
	return sharing;
}

/* reeve.yaml of the branch that HEAD names: the journal, which names the
 * owner's, is not there yet. NULL: there is none. */
static const struct config *first_config(struct engine *engine)
{
	auto_error struct error ignored = { 0 };

	if (repo_head_branch(engine->repo, &engine->arena, &engine->branch,
	                     &ignored) < 0 ||
	    !engine->branch)
		return NULL;
	engine->branch_ref =
	        arena_printf(&engine->arena, "refs/heads/%s", engine->branch);
	return engine_config(engine, &ignored);
}

int sync_first_journal(struct engine *engine, struct error *err)
{
	static const char *const patterns[] = { JOURNAL_REF, NULL };
	auto_arena struct arena arena = { 0 };
	enum share_state state;
	bool has_journal = false;
	struct oid theirs;
	int known = witness_read(engine->lock_dir, &theirs, err);
	const struct config *config = first_config(engine);

	if (known == 0 && !engine->branch) {
		(void)error_set(err, ERR_STATE,
		                "HEAD is detached, and there is no journal "
		                "here that names your branch");
		return error_hint(err, "Switch to it: git switch main. In CI "
		                       "check out the branch, not a commit.");
	}
	if (known != 0 || !config || !config->remote)
		return known < 0 ? -1 : 0; /* one that is gone is no first */
	engine->sharing = sharing_new(engine, config->remote);
	engine->sharing->heard = value_map(&engine->sharing->arena);
	int taken = fetch(engine->sharing, &arena, patterns, &has_journal, err);
	if (taken == 0 && has_journal)
		taken = fetched_journal(engine->sharing, &theirs, err);
	if (taken > 0)
		taken = share_take(&engine->sharing->share, &theirs, &state,
		                   err);
	sync_close(engine);
	return taken < 0 ? -1 : has_journal;
}

int sync_open(struct engine *engine, struct error *err)
{
	auto_error struct error ignored = { 0 }; /* commands that need it ask */
	const struct config *config = engine_config(engine, &ignored);

	engine->holder = engine->source;
	if (!config || !config->remote)
		return 0;
	engine->holder = claim_holder(engine, &engine->arena, err);
	if (!engine->holder)
		return -1;
	journal_sign(engine->journal, engine->holder);
	engine->sharing = sharing_new(engine, config->remote);
	engine->sharing->claim_ms = config->claim_ms;
	engine->env.ready = ready;
	engine->env.confirm = confirm;
	engine->env.sharing = engine->sharing;
	return 0;
}

void sync_close(struct engine *engine)
{
	if (engine->sharing)
		arena_clear(&engine->sharing->arena);
	free(engine->sharing);
	engine->sharing = NULL;
	engine->env.ready = NULL;
	engine->env.confirm = NULL;
	engine->env.sharing = NULL;
}
