/*
 * A company's books with a run that has effects to perform, on a fresh
 * repository whose working tree takes the mails.
 */
#ifndef FIXTURE_BUS_H
#define FIXTURE_BUS_H

#include "tests/unit/fixture_journal.h"

#include "engine/bus/bus.h"
#include "engine/job/language.h"
#include "store/base/yaml.h"

static const struct step_kind *const no_kinds[] = { NULL };
static const struct language bus_language = { no_kinds, bus_effects };

#define MAIL_SETTINGS                                                          \
	"version: 1\nconnectors: { email: { transport: file, "                 \
	"from: ada@example.com } }\n"

struct office {
	struct books books;
	struct env env;
	const struct config *config; /* allows what is not outside */
};

/* reeve.yaml with `policy`, a flow list of lines. */
static inline const struct config *office_config(struct office *office,
                                                 const char *policy)
{
	auto_errors struct errors errors = { 0 };
	struct arena *arena = &office->books.git.arena;
	const char *text =
	        arena_printf(arena, MAIL_SETTINGS "policy: %s\n", policy);
	const struct config *config =
	        config_parse(arena, text, strlen(text), &bus_language, &errors);

	if (!config)
		fail_msg("%s", errors.items[0].message);
	return config;
}

/* Start the run `run` with the call steps s1, s2 and s3. */
static inline void office_start(struct office *office, const char *run)
{
	books_add(&office->books, EVENT_RUN_STARTED,
	          arena_printf(&office->books.git.arena,
	                       "{\"run\":\"%s\",\"job\":\"bill\","
	                       "\"run_title\":\"Bill\",\"steps\":["
	                       "{\"id\":\"s1\",\"kind\":\"call\"},"
	                       "{\"id\":\"s2\",\"kind\":\"call\"},"
	                       "{\"id\":\"s3\",\"kind\":\"call\"}]}",
	                       run));
	books_flush(&office->books);
}

static inline void office_open(struct office *office)
{
	*office = (struct office){ .config = NULL };
	struct books *books = &office->books;

	books_open(books);
	office->env = (struct env){
		.repo = books->git.repo,
		.journal = books->journal,
		.view = books->view,
		.clock = &books->clock,
		.work_dir = books->git.dir,
		.state_dir = books->git.dir,
		.timezone = "UTC",
	};
	fixture_ok(&books->git, journal_root(books->journal, &office->env.root,
	                                     &books->git.err));
	office->config = office_config(office, "[]");
	office_start(office, "r1");
}

static inline void office_close(struct office *office)
{
	books_close(&office->books);
}

#define auto_office CLEANUP(office_close)

/* A request of step `step` of run r1, whose key is made of it. */
static inline struct bus_request office_request(struct office *office,
                                                const char *step,
                                                const char *effect,
                                                const char *with)
{
	struct arena *arena = &office->books.git.arena;
	auto_error struct error err = { 0 };
	const struct value *map =
	        yaml_parse(arena, "with", with, strlen(with), 1, &err);

	if (!map)
		fail_msg("%s", err.message);
	return (struct bus_request){
		.arena = arena,
		.env = &office->env,
		.run = "r1",
		.run_name = "bill r1",
		.job = "bill",
		.step = step,
		.item = "",
		.key = arena_printf(arena, "key00000-%s", step),
		.effect = effect,
		.with = map,
		.pinned = office->config,
		.current = office->config,
	};
}

/* The types of all events after the run's start, oldest first. */
static inline const char *office_journal(struct office *office)
{
	return fixture_run(&office->books.git,
	                   "git log --reverse --format=%b reeve/journal | "
	                   "grep -o 'dev.reeve.[a-z.]*' | "
	                   "sed 's/dev.reeve.//' | tail -n +3 | paste -sd ' '");
}

#endif
