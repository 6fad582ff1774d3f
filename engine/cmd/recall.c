/*
 * reeve recall: what memory says, as a `recall` step would find it.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cycle/engine.h"
#include "store/base/text.h"
#include "store/memory.h"

enum {
	OPTION_PROJECT,
	OPTION_AT
};

static const struct option_row options[] = {
	[OPTION_PROJECT] = { "project", 'p', "SLUG",
	                     "search memory/projects/SLUG/ too" },
	[OPTION_AT] = { "at", 0, "REV",
	                "memory as it was at a branch, tag or commit" },
	{ 0 },
};

/* A branch, a tag, a full reference, or 40 hex digits: the commit. */
static int find_commit(struct engine *engine, struct arena *arena,
                       const char *name, struct commit *ret, struct error *err)
{
	static const char *const places[] = { "refs/heads/", "refs/tags/",
		                              "refs/remotes/", "" };
	struct oid oid;

	if (oid_from_text(name, &oid))
		return repo_commit_read(engine->repo, arena, &oid, ret, err);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!*places[i] && !text_starts(name, "refs/"))
			continue;
		int found = repo_ref_read(
		        engine->repo,
		        arena_printf(arena, "%s%s", places[i], name), &oid,
		        err);
		if (found < 0)
			return -1;
		if (found > 0)
			return repo_commit_read(engine->repo, arena, &oid, ret,
			                        err);
	}
	error_set(err, ERR_MISSING, "there is no branch, tag or commit \"%s\"",
	          name);
	return error_hint(err,
	                  "A commit is named by all of its 40 digits: "
	                  "git rev-parse %s.",
	                  name);
}

/* The tree that memory is read from. */
static int find_tree(struct engine *engine, struct invocation *invocation,
                     struct oid *ret, struct error *err)
{
	struct commit commit;

	if (!option_given(invocation, "at")) {
		if (engine_look(engine, err) < 0)
			return -1;
		*ret = engine->tip_tree;
		return 0;
	}
	if (find_commit(engine, invocation->arena, option_get(invocation, "at"),
	                &commit, err) < 0)
		return -1;
	*ret = commit.tree;
	return 0;
}

/* All words are one query. */
static const char *query_text(const struct invocation *invocation)
{
	const char *text = invocation->args[0];

	for (size_t i = 1; i < invocation->count; i++)
		text = arena_printf(invocation->arena, "%s %s", text,
		                    invocation->args[i]);
	return text;
}

/* A step's query may come from outside; here it is the owner's words. */
static int check_words(const char *text, const char *project, struct error *err)
{
	if (!text[strspn(text, " \t\n")])
		return error_set(err, ERR_USAGE, "the query is empty");
	if (!project || text_is_slug(project))
		return 0;
	error_set(err, ERR_USAGE, "\"%s\" cannot be the name of a project",
	          project);
	return error_hint(err, "A project's name is lower-case letters, digits "
	                       "and hyphens.");
}

/* ---- Saying -------------------------------------------------------------- */

static void print_chunk(const struct invocation *invocation,
                        const struct memory_chunk *chunk)
{
	say_tinted(invocation, TINT_BOLD, "%s:%u-%u", chunk->path,
	           chunk->first_line, chunk->last_line);
	if (*chunk->heading)
		say(invocation, "  %s", chunk->heading);
	say_tinted(invocation, TINT_DIM, "  %s%s%s, %.2f", chunk->trust,
	           chunk->source ? ", from " : "",
	           chunk->source ? chunk->source : "", chunk->score);
	say(invocation, "\n");
	say_indented(invocation, 4, chunk->text);
}

static struct value *chunk_value(struct arena *arena,
                                 const struct memory_chunk *chunk)
{
	struct value *map = value_map(arena);

	value_map_text(arena, map, "path", chunk->path);
	value_map_text(arena, map, "blob", oid_text(arena, &chunk->oid));
	value_map_int(arena, map, "first_line", chunk->first_line);
	value_map_int(arena, map, "last_line", chunk->last_line);
	value_map_text(arena, map, "heading", chunk->heading);
	value_map_text(arena, map, "text", chunk->text);
	value_map_text(arena, map, "trust", chunk->trust);
	value_map_text(arena, map, "source", chunk->source);
	value_map_set(
	        arena, map, "score",
	        value_number(arena, arena_printf(arena, "%.4f", chunk->score)));
	return map;
}

static void report(const struct invocation *invocation,
                   const struct memory_chunk *chunks, size_t count)
{
	struct value *list = value_list(invocation->arena);

	for (size_t i = 0; i < count; i++) {
		if (!invocation->json && i > 0)
			say(invocation, "\n");
		if (invocation->json)
			value_list_add(
			        invocation->arena, list,
			        chunk_value(invocation->arena, &chunks[i]));
		else
			print_chunk(invocation, &chunks[i]);
	}
	if (invocation->json)
		print_json(invocation, list);
	else if (count == 0 && !invocation->quiet)
		say(invocation, "Memory has nothing on that.\n");
}

static int run_recall(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	const char *project = option_get(invocation, "project");
	const char *text = query_text(invocation);
	struct arena *arena = invocation->arena;
	struct memory_chunk *chunks;
	struct oid tree;
	size_t count;

	if (!engine || check_words(text, project, err) < 0 ||
	    find_tree(engine, invocation, &tree, err) < 0)
		return -1;
	struct memory_query query = {
		.text = text,
		.project = project,
		.today = env_day(&engine->env, arena,
		                 clock_wall_ms(&engine->clock)),
	};
	auto_files struct files *files = files_from_tree(engine->repo, &tree);
	auto_memory struct memory *memory = env_memory(&engine->env, err);
	if (!memory || memory_search(memory, files, &query, arena, &chunks,
	                             &count, err) < 0)
		return -1;
	report(invocation, chunks, count);
	return EXIT_STATUS_DONE;
}

const struct command command_recall = {
	.name = "recall",
	.synopsis = "QUERY",
	.help = "ask memory",
	.details = "Searches memory/org/ (and memory/projects/SLUG/) as "
	           "committed, best first, as\n"
	           "a recall step does.",
	.options = options,
	.least = 1,
	.most = (size_t)-1,
	.run = run_recall,
};
