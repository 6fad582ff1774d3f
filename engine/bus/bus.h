/*
 * The bus: the one road to the world outside.
 *
 *	permission → intent (frozen, durable) → perform → result (durable)
 *
 * The intent is in the journal before anything leaves. When a process dies in
 * between, the effect is in doubt: bus_settle() asks the connector to look,
 * and never guesses.
 */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "engine/bus/connector.h"
#include "store/files.h"
#include "store/view.h"

/* The effects that connectors offer; NULL-terminated, sorted by name. */
extern const struct effect *const bus_effects[];

struct bus_request {
	struct arena *arena;
	struct env *env;
	const char *run;
	const char *run_name; /* for people: "proposal 7k2fq0ab" */
	const char *job;
	const char *step;
	const char *item;
	int64_t epoch; /* of the run */
	const char *key;
	const char *effect;
	const struct value *with;
	const char *once;            /* its occasion for all runs; or NULL */
	bool released;               /* a merged slip says so */
	const struct config *pinned; /* both must allow it */
	const struct config *current;
	/* What a policy may ask about. */
	const char *sender; /* whom the event that began the run is from */
	bool owner_text;    /* all words of it are the owner's */
	struct files *owner_files; /* of the owner's branch now; for lists */
	int64_t held_since_ms;     /* it was put off then; 0: it is new */
	/* What the jobs around the step may have: no more is begun. */
	const struct bus_limit *limits;
	size_t limit_count;
};

/* So many effects of the request's name, of some steps of its run. */
struct bus_limit {
	const char *path; /* the job's file, and where it says so */
	struct pos pos;
	int64_t count;
	const char *steps; /* what the steps' ids begin with; "": all */
	const char *item;  /* theirs, or around theirs; "": any */
};

/* What came of it: one of the three. */
struct bus_answer {
	struct value *result;
	int64_t wake_at;     /* it may not be done yet; ask again then */
	const char *reason;  /* and why */
	const char *refused; /* one of a loop: the policy forbids this one, and
	                        why */
};

/* Do it once: a key that has its result gives that result. ERR_FAILED when it
 * is not permitted, not well-formed, or the receiver refused; then that is in
 * the journal too, unless nothing was intended yet. */
int bus_perform(const struct bus_request *request, struct bus_answer *ret,
                struct error *err) MUST_CHECK;

/* Whether bus_perform() could do it as far as can be said without doing it:
 * permitted, well-formed, with what its connector needs. Writes nothing. */
int bus_prove(const struct bus_request *request, struct error *err) MUST_CHECK;

/* What would be intended, permitted or not: the payload of a well-formed
 * `with`; NULL of an effect that needs no intent. Writes nothing. */
int bus_foresee(const struct bus_request *request, struct value **ret_payload,
                struct error *err) MUST_CHECK;

/* Settle an intent without a result: 1 when it is settled now, 0 when it stays
 * in doubt (the connector cannot tell), -1. */
int bus_settle(struct env *env, const struct config *config,
               const struct effect_record *effect,
               struct error *err) MUST_CHECK;

/* What takes back the effect `effect`, which was done, by its connector alone;
 * in `arena`. `result` is what it gave. */
int bus_take_back(struct env *env, struct arena *arena,
                  const struct effect_record *effect,
                  const struct value *result, struct takeback *ret,
                  struct error *err) MUST_CHECK;

const struct connector *bus_connector(const char *effect);

/* Check connectors.* of reeve.yaml against their connectors' settings. */
void bus_check(const struct config *config, struct errors *errors);

#endif
