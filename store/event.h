/*
 * An event: one line of the journal, a CloudEvents 1.0 object in JSON.
 *
 *	{"specversion":"1.0","id":…,"source":…,"type":"dev.reeve.run.started",
 *	 "time":…,"subject":…,"data":{…,"v":1}}
 *
 * Members of the envelope come in this order, those of `data` sorted by their
 * bytes, so that an event has exactly one spelling. `data.v` is the schema
 * version of its type (docs/journal.md lists every type and field).
 */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include <stdint.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

/* What all types of reeve's own events begin with. */
#define EVENT_PREFIX "dev.reeve."

/* The types, as rows: EVENT(NAME, "type", schema version). */
#define EVENT_TYPES(EVENT)                                                     \
	EVENT(JOURNAL_STARTED, "journal.started", 1)                           \
	EVENT(JOURNAL_ADOPTED, "journal.adopted", 1)                           \
	EVENT(RUN_STARTED, "run.started", 1)                                   \
	EVENT(RUN_FINISHED, "run.finished", 1)                                 \
	EVENT(RUN_RETRIED, "run.retried", 1)                                   \
	EVENT(RUN_CLAIMED, "run.claimed", 1)                                   \
	EVENT(RUN_RELEASED, "run.released", 1)                                 \
	EVENT(RUN_REWOUND, "run.rewound", 1)                                   \
	EVENT(STEP_FINISHED, "step.finished", 1)                               \
	EVENT(STEP_FAILED, "step.failed", 1)                                   \
	EVENT(STEP_SKIPPED, "step.skipped", 1)                                 \
	EVENT(STEP_SLEPT, "step.slept", 1)                                     \
	EVENT(GATE_OPENED, "gate.opened", 1)                                   \
	EVENT(GATE_APPROVED, "gate.approved", 1)                               \
	EVENT(GATE_REJECTED, "gate.rejected", 1)                               \
	EVENT(DRAFT_OPENED, "draft.opened", 1)                                 \
	EVENT(DRAFT_MERGED, "draft.merged", 1)                                 \
	EVENT(DRAFT_REJECTED, "draft.rejected", 1)                             \
	EVENT(EFFECT_INTENDED, "effect.intended", 1)                           \
	EVENT(EFFECT_DONE, "effect.done", 1)                                   \
	EVENT(EFFECT_FAILED, "effect.failed", 1)                               \
	EVENT(EFFECT_TRIED, "effect.tried", 1)                                 \
	EVENT(EFFECT_RESOLVED, "effect.resolved", 1)                           \
	EVENT(NUMBER_TAKEN, "number.taken", 1)                                 \
	EVENT(NUMBER_FREED, "number.freed", 1)                                 \
	EVENT(EVENT_EMITTED, "event.emitted", 1)                               \
	EVENT(TRIGGER_RELEASED, "trigger.released", 1)                         \
	EVENT(TRIGGER_DROPPED, "trigger.dropped", 1)

enum event_type {
#define EVENT_ENUM(name, text, version) EVENT_##name,
	EVENT_TYPES(EVENT_ENUM)
#undef EVENT_ENUM
	EVENT_UNKNOWN,
};

struct event {
	enum event_type type;
	const char *type_text; /* "run.started", without EVENT_PREFIX */
	const char *id;
	const char *source;
	int64_t time_ms;
	const char *subject; /* "run" or "run/step"; NULL: none */
	const struct value *data;
};

/* "run.started" */
const char *event_type_text(enum event_type type);
int event_type_version(enum event_type type);

/* Append the line, without a newline. */
void event_write(struct buf *buf, const struct event *event);

/* Read one line, into `arena`. ERR_CORRUPT when it is no event; ERR_STATE when
 * its type or version is newer than this reeve, naming both. */
struct event *event_parse(struct arena *arena, const char *line, size_t len,
                          struct error *err) MUST_CHECK;

#endif
