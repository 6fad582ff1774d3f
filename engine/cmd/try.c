/*
 * reeve try: a whole job, with nothing leaving and nothing spent.
 */
#include "engine/cycle/try.h"

#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/pairs.h"
#include "engine/cmd/print.h"
#include "engine/cmd/ticking.h"
#include "engine/cmd/trying.h"
#include "engine/job/document.h"
#include "store/base/buf.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

static const struct option_row options[] = {
	{ "at", 0, "TIME", "when it is: 2026-11-01, or 2026-11-01T07:00:00Z" },
	{ "answer", 0, "STEP=FILE,...",
	  "what a step gives, in place of doing it" },
	{ 0 },
};

/* "STEP=FILE", read as its ending says. */
static int add_answer(const struct invocation *invocation, const char *word,
                      struct value *answers, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
	struct arena *arena = invocation->arena;
	const char *equals = strchr(word, '=');

	if (!equals || equals == word || !equals[1]) {
		error_set(err, ERR_USAGE, "\"%s\" is no answer", word);
		return error_hint(err, "Write --answer STEP=FILE.");
	}
	if (file_read(equals + 1, &bytes, err) < 0)
		return -1;
	struct value *value =
	        document_parse(arena, equals + 1, bytes.at, bytes.len, err);
	if (!value)
		return -1;
	value_map_set(arena, answers,
	              arena_strndup(arena, word, (size_t)(equals - word)),
	              value);
	return 0;
}

static int read_answers(const struct invocation *invocation,
                        struct value *answers, struct error *err)
{
	const char *given = option_get(invocation, "answer");
	char *rest = given ? arena_strdup(invocation->arena, given) : NULL;

	while (rest)
		if (add_answer(invocation, strsep(&rest, ","), answers, err) <
		    0)
			return -1;
	return 0;
}

static void print_effects(const struct invocation *invocation,
                          const struct value *effects)
{
	for (size_t i = 0; i < effects->length; i++) {
		auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
		auto_error struct error ignored = { 0 };
		const struct value *row = effects->items[i];
		const char *item = value_get_text(row, "item", NULL);
		say_tinted(invocation, TINT_BOLD, "\n%s",
		           value_get_text(row, "effect", ""));
		say(invocation, " by %s%s%s\n", value_get_text(row, "step", ""),
		    item ? " of " : "", item ? item : "");
		if (yaml_write(&text, row, &ignored) == 0)
			say_indented(invocation, 4, text.at);
	}
}

static void print_outcome(const struct invocation *invocation,
                          const struct value *outcome)
{
	const struct value *files = value_get(outcome, "artifacts");
	const char *reason = value_get_text(outcome, "reason", NULL);

	if (!invocation->quiet) {
		print_effects(invocation, value_get(outcome, "effects"));
		for (size_t i = 0; i < files->length; i++) {
			say_tinted(invocation, TINT_BOLD, "\n%s\n",
			           files->members[i].name);
			say_indented(invocation, 4,
			             files->members[i].value->text);
		}
		say(invocation, "\n");
	}
	say(invocation, "%s: %s%s%s\n", value_get_text(outcome, "job", ""),
	    value_get_text(outcome, "state", ""), reason ? ": " : "",
	    reason ? reason : "");
}

static int try_command(struct invocation *invocation, struct error *err)
{
	struct value *inputs = pairs_read(invocation, "input", err);
	struct value *answers = value_map(invocation->arena);
	const char *at = option_get(invocation, "at");
	struct trial trial = {
		.arena = invocation->arena,
		.job = invocation->args[0],
		.inputs = inputs,
		.answers = answers,
	};

	if (!inputs || read_answers(invocation, answers, err) < 0 ||
	    (at && trying_time(at, &trial.at_ms, err) < 0))
		return -1;
	auto_engine struct engine *engine = open_workspace(invocation, err);
	if (!engine)
		return -1;
	struct teller teller = { invocation, engine };
	trial.engine = engine;
	trial.tell = tell_step_line;
	trial.state = &teller;
	const struct value *outcome = try_job(&trial, err);
	if (!outcome)
		return -1;
	if (invocation->json)
		print_json(invocation, outcome);
	else
		print_outcome(invocation, outcome);
	return strcmp(value_get_text(outcome, "state", ""), "failed") == 0
	               ? EXIT_STATUS_FAILED
	               : EXIT_STATUS_DONE;
}

const struct command command_try = {
	.name = "try",
	.synopsis = "JOB [KEY=VALUE]...",
	.help = "the whole job, with nothing leaving and nothing spent",
	.details =
	        "Runs the job as it stands in your working tree, committed or "
	        "not, in a folder of\nits own, .reeve/try/JOB: gates are merged "
	        "as drafted, waits time out at once,\nagents answer from the "
	        "record or offline, and mail is written there as files.\nYour "
	        "journal, branches and files stay as they are.",
	.options = options,
	.least = 1,
	.most = (size_t)-1,
	.run = try_command,
};
