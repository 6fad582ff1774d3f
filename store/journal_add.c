/*
 * Events that wait for a flush, as the lines that they will be.
 *
 * A member of the data that is too long for a line goes into a blob, which the
 * flush writes, and its stand-in goes into the line.
 */
#include "store/journal_private.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/json.h"
#include "store/base/limits.h"

void journal_forget_pending(struct journal *journal)
{
	for (size_t i = 0; i < journal->pending_count; i++)
		free(journal->pending[i].line);
	for (size_t i = 0; i < journal->kept_count; i++) {
		free(journal->kept[i].name);
		free(journal->kept[i].bytes);
	}
	free(journal->pending);
	free(journal->kept);
	journal->pending = NULL;
	journal->kept = NULL;
	journal->pending_count = journal->kept_count = 0;
}

/* The entry `name`, made when there is none; NULL when there is one. */
static struct kept *keep(struct journal *journal, const char *name)
{
	for (size_t i = 0; i < journal->kept_count; i++)
		if (strcmp(journal->kept[i].name, name) == 0)
			return NULL;
	journal->kept = mem_grow(journal->kept, journal->kept_count,
	                         sizeof(*journal->kept));
	struct kept *kept = &journal->kept[journal->kept_count++];
	*kept = (struct kept){ .name = mem_strdup(name) };
	return kept;
}

void journal_keep(struct journal *journal, const char *name,
                  const struct oid *oid, unsigned mode)
{
	struct kept *kept = keep(journal, name);

	if (!kept)
		return;
	kept->oid = *oid;
	kept->mode = mode;
}

/* Put `value` into a blob and return its stand-in: {"$blob":id}, with
 * "json":true when the blob is the value's JSON and not the bare text. The
 * flush writes it, so that a full disk or gc meanwhile loses nothing. */
static struct value *spill(struct journal *journal, struct arena *arena,
                           const struct value *value, const char *json)
{
	bool is_text = value->kind == VALUE_STRING;
	const char *bytes = is_text ? value->text : json;
	size_t len = is_text ? value->length : strlen(json);
	struct value *stand_in = value_map(arena);
	struct oid oid;

	repo_blob_id(bytes, len, &oid);
	char *id = oid_text(arena, &oid);
	value_map_text(arena, stand_in, "$blob", id);
	if (!is_text)
		value_map_set(arena, stand_in, "json", value_bool(arena, true));
	struct kept *kept = keep(journal, arena_printf(arena, "blobs/%s", id));
	if (kept) {
		kept->oid = oid;
		kept->mode = 0100644;
		kept->bytes = mem_strndup(bytes, len);
		kept->len = len;
	}
	return stand_in;
}

/* Copy `data`, its long members replaced by stand-ins. */
static struct value *shorten(struct journal *journal, struct arena *arena,
                             const struct value *data, size_t longest)
{
	struct value *result = value_map(arena);

	for (size_t i = 0; i < data->length; i++) {
		const struct member *member = &data->members[i];
		const char *json = json_canonical(arena, member->value);
		/* What looks like a stand-in is written as one, too. */
		bool fits = strlen(json) <= longest &&
		            !value_get(member->value, "$blob");
		value_map_set(
		        arena, result, member->name,
		        fits ? member->value
		             : spill(journal, arena, member->value, json));
	}
	return result;
}

void journal_redact(struct journal *journal,
                    const struct value *(*clean)(const void *state,
                                                 struct arena *arena,
                                                 const struct value *data),
                    const void *state)
{
	journal->clean = clean;
	journal->clean_state = state;
}

const char *journal_add(struct journal *journal, enum event_type type,
                        const char *subject, const struct value *data)
{
	auto_arena struct arena arena = { 0 };
	unsigned char random[16];
	struct hash id;

	clock_random(journal->clock, random, sizeof(random));
	memcpy(&id, random, sizeof(id));
	hash_to_text(id, journal->last_id);

	if (journal->clean)
		data = journal->clean(journal->clean_state, &arena, data);
	/* Members over the limit go to blobs; when the line is still too long,
	 * so do ever shorter ones. A stand-in itself has about 70 bytes. */
	auto_buf struct buf line = buf_make(LIMIT_OUTPUT);
	for (size_t longest = LIMIT_EVENT_FIELD; longest >= 64; longest /= 2) {
		struct value *shown = shorten(journal, &arena, data, longest);
		value_map_int(&arena, shown, "v", event_type_version(type));
		struct event event = {
			.type = type,
			.id = journal->last_id,
			.source = journal->source,
			.time_ms = clock_wall_ms(journal->clock),
			.subject = subject,
			.data = shown,
		};
		buf_cut(&line, 0);
		event_write(&line, &event);
		if (line.len <= LIMIT_EVENT_LINE)
			break;
	}
	if (line.len > LIMIT_EVENT_LINE)
		journal->too_long = true;
	journal->pending = mem_grow(journal->pending, journal->pending_count,
	                            sizeof(*journal->pending));
	size_t len = line.len;
	journal->pending[journal->pending_count++] = (struct pending){
		.line = buf_take(&line),
		.len = len,
	};
	return journal->last_id;
}
