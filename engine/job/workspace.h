/*
 * All the files of a workspace that say what is to be done: reeve.yaml, jobs,
 * agents, templates, read from one set of files (the working tree for `check`,
 * a pinned tree for a run) and parsed once each.
 */
#ifndef JOB_WORKSPACE_H
#define JOB_WORKSPACE_H

#include <stddef.h>

#include "engine/job/agent.h"
#include "engine/job/config.h"
#include "engine/job/job.h"
#include "engine/job/job_cache.h"
#include "engine/job/language.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/files.h"

struct workspace;

void workspace_free(struct workspace *workspace);
void workspace_free_auto(struct workspace **workspace);
#define auto_workspace CLEANUP(workspace_free_auto)

/* `files` (with the library laid under it) and `language` must outlive it. */
struct workspace *workspace_new(struct files *files,
                                const struct language *language) MUST_CHECK
        FREED_BY(workspace_free);

/* Keep parsed jobs in `cache`, which must outlive it, and look for them there.
 */
void workspace_cache(struct workspace *workspace, struct job_cache *cache);

struct files *workspace_files(struct workspace *workspace);
const struct language *workspace_language(const struct workspace *workspace);

/* Each parses on first use and is owned by the workspace. NULL when `errors`
 * got some; a missing file is one. */
const struct config *workspace_config(struct workspace *workspace,
                                      struct errors *errors);
const struct agent *workspace_agent(struct workspace *workspace,
                                    const char *name, struct errors *errors);
/* `name` is the job's: jobs/NAME.yaml. With the jobs in it (job_link()), whose
 * errors are its own. */
const struct job *workspace_job(struct workspace *workspace, const char *name,
                                struct errors *errors);
/* A template file by its path. */
const struct template *workspace_template(struct workspace *workspace,
                                          const char *path,
                                          struct errors *errors);

/* The names of all jobs, agents; sorted; owned by the workspace. */
int workspace_jobs(struct workspace *workspace, const char *const **ret,
                   size_t *ret_count, struct error *err) MUST_CHECK;
int workspace_agents(struct workspace *workspace, const char *const **ret,
                     size_t *ret_count, struct error *err) MUST_CHECK;

#endif
