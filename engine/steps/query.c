/*
 * query: rows of one SELECT over lists and values that are named, and over the
 * journal as it stood when the run started.
 *
 * The key is made of the query and of what its names mean: of a list its
 * content goes in by its hash.
 */
#include "engine/job/query.h"

#include "engine/steps/kinds.h"
#include "store/view_lists.h"

static const struct field query_fields[] = {
	{
	        .name = "sql",
	        .type = FIELD_QUERY,
	        .required = true,
	        .help = "one select; lists in from and join, values by their "
	                "names",
	        .example = "select sum(minutes) as minutes from entries",
	},
	{
	        .name = "one",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "the result is the one row, or null when there is "
	                "none",
	},
	{ 0 },
};

static const struct shape *query_shape(struct workspace *workspace,
                                       const struct step *step,
                                       struct arena *arena)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	struct shape *list;

	(void)workspace; /* the columns are known when it runs */
	if (value_get_bool(step->config, "one", false))
		return &any;
	list = arena_new(arena, struct shape);
	list->kind = SHAPE_LIST;
	list->item = &any;
	return list;
}

/* The lists of the journal that the query reads, as names of the job. */
static int add_journal(struct step_run *run, const struct query *query,
                       struct value *names, struct error *err)
{
	struct value *journal = value_map(run->arena);

	for (size_t i = 0; i < view_list_count; i++) {
		const char *name = arena_printf(run->arena, "journal.%s",
		                                view_list_names[i]);
		struct value *rows;

		if (!query_reads(query, name))
			continue;
		if (view_list(run->env->view, run->arena, view_list_names[i],
		              run->run->id, &rows, err) < 0)
			return -1;
		value_map_set(run->arena, journal, view_list_names[i], rows);
	}
	value_map_set(run->arena, names, "journal", journal);
	return 0;
}

static int query_prepare(struct step_run *run, struct error *err)
{
	struct frame *frame = arena_new(run->arena, struct frame);
	struct value *own = value_map(run->arena);
	struct value *names = value_map(run->arena);
	struct render render = step_customs(run);
	const struct query *query = query_read(
	        run->arena, run->job->path, value_get(run->config, "sql"), err);

	if (!query || add_journal(run, query, own, err) < 0)
		return -1;
	*frame = (struct frame){ own, run->frame };
	render.frame = frame;

	struct query_bound *bound = query_bind(query, &render, run->arena, err);

	if (!bound)
		return -1;
	query_ingredients(bound, run->arena, names);
	value_map_set(run->arena, run->ingredients, "names", names);
	step_ingredient_customs(run, value_get(run->config, "sql"));
	run->prepared = bound;
	return 0;
}

static int query_start(struct step_run *run, struct error *err)
{
	struct value *rows;

	if (query_rows(run->prepared, run->arena, &rows, err) < 0)
		return -1;
	run->output = rows;
	if (!value_get_bool(run->config, "one", false))
		return 0;
	if (rows->length > 1) {
		step_error(run, err, "the query gives %zu rows, not one",
		           rows->length);
		return error_hint(err, "Say \"limit 1\" if any of them will "
		                       "do.");
	}
	run->output = rows->length ? rows->items[0] : value_null(run->arena);
	return 0;
}

const struct step_kind step_query = {
	.name = "query",
	.help = "rows of one SELECT over lists",
	.flags = KIND_COMPUTES | KIND_ARTIFACT,
	.format = 1,
	.fields = query_fields,
	.scalar = "sql",
	.shape = query_shape,
	.prepare = query_prepare,
	.start = query_start,
};
