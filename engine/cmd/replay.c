/*
 * reeve replay: a run done again from its record.
 */
#include "engine/cycle/replay.h"

#include <inttypes.h>
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "store/base/buf.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* So much of a line is shown. */
#define LINE_BYTES 200

/* The text of a value, over lines; "" for none. */
static void write_value(struct buf *buf, const struct value *value)
{
	if (value && value->kind == VALUE_STRING)
		buf_add(buf, value->text, value->length);
	else if (value)
		json_write(buf, value, JSON_SORTED | JSON_PRETTY);
}

static void say_line(const struct invocation *invocation, const char *mark,
                     enum tint tint, const char *line)
{
	int len = (int)strcspn(line, "\n");

	say_tinted(invocation, tint, "    %s %.*s\n", mark,
	           len < LINE_BYTES ? len : LINE_BYTES, line);
}

/* The first lines that differ. */
static void say_difference(const struct invocation *invocation,
                           const struct value *row)
{
	auto_buf struct buf before = buf_make(LIMIT_RENDERED);
	auto_buf struct buf after = buf_make(LIMIT_RENDERED);
	size_t line = 1;

	write_value(&before, value_get(row, "recorded"));
	write_value(&after, value_get(row, "now"));
	const char *a = before.at ? before.at : "";
	const char *b = after.at ? after.at : "";
	for (;;) {
		size_t len = strcspn(a, "\n");
		if (len != strcspn(b, "\n") || memcmp(a, b, len) != 0 ||
		    !a[len])
			break;
		a += len + 1;
		b += len + (b[len] != '\0');
		line++;
	}
	say(invocation, "    %s, line %zu:\n", value_get_text(row, "what", ""),
	    line);
	say_line(invocation, "-", TINT_RED, a);
	say_line(invocation, "+", TINT_GREEN, b);
}

static void say_step(const struct invocation *invocation,
                     const struct value *row)
{
	const char *result = value_get_text(row, "result", "");
	const char *why = value_get_text(row, "why", NULL);
	const struct value *differs = value_get(row, "differs");
	const char *name =
	        step_name(invocation->arena, value_get_text(row, "step", ""),
	                  value_get_text(row, "item", NULL));

	if (invocation->quiet && !differs)
		return;
	say(invocation, "  %-7s  %s%s%s%s\n", result, name, why ? " (" : "",
	    why ? why : "", why ? ")" : "");
	for (size_t i = 0; differs && i < differs->length; i++)
		say_difference(invocation, differs->items[i]);
}

static void print_replay(const struct invocation *invocation,
                         struct engine *engine, const struct run_record *run,
                         const struct value *replay)
{
	const struct value *steps = value_get(replay, "steps");

	say(invocation, "%s, %s\n", run_label(engine, invocation->arena, run),
	    value_get_text(replay, "state", ""));
	for (size_t i = 0; i < steps->length; i++)
		say_step(invocation, steps->items[i]);
	say(invocation,
	    "%" PRId64 " the same, %" PRId64 " different, %" PRId64
	    " from the record\n",
	    value_get_int(replay, "same", 0),
	    value_get_int(replay, "differs", 0),
	    value_get_int(replay, "record", 0));
}

static int replay_command(struct invocation *invocation, struct error *err)
{
	struct arena *arena = invocation->arena;
	struct run_record run;
	auto_engine struct engine *engine = open_workspace(invocation, err);

	if (!engine || view_find_run(engine->view, arena, invocation->args[0],
	                             &run, err) < 0)
		return -1;
	const struct value *replay = replay_run(engine, arena, run.id, err);
	if (!replay)
		return -1;
	if (invocation->json)
		print_json(invocation, replay);
	else
		print_replay(invocation, engine, &run, replay);
	return value_get_int(replay, "differs", 0) > 0 ? EXIT_STATUS_FAILED
	                                               : EXIT_STATUS_DONE;
}

const struct command command_replay = {
	.name = "replay",
	.synopsis = "RUN",
	.help = "a run again from its record, with no effect",
	.details =
	        "Does every step of the run again that can be done for nothing, "
	        "with the job and the\nfiles that the run has seen, and says "
	        "what comes out different. What an agent, the\nowner or the "
	        "world has answered is taken from the record. Nothing is "
	        "written.\nExits 1 when something differs.",
	.least = 1,
	.most = 1,
	.run = replay_command,
};
