/*
 * How it works
 *
 * A search goes through these steps:
 *
 *	list      the files below memory/org/ and the project's folder
 *	index     those whose path and blob id the index does not know yet
 *	leave out what is not valid today, and what the others supersede
 *	rank      the pieces of the rest by the words of the query
 *	pack      the best of them, no text twice, until the budget is used
 *
 * Each step depends on the files and the query alone, so a search that is made
 * again gives the same answer, whatever was indexed in between.
 *
 * A note supersedes others from its `valid_from` on, for good: when a price
 * list ends, the one before it does not come back. A note from outside
 * supersedes only notes from outside.
 *
 * The index may turn out to be damaged at any statement. It is then begun
 * anew, once, and the search with it.
 */
#include "store/memory.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/text.h"
#include "store/db.h"
#include "store/memory_chunk.h"
#include "store/memory_index.h"
#include "store/memory_rank.h"

/* A model's token is about so many bytes of English. */
#define TOKEN_BYTES 4

#define DEFAULT_LIMIT  8
#define DEFAULT_BUDGET 2000

struct memory {
	char *path;
	struct db *db; /* NULL: the last attempt to begin anew failed */
};

/* What one search works on; everything in it lives in `arena`. */
struct search {
	struct db *db;
	struct files *files;
	const struct memory_query *query;
	struct arena *arena;
	struct note *notes; /* by path */
	size_t note_count;
	struct candidates candidates;
	bool has_terms; /* the query says something */
	size_t tokens_left;
	struct memory_chunk *found;
	const char **found_words; /* of each, as same_words() has them */
	size_t found_count;
};

/* Begin anew with an empty index. */
static int replace_index(struct memory *memory, struct error *err)
{
	db_close(memory->db);
	memory->db = NULL;
	if (index_remove(memory->path, err) < 0)
		return -1;
	memory->db = index_open(memory->path, err);
	return memory->db ? 0 : -1;
}

struct memory *memory_open(const char *path, struct error *err)
{
	auto_memory struct memory *memory = mem_zalloc(1, sizeof(*memory));
	auto_error struct error first = { 0 };

	memory->path = mem_strdup(path);
	memory->db = index_open(path, &first);
	if (memory->db)
		return steal(&memory);
	if (first.code != ERR_CORRUPT) {
		error_move(err, &first);
		return NULL;
	}
	return replace_index(memory, err) < 0 ? NULL : steal(&memory);
}

void memory_close(struct memory *memory)
{
	if (!memory)
		return;
	db_close(memory->db);
	free(memory->path);
	free(memory);
}

void memory_close_auto(struct memory **memory)
{
	memory_close(*memory);
}

static int add_notes(struct search *search, const char *pattern,
                     struct error *err)
{
	struct file_entry *entries;
	size_t count;

	if (files_list(search->files, search->arena, pattern, &entries, &count,
	               err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		search->notes =
		        arena_grow(search->arena, search->notes,
		                   search->note_count, sizeof(*search->notes));
		search->notes[search->note_count++] =
		        (struct note){ .entry = entries[i] };
	}
	return 0;
}

/* By path, as "memory/org/" is before "memory/projects/". */
static int list_notes(struct search *search, struct error *err)
{
	const char *project = search->query->project;

	if (add_notes(search, "memory/org/**/*.md", err) < 0)
		return -1;
	if (!project)
		return 0;
	/* It may come from outside: it must not be a pattern or a path. */
	if (!text_is_slug(project)) {
		error_set(err, ERR_FAILED,
		          "\"%s\" cannot be the name of a project", project);
		return error_hint(err, "A project's name is lower-case "
		                       "letters, digits and hyphens.");
	}
	return add_notes(search,
	                 arena_printf(search->arena,
	                              "memory/projects/%s/**/*.md", project),
	                 err);
}

static int find_notes(struct search *search, size_t *ret_missing,
                      struct error *err)
{
	size_t missing = 0;

	for (size_t i = 0; i < search->note_count; i++) {
		struct note *note = &search->notes[i];

		if (note->id == 0 &&
		    index_find(search->db, search->arena, note, err) < 0)
			return -1;
		missing += note->id == 0;
	}
	*ret_missing = missing;
	return 0;
}

static int add_missing(struct search *search, struct error *err)
{
	size_t missing;

	/* Another process may have added them since. */
	if (find_notes(search, &missing, err) < 0)
		return -1;
	for (size_t i = 0; i < search->note_count; i++) {
		struct note *note = &search->notes[i];

		if (note->id == 0 && index_add(search->db, search->arena,
		                               search->files, note, err) < 0)
			return -1;
	}
	return 0;
}

static int index_notes(struct search *search, struct error *err)
{
	size_t missing;

	if (find_notes(search, &missing, err) < 0)
		return -1;
	if (missing == 0)
		return 0;
	if (db_begin(search->db, err) < 0)
		return -1;
	if (add_missing(search, err) < 0) {
		db_rollback(search->db);
		return -1;
	}
	return db_commit(search->db, err);
}

static bool has_begun(const struct note *note, const char *today)
{
	return !note->valid_from || strcmp(note->valid_from, today) <= 0;
}

static bool has_ended(const struct note *note, const char *today)
{
	return note->valid_to && strcmp(note->valid_to, today) < 0;
}

static bool is_outside(const struct note *note)
{
	return text_equal(note->trust, "outside");
}

static int compare_notes(const void *key, const void *element)
{
	const struct note *note = element;

	return strcmp(key, note->entry.path);
}

/* Leave out what `note` supersedes. */
static int supersede(struct search *search, const struct note *note,
                     struct error *err)
{
	const char **paths;
	size_t count;

	if (index_supersedes(search->db, search->arena, note->id, &paths,
	                     &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct note *old =
		        bsearch(paths[i], search->notes, search->note_count,
		                sizeof(*search->notes), compare_notes);

		if (old && old != note &&
		    (is_outside(old) || !is_outside(note)))
			old->is_left_out = true;
	}
	return 0;
}

static int leave_out(struct search *search, struct error *err)
{
	const char *today = search->query->today;

	for (size_t i = 0; i < search->note_count; i++) {
		struct note *note = &search->notes[i];

		/* One that vanished while it was read is not there. */
		if (note->id == 0 || !has_begun(note, today)) {
			note->is_left_out = true;
			continue;
		}
		if (has_ended(note, today))
			note->is_left_out = true;
		if (supersede(search, note, err) < 0)
			return -1;
	}
	return 0;
}

static int list_candidates(struct search *search, struct error *err)
{
	for (size_t i = 0; i < search->note_count; i++)
		if (!search->notes[i].is_left_out &&
		    index_candidates(search->db, search->arena,
		                     search->notes[i].id, i,
		                     &search->candidates, err) < 0)
			return -1;
	return 0;
}

static int rank(struct search *search, struct error *err)
{
	auto_buf struct buf words = buf_make(MEMORY_QUERY_BYTES + 1);
	auto_ranking struct ranking *ranking =
	        ranking_new(search->candidates.items, search->candidates.count);
	const char **terms;
	size_t count;

	rank_query_words(&words, search->query->text, MEMORY_QUERY_BYTES);
	if (index_terms(search->db, search->arena, words.at, &terms, &count,
	                err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		auto_arena struct arena arena = { 0 };
		struct occurrence *occurrences;
		size_t occurrence_count;

		if (index_occurrences(search->db, &arena, terms[i],
		                      &occurrences, &occurrence_count, err) < 0)
			return -1;
		ranking_add_term(ranking, occurrences, occurrence_count);
	}
	ranking_finish(ranking);
	search->has_terms = count > 0;
	return 0;
}

/* The text with nothing but its letters and digits, lower case. */
static const char *bare_words(struct arena *arena, const char *text)
{
	size_t len = strlen(text);
	char *bare = arena_alloc(arena, len + 1);
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			bare[used++] = (char)(c - 'A' + 'a');
		else if (text_is_alpha(c) || text_is_digit(c) || (c & 0x80))
			bare[used++] = c;
		else if (used > 0 && bare[used - 1] != ' ')
			bare[used++] = ' ';
	}
	while (used > 0 && bare[used - 1] == ' ')
		used--;
	bare[used] = '\0';
	return bare;
}

/* Keep what `tokens_left` has room for, whole lines if there is one. */
static void cut_to_budget(struct search *search, struct memory_chunk *chunk)
{
	size_t len = strlen(chunk->text);
	size_t keep =
	        chunk_cut(chunk->text, len, search->tokens_left * TOKEN_BYTES);

	while (keep > 0 && strchr(" \r\n", chunk->text[keep - 1]))
		keep--;
	chunk->text = arena_strndup(search->arena, chunk->text, keep);
	chunk->last_line = chunk->first_line;
	for (size_t i = 0; i < keep; i++)
		chunk->last_line += chunk->text[i] == '\n';
}

static bool is_found_already(const struct search *search, const char *words)
{
	for (size_t i = 0; i < search->found_count; i++)
		if (text_equal(search->found_words[i], words))
			return true;
	return false;
}

/* Take the chunk if it says something new and has room. */
static void pack_chunk(struct search *search, struct memory_chunk *chunk)
{
	size_t cost = (strlen(chunk->text) + TOKEN_BYTES - 1) / TOKEN_BYTES;
	const char *words = bare_words(search->arena, chunk->text);

	if (is_found_already(search, words))
		return;
	if (cost > search->tokens_left && search->found_count > 0)
		return;
	if (cost > search->tokens_left) {
		cut_to_budget(search, chunk);
		cost = search->tokens_left;
	}
	search->tokens_left -= cost;
	search->found_words[search->found_count] = words;
	search->found[search->found_count++] = *chunk;
}

static int pack(struct search *search, struct error *err)
{
	const struct memory_query *query = search->query;
	size_t count = search->candidates.count;
	size_t limit = query->limit ? query->limit : DEFAULT_LIMIT;

	if (limit > count)
		limit = count;
	search->tokens_left =
	        query->token_budget ? query->token_budget : DEFAULT_BUDGET;
	search->found =
	        arena_array(search->arena, limit, sizeof(*search->found));
	search->found_words =
	        arena_array(search->arena, limit, sizeof(*search->found_words));
	for (size_t i = 0; i < count && search->found_count < limit; i++) {
		const struct candidate *candidate =
		        &search->candidates.items[i];
		const struct note *note = &search->notes[candidate->file];
		struct memory_chunk chunk = {
			.path = note->entry.path,
			.oid = note->entry.oid,
			.trust = note->trust,
			.source = note->source,
			.score = candidate->score,
		};

		if (search->has_terms && !(candidate->score > 0))
			break;
		if (index_read_chunk(search->db, search->arena, candidate->id,
		                     &chunk, err) < 0)
			return -1;
		pack_chunk(search, &chunk);
	}
	return 0;
}

static int run_search(struct search *search, struct error *err)
{
	if (list_notes(search, err) < 0 || index_notes(search, err) < 0 ||
	    leave_out(search, err) < 0 || list_candidates(search, err) < 0 ||
	    rank(search, err) < 0)
		return -1;
	return pack(search, err);
}

/* NOLINTNEXTLINE(readability-function-size): its list is two parameters */
int memory_search(struct memory *memory, struct files *files,
                  const struct memory_query *query, struct arena *arena,
                  struct memory_chunk **ret, size_t *ret_count,
                  struct error *err)
{
	auto_error struct error damage = { 0 };
	struct search begin = {
		.files = files,
		.query = query,
		.arena = arena,
	};
	struct search search;

	assert(query->text && query->today);
	if (!memory->db && replace_index(memory, err) < 0)
		return -1;
	search = begin;
	search.db = memory->db;
	if (run_search(&search, &damage) < 0) {
		if (damage.code != ERR_CORRUPT) {
			error_move(err, &damage);
			return -1;
		}
		if (replace_index(memory, err) < 0)
			return -1;
		search = begin;
		search.db = memory->db;
		if (run_search(&search, err) < 0)
			return -1;
	}
	*ret = search.found;
	*ret_count = search.found_count;
	return 0;
}
