/*
 * The file of what was seen has a line for each claim of others,
 *
 *	<event of the claim> <boot id> <boot clock, in milliseconds>
 *
 * with the time since when nothing was heard of its holder. A line of another
 * boot, or of a claim of whose holder something came, begins anew. So the time
 * of nobody else's clock counts, and an engine that is paused for long enough
 * loses its runs, whatever it believes when it wakes: its next push is refused,
 * and it learns why before it can begin anything.
 */
#include "engine/cycle/claim.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/cycle/sync.h"
#include "store/base/alloc.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/hash.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define CLAIMS_AT_ONCE 256 /* as many as surely fit one commit */
#define ID_TEXT        8
#define BOOT_ID_FILE   "/proc/sys/kernel/random/boot_id"

/* ---- Who we are ---------------------------------------------------------- */

/* "<id> <device> <inode>", of the folder that the file is in: a copy of the
 * folder is another one. */
static const char *read_id(struct arena *arena, const char *path,
                           const struct stat *dir)
{
	auto_buf struct buf line = buf_make(LIMIT_PATH);
	auto_error struct error ignored = { 0 };

	if (file_read(path, &line, &ignored) < 0 || line.len <= ID_TEXT)
		return NULL;
	const char *id = arena_strndup(arena, line.at, ID_TEXT);
	const char *wanted =
	        arena_printf(arena, "%s %ju %ju\n", id, (uintmax_t)dir->st_dev,
	                     (uintmax_t)dir->st_ino);
	return strcmp(wanted, line.at) == 0 ? id : NULL;
}

static const char *make_id(struct engine *engine, struct arena *arena,
                           const char *path, const struct stat *dir,
                           struct error *err)
{
	char text[HASH_TEXT_BYTES];
	struct hash random;

	clock_random(&engine->clock, &random, sizeof(random));
	hash_to_text(random, text);
	const char *id = arena_strndup(arena, text + 1, ID_TEXT);
	const char *line =
	        arena_printf(arena, "%s %ju %ju\n", id, (uintmax_t)dir->st_dev,
	                     (uintmax_t)dir->st_ino);
	return file_replace(path, line, strlen(line), 0600, err) < 0 ? NULL
	                                                             : id;
}

const char *claim_holder(struct engine *engine, struct arena *arena,
                         struct error *err)
{
	const char *path = arena_printf(arena, "%s/id", engine->lock_dir);
	struct stat dir;

	if (dir_make(engine->lock_dir, err) < 0)
		return NULL;
	if (stat(engine->lock_dir, &dir) < 0) {
		error_errno(err, errno, "could not look at \"%s\"",
		            engine->lock_dir);
		return NULL;
	}
	const char *id = read_id(arena, path, &dir);
	if (!id)
		id = make_id(engine, arena, path, &dir, err);
	return id ? arena_printf(arena, "%s/%s", engine->source, id) : NULL;
}

/* ---- What was seen of others --------------------------------------------- */

struct sighting {
	const char *event;
	int64_t since_ms; /* on the boot clock */
};

struct sightings {
	struct engine *engine;
	struct arena *arena;
	const char *boot_id;
	struct sighting *items;
	size_t count;
};

static char *sightings_path(const struct sightings *seen)
{
	return arena_printf(seen->arena, "%s/claims", seen->engine->lock_dir);
}

static void read_line(struct sightings *seen, char *line)
{
	const char *event = strsep(&line, " ");
	const char *boot_id = line ? strsep(&line, " ") : NULL;
	int64_t since_ms;

	if (!line || !text_equal(boot_id, seen->boot_id) ||
	    !text_to_int(line, 0, INT64_MAX, &since_ms))
		return;
	seen->items = arena_grow(seen->arena, seen->items, seen->count,
	                         sizeof(*seen->items));
	seen->items[seen->count++] = (struct sighting){ event, since_ms };
}

static int read_sightings(struct engine *engine, struct arena *arena,
                          struct sightings *ret, struct error *err)
{
	auto_buf struct buf boot_id = buf_make(LIMIT_PATH);
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
	auto_error struct error reason = { 0 };

	*ret = (struct sightings){ .engine = engine, .arena = arena };
	if (file_read(BOOT_ID_FILE, &boot_id, err) < 0)
		return -1;
	ret->boot_id =
	        arena_strndup(arena, boot_id.at, strcspn(boot_id.at, "\n"));
	if (file_read(sightings_path(ret), &text, &reason) < 0) {
		if (reason.code == ERR_MISSING)
			return 0;
		error_move(err, &reason);
		return -1;
	}
	char *rest = arena_strdup(arena, text.at);
	while (rest && *rest)
		read_line(ret, strsep(&rest, "\n"));
	return 0;
}

/* Since when nothing was heard; now, if it was never seen. */
static int64_t silent_since(const struct sightings *seen, const char *event)
{
	for (size_t i = 0; i < seen->count; i++)
		if (strcmp(seen->items[i].event, event) == 0)
			return seen->items[i].since_ms;
	return clock_boot_ms(&seen->engine->clock);
}

int claims_watch(struct engine *engine, const struct value *heard,
                 struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
	struct sightings seen;
	struct claim_record *claims;
	size_t count;

	if (view_claims(engine->view, &arena, &claims, &count, err) < 0 ||
	    read_sightings(engine, &arena, &seen, err) < 0)
		return -1;
	if (count == 0 && seen.count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct claim_record *claim = &claims[i];
		if (text_equal(claim->holder, engine->holder))
			continue;
		int64_t since = value_get(heard, claim->holder)
		                        ? clock_boot_ms(&engine->clock)
		                        : silent_since(&seen, claim->event);
		buf_printf(&text, "%s %s %" PRId64 "\n", claim->event,
		           seen.boot_id, since);
	}
	return file_replace(sightings_path(&seen), text.at ? text.at : "",
	                    text.len, 0600, err);
}

/* ---- Taking -------------------------------------------------------------- */

struct taking {
	struct tick *tick;
	struct engine *engine;
	struct arena *arena;
	const struct sightings *seen;
	size_t asked; /* claims that wait for a flush */
};

static void ask_for(struct taking *taking, const struct run_record *run,
                    const struct claim_record *over)
{
	struct arena *arena = taking->arena;
	struct engine *engine = taking->engine;
	struct value *data = value_map(arena);

	value_map_text(arena, data, "run", run->id);
	value_map_int(arena, data, "epoch", run->epoch + 1);
	value_map_int(arena, data, "ttl", sync_claim_ms(engine));
	if (over) {
		value_map_text(arena, data, "over", over->event);
		value_map_text(
		        arena, data, "decided_on",
		        oid_text(arena, journal_cursor(engine->journal)));
	}
	journal_add(engine->journal, EVENT_RUN_CLAIMED, run->id, data);
	taking->asked++;
}

static void tell_held(struct taking *taking, const struct run_record *run,
                      const struct claim_record *claim)
{
	auto_error struct error problem = { 0 };
	struct note note = {
		.kind = NOTE_PROBLEM,
		.run = arena_printf(
		        taking->arena, "%s %s", run->job,
		        engine_short(taking->engine, taking->arena, run->id)),
		.problem = &problem,
	};

	error_set(&problem, ERR_AWAY, "another engine is at work on it: %s",
	          claim->holder);
	tick_tell(taking->tick, &note);
	taking->tick->problems++;
}

/* Claim one run unless it is somebody's. 0 or -1. */
static int consider(struct taking *taking, const char *id, struct error *err)
{
	struct engine *engine = taking->engine;
	struct run_record run;
	struct claim_record claim;
	int there = view_run(engine->view, taking->arena, id, &run, err);
	int held = there > 0 ? view_claim(engine->view, taking->arena, id,
	                                  &claim, err)
	                     : there;

	if (there <= 0 || held < 0)
		return there < 0 || held < 0 ? -1 : 0;
	if (!held) {
		if (engine->sharing)
			ask_for(taking, &run, NULL);
		return 0;
	}
	if (text_equal(claim.holder, engine->holder))
		return 0;
	int64_t silent = clock_boot_ms(&engine->clock) -
	                 silent_since(taking->seen, claim.event);
	if (silent > claim.ttl_ms && !sync_is_away(engine))
		ask_for(taking, &run, &claim);
	else
		tell_held(taking, &run, &claim);
	return 0;
}

/* Those of `runs` from `first` on that fit one commit. */
static int take_some(struct taking *taking, const char *const *runs,
                     size_t count, struct error *err)
{
	/* What waits to be written goes first: a claim that is taken over must
	 * follow the commit that it was decided on. */
	if (journal_pending(taking->engine->journal) > 0 &&
	    journal_flush(taking->engine->journal, "steps up to here", err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (consider(taking, runs[i], err) < 0)
			return -1;
	if (taking->asked == 0)
		return 0;
	const char *subject =
	        arena_printf(taking->arena, "claims %zu run%s", taking->asked,
	                     taking->asked == 1 ? "" : "s");
	taking->asked = 0;
	if (FAULT_FAILS("claim.asked", err) ||
	    journal_flush(taking->engine->journal, subject, err) < 0)
		return -1;
	FAULT("claim.written");
	return 0;
}

/* Whether there is anybody to ask, or a claim that somebody left: 1, 0, -1. */
static int is_shared(struct engine *engine, struct arena *arena,
                     struct error *err)
{
	struct claim_record *claims;
	size_t count;

	if (engine->sharing)
		return 1;
	if (view_claims(engine->view, arena, &claims, &count, err) < 0)
		return -1;
	return count > 0;
}

int claims_take(struct tick *tick, const char *const *runs, size_t count,
                bool *ret_ours, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct sightings seen;
	struct taking taking = {
		.tick = tick,
		.engine = tick->engine,
		.arena = &arena,
		.seen = &seen,
	};

	int shared = is_shared(tick->engine, &arena, err);
	if (shared <= 0) {
		for (size_t i = 0; i < count; i++)
			ret_ours[i] = true;
		return shared;
	}
	if (read_sightings(tick->engine, &arena, &seen, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i += CLAIMS_AT_ONCE) {
		size_t some =
		        count - i < CLAIMS_AT_ONCE ? count - i : CLAIMS_AT_ONCE;
		if (take_some(&taking, runs + i, some, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		int ours = claim_holds(tick->engine, runs[i], err);
		if (ours < 0)
			return -1;
		ret_ours[i] = ours > 0;
	}
	return 0;
}

int claim_holds(struct engine *engine, const char *run, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct claim_record claim;
	int held = view_claim(engine->view, &arena, run, &claim, err);

	if (held <= 0)
		return held < 0 ? -1 : !engine->sharing;
	return text_equal(claim.holder, engine->holder);
}

/* ---- Keeping, giving back ------------------------------------------------ */

/* The same claim again, or its end. */
static int add_word(struct engine *engine, struct arena *arena, const char *run,
                    enum event_type type, struct error *err)
{
	struct value *data = value_map(arena);
	struct run_record record;
	int found = view_run(engine->view, arena, run, &record, err);

	if (found <= 0)
		return found;
	value_map_text(arena, data, "run", run);
	value_map_int(arena, data, "epoch", record.epoch);
	journal_add(engine->journal, type, run, data);
	return 0;
}

int claim_renew(struct engine *engine, const char *run, struct error *err)
{
	auto_arena struct arena arena = { 0 };

	if (add_word(engine, &arena, run, EVENT_RUN_CLAIMED, err) < 0)
		return -1;
	return journal_flush(engine->journal, "is still at work", err);
}

int claims_release(struct engine *engine, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct claim_record *claims;
	size_t count;
	size_t released = 0;

	if (view_claims(engine->view, &arena, &claims, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(claims[i].holder, engine->holder))
			continue;
		if (add_word(engine, &arena, claims[i].run, EVENT_RUN_RELEASED,
		             err) < 0)
			return -1;
		released++;
	}
	if (released == 0)
		return 0;
	FAULT("claim.released");
	return journal_flush(engine->journal,
	                     arena_printf(&arena, "gives back %zu run%s",
	                                  released, released == 1 ? "" : "s"),
	                     err);
}
