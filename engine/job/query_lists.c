/*
 * Lists that queries were asked of before
 *
 * A query within a loop is asked of the same lists for each item. What is
 * known of a long list (its columns, its hash, the tables made of it) is kept
 * in the engine, by the list's address: values do not change once they are
 * made, and expr_engine_forget() is called before their memory goes.
 *
 * A list has a table for each set of columns that some query compares with a
 * value, and that table has an index on each of them. So the order in which a
 * query without `order by` gives its rows depends on the query and the list
 * alone, never on what was asked before.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/job/query_tools.h"
#include "store/base/alloc.h"
#include "store/base/text.h"

/* Shorter ones are loaded faster than found. */
#define KEPT_ITEMS 256
/* Beyond one of these all are forgotten. */
#define KEPT_LISTS 64
#define KEPT_BYTES (128u << 20)

/* About what SQLite needs for a cell besides its text. */
#define CELL_BYTES 8

struct query_lists {
	struct arena arena;
	struct kept_list **items;
	size_t count;
	size_t bytes;
	unsigned table_count;
};

void query_lists_free(struct query_lists *lists)
{
	if (!lists)
		return;
	arena_clear(&lists->arena);
	free(lists);
}

void expr_engine_forget(struct expr_engine *engine)
{
	if (!engine || !engine->lists)
		return;
	scratch_close(&engine->queries);
	query_lists_free(steal(&engine->lists));
	engine->turn++;
}

void query_lists_trim(struct expr_engine *engine)
{
	const struct query_lists *lists = engine->lists;

	if (lists && (lists->count >= KEPT_LISTS || lists->bytes >= KEPT_BYTES))
		expr_engine_forget(engine);
}

/* An address alone would do; that it is the same list is made sure of as far
 * as costs nothing. */
static bool is_list(const struct kept_list *kept, const struct value *list)
{
	return kept->list == list && kept->length == list->length &&
	       kept->first == list->items[0] &&
	       kept->last == list->items[list->length - 1];
}

struct kept_list *query_lists_find(const struct expr_engine *engine,
                                   const struct value *list)
{
	const struct query_lists *lists = engine->lists;

	for (size_t i = 0; lists && i < lists->count; i++)
		if (is_list(lists->items[i], list))
			return lists->items[i];
	return NULL;
}

static size_t bytes_of(const struct value *list)
{
	size_t bytes = 0;

	for (size_t i = 0; i < list->length; i++) {
		const struct value *item = list->items[i];

		bytes += CELL_BYTES;
		for (size_t k = 0; item->kind == VALUE_MAP && k < item->length;
		     k++) {
			const struct value *cell = item->members[k].value;

			bytes += CELL_BYTES;
			bytes += cell->kind == VALUE_STRING ? cell->length : 0;
		}
	}
	return bytes;
}

struct kept_list *query_lists_add(struct expr_engine *engine,
                                  const struct query_table *table)
{
	const struct value *list = table->list;
	struct query_lists *lists;
	struct kept_list *kept;

	if (list->length < KEPT_ITEMS)
		return NULL;
	if (!engine->lists)
		engine->lists = mem_zalloc(1, sizeof(*engine->lists));
	lists = engine->lists;
	kept = arena_new(&lists->arena, struct kept_list);
	*kept = (struct kept_list){
		.list = list,
		.length = list->length,
		.first = list->items[0],
		.last = list->items[list->length - 1],
		.columns = arena_array(&lists->arena, table->column_count,
		                       sizeof(*table->columns)),
		.column_count = table->column_count,
		.is_single = table->is_single,
	};
	memcpy(kept->columns, table->columns,
	       table->column_count * sizeof(*table->columns));
	lists->items = arena_grow(&lists->arena, lists->items, lists->count,
	                          sizeof(struct kept_list *));
	lists->items[lists->count++] = kept;
	lists->bytes += bytes_of(list);
	return kept;
}

/* A name that no query can write: a quoted name has no line end. */
static struct kept_table *add_table(struct query_lists *lists,
                                    struct kept_list *kept,
                                    const char *const *indexed, size_t count)
{
	struct kept_table *table = arena_new(&lists->arena, struct kept_table);

	table->name =
	        arena_printf(&lists->arena, "list\n%u", ++lists->table_count);
	table->indexed =
	        arena_array(&lists->arena, count + 1, sizeof(*table->indexed));
	for (size_t i = 0; i < count; i++)
		table->indexed[i] = arena_strdup(&lists->arena, indexed[i]);
	table->count = count;
	table->next = kept->tables;
	kept->tables = table;
	return table;
}

static bool has_indexes(const struct kept_table *table,
                        const char *const *indexed, size_t count)
{
	if (table->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!text_equal(table->indexed[i], indexed[i]))
			return false;
	return true;
}

struct kept_table *query_lists_table(struct expr_engine *engine,
                                     struct kept_list *kept,
                                     const char *const *indexed, size_t count)
{
	struct kept_table *table = kept->tables;

	while (table && !has_indexes(table, indexed, count))
		table = table->next;
	return table ? table : add_table(engine->lists, kept, indexed, count);
}
