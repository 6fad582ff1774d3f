/*
 * reeve log: the journal as a diary, one line an event, oldest first.
 *
 * A table says what each type of event means; a sentence is put together from
 * its data by one small function. With --json the events are printed as they
 * are in the journal.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define SENTENCE_COLUMNS 160 /* of what happened; the rest is explain's */

struct diary {
	const struct invocation *invocation;
	struct arena *arena;
	struct engine *engine;
	const struct run_record *only; /* NULL: all runs */
	struct run_record *runs;
	const char **labels;
	size_t run_count;
	struct table table;
	struct value *events; /* with --json */
};

/* What a sentence is made of. */
struct entry {
	struct diary *diary;
	struct arena *arena;
	const struct event *event;
	const struct value *data;
};

static const char *text_of(const struct entry *entry, const char *name,
                           const char *otherwise)
{
	return value_get_text(entry->data, name, otherwise);
}

/* A member that may lie in a blob; NULL when there is none or it is gone. */
static const struct value *member_of(const struct entry *entry,
                                     const char *name)
{
	auto_error struct error ignored = { 0 }; /* the line goes without it */
	struct value *value = NULL;

	if (journal_member(entry->diary->engine->repo, entry->arena,
	                   entry->data, name, &value, &ignored) < 0)
		return NULL;
	return value;
}

/* ---- Sentences ----------------------------------------------------------- */

static const char *say_began(const struct entry *entry)
{
	return arena_printf(entry->arena,
	                    "the journal begins, for the branch "
	                    "%s",
	                    text_of(entry, "branch", "?"));
}

static const char *say_adopted(const struct entry *entry)
{
	return arena_printf(entry->arena,
	                    "adopted as it is; before, it ended at %.8s",
	                    text_of(entry, "had", "?"));
}

static const char *say_started(const struct entry *entry)
{
	return arena_printf(
	        entry->arena, "started %s",
	        run_cause(entry->arena, member_of(entry, "trigger")));
}

static const char *say_ended(const struct entry *entry)
{
	const char *reason = text_of(entry, "reason", NULL);
	const char *state = text_of(entry, "state", "over");

	if (!reason)
		return state;
	return arena_printf(entry->arena, "%s: %s", state, reason);
}

static const char *finished_agent(const struct entry *entry)
{
	const struct value *record = member_of(entry, "record");

	return arena_printf(
	        entry->arena, "%s drafted (%s, cost %s)",
	        value_get_text(record, "agent", "an agent"),
	        value_get_text(value_get(record, "decision"), "provider", "?"),
	        cost_text(entry->arena, value_get_text(record, "cost", "0")));
}

static const char *finished_read(const struct entry *entry)
{
	const struct value *files =
	        value_get(member_of(entry, "ingredients"), "files");

	if (files && files->kind == VALUE_MAP && files->length == 1)
		return arena_printf(entry->arena, "read %s",
		                    files->members[0].name);
	return arena_printf(entry->arena, "read %s",
	                    count_text(entry->arena, files ? files->length : 0,
	                               "file", "files"));
}

static const char *finished_recall(const struct entry *entry)
{
	const struct value *output = member_of(entry, "output");

	return arena_printf(entry->arena, "recalled %s",
	                    count_text(entry->arena,
	                               output && output->kind == VALUE_LIST
	                                       ? output->length
	                                       : 0,
	                               "piece of memory", "pieces of memory"));
}

static const char *finished_render(const struct entry *entry)
{
	return arena_printf(entry->arena, "filled in %s",
	                    value_get_text(member_of(entry, "ingredients"),
	                                   "name", "its template"));
}

static const char *finished_remember(const struct entry *entry)
{
	return arena_printf(entry->arena, "wrote the note %s",
	                    value_get_text(member_of(entry, "output"), "path",
	                                   "of memory"));
}

static const char *finished_run(const struct entry *entry)
{
	(void)entry;
	return "ran its program";
}

static const char *say_step(const struct entry *entry)
{
	static const struct {
		const char *kind;
		const char *(*say)(const struct entry *entry);
	} kinds[] = {
		{ "agent", finished_agent },
		{ "read", finished_read },
		{ "recall", finished_recall },
		{ "remember", finished_remember },
		{ "render", finished_render },
		{ "run", finished_run },
	};

	const char *kind = text_of(entry, "kind", "step");

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].say(entry);
	return arena_printf(entry->arena, "%s done", kind);
}

static const char *reason_behind(const struct entry *entry, const char *what)
{
	const struct value *reason = member_of(entry, "reason");

	if (!reason || reason->kind != VALUE_STRING)
		return what;
	return arena_printf(entry->arena, "%s: %s", what, reason->text);
}

static const char *say_failed(const struct entry *entry)
{
	return reason_behind(entry, "failed");
}

static const char *say_skipped(const struct entry *entry)
{
	return reason_behind(entry, "skipped");
}

static const char *say_rejected(const struct entry *entry)
{
	return reason_behind(entry, "rejected");
}

static const char *say_opened(const struct entry *entry)
{
	const char *branch = text_of(entry, "branch", NULL);

	if (!branch)
		return "its files are ready to be merged";
	return arena_printf(entry->arena, "\"%s\" waits for you in %s",
	                    text_of(entry, "title", "A draft"), branch);
}

/* A step's id, or {step, item}. */
static const char *declined_name(const struct entry *entry,
                                 const struct value *place)
{
	if (place->kind == VALUE_STRING)
		return place->text;
	return step_name(entry->arena, value_get_text(place, "step", "?"),
	                 value_get_text(place, "item", ""));
}

static const char *say_approved(const struct entry *entry)
{
	const struct value *declined = member_of(entry, "declined");
	const char *author = author_name(text_of(entry, "author", NULL));
	const char *text = arena_printf(entry->arena, "merged by %s in %.8s",
	                                author, text_of(entry, "commit", "?"));

	for (size_t i = 0;
	     declined && declined->kind == VALUE_LIST && i < declined->length;
	     i++)
		text = arena_printf(entry->arena, "%s%s%s", text,
		                    i == 0 ? "; declined: " : ", ",
		                    declined_name(entry, declined->items[i]));
	return text;
}

static const char *say_intended(const struct entry *entry)
{
	return arena_printf(entry->arena, "intends %s",
	                    text_of(entry, "effect", "an effect"));
}

/* What the effect left behind, by the fields that results use. */
static const char *say_done(const struct entry *entry)
{
	static const char *const traces[] = { "file", "text", "message_id" };
	const struct value *result = member_of(entry, "result");
	const char *effect = text_of(entry, "effect", "the effect");
	const char *how = text_of(entry, "how", "done");

	for (size_t i = 0; i < ARRAY_LEN(traces); i++) {
		const char *trace = value_get_text(result, traces[i], NULL);
		if (trace)
			return arena_printf(entry->arena, "%s %s: %s", effect,
			                    how, trace);
	}
	return arena_printf(entry->arena, "%s %s", effect, how);
}

static const char *say_undone(const struct entry *entry)
{
	return reason_behind(entry,
	                     arena_printf(entry->arena, "%s failed",
	                                  text_of(entry, "effect", "?")));
}

static const char *say_tried(const struct entry *entry)
{
	bool unsent = strcmp(text_of(entry, "outcome", ""), "unsent") == 0;

	return reason_behind(entry, arena_printf(entry->arena, "%s was not %s",
	                                         text_of(entry, "effect", "?"),
	                                         unsent ? "sent" : "answered"));
}

static const char *say_resolved(const struct entry *entry)
{
	return reason_behind(
	        entry, arena_printf(entry->arena, "%s resolved by hand: %s",
	                            text_of(entry, "effect", "?"),
	                            text_of(entry, "verdict", "?")));
}

static const char *say_held(const struct entry *entry)
{
	return entry->event->type == EVENT_RUN_CLAIMED ? "is one engine's now"
	                                               : "is nobody's again";
}

static const char *say_freed(const struct entry *entry)
{
	return arena_printf(entry->arena, "gave number %lld of %s back",
	                    (long long)value_get_int(entry->data, "number", 0),
	                    text_of(entry, "sequence", "?"));
}

static const char *say_number(const struct entry *entry)
{
	const char *text =
	        value_get_text(member_of(entry, "output"), "text", NULL);

	return arena_printf(
	        entry->arena, "took the number %s of %s",
	        text ? text
	             : arena_printf(entry->arena, "%lld",
	                            (long long)value_get_int(entry->data,
	                                                     "number", 0)),
	        text_of(entry, "sequence", "?"));
}

static const char *say_emitted(const struct entry *entry)
{
	return arena_printf(entry->arena, "told of %s",
	                    text_of(entry, "type", "an event"));
}

static const char *say_slept(const struct entry *entry)
{
	return reason_behind(entry, "sleeps");
}

static const char *say_rewound(const struct entry *entry)
{
	return arena_printf(entry->arena, "went back to %s",
	                    text_of(entry, "to", "?"));
}

static const char *say_retried(const struct entry *entry)
{
	const struct value *steps = member_of(entry, "steps");

	return arena_printf(entry->arena, "goes on: %s tried again",
	                    count_text(entry->arena, steps ? steps->length : 0,
	                               "step is", "steps are"));
}

static const char *say_decided(const struct entry *entry)
{
	return arena_printf(entry->arena, "the many runs of %s were %s",
	                    text_of(entry, "job", "?"),
	                    entry->event->type == EVENT_TRIGGER_RELEASED
	                            ? "released"
	                            : "dropped");
}

struct sentence {
	const char *(*say)(const struct entry *entry);
	enum tint tint;
};

static const struct sentence sentences[] = {
	[EVENT_JOURNAL_STARTED] = { say_began, TINT_DIM },
	[EVENT_JOURNAL_ADOPTED] = { say_adopted, TINT_YELLOW },
	[EVENT_RUN_STARTED] = { say_started, TINT_BOLD },
	[EVENT_RUN_FINISHED] = { say_ended, TINT_BOLD },
	[EVENT_RUN_RETRIED] = { say_retried, TINT_BOLD },
	[EVENT_RUN_CLAIMED] = { say_held, TINT_DIM },
	[EVENT_RUN_RELEASED] = { say_held, TINT_DIM },
	[EVENT_RUN_REWOUND] = { say_rewound, TINT_BOLD },
	[EVENT_STEP_SLEPT] = { say_slept, TINT_DIM },
	[EVENT_TRIGGER_RELEASED] = { say_decided, TINT_NONE },
	[EVENT_TRIGGER_DROPPED] = { say_decided, TINT_DIM },
	[EVENT_STEP_FINISHED] = { say_step, TINT_NONE },
	[EVENT_STEP_FAILED] = { say_failed, TINT_RED },
	[EVENT_STEP_SKIPPED] = { say_skipped, TINT_DIM },
	[EVENT_GATE_OPENED] = { say_opened, TINT_YELLOW },
	[EVENT_GATE_APPROVED] = { say_approved, TINT_GREEN },
	[EVENT_GATE_REJECTED] = { say_rejected, TINT_DIM },
	[EVENT_DRAFT_OPENED] = { say_opened, TINT_NONE },
	[EVENT_DRAFT_MERGED] = { say_approved, TINT_GREEN },
	[EVENT_DRAFT_REJECTED] = { say_rejected, TINT_DIM },
	[EVENT_EFFECT_INTENDED] = { say_intended, TINT_NONE },
	[EVENT_EFFECT_DONE] = { say_done, TINT_GREEN },
	[EVENT_EFFECT_FAILED] = { say_undone, TINT_RED },
	[EVENT_EFFECT_TRIED] = { say_tried, TINT_YELLOW },
	[EVENT_EFFECT_RESOLVED] = { say_resolved, TINT_NONE },
	[EVENT_NUMBER_TAKEN] = { say_number, TINT_NONE },
	[EVENT_NUMBER_FREED] = { say_freed, TINT_NONE },
	[EVENT_EVENT_EMITTED] = { say_emitted, TINT_NONE },
};

/* ---- Telling ------------------------------------------------------------- */

static const char *label_of(const struct diary *diary, const char *run)
{
	for (size_t i = 0; i < diary->run_count; i++)
		if (strcmp(diary->runs[i].id, run) == 0)
			return diary->labels[i];
	return run;
}

static void tell(struct diary *diary, const struct event *event)
{
	const struct sentence *sentence = &sentences[event->type];
	struct entry entry = {
		.diary = diary,
		.arena = diary->arena,
		.event = event,
		.data = event->data,
	};
	const char *what = sentence->say(&entry);

	table_add(&diary->table, TINT_DIM, "%s",
	          time_text(diary->arena, diary->engine->env.timezone,
	                    event->time_ms));
	table_add(&diary->table, TINT_NONE, "%s",
	          label_of(diary, text_of(&entry, "run", "")));
	table_add(&diary->table, TINT_NONE, "%s",
	          step_name(diary->arena, text_of(&entry, "step", ""),
	                    text_of(&entry, "item", "")));
	table_add(&diary->table, sentence->tint, "%s",
	          cut_text(diary->arena, what, SENTENCE_COLUMNS));
}

/* As it is in the journal: through its one spelling. */
static int collect(struct diary *diary, const struct event *event,
                   struct error *err)
{
	auto_buf struct buf line = buf_make(LIMIT_MESSAGE);

	event_write(&line, event);
	struct value *value =
	        json_parse(diary->arena, "the journal", line.at, line.len, err);
	if (!value)
		return -1;
	value_list_add(diary->arena, diary->events, value);
	return 0;
}

static int each_event(void *state, const struct event *event,
                      const struct journal_place *place, struct error *err)
{
	struct diary *diary = state;
	const char *run = value_get_text(event->data, "run", "");

	(void)place;
	if (diary->only && strcmp(run, diary->only->id) != 0)
		return 0;
	if (diary->events)
		return collect(diary, event, err);
	tell(diary, event);
	return 0;
}

static int prepare(struct diary *diary, struct error *err)
{
	struct arena *arena = diary->arena;

	if (view_runs(diary->engine->view, arena, RUNS_ALL, &diary->runs,
	              &diary->run_count, err) < 0)
		return -1;
	diary->labels = arena_array(arena, diary->run_count + 1,
	                            sizeof(*diary->labels));
	for (size_t i = 0; i < diary->run_count; i++)
		diary->labels[i] =
		        run_label(diary->engine, arena, &diary->runs[i]);
	if (diary->invocation->json)
		diary->events = value_list(arena);
	diary->table = (struct table){ .arena = arena, .columns = 4 };
	return 0;
}

static int run_log(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct run_record only;
	struct oid tip;

	if (!engine)
		return -1;
	struct diary diary = {
		.invocation = invocation,
		.arena = invocation->arena,
		.engine = engine,
	};
	if (invocation->count > 0) {
		if (view_find_run(engine->view, diary.arena,
		                  invocation->args[0], &only, err) < 0)
			return -1;
		diary.only = &only;
	}
	if (prepare(&diary, err) < 0 ||
	    journal_tip(engine->journal, &tip, err) < 0 ||
	    journal_read(engine->journal, &tip, each_event, &diary, err) < 0)
		return -1;
	if (diary.events)
		print_json_as_is(invocation, diary.events);
	else
		table_print(invocation, &diary.table);
	return EXIT_STATUS_DONE;
}

const struct command command_log = {
	.name = "log",
	.synopsis = "[RUN]",
	.help = "tell what happened, oldest first",
	.details = "The journal as sentences. \"git log reeve/journal\" "
	           "tells the same story; --json\n"
	           "prints the events themselves.",
	.most = 1,
	.run = run_log,
};
