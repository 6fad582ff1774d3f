/*
 * What the ground floor costs: JSON, values, arenas, events, keys and SQLite.
 *
 *	make bench-base [ONLY=json]
 *
 * Each row is the best of several rounds, so that a busy machine shows less.
 * Rows print microseconds an operation and, where bytes are what counts,
 * megabytes a second. Nothing here is asserted: speed is no test.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/error.h"
#include "store/base/hash.h"
#include "store/base/json.h"
#include "store/base/value.h"
#include "store/db.h"
#include "store/event.h"
#include "store/key.h"

enum {
	ROUNDS = 7,
	MANY = 100000 /* members of the large map, items of the large list */
};

/* What the rows work on. */
struct ground {
	struct arena arena;
	const char *line; /* an event as the journal has it */
	size_t len;
	struct event *event;
	const struct value *ingredients;
	const struct value *large; /* a list of MANY small maps */
	const char *large_text;
	size_t large_len;
	const char *names; /* MANY of them, 16 bytes each */
	struct hash_secret secret;
	struct db *db;
	size_t bytes; /* that one operation of the row went over; 0: none */
};

static const char line[] =
        "{\"specversion\":\"1.0\",\"id\":\"2k9v7m3x0q4w8r5t1y6p2s9d3f\","
        "\"source\":\"reeve/7h2k9v7m3x0q4w8r\","
        "\"type\":\"dev.reeve.step.finished\","
        "\"time\":\"2026-11-22T09:15:42.123Z\","
        "\"subject\":\"4w8r5t1y6p2s9d3f7h2k9v7m3x/letters.17\","
        "\"data\":{\"attempt\":1,\"effects\":[],\"format\":1,"
        "\"ingredients\":{\"page\":\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b\""
        ",\"with\":{\"amount\":1200.50,\"client\":\"M\\u00fcller \\\"Acme\\\" "
        "GmbH\",\"currency\":\"EUR\",\"invoice\":\"2026-0117\"}},"
        "\"key\":\"5t1y6p2s9d3f7h2k9v7m3x0q4w\",\"kind\":\"render\","
        "\"output\":{\"blob\":\"2c26b46b68ffc68ff99b453c1d30413413422d70\","
        "\"bytes\":1834},\"run\":\"4w8r5t1y6p2s9d3f7h2k9v7m3x\","
        "\"step\":\"letters\",\"v\":1}}";

static void stop(struct error *err)
{
	(void)fprintf(stderr, "bench: %s\n", err->message);
	exit(EXIT_FAILURE);
}

static double now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void json_read(struct ground *ground)
{
	struct error err = { 0 };

	for (int i = 0; i < 1000; i++) {
		auto_arena struct arena arena = { 0 };

		if (!json_parse(&arena, "bench", ground->line, ground->len,
		                &err))
			stop(&err);
	}
	ground->bytes = ground->len;
}

static void json_read_one_arena(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };

	for (int i = 0; i < 1000; i++)
		if (!json_parse(&arena, "bench", ground->line, ground->len,
		                &err))
			stop(&err);
	ground->bytes = ground->len;
}

static void json_read_large(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };

	if (!json_parse(&arena, "bench", ground->large_text, ground->large_len,
	                &err))
		stop(&err);
	ground->bytes = ground->large_len / MANY;
}

static void json_write_line(struct ground *ground)
{
	auto_buf struct buf text = buf_make(1 << 20);

	for (int i = 0; i < 1000; i++) {
		buf_cut(&text, 0);
		json_write(&text, ground->event->data, 0);
	}
	ground->bytes = text.len;
}

static void json_write_canonical(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };

	for (int i = 0; i < 1000; i++)
		ground->bytes =
		        strlen(json_canonical(&arena, ground->event->data));
}

static void json_write_large(struct ground *ground)
{
	auto_buf struct buf text = buf_make(SIZE_MAX / 2);

	json_write(&text, ground->large, JSON_SORTED);
	ground->bytes = text.len / MANY;
}

static void event_read(struct ground *ground)
{
	struct error err = { 0 };

	for (int i = 0; i < 1000; i++) {
		auto_arena struct arena arena = { 0 };

		if (!event_parse(&arena, ground->line, ground->len, &err))
			stop(&err);
	}
	ground->bytes = ground->len;
}

static void event_print(struct ground *ground)
{
	auto_buf struct buf text = buf_make(1 << 20);

	for (int i = 0; i < 1000; i++) {
		buf_cut(&text, 0);
		event_write(&text, ground->event);
	}
	ground->bytes = text.len;
}

static void key_of_content(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };

	for (int i = 0; i < 1000; i++)
		(void)strlen(key_content(&arena, &ground->secret, "render", 1,
		                         ground->ingredients));
	ground->bytes = strlen(json_canonical(&arena, ground->ingredients));
}

static void key_of_effect(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };

	for (int i = 0; i < 1000; i++)
		(void)strlen(key_effect(&arena, &ground->secret,
		                        "4w8r5t1y6p2s9d3f7h2k9v7m3x", "letters",
		                        "17", i));
	ground->bytes = 0;
}

static void key_of_run(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };

	for (int i = 0; i < 1000; i++)
		(void)strlen(
		        key_run(&arena, &ground->secret, "proposal",
		                "commit:9f86d081884c7d659a2feaa0c55ad015"));
	ground->bytes = 0;
}

static void map_set_and_get(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };
	struct value *map = value_map(&arena);
	struct value *one = value_bool(&arena, true);

	for (size_t i = 0; i < MANY; i++) {
		const char *name = ground->names + 16 * i;

		if (value_get(map, name))
			abort();
		value_map_set(&arena, map, name, one);
		if (!value_get(map, name))
			abort();
	}
	ground->bytes = 0;
}

static void small_map(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };

	for (int i = 0; i < 1000; i++) {
		struct value *map = value_map(&arena);

		for (size_t j = 0; j < 8; j++)
			value_map_int(&arena, map, ground->names + 16 * j, i);
	}
	ground->bytes = 0;
}

static void list_add(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };
	struct value *list = value_list(&arena);

	for (int i = 0; i < MANY; i++)
		value_list_add(&arena, list, value_int(&arena, i));
	ground->bytes = 0;
}

static void copy_and_compare(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };

	if (!value_equal(value_copy(&arena, ground->large), ground->large))
		abort();
	ground->bytes = 0;
}

static void arena_pieces(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };

	for (int i = 0; i < 1000000; i++)
		(void)*(volatile char *)arena_alloc(&arena, 24);
	ground->bytes = 0;
}

static void arena_texts(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };

	for (int i = 0; i < 1000000; i++)
		(void)*(volatile char *)arena_strndup(&arena, ground->line, 13);
	ground->bytes = 0;
}

static void db_open_known(struct ground *ground)
{
	auto_error struct error err = { 0 };
	auto_db struct db *db = db_open("bench.db", &err);
	int64_t version;

	if (!db || db_pragma_int(db, "user_version", &version, &err) < 0)
		stop(&err);
	ground->bytes = 0;
}

static void db_insert(struct ground *ground)
{
	auto_error struct error err = { 0 };

	if (db_run(ground->db, "delete from result", &err) < 0 ||
	    db_begin(ground->db, &err) < 0)
		stop(&err);
	for (size_t i = 0; i < 10000; i++) {
		auto_statement struct statement *row =
		        db_prepare(ground->db,
		                   "insert into result(key, run, step, json)"
		                   " values (?1, ?2, ?3, ?4)",
		                   &err);

		if (!row)
			stop(&err);
		statement_bind_text(row, 1, ground->names + 16 * i);
		statement_bind_text(row, 2, "4w8r5t1y6p2s9d3f7h2k9v7m3x");
		statement_bind_int(row, 3, (int64_t)i);
		statement_bind_text(row, 4, ground->line);
		if (statement_run(row, &err) < 0)
			stop(&err);
	}
	if (db_commit(ground->db, &err) < 0)
		stop(&err);
	ground->bytes = ground->len;
}

static void db_look_up(struct ground *ground)
{
	auto_error struct error err = { 0 };
	size_t found = 0;

	for (size_t i = 0; i < 10000; i++) {
		auto_statement struct statement *row = db_prepare(
		        ground->db, "select json from result where key = ?1",
		        &err);

		if (!row)
			stop(&err);
		statement_bind_text(row, 1, ground->names + 16 * i);
		if (statement_step(row, &err) > 0)
			found += strlen(statement_text(row, 0)) > 0;
	}
	if (found != 10000)
		abort();
	ground->bytes = ground->len;
}

static const struct {
	const char *name;
	void (*go)(struct ground *ground);
	int count; /* operations of one call */
} rows[] = {
	{ "json: parse an event line", json_read, 1000 },
	{ "json: the same, one arena", json_read_one_arena, 1000 },
	{ "json: parse a list, per item", json_read_large, MANY },
	{ "json: write its data", json_write_line, 1000 },
	{ "json: its data canonical", json_write_canonical, 1000 },
	{ "json: write list, per item", json_write_large, MANY },
	{ "event: parse", event_read, 1000 },
	{ "event: write", event_print, 1000 },
	{ "key: of content", key_of_content, 1000 },
	{ "key: of an effect", key_of_effect, 1000 },
	{ "key: of a run", key_of_run, 1000 },
	{ "value: get, set, get in a growing map", map_set_and_get, MANY },
	{ "value: a map of 8 numbers", small_map, 1000 },
	{ "value: add a number to a list", list_add, MANY },
	{ "value: copy and compare an item", copy_and_compare, MANY },
	{ "arena: 24 bytes", arena_pieces, 1000000 },
	{ "arena: a text of 13 bytes", arena_texts, 1000000 },
	{ "db: open a known file and ask it", db_open_known, 1 },
	{ "db: prepare, bind, insert", db_insert, 10000 },
	{ "db: prepare, bind, look up", db_look_up, 10000 },
};

static void show(const char *name, double us, size_t bytes)
{
	(void)printf("%-40s %9.3f us", name, us);
	if (bytes > 0)
		(void)printf(" %8.0f MB/s", (double)bytes / us);
	(void)printf("\n");
}

/* What `count` event lines hold on the heap, once they are values. */
static void show_memory(struct ground *ground)
{
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct mallinfo2 before = mallinfo2();
	struct mallinfo2 after;

	for (int i = 0; i < 10000; i++)
		if (!json_parse(&arena, "bench", ground->line, ground->len,
		                &err))
			stop(&err);
	after = mallinfo2();
	(void)printf("%-40s %9zu bytes of struct value, %zu of line\n",
	             "memory: one parsed event line",
	             (after.uordblks + after.hblkhd - before.uordblks -
	              before.hblkhd) /
	                     10000,
	             ground->len);
	(void)printf("%-40s %9zu bytes\n", "memory: sizeof(struct value)",
	             sizeof(struct value));
}

static struct value *large_list(struct arena *arena)
{
	struct value *list = value_list(arena);

	for (int i = 0; i < MANY; i++) {
		struct value *map = value_map(arena);

		value_map_int(arena, map, "number", i);
		value_map_text(arena, map, "client", "Acme GmbH");
		value_map_text(arena, map, "city", "Berlin");
		value_map_int(arena, map, "amount", 100 * i);
		value_list_add(arena, list, map);
	}
	return list;
}

static void make_db(struct ground *ground)
{
	struct error err = { 0 };

	ground->db = db_open("bench.db", &err);
	if (!ground->db || db_run(ground->db,
	                          "create table result(key text primary key,"
	                          " run text, step integer, json text)"
	                          " without rowid",
	                          &err) < 0)
		stop(&err);
}

static void lay(struct ground *ground)
{
	struct error err = { 0 };
	char *names = arena_array(&ground->arena, MANY, 16);

	ground->line = line;
	ground->len = strlen(line);
	ground->event = event_parse(&ground->arena, line, ground->len, &err);
	if (!ground->event)
		stop(&err);
	ground->ingredients = value_get(ground->event->data, "ingredients");
	ground->large = large_list(&ground->arena);
	ground->large_text = json_canonical(&ground->arena, ground->large);
	ground->large_len = strlen(ground->large_text);
	for (int i = 0; i < MANY; i++)
		(void)snprintf(names + 16 * (size_t)i, 16, "letters.%d", i);
	ground->names = names;
	for (size_t i = 0; i < HASH_SECRET_BYTES; i++)
		ground->secret.bytes[i] = (unsigned char)(i * 37);
	make_db(ground);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";
	char dir[] = "/tmp/reeve-bench-XXXXXX";
	struct ground ground = { 0 };

	if (!mkdtemp(dir) || chdir(dir) < 0)
		return EXIT_FAILURE;
	lay(&ground);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double best = 0;

		if (!strstr(rows[i].name, only))
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			double from = now_us();
			double took;

			rows[i].go(&ground);
			took = (now_us() - from) / rows[i].count;
			if (round == 0 || took < best)
				best = took;
		}
		show(rows[i].name, best, ground.bytes);
	}
	show_memory(&ground);
	db_close(ground.db);
	arena_clear(&ground.arena);
	(void)unlink("bench.db");
	return chdir("/") < 0 || rmdir(dir) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
