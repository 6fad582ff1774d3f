/*
 * The mark is one line,
 *
 *	reeve idle 1 <hash> <made at> <due at> <the owner's branch>
 *
 * with times in milliseconds, `due at` 0 for never. It is not synced: what a
 * crash makes of it does not read as a mark, or is a true one.
 *
 * The hash is taken before a round looks at anything and is kept when that
 * round has changed nothing; so what happens while it looks makes another
 * hash. What a mark says is believed for an hour, whatever it says.
 */
#include "engine/cycle/idle.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/cycle/start.h"
#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/program.h"
#include "store/base/text.h"
#include "store/lock.h"
#include "store/repo_mark.h"

#define BEGINNING   "reeve idle 1"
#define BELIEVED_MS INT64_C(3600000)
#define MARK_BYTES  (LIMIT_PATH + 256)
#define MARK_PARTS  7 /* words of the line */

enum part {
	PART_HASH = 3,
	PART_MADE,
	PART_DUE,
	PART_BRANCH,
};

static struct idle look(struct repo *repo, const char *branch_ref)
{
	static const struct hash_secret none = { { 0 } };
	const char *const names[] = { branch_ref, "refs/heads/reeve",
		                      "refs/reeve", NULL };
	auto_free char *lock_dir =
	        mem_printf("%s/reeve", repo_common_dir(repo));
	struct idle idle = { 0 };
	struct hash refs;
	struct hash program;

	if (!repo_mark(repo, names, &refs) || !program_hash(&program))
		return idle;
	struct hasher *hasher = hasher_new(&none, "idle");
	hasher_bytes(hasher, &refs, sizeof(refs));
	hasher_int(hasher, wake_size(lock_dir));
	hasher_bytes(hasher, &program, sizeof(program));
	idle.known = true;
	idle.hash = hasher_finish(hasher);
	return idle;
}

struct idle idle_look(struct engine *engine)
{
	return look(engine->repo, engine->branch_ref);
}

/* ---- Leaving a mark ------------------------------------------------------ */

/* Whether one of the runs goes on by itself at the next tick. */
static bool goes_on(struct tick *tick, struct arena *arena, struct error *err)
{
	struct engine *engine = tick->engine;
	struct run_record *runs;
	size_t count;

	if (view_runs_due(engine->view, arena, clock_wall_ms(&engine->clock),
	                  &runs, &count, err) < 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (run_is_queued(engine, &runs[i], err) <= 0)
			return true;
	return false;
}

/* Whether there is something to be tried again: what could not be published,
 * what nobody knows whether it was done. */
static bool tries_again(struct tick *tick, struct arena *arena,
                        struct error *err)
{
	struct view *view = tick->engine->view;
	struct effect_record *effects;
	struct draft_record *drafts;
	size_t count;

	if (view_effects_in_doubt(view, arena, &effects, &count, err) < 0 ||
	    count > 0 ||
	    view_open_drafts(view, arena, &drafts, &count, err) < 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (!drafts[i].branch)
			return true;
	return false;
}

static bool may_rest(struct tick *tick)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error ignored = { 0 }; /* then it may not */

	/* What comes from other machines leaves no mark here. */
	return tick->problems == 0 && !tick->engine->sharing &&
	       !goes_on(tick, &arena, &ignored) &&
	       !tries_again(tick, &arena, &ignored);
}

void idle_leave(struct tick *tick, const struct idle *before)
{
	auto_free char *path = mem_printf("%s/idle", tick->engine->state_dir);
	auto_buf struct buf line = buf_make(MARK_BYTES);
	auto_error struct error err = { 0 };
	char hash[HASH_TEXT_BYTES];

	if (!before->known || !may_rest(tick)) {
		(void)unlink(path); /* it would not hold anyway */
		return;
	}
	hash_to_text(before->hash, hash);
	buf_printf(&line, BEGINNING " %s %" PRId64 " %" PRId64 " %s\n", hash,
	           clock_wall_ms(&tick->engine->clock), tick->due_at,
	           tick->engine->branch_ref);
	FAULT("idle.mark");
	/* Without a mark the next tick looks at everything: no harm. */
	if (line.over || file_put(path, line.at, line.len, 0600, &err) < 0)
		(void)unlink(path);
}

/* ---- Looking at it ------------------------------------------------------- */

struct mark {
	struct hash hash;
	int64_t made_at;
	int64_t due_at;
	char *branch_ref; /* in the line */
};

/* Cut `line` into its words. */
static bool read_mark(char *line, struct mark *ret)
{
	char *parts[MARK_PARTS] = { 0 };
	char *end = strchr(line, '\n');
	size_t count = 0;

	if (!text_starts(line, BEGINNING " ") || !end || end[1])
		return false;
	*end = '\0';
	for (char *word = line; word && count < MARK_PARTS; count++) {
		char *space = strchr(word, ' ');
		if (space)
			*space = '\0';
		parts[count] = word;
		word = space ? space + 1 : NULL;
	}
	if (count < MARK_PARTS ||
	    !hash_from_text(parts[PART_HASH], &ret->hash) ||
	    !text_to_int(parts[PART_MADE], 1, INT64_MAX, &ret->made_at) ||
	    !text_to_int(parts[PART_DUE], 0, INT64_MAX, &ret->due_at))
		return false;
	ret->branch_ref = parts[PART_BRANCH];
	return text_starts(ret->branch_ref, "refs/heads/");
}

static bool is_time(const struct mark *mark)
{
	auto_error struct error ignored = { 0 }; /* then somebody else tells */
	struct clock_state state;
	struct clock clock;

	if (clock_system(&clock, &state, &ignored) < 0)
		return true;
	int64_t now = clock_wall_ms(&clock);
	return now < mark->made_at || now - mark->made_at >= BELIEVED_MS ||
	       (mark->due_at && now >= mark->due_at);
}

bool idle_holds(const char *dir)
{
	auto_error struct error ignored = { 0 }; /* whoever opens it will say */
	auto_buf struct buf line = buf_make(MARK_BYTES);
	auto_repo struct repo *repo = repo_open(dir, &ignored);
	struct mark mark;

	if (!repo || repo_is_bare(repo))
		return false;
	auto_free char *path =
	        mem_printf("%s/.reeve/idle", repo_work_dir(repo));
	if (file_read(path, &line, &ignored) < 0 || line.len == 0 ||
	    strlen(line.at) != line.len || !read_mark(line.at, &mark) ||
	    is_time(&mark))
		return false;
	struct idle idle = look(repo, mark.branch_ref);
	return idle.known && idle.hash.high == mark.hash.high &&
	       idle.hash.low == mark.hash.low;
}
