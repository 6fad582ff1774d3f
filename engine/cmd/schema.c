/*
 * reeve schema: what editors need to complete and check a workspace's files.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/report/schemas.h"
#include "store/base/text.h"

static const struct schema_row *find_row(const char *name, struct error *err)
{
	const char *names[8];

	for (size_t i = 0; i < schema_count; i++) {
		if (text_equal(schema_rows[i].name, name))
			return &schema_rows[i];
		names[i] = schema_rows[i].name;
	}
	const char *near = text_nearest(name, names, schema_count);
	error_set(err, ERR_USAGE, "there is no schema \"%s\"", name);
	if (near)
		error_hint(err, "Did you mean \"%s\"?", near);
	else
		error_hint(err, "\"reeve schema\" lists them.");
	return NULL;
}

static void list_rows(const struct invocation *invocation)
{
	struct table table = { .arena = invocation->arena, .columns = 2 };
	struct value *map = value_map(invocation->arena);

	for (size_t i = 0; i < schema_count; i++) {
		table_add(&table, TINT_BOLD, "%s", schema_rows[i].name);
		table_add(&table, TINT_NONE, "%s", schema_rows[i].files);
		value_map_text(invocation->arena, map, schema_rows[i].name,
		               schema_rows[i].files);
	}
	if (invocation->json)
		print_json(invocation, map);
	else
		table_print(invocation, &table);
}

static int run_schema(struct invocation *invocation, struct error *err)
{
	const struct schema_row *row;

	if (invocation->count == 0) {
		list_rows(invocation);
		return EXIT_STATUS_DONE;
	}
	row = find_row(invocation->args[0], err);
	if (!row)
		return -1;
	print_json_as_is(invocation, schema_make(invocation->arena, row));
	return EXIT_STATUS_DONE;
}

const struct command command_schema = {
	.name = "schema",
	.synopsis = "[job|agent|workspace]",
	.help = "print the JSON Schema of a kind of file, for editors",
	.details = "An editor that knows YAML completes and checks a file that "
	           "begins with\n\n"
	           "  # yaml-language-server: $schema=PATH\n\n"
	           "where PATH is a file that holds what this command prints. "
	           "Needs no workspace.",
	.most = 1,
	.run = run_schema,
};
