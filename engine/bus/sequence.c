/*
 * sequence.next: numbers without gaps, allocated by the journal.
 *
 * A number belongs to (sequence, run, step, item) for ever, so a retry gets
 * the same one. It is decided on a journal commit and void unless its own
 * commit follows that one directly: when somebody else wrote in between, it is
 * decided anew. A run that is rejected before an effect of its own frees its
 * numbers, and freed numbers go out first.
 */
#include <inttypes.h>

#include "engine/bus/connector.h"
#include "store/base/text.h"

#define TRIES 8

static const struct field fields[] = {
	{
	        .name = "name",
	        .type = FIELD_TEMPLATE,
	        .required = true,
	        .help = "the sequence; each has its own numbers, from 1",
	        .example = "\"invoice-{{run.year}}\"",
	},
	{
	        .name = "format",
	        .type = FIELD_TEMPLATE,
	        .otherwise = "%d",
	        .help = "how the number is written: %d, or %04d for at least "
	                "four digits",
	        .example = "\"{{run.year}}-%04d\"",
	},
	{ 0 },
};

static const struct shape text_shape = { .kind = SHAPE_TEXT };

static const struct shape_field results[] = {
	{ "number", &text_shape, "the number" },
	{ "text", &text_shape, "the number, written by `format`" },
	{ 0 },
};

/* The digits that "%04d" asks for, and how long the directive is; 0 when
 * there is none at `at`. */
static size_t directive(const char *at, int *ret_width)
{
	const char *c = at + 1;

	*ret_width = 0;
	if (*at != '%')
		return 0;
	if (*c == '0')
		while (text_is_digit(*c) && *ret_width < 10)
			*ret_width = *ret_width * 10 + (*c++ - '0');
	return *c == 'd' && *ret_width <= 18 ? (size_t)(c + 1 - at) : 0;
}

/* "2026-%04d" and 7: "2026-0007". */
static int write_number(struct arena *arena, const char *format, int64_t number,
                        const char **ret, struct error *err)
{
	for (const char *c = format; *c; c++) {
		int width;
		size_t len = directive(c, &width);
		if (!len)
			continue;
		*ret = arena_printf(arena, "%.*s%0*" PRId64 "%s",
		                    (int)(c - format), format, width, number,
		                    c + len);
		return 0;
	}
	error_set(err, ERR_FAILED,
	          "the format \"%s\" has no place for the number", format);
	return error_hint(err, "Write %%d or %%04d where it belongs.");
}

static struct value *result_of(struct arena *arena, int64_t number,
                               const char *text)
{
	struct value *result = value_map(arena);

	value_map_int(arena, result, "number", number);
	value_map_text(arena, result, "text", text);
	return result;
}

/* Journal `number`, decided on the commit that the view stands at. */
static int take(const struct call *call, const char *sequence, int64_t number,
                struct value *output, struct error *err)
{
	struct value *data = value_map(call->arena);
	struct arena *arena = call->arena;

	value_map_text(arena, data, "run", call->run);
	value_map_text(arena, data, "step", call->step);
	value_map_text(arena, data, "item", call->item);
	value_map_int(arena, data, "epoch", call->epoch);
	value_map_text(arena, data, "effect_key", call->key);
	value_map_text(arena, data, "effect", "sequence.next");
	value_map_text(arena, data, "once", call->once);
	value_map_text(arena, data, "sequence", sequence);
	value_map_int(arena, data, "number", number);
	value_map_text(arena, data, "decided_on",
	               oid_text(arena, journal_cursor(call->env->journal)));
	value_map_set(arena, data, "output", output);
	journal_add(call->env->journal, EVENT_NUMBER_TAKEN,
	            arena_printf(arena, "%s/%s", call->run, call->step), data);
	return env_barrier(call->env,
	                   arena_printf(arena, "%s: %s takes %s of %s",
	                                call->run_name, call->step,
	                                value_get_text(output, "text", ""),
	                                sequence),
	                   err);
}

/* With a remote a number holds once that has it: others' may have come before
 * it. 1 when it is still the holder's then, 0, -1. */
static int is_kept(const struct call *call, const char *sequence,
                   const struct number_holder *holder, int64_t number,
                   struct error *err)
{
	int64_t now = 0;

	if (env_confirm(call->env, call->run, 0, err) < 0)
		return -1;
	int held = view_number(call->env->view, sequence, holder, &now, err);
	return held > 0 ? now == number : held;
}

static int sequence_decide(const struct call *call, struct value **ret_result,
                           struct error *err)
{
	const char *sequence = value_get_text(call->with, "name", "");
	const char *format = value_get_text(call->with, "format", "%d");
	const struct number_holder holder = { call->run, call->step,
		                              call->item };

	/* What waits to be written goes first: the number must follow the
	 * commit that it was decided on directly. */
	if (env_ready(call->env, err) < 0 ||
	    env_barrier(call->env,
	                arena_printf(call->arena, "%s: steps up to %s",
	                             call->run_name, call->step),
	                err) < 0)
		return -1;
	for (int try = 0; try <= TRIES; try++) {
		const char *text = NULL;
		int64_t number = 0;
		int held = view_number(call->env->view, sequence, &holder,
		                       &number, err);
		if (held < 0)
			return -1;
		if (!held && view_number_next(call->env->view, sequence,
		                              &number, err) < 0)
			return -1;
		if (write_number(call->arena, format, number, &text, err) < 0)
			return -1;
		*ret_result = result_of(call->arena, number, text);
		int settled =
		        held ? is_kept(call, sequence, &holder, number, err)
		             : take(call, sequence, number, *ret_result, err);
		if (settled != 0)
			return settled < 0 ? -1 : 0;
	}
	return error_set(err, ERR_CONFLICT,
	                 "could not take a number of \"%s\": somebody else "
	                 "keeps writing to the journal",
	                 sequence);
}

/* A run that did nothing else has shown its number to nobody. */
static int sequence_undo(const struct call *call, const struct value *result,
                         struct takeback *ret, struct error *err)
{
	const struct number_holder holder = { call->run, call->step,
		                              call->item };
	struct number_record number;
	int held = view_number_of(call->env->view, call->arena, &holder,
	                          &number, err);

	(void)result;
	if (held < 0)
		return -1;
	if (!held || number.used) {
		ret->why = "it may stand in what was sent";
		return 0;
	}
	ret->effect = sequence_release.effect.name;
	ret->with = value_map(call->arena);
	value_map_text(call->arena, ret->with, "name", number.sequence);
	value_map_text(call->arena, ret->with, "number",
	               arena_printf(call->arena, "%" PRId64, number.number));
	return 0;
}

static const char *sequence_describe(struct arena *arena,
                                     const struct value *with)
{
	return arena_printf(arena, "take a number of %s",
	                    value_get_text(with, "name", "?"));
}

const struct connector sequence_next = {
	.effect = {
	        .name = "sequence.next",
	        .class = EFFECT_INTERNAL,
	        .help = "the next number of a sequence, without gaps",
	        .fields = fields,
	        .results = results,
	        .describe = sequence_describe,
	        .verb = "take",
	        .things = "numbers",
	},
	.undo = sequence_undo,
	.decide = sequence_decide,
};
