/*
 * The commits of the journal as events, and what stands for their long members
 * as the members themselves.
 */
#include "store/journal_private.h"

#include <string.h>

#include "store/base/buf.h"
#include "store/base/json.h"
#include "store/base/limits.h"

bool journal_is_stand_in(const struct value *value)
{
	return value_get_text(value, "$blob", NULL);
}

int journal_resolve(struct repo *repo, struct arena *arena,
                    const struct value *value, struct value **ret,
                    struct error *err)
{
	const char *id = value_get_text(value, "$blob", NULL);
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	struct oid oid;

	if (!id) {
		*ret = value_copy(arena, value);
		return 0;
	}
	if (!oid_from_text(id, &oid))
		return error_set(err, ERR_CORRUPT,
		                 "an event names the blob \"%s\"", id);
	if (repo_blob_read(repo, &oid, &bytes, err) < 0)
		return error_wrap(err, "the journal's blob %s", id);
	if (!value_get_bool(value, "json", false)) {
		*ret = value_bytes(arena, bytes.at, bytes.len);
		return 0;
	}
	*ret = json_parse(arena, "a blob of the journal", bytes.at, bytes.len,
	                  err);
	return *ret ? 0 : -1;
}

int journal_member(struct repo *repo, struct arena *arena,
                   const struct value *data, const char *name,
                   struct value **ret, struct error *err)
{
	const struct value *value = value_get(data, name);

	if (!value) {
		*ret = NULL;
		return 0;
	}
	return journal_resolve(repo, arena, value, ret, err);
}

/* ---- Reading ------------------------------------------------------------- */

/* The first event line of a message: behind the subject and an empty line. */
static const char *first_line(const struct commit *commit)
{
	const char *blank = strstr(commit->message, "\n\n");

	return blank ? blank + 2 : commit->message + commit->message_len;
}

/* The one parent of the commit, or none, is the one of `place`. */
static int expect_parent(struct arena *arena, const struct commit *commit,
                         const struct journal_place *place, struct error *err)
{
	static const struct oid none;

	if (commit->parent_count > 1)
		return error_set(err, ERR_CORRUPT,
		                 "journal commit %s has more than one parent",
		                 oid_text(arena, &place->commit));
	if (oid_equal(commit->parent_count ? commit->parents : &none,
	              &place->parent))
		return 0;
	return error_set(err, ERR_CORRUPT,
	                 "journal commit %s does not follow %s",
	                 oid_text(arena, &place->commit),
	                 oid_text(arena, &place->parent));
}

int journal_read_commit(struct repo *repo, const struct journal_place *where,
                        journal_event_sink each, void *state, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_arena struct arena scratch = { 0 };
	struct journal_place place = *where;
	struct commit commit;

	place.line = 0;
	if (repo_commit_read(repo, &arena, &place.commit, &commit, err) < 0)
		return error_wrap(err, "could not read the journal");
	if (expect_parent(&arena, &commit, &place, err) < 0)
		return -1;
	for (const char *line = first_line(&commit); *line; place.line++) {
		const char *end = strchr(line, '\n');
		size_t len = end ? (size_t)(end - line) : strlen(line);
		struct event *event = event_parse(&scratch, line, len, err);
		if (!event)
			return error_wrap(err, "journal commit %s, event %u",
			                  oid_text(&arena, &place.commit),
			                  place.line + 1);
		int status = each(state, event, &place, err);
		if (status != 0)
			return status;
		line += len + (end ? 1 : 0);
		arena_reset(&scratch);
	}
	return 0;
}

int journal_read_line(struct repo *repo, const struct oid *line, size_t count,
                      const struct oid *parent, journal_event_sink each,
                      void *state, struct error *err)
{
	struct journal_place place = { .parent = *parent };

	for (size_t i = 0; i < count; i++) {
		place.commit = line[i];
		int status =
		        journal_read_commit(repo, &place, each, state, err);
		if (status != 0)
			return status;
		place.parent = place.commit;
	}
	return 0;
}

/* Make `read` the commit `id`, standing at its first event. */
static int go_to_commit(struct journal *journal, const struct oid *id,
                        struct error *err)
{
	arena_clear(&journal->read_arena);
	journal->read_at = NULL;
	if (repo_commit_read(journal->repo, &journal->read_arena, id,
	                     &journal->read, err) < 0)
		return -1;
	journal->read_at = first_line(&journal->read);
	journal->read_line = 0;
	return 0;
}

struct event *journal_event_at(struct journal *journal, struct arena *arena,
                               const struct journal_place *place,
                               struct error *err)
{
	if ((!journal->read_at ||
	     !oid_equal(&journal->read.id, &place->commit)) &&
	    go_to_commit(journal, &place->commit, err) < 0)
		return NULL;
	if (place->line < journal->read_line) {
		journal->read_at = first_line(&journal->read);
		journal->read_line = 0;
	}
	for (; journal->read_line < place->line; journal->read_line++) {
		const char *end = strchrnul(journal->read_at, '\n');
		if (!*end)
			break;
		journal->read_at = end + 1;
	}
	const char *line = journal->read_at;
	if (journal->read_line < place->line || !*line) {
		error_set(err, ERR_CORRUPT, "journal commit %s has no line %u",
		          oid_text(arena, &place->commit), place->line + 1);
		return NULL;
	}
	return event_parse(arena, line, strcspn(line, "\n"), err);
}

int journal_read(struct journal *journal, const struct oid *tip,
                 journal_event_sink each, void *state, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct oid *commits;
	size_t count;

	if (repo_line(journal->repo, &arena, tip, NULL, &commits, &count, err) <
	    0)
		return error_wrap(err, "could not read the journal");
	return journal_read_line(journal->repo, commits, count,
	                         &(struct oid){ 0 }, each, state, err);
}
