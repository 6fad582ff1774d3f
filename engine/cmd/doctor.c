/*
 * reeve doctor: what is wrong with this machine or workspace, and what to type.
 *
 * The checks are rows, from the ground up; each looks at one thing and leaves a
 * finding. What a check needs may be missing because one above it failed: then
 * it says nothing. With --fix they put right what loses nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/cycle/engine.h"
#include "engine/io/sandbox.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/lock.h"

#define DISK_LEAST_MB 200
#define CLOCK_MOST_S  (24 * 3600)
#define LOCK_STALE_S  60

enum health {
	HEALTH_NONE, /* nothing to say */
	HEALTH_GOOD,
	HEALTH_NOTE, /* works, but might be better */
	HEALTH_BAD,
};

static const char *const health_names[] = { "", "good", "note", "bad" };

struct doctor {
	struct arena *arena;
	bool fix;
	bool deep;
	struct clock clock;
	struct clock_state clock_state;
	struct repo *repo;
	struct journal *journal;
	struct engine *engine;
	size_t events;
	struct error problem; /* of the check that is looking */
};

struct finding {
	enum health health;
	const char *text;
	const char *advice; /* or NULL */
};

static struct finding found(enum health health, const char *text)
{
	return (struct finding){ .health = health, .text = text };
}

/* The problem that the check met, as its finding. */
static struct finding trouble(struct doctor *doctor)
{
	struct error *problem = &doctor->problem;
	struct finding finding = {
		.health = HEALTH_BAD,
		.text = arena_strdup(doctor->arena, problem->message),
		.advice = problem->hint
		                  ? arena_strdup(doctor->arena, problem->hint)
		                  : NULL,
	};

	error_clear(problem);
	return finding;
}

static const char *reeve_dir(const struct doctor *doctor)
{
	return arena_printf(doctor->arena, "%s/reeve",
	                    repo_common_dir(doctor->repo));
}

/* ---- The checks ---------------------------------------------------------- */

static struct finding look_at_repository(struct doctor *doctor)
{
	doctor->repo = repo_open(".", &doctor->problem);
	if (!doctor->repo)
		return trouble(doctor);
	if (repo_is_bare(doctor->repo))
		return (struct finding){ HEALTH_BAD, "it is bare",
			                 "Run reeve in a clone with a working "
			                 "tree." };
	return found(HEALTH_GOOD, repo_work_dir(doctor->repo));
}

static int count_event(void *state, const struct event *event,
                       const struct journal_place *place, struct error *err)
{
	struct doctor *doctor = state;

	(void)event, (void)place, (void)err;
	doctor->events++;
	return 0;
}

/* Every commit of it is read, and every event in its message. */
static int read_journal(struct doctor *doctor, struct oid *ret_tip)
{
	struct error *err = &doctor->problem;
	const struct journal_root *root;

	doctor->events = 0;
	if (journal_root(doctor->journal, &root, err) < 0 ||
	    journal_tip(doctor->journal, ret_tip, err) < 0)
		return -1;
	return journal_read(doctor->journal, ret_tip, count_event, doctor, err);
}

static struct finding look_at_journal(struct doctor *doctor)
{
	struct oid tip;

	if (!doctor->repo)
		return found(HEALTH_NONE, NULL);
	doctor->journal =
	        journal_open(doctor->repo, &doctor->clock,
	                     engine_source(doctor->arena), &doctor->problem);
	size_t healed = doctor->fix ? journal_heal(doctor->journal) : 0;
	if (read_journal(doctor, &tip) < 0)
		return trouble(doctor);
	const char *count =
	        count_text(doctor->arena, doctor->events, "event", "events");
	if (healed == 0)
		return found(HEALTH_GOOD, count);
	return found(HEALTH_GOOD,
	             arena_printf(doctor->arena, "%s; %s put back", count,
	                          count_text(doctor->arena, healed,
	                                     "lost object", "lost objects")));
}

static struct finding look_at_view(struct doctor *doctor)
{
	struct error *err = &doctor->problem;

	if (!doctor->events)
		return found(HEALTH_NONE, NULL);
	doctor->engine = engine_open(".", err);
	if (!doctor->engine)
		return trouble(doctor);
	if (doctor->deep && view_check(doctor->engine->view, err) < 0) {
		struct finding finding = trouble(doctor);
		finding.advice = "Make it anew: reeve rebuild";
		return finding;
	}
	int64_t voided = view_voided(doctor->engine->view);
	if (doctor->engine->view_moved)
		return found(HEALTH_NOTE, "it was unusable and was made anew");
	if (voided == 0)
		return found(HEALTH_GOOD, "as the journal says");
	return found(HEALTH_GOOD,
	             arena_printf(doctor->arena,
	                          "as the journal says, of which %s void",
	                          voided == 1 ? "1 event is"
	                                      : "some events "
	                                        "are"));
}

/* git's lock of a reference of ours, left by a process that was killed. */
static struct finding look_at_lock_file(struct doctor *doctor)
{
	const char *path =
	        arena_printf(doctor->arena, "%s/" JOURNAL_REF ".lock",
	                     repo_common_dir(doctor->repo));
	struct stat file;

	if (stat(path, &file) < 0)
		return found(HEALTH_GOOD, "none is held");
	if (clock_wall_ms(&doctor->clock) / 1000 - file.st_mtime < LOCK_STALE_S)
		return found(HEALTH_NOTE, "the journal's reference is locked "
		                          "at this moment");
	return (struct finding){
		HEALTH_NOTE,
		arena_printf(doctor->arena, "\"%s\" is old", path),
		"The next write moves it aside when no process has it open.",
	};
}

static struct finding look_at_locks(struct doctor *doctor)
{
	if (!doctor->repo)
		return found(HEALTH_NONE, NULL);
	auto_lock struct lock *lock =
	        lock_try(reeve_dir(doctor), "engine", &doctor->problem);
	if (lock)
		return look_at_lock_file(doctor);
	struct finding finding = trouble(doctor);
	finding.health = HEALTH_NOTE;
	return finding;
}

static struct finding look_at_hooks(struct doctor *doctor)
{
	if (!doctor->repo)
		return found(HEALTH_NONE, NULL);
	const char *path = arena_printf(doctor->arena, "%s/hooks/post-commit",
	                                repo_common_dir(doctor->repo));
	auto_buf struct buf text = buf_make(1 << 16);
	auto_error struct error ignored = { 0 };
	if (file_read(path, &text, &ignored) == 0 && strstr(text.at, "reeve"))
		return found(HEALTH_GOOD, "commits and merges start what is "
		                          "due");
	return (struct finding){ HEALTH_GOOD, "not installed",
		                 "Commits start nothing by themselves: reeve "
		                 "hooks install, or reeve tick by cron." };
}

static struct finding look_at_clock(struct doctor *doctor)
{
	auto_arena struct arena arena = { 0 };
	struct commit commit;
	struct oid tip;

	if (!doctor->events)
		return found(HEALTH_NONE, NULL);
	if (journal_tip(doctor->journal, &tip, &doctor->problem) < 0 ||
	    repo_commit_read(doctor->repo, &arena, &tip, &commit,
	                     &doctor->problem) < 0)
		return trouble(doctor);
	int64_t ahead =
	        commit.committer.time_s - clock_wall_ms(&doctor->clock) / 1000;
	if (ahead <= CLOCK_MOST_S)
		return found(HEALTH_GOOD, "it agrees with the journal");
	return (struct finding){
		HEALTH_BAD,
		arena_printf(doctor->arena,
		             "the journal's last event is %" PRId64
		             " days in the future",
		             ahead / CLOCK_MOST_S),
		"Schedules follow this machine's clock: set it.",
	};
}

static bool has_namespaces(void)
{
	auto_error struct error ignored = { 0 };
	auto_buf struct buf text = buf_make(64);

	return file_read("/proc/sys/user/max_user_namespaces", &text,
	                 &ignored) == 0 &&
	       strcmp(text.at, "0\n") != 0;
}

static struct finding look_at_kernel(struct doctor *doctor)
{
	struct sandbox sandbox;

	sandbox_open(&sandbox, NULL, NULL);
	unsigned layers = (sandbox.rules >= 0 ? SANDBOX_FILES : 0u) |
	                  SANDBOX_NETWORK |
	                  (has_namespaces() ? SANDBOX_PROCESSES : 0u);
	sandbox_close(&sandbox);
	struct finding finding =
	        found(layers == SANDBOX_ALL ? HEALTH_GOOD : HEALTH_NOTE,
	              sandbox_text(doctor->arena, layers));
	if (layers != SANDBOX_ALL)
		finding.advice = "Programs of jobs run with less between them "
		                 "and the rest of the machine.";
	return finding;
}

static struct finding look_at_disk(struct doctor *doctor)
{
	struct statvfs disk;

	if (!doctor->repo || statvfs(repo_common_dir(doctor->repo), &disk) < 0)
		return found(HEALTH_NONE, NULL);
	uint64_t free_mb =
	        (uint64_t)disk.f_bavail * (uint64_t)disk.f_frsize >> 20;
	if (free_mb >= DISK_LEAST_MB)
		return found(HEALTH_GOOD, "there is room");
	return (struct finding){
		HEALTH_BAD,
		arena_printf(doctor->arena, "%" PRIu64 " MB are left", free_mb),
		"Make room: nothing is acknowledged that cannot be written.",
	};
}

static const struct check {
	const char *name;
	struct finding (*look)(struct doctor *doctor);
} checks[] = {
	{ "repository", look_at_repository },
	{ "journal", look_at_journal },
	{ "view", look_at_view },
	{ "locks", look_at_locks },
	{ "hooks", look_at_hooks },
	{ "clock", look_at_clock },
	{ "sandbox", look_at_kernel },
	{ "disk", look_at_disk },
};

/* ---- The command --------------------------------------------------------- */

static void say_finding(const struct invocation *invocation, const char *name,
                        const struct finding *finding)
{
	static const enum tint tints[] = { TINT_NONE, TINT_GREEN, TINT_YELLOW,
		                           TINT_RED };

	if (finding->health == HEALTH_NONE ||
	    (invocation->quiet && finding->health < HEALTH_BAD))
		return;
	say_tinted(invocation, tints[finding->health], "%-6s",
	           health_names[finding->health]);
	say(invocation, "%s: %s\n", name, finding->text);
	if (finding->advice)
		say(invocation, "      %s\n", finding->advice);
}

static void add_finding(struct arena *arena, struct value *list,
                        const char *name, const struct finding *finding)
{
	struct value *row = value_map(arena);

	if (finding->health == HEALTH_NONE)
		return;
	value_map_text(arena, row, "check", name);
	value_map_text(arena, row, "health", health_names[finding->health]);
	value_map_text(arena, row, "text", finding->text);
	value_map_text(arena, row, "advice", finding->advice);
	value_list_add(arena, list, row);
}

static bool examine(struct invocation *invocation, struct doctor *doctor)
{
	struct value *list = value_list(invocation->arena);
	bool well = true;

	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		struct finding finding = checks[i].look(doctor);
		well &= finding.health != HEALTH_BAD;
		if (invocation->json)
			add_finding(invocation->arena, list, checks[i].name,
			            &finding);
		else
			say_finding(invocation, checks[i].name, &finding);
	}
	if (invocation->json)
		print_json(invocation, list);
	return well;
}

static int run_doctor(struct invocation *invocation, struct error *err)
{
	struct doctor doctor = {
		.arena = invocation->arena,
		.fix = option_given(invocation, "fix"),
		.deep = option_given(invocation, "deep"),
	};

	if (clock_system(&doctor.clock, &doctor.clock_state, err) < 0)
		return -1;
	bool well = examine(invocation, &doctor);
	engine_close(doctor.engine);
	journal_close(doctor.journal);
	repo_close(doctor.repo);
	return well ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}

static const struct option_row doctor_options[] = {
	{ "deep", 'd', NULL, "also every page of the view" },
	{ "fix", 'f', NULL, "put right what loses nothing" },
	{ 0 },
};

const struct command command_doctor = {
	.name = "doctor",
	.synopsis = "[--deep] [--fix]",
	.help = "say what is wrong with this machine or workspace",
	.details = "Looks at the repository, every event of the journal, the "
	           "view, locks, hooks, the\nclock, what the kernel offers to "
	           "keep programs apart, and the disk; says what to\ntype. "
	           "--fix puts back objects that git has lost, from "
	           ".git/reeve/tail. Exits 1 when\nsomething is bad.",
	.options = doctor_options,
	.run = run_doctor,
};
