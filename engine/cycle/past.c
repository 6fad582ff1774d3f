/*
 * A folder of jobs is read against the one that was read before it: both are
 * sorted by path, and what has the same path and blob is taken over. Commits
 * are looked at in their order, so most folders are one file apart.
 */
#include "engine/cycle/past.h"

#include <string.h>

#include "store/base/limits.h"
#include "store/base/text.h"

/* "letter" of "jobs/letter.yaml"; NULL for what is no job's file. */
static const char *job_name(struct arena *arena, const char *path)
{
	const char *name = path + strlen("jobs/");
	size_t len = strlen(name);

	if (!text_ends(name, ".yaml") || strchr(name, '/') || *name == '.')
		return NULL;
	return arena_strndup(arena, name, len - strlen(".yaml"));
}

static int parse_job(struct engine *engine, struct past_job *past,
                     struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_JOB_FILE);
	auto_errors struct errors ignored = { 0 };

	if (repo_blob_read(engine->repo, &past->blob, &bytes, err) < 0) {
		if (err->code != ERR_LIMIT)
			return -1;
		error_clear(err);
		return 0;
	}
	past->job = job_parse(&engine->past_arena, past->path, bytes.at,
	                      bytes.len, &engine->language, &ignored);
	return 0;
}

/* The same file in `before`, from its place `*at` on, which moves along. */
static const struct past_job *find_before(const struct past *before, size_t *at,
                                          const struct tree_entry *entry)
{
	while (before && *at < before->count) {
		const struct past_job *job = &before->jobs[*at];
		int order = strcmp(job->path, entry->path);

		if (order == 0)
			return oid_equal(&job->blob, &entry->oid) ? job : NULL;
		if (order > 0)
			return NULL;
		++*at;
	}
	return NULL;
}

static int read_folder(struct engine *engine, const struct oid *tree,
                       const struct past *before, struct past *past,
                       struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct tree_entry *entries;
	size_t count;
	size_t at = 0;

	if (repo_tree_list(engine->repo, &arena, tree, "jobs", &entries, &count,
	                   err) < 0)
		return -1;
	past->jobs = arena_array(&engine->past_arena, count + 1,
	                         sizeof(*past->jobs));
	for (size_t i = 0; i < count; i++) {
		struct past_job *job = &past->jobs[past->count];
		const struct past_job *same =
		        find_before(before, &at, &entries[i]);
		const char *name =
		        same ? same->name
		             : job_name(&engine->past_arena, entries[i].path);
		if (!name)
			continue;
		past->count++;
		if (same) {
			*job = *same;
			continue;
		}
		job->name = name;
		job->path = arena_strdup(&engine->past_arena, entries[i].path);
		job->blob = entries[i].oid;
		if (parse_job(engine, job, err) < 0)
			return -1;
	}
	return 0;
}

const struct past *past_of(struct engine *engine, const struct oid *tree,
                           struct error *err)
{
	struct tree_entry folder = { 0 };
	struct past *before = NULL;
	struct past past = { 0 };

	if (repo_tree_find(engine->repo, tree, "jobs", &folder, err) < 0)
		return NULL;
	/* The latest is the likeliest. */
	for (size_t i = engine->past_count; i-- > 0;)
		if (oid_equal(&engine->pasts[i]->folder, &folder.oid))
			return engine->pasts[i];
	if (engine->past_count > 0)
		before = engine->pasts[engine->past_count - 1];
	past.folder = folder.oid;
	if (folder.mode == 040000 &&
	    read_folder(engine, tree, before, &past, err) < 0)
		return NULL;
	before = arena_new(&engine->past_arena, struct past);
	*before = past;
	engine->pasts = arena_grow(&engine->past_arena, engine->pasts,
	                           engine->past_count, sizeof(struct past *));
	engine->pasts[engine->past_count++] = before;
	return before;
}
