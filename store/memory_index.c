/*
 * How it works
 *
 * A note's key is its path and its blob id, because the words of the path are
 * found, too. Nothing is ever changed or removed, so two processes may fill the
 * index side by side, and a search of an old tree finds what it found then.
 *
 *	note        path, blob id and what the front matter says
 *	supersede   the paths that a note supersedes
 *	chunk       its pieces (memory_chunk.c), in their order
 *	word        FTS5 without content: which words stand in which piece
 *
 * FTS5 serves as tokenizer and inverted index, nothing more: its bm25() takes
 * its statistics from everything that was ever indexed. Occurrences are read
 * through fts5vocab and ranked elsewhere. A query never meets FTS5's query
 * syntax: its words are put into a second FTS5 table, in memory, and the terms
 * of that table are what is looked for.
 *
 * The file is of one format or it is thrown away; after an unclean end, when a
 * write-ahead log was left, its pages are checked first.
 */
#include "store/memory_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/date.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"
#include "store/base/yaml.h"
#include "store/memory_chunk.h"

/* "reev", and the number of what is below: it changes with the schema, the
 * tokenizer, and how a file is read or cut. */
#define APPLICATION_ID 0x72656576
#define FORMAT         1
#define TEXT_OF(x)     TEXT_OF_(x)
#define TEXT_OF_(x)    #x

#define TOKENIZE "tokenize = 'porter unicode61 remove_diacritics 2'"

static const char schema[] =
        "create table note ("
        " id integer primary key, path text not null, oid blob not null,"
        " trust text not null, source text, valid_from text, valid_to text,"
        " unique (path, oid));"
        "create table supersede (note integer not null, path text not null);"
        "create index supersede_note on supersede (note);"
        "create table chunk ("
        " id integer primary key, note integer not null,"
        " first_line integer not null, last_line integer not null,"
        " heading text not null, text text not null,"
        " words integer not null);"
        "create index chunk_note on chunk (note);"
        "create virtual table word using fts5("
        " text, content = '', " TOKENIZE ");"
        "create virtual table word_place using fts5vocab(word, instance);"
        "pragma application_id = " TEXT_OF(
                APPLICATION_ID) ";"
                                "pragma user_version = " TEXT_OF(FORMAT);

static const char query_schema[] = "pragma temp_store = memory;"
                                   "create virtual table temp.query using fts5("
                                   " text, content = '', " TOKENIZE ");"
                                   "create virtual table temp.query_word"
                                   " using fts5vocab(temp, query, row)";

/* 1 if it is an index of this format, 0 if nothing is in it yet. */
static int look(struct db *db, struct error *err)
{
	int64_t application;
	int64_t format;
	int64_t version; /* 0 as long as no table was ever made */

	if (db_pragma_int(db, "application_id", &application, err) < 0 ||
	    db_pragma_int(db, "user_version", &format, err) < 0 ||
	    db_pragma_int(db, "schema_version", &version, err) < 0)
		return -1;
	if (application == APPLICATION_ID && format == FORMAT)
		return 1;
	if (application == 0 && format == 0 && version == 0)
		return 0;
	return error_set(err, ERR_CORRUPT,
	                 "this is not a memory index of format %d", FORMAT);
}

static int prepare_schema(struct db *db, struct error *err)
{
	int state = look(db, err);

	if (state != 0)
		return state < 0 ? -1 : 0;
	if (db_begin(db, err) < 0)
		return -1;
	/* Another process may have been first. */
	state = look(db, err);
	if (state < 0 || (state == 0 && db_run(db, schema, err) < 0)) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

static int check_pages(struct db *db, struct error *err)
{
	auto_statement struct statement *row =
	        db_prepare(db, "pragma quick_check(1)", err);

	if (!row || statement_step(row, err) < 0)
		return -1;
	if (!text_equal(statement_text(row, 0), "ok"))
		return error_set(err, ERR_CORRUPT,
		                 "the memory index is damaged");
	return 0;
}

struct db *index_open(const char *path, struct error *err)
{
	auto_free char *log = mem_printf("%s-wal", path);
	bool ended_unclean = file_exists(log);
	auto_db struct db *db = db_open(path, err);

	if (!db || (ended_unclean && check_pages(db, err) < 0) ||
	    prepare_schema(db, err) < 0 || db_run(db, query_schema, err) < 0)
		return NULL;
	return steal(&db);
}

int index_remove(const char *path, struct error *err)
{
	static const char *const endings[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		auto_free char *file = mem_printf("%s%s", path, endings[i]);

		if (unlink(file) < 0 && errno != ENOENT)
			return error_errno(err, errno,
			                   "could not remove \"%s\"", file);
	}
	return 0;
}

/* A column, in `arena`; NULL stays NULL. */
static const char *copy_text(struct arena *arena, struct statement *row, int n)
{
	const char *text = statement_text(row, n);

	return text ? arena_strdup(arena, text) : NULL;
}

/* The first column of every row, in `arena`. */
static int copy_texts(struct arena *arena, struct statement *rows,
                      const char ***ret, size_t *ret_count, struct error *err)
{
	const char **texts = NULL;
	size_t count = 0;
	int more;

	while ((more = statement_step(rows, err)) > 0) {
		texts = arena_grow(arena, texts, count, sizeof(*texts));
		texts[count++] = copy_text(arena, rows, 0);
	}
	if (more < 0)
		return -1;
	*ret = texts;
	*ret_count = count;
	return 0;
}

static void bind_key(struct statement *statement, const struct note *note)
{
	statement_bind_text(statement, 1, note->entry.path);
	statement_bind_bytes(statement, 2, note->entry.oid.bytes,
	                     sizeof(note->entry.oid.bytes));
}

int index_find(struct db *db, struct arena *arena, struct note *note,
               struct error *err)
{
	auto_statement struct statement *row =
	        db_prepare(db,
	                   "select id, trust, source, valid_from, valid_to"
	                   " from note where path = ?1 and oid = ?2",
	                   err);

	if (!row)
		return -1;
	bind_key(row, note);

	int more = statement_step(row, err);

	if (more <= 0)
		return more;
	note->id = statement_int(row, 0);
	note->trust = copy_text(arena, row, 1);
	note->source = copy_text(arena, row, 2);
	note->valid_from = copy_text(arena, row, 3);
	note->valid_to = copy_text(arena, row, 4);
	return 0;
}

/* How far a note is trusted. When its front matter cannot be read, or says
 * something that means nothing, that is as far as an outsider. */
static const char *trust_of(const struct value *front)
{
	static const char *const known[] = { "owner", "agent", "outside" };

	if (!front)
		return "outside";
	if (!value_get(front, "trust"))
		return "owner";
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (text_equal(known[i], value_get_text(front, "trust", "")))
			return known[i];
	return "outside";
}

/* The member `name` if it is a date, else NULL. */
static const char *day_of(const struct value *front, const char *name)
{
	const char *text = value_get_text(front, name, NULL);
	struct date date;

	return text && date_parse(text, &date) ? text : NULL;
}

/* Insert, with `returning id`. The statement must come to its end, as one that
 * is left before takes its row back. */
static int insert_row(struct statement *row, int64_t *ret_id, struct error *err)
{
	if (statement_step(row, err) < 0)
		return -1;
	*ret_id = statement_int(row, 0);
	return statement_run(row, err);
}

static int insert_note(struct db *db, struct note *note,
                       const struct value *front, struct error *err)
{
	auto_statement struct statement *row =
	        db_prepare(db,
	                   "insert into note (path, oid, trust, source,"
	                   " valid_from, valid_to)"
	                   " values (?1, ?2, ?3, ?4, ?5, ?6) returning id",
	                   err);

	if (!row)
		return -1;
	note->trust = trust_of(front);
	note->source = value_get_text(front, "source", NULL);
	note->valid_from = day_of(front, "valid_from");
	note->valid_to = day_of(front, "valid_to");
	bind_key(row, note);
	statement_bind_text(row, 3, note->trust);
	statement_bind_text(row, 4, note->source);
	statement_bind_text(row, 5, note->valid_from);
	statement_bind_text(row, 6, note->valid_to);
	return insert_row(row, &note->id, err);
}

/* `path` is a string; what else it may be supersedes nothing. */
static int insert_superseded(struct db *db, const struct note *note,
                             const struct value *path, struct error *err)
{
	if (path->kind != VALUE_STRING)
		return 0;

	auto_statement struct statement *row =
	        db_prepare(db, "insert into supersede values (?1, ?2)", err);

	if (!row)
		return -1;
	statement_bind_int(row, 1, note->id);
	statement_bind_text(row, 2, path->text);
	return statement_run(row, err);
}

/* `supersedes` is one path or a list of them. */
static int insert_supersedes(struct db *db, const struct note *note,
                             const struct value *front, struct error *err)
{
	const struct value *paths = value_get(front, "supersedes");

	if (!paths)
		return 0;
	if (paths->kind != VALUE_LIST)
		return insert_superseded(db, note, paths, err);
	for (size_t i = 0; i < paths->length; i++)
		if (insert_superseded(db, note, paths->items[i], err) < 0)
			return -1;
	return 0;
}

/* What of a note's path says something: "org/price-list". */
static const char *path_words(struct arena *arena, const char *path)
{
	const char *words = path + strlen("memory/");

	return arena_strndup(arena, words,
	                     strlen(words) - strlen(path_ending(words)));
}

static int insert_words(struct db *db, int64_t chunk, const char *text,
                        struct error *err)
{
	auto_statement struct statement *row = db_prepare(
	        db, "insert into word (rowid, text) values (?1, ?2)", err);

	if (!row)
		return -1;
	statement_bind_int(row, 1, chunk);
	statement_bind_text(row, 2, text);
	return statement_run(row, err);
}

static int insert_chunk(struct db *db, const struct note *note,
                        const struct chunk *chunk, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	int64_t id;
	const char *searched = arena_printf(
	        &arena, "%s\n%s\n%s", path_words(&arena, note->entry.path),
	        chunk->heading, chunk->text);
	auto_statement struct statement *row =
	        db_prepare(db,
	                   "insert into chunk (note, first_line, last_line,"
	                   " heading, text, words)"
	                   " values (?1, ?2, ?3, ?4, ?5, ?6) returning id",
	                   err);

	if (!row)
		return -1;
	statement_bind_int(row, 1, note->id);
	statement_bind_int(row, 2, chunk->first_line);
	statement_bind_int(row, 3, chunk->last_line);
	statement_bind_text(row, 4, chunk->heading);
	statement_bind_text(row, 5, chunk->text);
	statement_bind_int(row, 6, rank_count_words(searched));
	if (insert_row(row, &id, err) < 0)
		return -1;
	return insert_words(db, id, searched, err);
}

/* The pieces of the file's text. `front` is NULL when it was not readable. */
static void split(struct arena *arena, const struct buf *bytes,
                  const struct value *front, struct chunks *ret)
{
	const struct value *body = value_get(front, "text");

	if (body)
		chunk_markdown(arena, body->text, body->length, body->pos.line,
		               ret);
	else
		chunk_markdown(arena, bytes->at, bytes->len, 1, ret);
}

int index_add(struct db *db, struct arena *arena, struct files *files,
              struct note *note, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_NOTE);
	auto_error struct error unreadable = { 0 };
	const struct value *front = NULL;
	struct chunks chunks = { 0 };
	int found = files_read(files, note->entry.path, &bytes,
	                       &note->entry.oid, err);

	if (found <= 0)
		return found;
	/* What is no text at all is a note without pieces. */
	if (utf8_valid(bytes.at, bytes.len) &&
	    !memchr(bytes.at, '\0', bytes.len)) {
		front = markdown_parse(arena, note->entry.path, bytes.at,
		                       bytes.len, &unreadable);
		split(arena, &bytes, front, &chunks);
	}
	if (insert_note(db, note, front, err) < 0 ||
	    insert_supersedes(db, note, front, err) < 0)
		return -1;
	for (size_t i = 0; i < chunks.count; i++)
		if (insert_chunk(db, note, &chunks.items[i], err) < 0)
			return -1;
	return 0;
}

int index_supersedes(struct db *db, struct arena *arena, int64_t note,
                     const char ***ret, size_t *ret_count, struct error *err)
{
	auto_statement struct statement *rows = db_prepare(
	        db, "select path from supersede where note = ?1", err);

	if (!rows)
		return -1;
	statement_bind_int(rows, 1, note);
	return copy_texts(arena, rows, ret, ret_count, err);
}

int index_candidates(struct db *db, struct arena *arena, int64_t note,
                     size_t file, struct candidates *ret, struct error *err)
{
	auto_statement struct statement *rows = db_prepare(
	        db, "select id, words from chunk where note = ?1 order by id",
	        err);
	int more;

	if (!rows)
		return -1;
	statement_bind_int(rows, 1, note);
	while ((more = statement_step(rows, err)) > 0) {
		ret->items = arena_grow(arena, ret->items, ret->count,
		                        sizeof(*ret->items));
		ret->items[ret->count++] = (struct candidate){
			.id = statement_int(rows, 0),
			.file = file,
			.words = (unsigned)statement_int(rows, 1),
		};
	}
	return more;
}

int index_terms(struct db *db, struct arena *arena, const char *words,
                const char ***ret, size_t *ret_count, struct error *err)
{
	static const char forget[] =
	        "insert into temp.query (query) values ('delete-all')";

	if (db_run(db, forget, err) < 0)
		return -1;

	auto_statement struct statement *row = db_prepare(
	        db, "insert into temp.query (text) values (?1)", err);
	auto_statement struct statement *terms = db_prepare(
	        db, "select term from temp.query_word order by term", err);

	if (!row || !terms)
		return -1;
	statement_bind_text(row, 1, words);
	if (statement_run(row, err) < 0)
		return -1;
	return copy_texts(arena, terms, ret, ret_count, err);
}

int index_occurrences(struct db *db, struct arena *arena, const char *term,
                      struct occurrence **ret, size_t *ret_count,
                      struct error *err)
{
	struct occurrence *list = NULL;
	size_t count = 0;
	int more;
	auto_statement struct statement *rows =
	        db_prepare(db,
	                   "select doc, count(*) from word_place"
	                   " where term = ?1 group by doc",
	                   err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, term);
	while ((more = statement_step(rows, err)) > 0) {
		list = arena_grow(arena, list, count, sizeof(*list));
		list[count++] = (struct occurrence){
			.id = statement_int(rows, 0),
			.count = (unsigned)statement_int(rows, 1),
		};
	}
	if (more < 0)
		return -1;
	*ret = list;
	*ret_count = count;
	return 0;
}

int index_read_chunk(struct db *db, struct arena *arena, int64_t id,
                     struct memory_chunk *ret, struct error *err)
{
	auto_statement struct statement *row =
	        db_prepare(db,
	                   "select first_line, last_line, heading, text"
	                   " from chunk where id = ?1",
	                   err);

	if (!row)
		return -1;
	statement_bind_int(row, 1, id);

	int more = statement_step(row, err);

	if (more < 0)
		return -1;
	if (more == 0)
		return error_set(err, ERR_CORRUPT,
		                 "the memory index has lost a piece");
	ret->first_line = (unsigned)statement_int(row, 0);
	ret->last_line = (unsigned)statement_int(row, 1);
	ret->heading = copy_text(arena, row, 2);
	ret->text = copy_text(arena, row, 3);
	return 0;
}
