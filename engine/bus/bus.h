/*
 * The bus: the one road to the world outside.
 *
 *	permission → intent (frozen, durable) → perform → result (durable)
 *
 * The intent is in the journal before anything leaves. When a process dies in
 * between, or no answer comes, the effect is in doubt: bus_settle() asks the
 * connector to look, and never guesses; what it cannot tell the owner does,
 * with bus_resolve(). What certainly was not sent waits and is begun again,
 * with the same key and the same payload.
 *
 * Effects that are ready together share their flushes:
 *
 *	bus_begin() …      each adds its intent to the journal
 *	env_barrier()      they are durable, and shared
 *	bus_send() …       each is performed; its result waits for a flush
 */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "engine/bus/connector.h"
#include "engine/job/job.h"
#include "store/files.h"
#include "store/view.h"

/* The effects that connectors offer; NULL-terminated, sorted by name. */
extern const struct effect *const bus_effects[];

struct delivery;

/* Effects that were begun and not yet sent: the view does not know them. */
struct bus_round {
	struct bus_begun *begun;
	size_t count;
};

void bus_round_clear(struct bus_round *round);
#define auto_round CLEANUP(bus_round_clear)

/* The view knows of them now. Those that are under way stay, until they land:
 * who asks for the same meanwhile comes later. */
void bus_round_send(struct bus_round *round);
void bus_round_add_flight(struct bus_round *round,
                          const struct delivery *delivery);
void bus_round_end_flight(struct bus_round *round,
                          const struct delivery *delivery);

struct bus_request {
	struct arena *arena; /* lives until bus_send() */
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
	struct retry retry;      /* without a delay: the bus's own */
	struct files *files;     /* that a program sees */
	int64_t timeout_ms;      /* of one try; 0: as the connector has it */
	struct bus_round *round; /* what is begun with it; or NULL */
};

/* So many effects of the request's name, of some steps of its run. */
struct bus_limit {
	const char *path; /* the job's file, and where it says so */
	struct pos pos;
	int64_t count;
	const char *steps; /* what the steps' ids begin with; "": all */
	const char *item;  /* theirs, or around theirs; "": any */
};

/* What came of it: one of these. */
struct bus_answer {
	struct value *result;
	struct delivery *begun;     /* it is intended: for bus_send() */
	struct transfer *under_way; /* it is being sent: for bus_land() */
	bool later;                 /* ask again when the others are sent */
	int64_t wake_at;            /* it may not be done yet; ask again then */
	const char *reason;         /* and why */
	const char *refused; /* one of a loop: the policy forbids this one,
	                        and why */
	int64_t attempt;     /* tries that failed; with wake_at, journalled */
};

/* Begin it once: a key that has its result gives that result. ERR_FAILED when
 * it is not permitted or not well-formed; nothing is intended then. */
int bus_begin(const struct bus_request *request, struct bus_answer *ret,
              struct error *err) MUST_CHECK;

/* Perform what was begun, after a barrier. Its result is durable with the next
 * flush; that it failed, waits or is in doubt is already. ERR_FAILED when the
 * receiver refused, or did not answer. With `user`, one that may take long goes
 * on by itself: then ret->under_way is the transfer, which the loop gives back
 * with that user when it has ended (http.h); what came of it bus_land() says as
 * bus_send() would. */
int bus_send(struct delivery *delivery, void *user, struct bus_answer *ret,
             struct error *err) MUST_CHECK;
int bus_land(struct delivery *delivery, struct transfer *transfer,
             struct bus_answer *ret, struct error *err) MUST_CHECK;

/* What was begun is not performed now: it waits, or with `reason` it is not
 * done at all. Durable with the next flush. */
void bus_withdraw(struct delivery *delivery, const char *reason);

/* For people, in the request's arena: "bill 7k2fq0ab: send intends email.send",
 * "bill 7k2fq0ab: send email.send sent". */
const char *bus_intent_subject(const struct delivery *delivery);
const char *bus_sent_subject(const struct delivery *delivery);

/* Whether an effect of that occasion was begun in the round. */
bool bus_round_has(const struct bus_round *round, const char *effect,
                   const char *occasion);

/* One by itself, from its beginning to its durable end. */
int bus_perform(const struct bus_request *request, struct bus_answer *ret,
                struct error *err) MUST_CHECK;

/* Whether bus_perform() could do it as far as can be said without doing it:
 * permitted, well-formed, with what its connector needs. Writes nothing. */
int bus_prove(const struct bus_request *request, struct error *err) MUST_CHECK;

/* What would be intended, permitted or not: the payload of a well-formed
 * `with`; NULL of an effect that needs no intent. Writes nothing. */
int bus_foresee(const struct bus_request *request, struct value **ret_payload,
                struct error *err) MUST_CHECK;

/* Settle an intent without a result: 1 when it is settled now or is to be sent
 * again, 0 when it stays in doubt (the connector cannot tell), -1. (doubt.c)
 */
int bus_settle(struct env *env, const struct config *config,
               const struct effect_record *effect,
               struct error *err) MUST_CHECK;

/* What takes back the effect `effect`, which was done, by its connector alone;
 * in `arena`. `result` is what it gave. */
int bus_take_back(struct env *env, struct arena *arena,
                  const struct effect_record *effect,
                  const struct value *result, struct takeback *ret,
                  struct error *err) MUST_CHECK;

/* The owner's word on an effect in doubt. */
enum bus_verdict {
	BUS_DONE,   /* it was done; `result`, or what the payload shows */
	BUS_RETRY,  /* it is sent again, with the same key */
	BUS_FAILED, /* it was not done, and is not to be */
};

/* Journal it, under the append lock alone. ERR_STATE when the effect is not in
 * doubt, or its run is over and it is to be sent again. (doubt.c) */
int bus_resolve(struct env *env, const struct config *config,
                const struct effect_record *effect, enum bus_verdict verdict,
                const struct value *result, const char *note,
                struct error *err) MUST_CHECK;

const struct connector *bus_connector(const char *effect);

/* Check connectors.* of reeve.yaml against their connectors' settings. */
void bus_check(const struct config *config, struct errors *errors);

#endif
