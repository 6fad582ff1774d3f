/*
 * reeve why: from a line of a file to the run, the step, the sources and the
 * owner's approval behind it.
 */
#include "engine/report/why.h"

#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "store/base/path.h"
#include "store/base/text.h"

struct page {
	const struct invocation *invocation;
	struct arena *arena;
	struct engine *engine;
	const struct why *why;
};

/* "FILE:LINE", or "FILE" when what is behind the last colon is no number. */
static int split(struct arena *arena, const char *word, struct why *why,
                 struct error *err)
{
	const char *colon = strrchr(word, ':');
	int64_t line = 0;

	why->path = word;
	if (colon && text_to_int(colon + 1, 0, UINT32_MAX, &line)) {
		if (line == 0)
			return error_set(err, ERR_USAGE,
			                 "the first line of a file is 1");
		why->path = arena_strndup(arena, word, (size_t)(colon - word));
	}
	why->line = (unsigned)line;
	return path_check(why->path, err);
}

/* ---- Text ---------------------------------------------------------------- */

static void say_author(const struct page *page)
{
	const struct why *why = page->why;
	const struct commit *commit = &why->commit;
	const char *who = "as reeve drafted it";

	if (!why->line)
		return;
	if (!why->drafted || !why->by_reeve)
		who = arena_printf(page->arena, "written by %s <%s>",
		                   commit->author.name, commit->author.email);
	say_fact(page->invocation, "line", "%s in %.8s: %s", who,
	         oid_text(page->arena, &commit->id),
	         first_line(page->arena, commit->message));
}

static void say_sources(const struct page *page)
{
	static const char *const groups[] = { "files", "memory", "templates" };
	const struct value *made =
	        value_get(page->why->explanation, "ingredients");
	const struct value *context =
	        value_get(page->why->explanation, "context");
	const struct value *read = value_get(page->why->explanation, "read");
	const char *heading = "sources";

	for (size_t i = 0; context && i < context->length; i++) {
		const struct value *chunk = context->items[i];
		say_fact(page->invocation, heading, "%s:%lld-%lld (%s)",
		         value_get_text(chunk, "path", "?"),
		         (long long)value_get_int(chunk, "first_line", 0),
		         (long long)value_get_int(chunk, "last_line", 0),
		         value_get_text(chunk, "trust", "?"));
		heading = "";
	}
	for (size_t i = 0; read && i < read->length; i++) {
		say_fact(page->invocation, heading, "%s", read->items[i]->text);
		heading = "";
	}
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		const struct value *files = value_get(made, groups[i]);
		for (size_t n = 0; files && n < files->length; n++) {
			say_fact(page->invocation, heading, "%s",
			         files->members[n].name);
			heading = "";
		}
	}
}

static void say_origin(const struct page *page)
{
	const struct why *why = page->why;
	char commit[OID_TEXT_BYTES];

	oid_to_text(&why->draft.commit, commit);
	say_fact(page->invocation, "draft", "%s%s",
	         why->draft.title ? why->draft.title : "without a gate",
	         why->line && !why->by_reeve
	                 ? "; this line was changed before it was merged"
	                 : "");
	say_fact(page->invocation, "step", "%s (%s)", why->step.step,
	         why->step.kind);
	say_fact(page->invocation, "run", "%s: %s, %s",
	         run_label(page->engine, page->arena, &why->run),
	         run_heading(&why->run),
	         run_cause(page->arena, why->run.trigger));
	say_fact(page->invocation, why->draft.step ? "approved" : "merged",
	         "by %s in %.8s on %s", author_name(why->draft.author), commit,
	         time_text(page->arena, page->engine->env.timezone,
	                   why->draft.decided_at));
	say_sources(page);
}

static void print_text(const struct page *page)
{
	const struct why *why = page->why;

	if (why->line)
		say_tinted(page->invocation, TINT_BOLD, "%s:%u\n\n", why->path,
		           why->line);
	else
		say_tinted(page->invocation, TINT_BOLD, "%s\n\n", why->path);
	say_author(page);
	if (!why->drafted) {
		say(page->invocation, "No draft of reeve's brought %s.\n",
		    why->line ? "this line" : "this file");
		return;
	}
	say_origin(page);
	say(page->invocation, "\n\"reeve explain %s %s\" says more.\n",
	    engine_short(page->engine, page->arena, why->run.id),
	    why->step.step);
}

/* ---- JSON ---------------------------------------------------------------- */

static void print_value(const struct page *page)
{
	struct arena *arena = page->arena;
	const struct why *why = page->why;
	struct value *map = value_map(arena);

	value_map_text(arena, map, "path", why->path);
	value_map_set(arena, map, "drafted", value_bool(arena, why->drafted));
	if (why->line) {
		value_map_int(arena, map, "line", why->line);
		value_map_text(arena, map, "commit",
		               oid_text(arena, &why->commit.id));
		value_map_text(arena, map, "author", why->commit.author.email);
		value_map_set(
		        arena, map, "edited",
		        value_bool(arena, why->drafted && !why->by_reeve));
	}
	if (why->drafted) {
		value_map_text(arena, map, "run", why->run.id);
		value_map_text(arena, map, "job", why->run.job);
		value_map_text(arena, map, "step", why->step.step);
		value_map_text(arena, map, "approver", why->draft.author);
		value_map_text(arena, map, "approved_in",
		               oid_text(arena, &why->draft.commit));
		value_map_set(arena, map, "explanation", why->explanation);
	}
	print_json(page->invocation, map);
}

static int run_why(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct why why = { 0 };

	if (!engine ||
	    split(invocation->arena, invocation->args[0], &why, err) < 0 ||
	    engine_look(engine, err) < 0 ||
	    why_line(&engine->env, invocation->arena, &engine->tip, &why, err) <
	            0)
		return -1;
	struct page page = {
		.invocation = invocation,
		.arena = invocation->arena,
		.engine = engine,
		.why = &why,
	};
	if (invocation->json)
		print_value(&page);
	else
		print_text(&page);
	return EXIT_STATUS_DONE;
}

const struct command command_why = {
	.name = "why",
	.synopsis = "FILE[:LINE]",
	.help = "walk from a line to its run, sources and approver",
	.details = "FILE is a path from the top of the workspace, as it "
	           "stands on your branch.\n"
	           "Without LINE: the file's last approved draft.",
	.least = 1,
	.most = 1,
	.run = run_why,
};
