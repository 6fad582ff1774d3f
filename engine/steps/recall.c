/*
 * recall: what memory says about a query.
 *
 * The key holds the files that were searched, not the chunks that were found:
 * the search is a function of both, and knowing the files is cheap.
 */
#include "engine/steps/kinds.h"
#include "store/memory.h"

static const struct field recall_fields[] = {
	{
	        .name = "query",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "what is looked for",
	        .example = "\"{{brief.summary}}\"",
	},
	{
	        .name = "project",
	        .type = FIELD_TEMPLATE,
	        .help = "search memory/projects/<slug>/ too",
	        .example = "\"{{brief.client}}\"",
	},
	{
	        .name = "limit",
	        .type = FIELD_INT,
	        .min = 1,
	        .max = 100,
	        .otherwise = "8",
	        .help = "pieces of text at most",
	},
	{
	        .name = "tokens",
	        .type = FIELD_INT,
	        .min = 100,
	        .max = 100000,
	        .otherwise = "2000",
	        .help = "of all texts together, about four bytes each",
	},
	{ 0 },
};

static const struct shape *recall_shape(struct workspace *workspace,
                                        const struct step *step,
                                        struct arena *arena)
{
	static const struct shape text = { .kind = SHAPE_TEXT };
	static const struct shape_field fields[] = {
		{ "path", &text, "the file" },
		{ "first_line", &text, "where it begins" },
		{ "last_line", &text, "where it ends" },
		{ "heading", &text, "the headings above it" },
		{ "text", &text, "what it says" },
		{ "source", &text, "where the note says it is from" },
		{ "trust", &text, "owner, agent or outside" },
		{ "score", &text, "1 is the best" },
		{ "blob", &text, "the file's content id" },
	};
	static const struct shape chunk = {
		.kind = SHAPE_MAP,
		.fields = fields,
		.count = ARRAY_LEN(fields),
	};
	static const struct shape list = {
		.kind = SHAPE_LIST,
		.item = &chunk,
	};

	(void)workspace;
	(void)step;
	(void)arena;
	return &list;
}

static int add_files(struct step_run *run, const char *pattern,
                     struct error *err)
{
	struct file_entry *entries;
	size_t count;

	if (files_list(run->files, run->arena, pattern, &entries, &count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < count; i++)
		step_ingredient_file(run, "memory", entries[i].path,
		                     &entries[i].oid);
	return 0;
}

static int recall_prepare(struct step_run *run, struct error *err)
{
	const char *project = value_get_text(run->config, "project", NULL);

	/* What is valid depends on the day. */
	value_map_text(run->arena, run->ingredients, "day", run->day);
	if (add_files(run, "memory/org/**/*.md", err) < 0)
		return -1;
	if (!project)
		return 0;
	return add_files(
	        run,
	        arena_printf(run->arena, "memory/projects/%s/**/*.md", project),
	        err);
}

static struct value *chunk_value(struct arena *arena,
                                 const struct memory_chunk *chunk)
{
	struct value *map = value_map(arena);

	value_map_text(arena, map, "path", chunk->path);
	value_map_int(arena, map, "first_line", chunk->first_line);
	value_map_int(arena, map, "last_line", chunk->last_line);
	value_map_text(arena, map, "heading", chunk->heading);
	value_map_text(arena, map, "text", chunk->text);
	value_map_text(arena, map, "source", chunk->source);
	if (!chunk->source)
		value_map_set(arena, map, "source", value_null(arena));
	value_map_text(arena, map, "trust", chunk->trust);
	value_map_set(
	        arena, map, "score",
	        value_number(arena, arena_printf(arena, "%.4f", chunk->score)));
	value_map_text(arena, map, "blob", oid_text(arena, &chunk->oid));
	return map;
}

static int recall_start(struct step_run *run, struct error *err)
{
	auto_memory struct memory *memory = env_memory(run->env, err);
	struct memory_query query = {
		.text = value_get_text(run->config, "query", ""),
		.project = value_get_text(run->config, "project", NULL),
		.today = run->day,
		.limit = (size_t)value_get_int(run->config, "limit", 8),
		.token_budget =
		        (size_t)value_get_int(run->config, "tokens", 2000),
	};
	struct memory_chunk *chunks;
	size_t count;

	if (!memory || memory_search(memory, run->files, &query, run->arena,
	                             &chunks, &count, err) < 0)
		return -1;
	run->output = value_list(run->arena);
	for (size_t i = 0; i < count; i++)
		value_list_add(run->arena, run->output,
		               chunk_value(run->arena, &chunks[i]));
	return 0;
}

const struct step_kind step_recall = {
	.name = "recall",
	.help = "what memory says about a query",
	.flags = KIND_COMPUTES | KIND_UNSEEN,
	.format = 1,
	.fields = recall_fields,
	.shape = recall_shape,
	.prepare = recall_prepare,
	.start = recall_start,
};
