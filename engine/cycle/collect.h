/*
 * What the collectors share: collect.c (commits), events.c (events and batches
 * of them) and schedule.c (times). The words for others are in start.h.
 */
#ifndef CYCLE_COLLECT_H
#define CYCLE_COLLECT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cycle/past.h"
#include "engine/cycle/start.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct collector {
	struct tick *tick;
	struct engine *engine;
	struct arena *arena;
	bool held; /* something could not be started: look again next time */
	/* Start nothing: count the runs of this job that wait for a word about
	 * the flood that they are. */
	const char *asked;
	size_t flood;
};

/* Tell what the owner has to do something about; the collector is held. */
void collector_tell(struct collector *collector, struct error *problem);

/* Start the job of that name as it is today; nothing when it is not there any
 * more, or was started by this cause before. What is wrong with it is told. */
int collector_start(struct collector *collector, const char *name,
                    const struct cause *cause, struct error *err) MUST_CHECK;

/* The job as it was; as it is today when it could not be read then; NULL, and
 * told, when it cannot be read now either. */
const struct job *collector_job(struct collector *collector,
                                const struct past_job *past);

/* A note of the view that is a number; `otherwise` when it is not set. */
int64_t collector_number(struct collector *collector, const char *name,
                         int64_t otherwise);
int collector_set_number(struct collector *collector, const char *name,
                         int64_t number, struct error *err) MUST_CHECK;

/* How many runs of `job` wait since the commit would start them all at once: 0
 * when it is no such flood, or none of them is left to start. */
int flood_count(struct engine *engine, const char *job,
                const struct oid *commit, size_t *ret,
                struct error *err) MUST_CHECK;

int events_collect(struct collector *collector, struct error *err) MUST_CHECK;
int batches_collect(struct collector *collector, struct error *err) MUST_CHECK;
int slots_collect(struct collector *collector, struct error *err) MUST_CHECK;

#endif
