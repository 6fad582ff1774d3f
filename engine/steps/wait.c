/*
 * wait: everything below waits until a time has come or an event.
 *
 * Only its words are here; the engine looks at clock and events.
 */
#include "engine/steps/kinds.h"
#include "store/base/text.h"

static const struct field wait_fields[] = {
	{
	        .name = "for",
	        .type = FIELD_PERIOD,
	        .help = "how long, from when it is reached; workdays are those "
	                "without weekends and the holidays of reeve.yaml",
	        .example = "5 workdays",
	},
	{
	        .name = "until",
	        .type = FIELD_TEMPLATE,
	        .help = "a day or a time",
	        .example = "\"{{invoice.due}}\"",
	},
	{
	        .name = "event",
	        .type = FIELD_TEXT,
	        .help = "the type of an event",
	        .example = "email.received",
	},
	{
	        .name = "where",
	        .type = FIELD_EXPRESSION,
	        .help = "only events for which this is true; names event.*",
	        .example = "event.brief = inputs.brief",
	},
	{
	        .name = "answers",
	        .type = FIELD_STEP,
	        .help = "only events that answer the mail of that step; looked "
	                "for since it was sent",
	        .example = "send",
	},
	{ 0 },
};

static void wait_check(const struct value *config, const char *file,
                       struct errors *errors)
{
	const struct value *event = value_get(config, "event");
	const struct value *where = value_get(config, "where");

	if (value_get(config, "for") == NULL &&
	    value_get(config, "until") == NULL && event == NULL &&
	    value_get(config, "answers") == NULL)
		error_hint(errors_add(errors, ERR_CONFIG, file, config->pos,
		                      "wait names nothing to wait for"),
		           "Say \"for\", \"until\", \"event\" or \"answers\", "
		           "as in \"wait: { for: 5 workdays }\".");
	if (where != NULL && event == NULL)
		error_hint(errors_add(errors, ERR_CONFIG, file, where->pos,
		                      "\"where\" goes only with \"event\""),
		           "Say of which type the event is.");
}

static enum name_owner wait_owner(const struct value *config, const char *key,
                                  const char *head)
{
	(void)config, (void)key; /* there is one expression */
	return text_equal(head, "event") ? NAME_OWN : NAME_OUTER;
}

static const struct shape *wait_shape(struct workspace *workspace,
                                      const struct step *step,
                                      struct arena *arena)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	static const struct shape text = { .kind = SHAPE_TEXT };
	static const struct shape_field fields[] = {
		{ "came", &text, "what came first: event or time" },
		{ "event", &any, "what it holds; null when none came" },
		{ "since", &text, "from when on events were looked at" },
		{ "time", &text, "when the waiting was over" },
	};
	static const struct shape map = {
		.kind = SHAPE_MAP,
		.fields = fields,
		.count = ARRAY_LEN(fields),
	};

	(void)workspace, (void)step, (void)arena; /* always the same */
	return &map;
}

const struct step_kind step_wait = {
	.name = "wait",
	.help = "waits for a time or an event, whichever is first",
	.flags = KIND_WALL | KIND_PASSES,
	.format = 1,
	.fields = wait_fields,
	.check = wait_check,
	.owner = wait_owner,
	.shape = wait_shape,
};
