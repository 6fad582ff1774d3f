/*
 * A shelf for each sort of file. What was parsed stays on it, under its name;
 * what could not be parsed does not, so whoever asks again gets the errors
 * again. Names are few, so a shelf is searched from the front.
 */
#include "engine/job/workspace.h"

#include <stdlib.h>
#include <string.h>

#include "engine/job/job_cache.h"
#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

struct entry {
	const char *name;
	const void *parsed;
};

struct shelf {
	struct entry *entries;
	size_t count;
};

struct workspace {
	struct files *files;
	const struct language *language;
	struct arena arena;
	const struct config *config;
	struct shelf agents;
	struct shelf jobs;   /* as their files say */
	struct shelf linked; /* with the jobs in them */
	struct shelf templates;
	struct job_cache *cache; /* where parsed jobs are kept; or NULL */
	const struct job **lent; /* jobs that were found there */
	size_t lent_count;
};

void workspace_free(struct workspace *workspace)
{
	if (workspace == NULL)
		return;
	for (size_t i = 0; i < workspace->lent_count; i++)
		job_cache_release(workspace->cache, workspace->lent[i]);
	free(workspace->lent);
	arena_clear(&workspace->arena);
	free(workspace);
}

void workspace_free_auto(struct workspace **workspace)
{
	workspace_free(*workspace);
}

struct workspace *workspace_new(struct files *files,
                                const struct language *language)
{
	struct workspace *workspace = mem_zalloc(1, sizeof(*workspace));

	workspace->files = files;
	workspace->language = language;
	return workspace;
}

void workspace_cache(struct workspace *workspace, struct job_cache *cache)
{
	workspace->cache = cache;
}

struct files *workspace_files(struct workspace *workspace)
{
	return workspace->files;
}

const struct language *workspace_language(const struct workspace *workspace)
{
	return workspace->language;
}

static const void *shelf_get(const struct shelf *shelf, const char *name)
{
	for (size_t i = 0; i < shelf->count; i++)
		if (strcmp(shelf->entries[i].name, name) == 0)
			return shelf->entries[i].parsed;
	return NULL;
}

static void shelf_put(struct workspace *workspace, struct shelf *shelf,
                      const char *name, const void *parsed)
{
	if (parsed == NULL)
		return;
	shelf->entries = arena_grow(&workspace->arena, shelf->entries,
	                            shelf->count, sizeof(*shelf->entries));
	shelf->entries[shelf->count++] = (struct entry){
		.name = arena_strdup(&workspace->arena, name),
		.parsed = parsed,
	};
}

/* files_read(), with a failure in `errors`. */
static int read_file(struct workspace *workspace, const char *path,
                     struct buf *ret, struct errors *errors)
{
	auto_error struct error err = { 0 };
	int found = files_read(workspace->files, path, ret, NULL, &err);

	if (found < 0)
		errors_take(errors, &err);
	return found;
}

static void add_missing(struct errors *errors, const char *what,
                        const char *name, const char *const *known,
                        size_t count)
{
	const struct pos nowhere = { 0, 0 };
	const char *nearest = text_nearest(name, known, count);
	struct error *err = errors_add(errors, ERR_MISSING, NULL, nowhere,
	                               "there is no %s \"%s\"", what, name);

	if (nearest != NULL)
		error_hint(err, "Did you mean \"%s\"?", nearest);
}

/* ---- reeve.yaml */

const struct config *workspace_config(struct workspace *workspace,
                                      struct errors *errors)
{
	const struct pos nowhere = { 0, 0 };
	auto_buf struct buf bytes = buf_make(LIMIT_JOB_FILE);
	int found;

	if (workspace->config != NULL)
		return workspace->config;
	found = read_file(workspace, "reeve.yaml", &bytes, errors);
	if (found == 0)
		error_hint(errors_add(errors, ERR_MISSING, NULL, nowhere,
		                      "there is no reeve.yaml"),
		           "Make a workspace with \"reeve init\".");
	if (found > 0)
		workspace->config =
		        config_parse(&workspace->arena, bytes.at, bytes.len,
		                     workspace->language, errors);
	return workspace->config;
}

/* ---- agents */

/* The owner's own, then the library's. */
static const char *const agent_folders[] = { "agents", "jobs/agents" };

static int read_agent(struct workspace *workspace, const char *name,
                      const char **ret_path, struct buf *ret,
                      struct errors *errors)
{
	int found = 0;

	for (size_t i = 0; i < ARRAY_LEN(agent_folders) && found == 0; i++) {
		*ret_path = arena_printf(&workspace->arena, "%s/%s.yaml",
		                         agent_folders[i], name);
		found = read_file(workspace, *ret_path, ret, errors);
	}
	return found;
}

static bool is_file_name(const char *name)
{
	return text_is_name(name) || text_is_slug(name);
}

const struct agent *workspace_agent(struct workspace *workspace,
                                    const char *name, struct errors *errors)
{
	auto_buf struct buf bytes = buf_make(LIMIT_JOB_FILE);
	auto_error struct error err = { 0 };
	const struct agent *agent = shelf_get(&workspace->agents, name);
	const char *const *names = NULL;
	const char *path;
	size_t count = 0;
	int found = 0;

	if (agent != NULL)
		return agent;
	if (is_file_name(name))
		found = read_agent(workspace, name, &path, &bytes, errors);
	if (found > 0) {
		agent = agent_parse(&workspace->arena, name, path, bytes.at,
		                    bytes.len, errors);
		shelf_put(workspace, &workspace->agents, name, agent);
		return agent;
	}
	if (found == 0 && workspace_agents(workspace, &names, &count, &err) < 0)
		errors_take(errors, &err);
	else if (found == 0)
		add_missing(errors, "agent", name, names, count);
	return NULL;
}

/* ---- jobs */

/* The job as it was kept; NULL: it is to be parsed. */
static const struct job *kept_job(struct workspace *workspace, const char *name,
                                  const char *path)
{
	auto_error struct error ignored = { 0 }; /* whoever reads it will say */
	const struct job *job;
	struct oid blob;

	if (workspace->cache == NULL ||
	    files_find(workspace->files, path, LIMIT_JOB_FILE, &blob,
	               &ignored) <= 0)
		return NULL;
	job = job_cache_find(workspace->cache, name, &blob,
	                     workspace->language);
	if (job == NULL)
		return NULL;
	workspace->lent = mem_grow(workspace->lent, workspace->lent_count,
	                           sizeof(const struct job *));
	workspace->lent[workspace->lent_count++] = job;
	return job;
}

static void keep_job(struct workspace *workspace, const char *name,
                     const struct job *job)
{
	auto_error struct error ignored = { 0 }; /* then it is not kept */
	struct oid blob;

	if (workspace->cache != NULL &&
	    files_find(workspace->files, job->path, LIMIT_JOB_FILE, &blob,
	               &ignored) > 0)
		job_cache_keep(workspace->cache, name, &blob, job);
}

static void add_missing_job(struct workspace *workspace, const char *name,
                            struct errors *errors)
{
	auto_error struct error err = { 0 };
	const char *const *names = NULL;
	size_t count = 0;

	if (workspace_jobs(workspace, &names, &count, &err) < 0)
		errors_take(errors, &err);
	else
		add_missing(errors, "job", name, names, count);
}

static const struct job *parse_job(struct workspace *workspace,
                                   const char *name, const char *path,
                                   struct errors *errors)
{
	auto_buf struct buf bytes = buf_make(LIMIT_JOB_FILE);
	int found = 0;

	if (is_file_name(name))
		found = read_file(workspace, path, &bytes, errors);
	if (found > 0)
		return job_parse(&workspace->arena, path, bytes.at, bytes.len,
		                 workspace->language, errors);
	if (found == 0)
		add_missing_job(workspace, name, errors);
	return NULL;
}

/* What the job's own file says; `*ret_parsed` when it was parsed for that. */
static const struct job *own_job(struct workspace *workspace, const char *name,
                                 bool *ret_parsed, struct errors *errors)
{
	const char *path =
	        arena_printf(&workspace->arena, "jobs/%s.yaml", name);
	const struct job *job = shelf_get(&workspace->jobs, name);

	*ret_parsed = false;
	if (job == NULL && is_file_name(name))
		job = kept_job(workspace, name, path);
	if (job == NULL) {
		job = parse_job(workspace, name, path, errors);
		*ret_parsed = job != NULL;
	}
	if (shelf_get(&workspace->jobs, name) == NULL)
		shelf_put(workspace, &workspace->jobs, name, job);
	return job;
}

static const struct job *find_job(void *state, const char *name,
                                  struct errors *errors)
{
	struct workspace *workspace = state;
	bool parsed;
	const struct job *job = own_job(workspace, name, &parsed, errors);

	if (parsed)
		keep_job(workspace, name, job);
	return job;
}

static bool has_other(const struct job *job)
{
	for (size_t i = 0; i < job->step_count; i++)
		if (job->steps[i].other != NULL)
			return true;
	return false;
}

const struct job *workspace_job(struct workspace *workspace, const char *name,
                                struct errors *errors)
{
	const struct job *linked = shelf_get(&workspace->linked, name);
	const struct job *job;
	bool parsed;

	if (linked != NULL)
		return linked;
	job = own_job(workspace, name, &parsed, errors);
	if (job == NULL)
		return NULL;
	linked = job_link(&workspace->arena, job, find_job, workspace, errors);
	shelf_put(workspace, &workspace->linked, name, linked);
	/* A job with others in it is kept alone: they may change. */
	if (parsed && linked != NULL)
		keep_job(workspace, name, has_other(linked) ? job : linked);
	return linked;
}

/* ---- templates */

static const struct template *parse_template(struct workspace *workspace,
                                             const char *path,
                                             const struct buf *bytes,
                                             struct errors *errors)
{
	auto_error struct error err = { 0 };
	struct arena *arena = &workspace->arena;
	struct value *source = value_bytes(arena, bytes->at, bytes->len);
	const struct template *template;

	source->pos = (struct pos){ 1, 1 };
	source->style = STYLE_PLAIN;
	template =
	        template_parse(arena, arena_strdup(arena, path), source, &err);
	if (template == NULL)
		errors_take(errors, &err);
	return template;
}

/* All files below templates/, for a hint. */
static void add_missing_template(struct workspace *workspace, const char *path,
                                 struct errors *errors)
{
	auto_arena struct arena scratch = { 0 };
	auto_error struct error err = { 0 };
	struct file_entry *entries;
	const char **names;
	size_t count;

	if (files_names(workspace->files, &scratch, "templates/**", &entries,
	                &count, &err) < 0) {
		errors_take(errors, &err);
		return;
	}
	names = arena_array(&scratch, count, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = entries[i].path;
	add_missing(errors, "template", path, names, count);
}

const struct template *workspace_template(struct workspace *workspace,
                                          const char *path,
                                          struct errors *errors)
{
	auto_buf struct buf bytes = buf_make(LIMIT_TEMPLATE);
	auto_error struct error err = { 0 };
	const struct template *template =
	        shelf_get(&workspace->templates, path);
	int found = 0;

	if (template != NULL)
		return template;
	if (path_check(path, &err) == 0)
		found = read_file(workspace, path, &bytes, errors);
	if (found > 0) {
		template = parse_template(workspace, path, &bytes, errors);
		shelf_put(workspace, &workspace->templates, path, template);
		return template;
	}
	if (found == 0)
		add_missing_template(workspace, path, errors);
	return NULL;
}

/* ---- names */

/* "intake" of "jobs/intake.yaml". */
static const char *file_stem(struct arena *arena, const char *path)
{
	const char *base = strrchr(path, '/') + 1;

	return arena_strndup(arena, base,
	                     strlen(base) - strlen(path_ending(path)));
}

struct names {
	const char **list;
	size_t count;
};

static int add_names(struct workspace *workspace, const char *pattern,
                     struct names *names, struct error *err)
{
	struct arena *arena = &workspace->arena;
	struct file_entry *entries;
	size_t count;

	if (files_names(workspace->files, arena, pattern, &entries, &count,
	                err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		names->list = arena_grow(arena, names->list, names->count,
		                         sizeof(*names->list));
		names->list[names->count++] = file_stem(arena, entries[i].path);
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once: an agent of the owner's hides the library's. */
static void sort_names(struct names *names)
{
	size_t kept = 0;

	if (names->count == 0)
		return;
	qsort(names->list, names->count, sizeof(*names->list), compare_names);
	for (size_t i = 1; i < names->count; i++)
		if (strcmp(names->list[i], names->list[kept]) != 0)
			names->list[++kept] = names->list[i];
	names->count = kept + 1;
}

int workspace_jobs(struct workspace *workspace, const char *const **ret,
                   size_t *ret_count, struct error *err)
{
	struct names names = { 0 };

	if (add_names(workspace, "jobs/*.yaml", &names, err) < 0)
		return -1;
	sort_names(&names);
	*ret = names.list;
	*ret_count = names.count;
	return 0;
}

int workspace_agents(struct workspace *workspace, const char *const **ret,
                     size_t *ret_count, struct error *err)
{
	struct names names = { 0 };

	if (add_names(workspace, "agents/*.yaml", &names, err) < 0 ||
	    add_names(workspace, "jobs/agents/*.yaml", &names, err) < 0)
		return -1;
	sort_names(&names);
	*ret = names.list;
	*ret_count = names.count;
	return 0;
}
