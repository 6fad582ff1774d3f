/*
 * reeve show: what a word of a workspace's files takes and gives, as the
 * program knows it. A name may be several words: the kind "agent" and the file
 * "agent" are shown one after the other.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/cmd/words.h"
#include "store/base/text.h"

/* ---- JSON ---------------------------------------------------------------- */

static const char *full_key(struct arena *arena, const char *above,
                            const struct field *row)
{
	return arena_printf(arena, "%s%s", above, row->name);
}

static struct value *fields_value(struct arena *arena,
                                  const struct field *fields)
{
	struct value *list = value_list(arena);

	for (const struct field *row = fields; row->name; row++) {
		struct value *map = value_map(arena);
		if (row->later)
			continue;
		value_map_text(arena, map, "key", row->name);
		value_map_text(arena, map, "type", field_type_text(arena, row));
		value_map_set(arena, map, "required",
		              value_bool(arena, row->required));
		value_map_text(arena, map, "default", row->otherwise);
		value_map_text(arena, map, "meaning", row->help);
		value_map_text(arena, map, "example", row->example);
		if (row->fields)
			value_map_set(arena, map, "fields",
			              fields_value(arena, row->fields));
		value_list_add(arena, list, map);
	}
	return list;
}

static struct value *head_value(struct arena *arena, const struct word *word)
{
	struct value *map = value_map(arena);

	value_map_text(arena, map, "name", word->name);
	value_map_text(arena, map, "group", word->group);
	value_map_text(arena, map, "meaning", word->help);
	return map;
}

static struct value *word_value(struct arena *arena, const struct word *word)
{
	struct value *map = head_value(arena, word);
	struct value *results = value_list(arena);

	for (size_t i = 0; i < word->result_count; i++) {
		struct value *row = value_map(arena);
		value_map_text(arena, row, "key", word->results[i].name);
		value_map_text(arena, row, "meaning", word->results[i].help);
		value_list_add(arena, results, row);
	}
	if (word->fields)
		value_map_set(arena, map, "fields",
		              fields_value(arena, word->fields));
	value_map_text(arena, map, "result", word->result);
	value_map_set(arena, map, "results", results);
	value_map_text(arena, map, "example", word->example);
	return map;
}

/* ---- Text ---------------------------------------------------------------- */

/* The rows of maps within the map follow theirs, under their whole key. */
static void add_fields(struct table *table, const char *above,
                       const struct field *fields)
{
	for (const struct field *row = fields; row->name; row++) {
		const char *key = full_key(table->arena, above, row);
		if (row->later)
			continue;
		table_add(table, TINT_BOLD, "%s", key);
		table_add(table, TINT_NONE, "%s",
		          field_type_text(table->arena, row));
		table_add(table, TINT_DIM, "%s",
		          row->required    ? "required"
		          : row->otherwise ? row->otherwise
		                           : "");
		table_add(table, TINT_NONE, "%s", row->help ? row->help : "");
		if (row->fields)
			add_fields(table,
			           arena_printf(table->arena, "%s.", key),
			           row->fields);
	}
}

static void print_fields(const struct invocation *invocation,
                         const struct word *word)
{
	static const char *const heads[] = { "key", "type", "default",
		                             "meaning" };
	struct table table = {
		.arena = invocation->arena,
		.columns = ARRAY_LEN(heads),
		.indent = 2,
	};

	if (!word->fields || !word->fields->name)
		return;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		table_add(&table, TINT_DIM, "%s", heads[i]);
	add_fields(&table, "", word->fields);
	say(invocation, "\n");
	table_print(invocation, &table);
}

static void print_results(const struct invocation *invocation,
                          const struct word *word)
{
	struct table table = {
		.arena = invocation->arena,
		.columns = 2,
		.indent = 2,
	};

	if (!word->result)
		return;
	say(invocation, "\nIts result is %s%s\n", word->result,
	    word->result_count ? ":" : ".");
	for (size_t i = 0; i < word->result_count; i++) {
		const struct shape_field *row = &word->results[i];
		table_add(&table, TINT_BOLD, "%s", row->name);
		table_add(&table, TINT_NONE, "%s", row->help ? row->help : "");
	}
	table_print(invocation, &table);
}

static void print_word(const struct invocation *invocation,
                       const struct word *word)
{
	say_tinted(invocation, TINT_BOLD, "%s", word->name);
	say(invocation, "  (%s)  %s\n", word->group, word->help);
	print_fields(invocation, word);
	print_results(invocation, word);
	say(invocation, "\nFor example:\n");
	say_indented(invocation, 2, word->example);
}

/* ---- The command --------------------------------------------------------- */

static void show_all(const struct invocation *invocation,
                     const struct word *words, size_t count)
{
	struct value *list = value_list(invocation->arena);
	struct table table = { .arena = invocation->arena, .columns = 3 };

	for (size_t i = 0; i < count; i++) {
		table_add(&table, TINT_BOLD, "%s", words[i].name);
		table_add(&table, TINT_DIM, "%s", words[i].group);
		table_add(&table, TINT_NONE, "%s", words[i].help);
		value_list_add(invocation->arena, list,
		               head_value(invocation->arena, &words[i]));
	}
	if (invocation->json)
		print_json_as_is(invocation, list);
	else
		table_print(invocation, &table);
}

/* How many words have the name. */
static size_t show_named(const struct invocation *invocation,
                         const struct word *words, size_t count)
{
	struct value *list = value_list(invocation->arena);

	for (size_t i = 0; i < count; i++) {
		if (!text_equal(words[i].name, invocation->args[0]))
			continue;
		if (!invocation->json && list->length > 0)
			say(invocation, "\n");
		if (!invocation->json)
			print_word(invocation, &words[i]);
		value_list_add(invocation->arena, list,
		               word_value(invocation->arena, &words[i]));
	}
	if (invocation->json && list->length > 0)
		print_json_as_is(invocation, list);
	return list->length;
}

static int unknown(const struct invocation *invocation,
                   const struct word *words, size_t count, struct error *err)
{
	const char **names =
	        arena_array(invocation->arena, count, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < count; i++)
		names[i] = words[i].name;
	near = text_nearest(invocation->args[0], names, count);
	error_set(err, ERR_USAGE, "there is nothing called \"%s\"",
	          invocation->args[0]);
	if (near)
		return error_hint(err, "Did you mean \"%s\"?", near);
	return error_hint(err, "\"reeve show\" lists what there is.");
}

static int run_show(struct invocation *invocation, struct error *err)
{
	size_t count;
	const struct word *words = words_list(invocation->arena, &count);

	if (invocation->count == 0)
		show_all(invocation, words, count);
	else if (show_named(invocation, words, count) == 0)
		return unknown(invocation, words, count, err);
	return EXIT_STATUS_DONE;
}

const struct command command_show = {
	.name = "show",
	.synopsis = "[NAME]",
	.help = "say what a kind, an effect, a format or a file takes",
	.details = "NAME is a kind of step (gate), an effect (email.send), a "
	           "format (money), a connector\n(email), or a file: job, "
	           "step, input, agent, reeve.yaml. Without one, all are "
	           "listed.\nNeeds no workspace.",
	.most = 1,
	.run = run_show,
};
