/*
 * sequence.release: a number goes back, and is the next to go out.
 *
 * What undoes a sequence.next. Only a number that nobody can have seen may go
 * back: its run has had no effect in the world. The fold asks that again, so
 * whatever was written in between is looked at, too.
 */
#include <inttypes.h>

#include "engine/bus/connector.h"
#include "store/base/text.h"

static const struct field fields[] = {
	{
	        .name = "name",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "the sequence",
	        .example = "\"invoice-{{run.year}}\"",
	},
	{
	        .name = "number",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "the number that goes back, of a run that did nothing "
	                "else",
	        .example = "\"{{number.number}}\"",
	},
	{ 0 },
};

static const struct shape text_shape = { .kind = SHAPE_TEXT };

static const struct shape_field results[] = {
	{ "number", &text_shape, "the number" },
	{ 0 },
};

/* That `number` of the sequence is held by a run that shows it to nobody. */
static int check_free(const struct call *call, const char *sequence,
                      int64_t number, struct error *err)
{
	struct number_record held;
	int found = view_number_at(call->env->view, call->arena, sequence,
	                           number, &held, err);

	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERR_FAILED,
		                 "nobody has the number %" PRId64 " of \"%s\"",
		                 number, sequence);
	if (held.used)
		return error_set(err, ERR_FAILED,
		                 "the number %" PRId64
		                 " of \"%s\" may stand in "
		                 "what its run has sent",
		                 number, sequence);
	return 0;
}

static int release_decide(const struct call *call, struct value **ret_result,
                          struct error *err)
{
	struct arena *arena = call->arena;
	struct value *data = value_map(arena);
	struct value *output = value_map(arena);
	const char *sequence = value_get_text(call->with, "name", "");
	const char *text = value_get_text(call->with, "number", "");
	int64_t number;

	if (!text_to_int(text, 1, INT64_MAX, &number))
		return error_set(err, ERR_FAILED,
		                 "\"%s\" is no number of a "
		                 "sequence",
		                 text);
	if (check_free(call, sequence, number, err) < 0)
		return -1;
	value_map_int(arena, output, "number", number);
	value_map_text(arena, data, "run", call->run);
	value_map_text(arena, data, "step", call->step);
	value_map_text(arena, data, "item", call->item);
	value_map_text(arena, data, "effect_key", call->key);
	value_map_text(arena, data, "effect", "sequence.release");
	value_map_text(arena, data, "once", call->once);
	value_map_text(arena, data, "sequence", sequence);
	value_map_int(arena, data, "number", number);
	value_map_set(arena, data, "output", output);
	*ret_result = output;
	journal_add(call->env->journal, EVENT_NUMBER_FREED,
	            arena_printf(arena, "%s/%s", call->run, call->step), data);
	return env_barrier(call->env,
	                   arena_printf(arena, "%s: %s gives %s of %s back",
	                                call->run_name, call->step, text,
	                                sequence),
	                   err);
}

static const char *release_describe(struct arena *arena,
                                    const struct value *with)
{
	return arena_printf(arena, "give number %s of %s back",
	                    value_get_text(with, "number", "?"),
	                    value_get_text(with, "name", "?"));
}

const struct connector sequence_release = {
	.effect = {
	        .name = "sequence.release",
	        .class = EFFECT_INTERNAL,
	        .help = "a number of a sequence goes back",
	        .fields = fields,
	        .results = results,
	        .describe = release_describe,
	        .verb = "give back",
	        .things = "numbers",
	},
	.decide = release_decide,
};
