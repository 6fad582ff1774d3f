/*
 * Connectors: the adapters that perform one family of effects. One file and
 * one row of table.c each.
 *
 * A connector describes an effect and performs it; everything else is the
 * bus's work (bus.h): permission, intent and result events, retry, rates,
 * breakers, doubt.
 */
#ifndef BUS_CONNECTOR_H
#define BUS_CONNECTOR_H

#include "engine/io/env.h"
#include "engine/job/config.h"
#include "engine/job/language.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"
#include "store/files.h"

/* One effect on its way. */
struct transfer;

struct call {
	struct arena *arena;
	struct env *env;
	const char *run;
	const char *run_name; /* for people: "proposal 7k2fq0ab" */
	const char *step;
	const char *item;
	int64_t epoch;                /* of the run, while it is ours */
	const char *key;              /* the effect key */
	const char *once;             /* its occasion, or NULL */
	const struct value *settings; /* connectors.<family>, or NULL; with
	                                 `entry` the one of them */
	const struct value *secrets;  /* as reeve.yaml declares them, or NULL */
	const struct value *with;     /* what is to be done, rendered */
	const struct value *payload;  /* what was frozen of it in the intent */
	struct files *files;          /* that a program sees; or NULL */
	int64_t timeout_ms; /* that the step gives it; 0: it says nothing */
	bool retries;       /* the step says that it may be tried again */
};

/* What came of a try. */
enum reply_kind {
	REPLY_NONE, /* it was begun, and nobody knows whether it was done */
	REPLY_DONE,
	REPLY_REFUSED, /* it was not done, and will not be */
	REPLY_UNSENT,  /* it was not done; it may be tried again */
};

struct reply {
	enum reply_kind kind;
	struct value *result; /* of one that is done */
	/* Of one that is not: the endpoint failed. One that answers, if only
	 * to ask for patience, has not. */
	bool fault;
	int64_t retry_after_ms; /* not before, it says; 0: it does not */
};

enum finding {
	FOUND_DONE,
	FOUND_NOT_DONE,
	FOUND_NOTHING, /* it cannot be told */
};

/* What takes an effect back that was done. */
struct takeback {
	const char *effect; /* of a compensation; NULL: there is none */
	struct value *with;
	const char *why; /* there is none; a clause behind "since"; or NULL */
};

struct connector {
	struct effect effect;
	const char *family;           /* the name under `connectors`, or NULL */
	const struct field *settings; /* of that map; ends with an empty row */
	/* The field of `with`, and of the payload, that says which: the map
	 * under `connectors` then holds maps of settings by name, whose rows
	 * are those within its only row. NULL: it is one. */
	const char *entry;
	/* MAY. What is wrong with the settings beyond their rows. */
	void (*check)(const struct value *settings, struct errors *errors);
	/* MAY. How long performing it may take; absent: a second. */
	int64_t (*longest_ms)(const struct call *call);
	/* MUST unless `decide`. What is frozen in the intent, made from `with`
	 * and `settings`: a retry sends exactly this. ERR_FAILED when it
	 * cannot be sent at all. */
	int (*freeze)(const struct call *call, struct value **ret_payload,
	              struct error *err);
	/* MAY. Right before its intent, each time that it is begun: whatever
	 * `verify` needs, outside of the journal. */
	int (*prepare)(const struct call *call, struct error *err);
	/* MUST unless `decide`. Do it, once; 0 and the result for later steps,
	 * or -1, and `ret` says what is known. With REPLY_NONE, as it is at
	 * first, an error of the machine (ERR_SYSTEM …) ends the tick. */
	int (*perform)(const struct call *call, struct reply *ret,
	               struct error *err);
	/* MAY, both or none. The same in two halves, so that others go on
	 * meanwhile: begin it, with `user` for who hears of its end; and when
	 * it has ended, say what came of it, and free it. That it was not even
	 * begun is NULL, and `ret` as above. */
	struct transfer *(*begin)(const struct call *call, void *user,
	                          struct reply *ret, struct error *err);
	int (*finish)(const struct call *call, struct transfer *transfer,
	              struct reply *ret, struct error *err);
	/* MAY. After a crash between intent and result: was it done? What is
	 * FOUND_NOT_DONE is done then, so it must be sure of that. */
	int (*verify)(const struct call *call, enum finding *ret,
	              struct value **ret_result, struct error *err);
	/* MAY. Whether `verify` can tell anything at all; absent: it can. */
	bool (*looks)(const struct call *call);
	/* Whether `verify` sees only what this engine has done: nothing that it
	 * does not find is known not to be done by another one. */
	bool sees_own;
	/* MAY. What takes it back where the step has no `undo` of its own, now
	 * that it gave `result`. Absent: nothing does. */
	int (*undo)(const struct call *call, const struct value *result,
	            struct takeback *ret, struct error *err);
	/* MAY. Whether the receiver knows the key, so that it does again what
	 * it has done without doing it twice. */
	bool (*repeats)(const struct call *call);
	/* MAY. What the result would be as far as the payload shows it; for an
	 * effect that the owner says is done. */
	struct value *(*foretell)(const struct call *call);
	/* MAY. Whom it is sent to, "smtp.example.com:587": what breakers and
	 * rates are kept for. NULL: nobody. */
	const char *(*endpoint)(const struct call *call);
	/* An effect on the journal alone: it writes its own event, durably, and
	 * needs no intent. */
	int (*decide)(const struct call *call, struct value **ret_result,
	              struct error *err);
};

/* NULL-terminated, sorted by name. */
extern const struct connector *const connectors[];

extern const struct connector email_send;
extern const struct connector http_delete;
extern const struct connector http_patch;
extern const struct connector http_post;
extern const struct connector http_put;
extern const struct connector local_run;
extern const struct connector net_run;
extern const struct connector sequence_next;
extern const struct connector sequence_release;

#endif
