/*
 * Writing is by hand in the fixed order of the header; reading goes through
 * the JSON parser and checks each member of the envelope.
 */
#include "store/event.h"

#include <inttypes.h>
#include <string.h>

#include "store/base/date.h"
#include "store/base/json.h"
#include "store/base/text.h"

static const struct {
	const char *text;
	int version;
} types[] = {

#define EVENT_ROW(name, text, version) { text, version },
	EVENT_TYPES(EVENT_ROW)
#undef EVENT_ROW
};

const char *event_type_text(enum event_type type)
{
	return type < EVENT_UNKNOWN ? types[type].text : "unknown";
}

int event_type_version(enum event_type type)
{
	return type < EVENT_UNKNOWN ? types[type].version : 0;
}

static enum event_type find_type(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i].text, text) == 0)
			return (enum event_type)i;
	return EVENT_UNKNOWN;
}

static void add_member(struct buf *buf, const char *name, const char *text)
{
	buf_add_text(buf, ",\"");
	buf_add_text(buf, name);
	buf_add_text(buf, "\":");
	json_write_text(buf, text, strlen(text));
}

void event_write(struct buf *buf, const struct event *event)
{
	buf_add_text(buf, "{\"specversion\":\"1.0\"");
	add_member(buf, "id", event->id);
	add_member(buf, "source", event->source);
	buf_add_text(buf, ",\"type\":\"" EVENT_PREFIX);
	buf_add_text(buf, event_type_text(event->type));
	buf_add_text(buf, "\",\"time\":\"");
	date_add_rfc3339(buf, event->time_ms);
	buf_add_char(buf, '"');
	if (event->subject)
		add_member(buf, "subject", event->subject);
	buf_add_text(buf, ",\"data\":");
	json_write(buf, event->data, JSON_SORTED);
	buf_add_char(buf, '}');
}

/* The text of an envelope's member, or NULL with `err`. */
static const char *need_text(const struct value *envelope, const char *name,
                             struct error *err)
{
	const char *text = value_get_text(envelope, name, NULL);

	if (!text || !*text) {
		error_set(err, ERR_CORRUPT, "an event has no \"%s\"", name);
		return NULL;
	}
	return text;
}

static int read_type(const struct value *envelope, struct event *event,
                     struct error *err)
{
	const char *type = need_text(envelope, "type", err);

	if (!type)
		return -1;
	if (!text_starts(type, EVENT_PREFIX))
		return error_set(err, ERR_CORRUPT,
		                 "an event has the foreign type \"%s\"", type);
	event->type_text = type + strlen(EVENT_PREFIX);
	event->type = find_type(event->type_text);
	int64_t version = value_get_int(event->data, "v", 0);
	if (version < 1)
		return error_set(err, ERR_CORRUPT,
		                 "an event \"%s\" has no version",
		                 event->type_text);
	if (event->type != EVENT_UNKNOWN &&
	    version <= event_type_version(event->type))
		return 0;
	error_set(err, ERR_STATE,
	          "the journal holds \"%s\" version %" PRId64
	          ", which this reeve does not know",
	          event->type_text, version);
	return error_hint(err, "Install the reeve that wrote it, or a newer "
	                       "one; nothing was changed.");
}

struct event *event_parse(struct arena *arena, const char *line, size_t len,
                          struct error *err)
{
	auto_error struct error reason = { 0 };
	struct value *envelope = json_parse(arena, "event", line, len, &reason);
	struct event *event = arena_new(arena, struct event);

	if (!envelope) {
		error_set(err, ERR_CORRUPT, "not an event: %s", reason.message);
		return NULL;
	}
	if (!text_equal(value_get_text(envelope, "specversion", NULL), "1.0")) {
		error_set(err, ERR_CORRUPT, "an event is not CloudEvents 1.0");
		return NULL;
	}
	event->data = value_get(envelope, "data");
	event->subject = value_get_text(envelope, "subject", NULL);
	event->id = need_text(envelope, "id", err);
	if (!event->id)
		return NULL;
	event->source = need_text(envelope, "source", err);
	if (!event->source || read_type(envelope, event, err) < 0)
		return NULL;
	const char *time = need_text(envelope, "time", err);
	if (!time)
		return NULL;
	if (!date_parse_rfc3339(time, &event->time_ms)) {
		error_set(err, ERR_CORRUPT, "event %s has no valid time",
		          event->id);
		return NULL;
	}
	return event;
}
