/*
 * What has an output is done only when its artifacts can go where the job says
 * and its checks hold; both see the output by its name.
 */
#include <string.h>

#include "engine/cycle/execute.h"
#include "engine/job/expr.h"
#include "store/base/path.h"
#include "store/base/text.h"

/* ---- Artifacts ----------------------------------------------------------- */

/* The slashes of a path template that stand outside of its tags. */
static size_t own_slashes(const char *source)
{
	size_t count = 0;

	for (const char *c = source; *c; c++) {
		const char *end = text_starts(c, "{{") ? strstr(c, "}}") : NULL;
		if (end)
			c = end + 1;
		else
			count += *c == '/';
	}
	return count;
}

/* What the job says of the file's path; NULL when its kind chose it. */
static const struct value *source_of(const struct step *step,
                                     const struct live_file *file)
{
	return step->artifact ? step->artifact
	                      : value_get(step->artifacts, file->field);
}

/* A tag yields one segment: a value must not choose the folder. */
static int one_segment_each(const struct value *source, const char *path,
                            struct error *err)
{
	/* Without tags it is the path itself. */
	if (!source || path == source->text ||
	    own_slashes(path) <= own_slashes(source->text))
		return 0;
	error_set(err, ERR_FAILED, "a value in the artifact \"%s\" has a slash",
	          path);
	return error_hint(err, "Use | slug in the tag.");
}

/* That the file can be written there, and that nobody else does. */
static int check_file(struct live_run *run, const struct live_step *live,
                      const struct live_file *file, struct error *err)
{
	const struct value *source = source_of(live->step, file);
	const struct live_step *other = run_writer(run, file->path);

	if (one_segment_each(source, file->path, err) < 0)
		return -1;
	if (path_check_artifact(file->path, err) < 0) {
		err->code = ERR_FAILED;
		return error_wrap(err, "the artifact \"%s\"", file->path);
	}
	if (other)
		return error_set(err, ERR_FAILED,
		                 "the artifact \"%s\" is written by step "
		                 "\"%s\" too",
		                 file->path, live_name(run, other));
	return run_check_artifact(run, live, file, err);
}

/* Where the job says where it goes. */
static int at_source(const struct live_step *live, const struct live_file *file,
                     struct error *err)
{
	auto_error struct error reason = { 0 };
	const struct value *source = source_of(live->step, file);

	if (err->pos.line)
		return -1;
	error_move(&reason, err);
	error_at(err, reason.code, live->step->path,
	         source ? source->pos : live->step->pos, "%s", reason.message);
	return reason.hint ? error_hint(err, "%s", reason.hint) : -1;
}

static int place_files(struct live_run *run, struct live_step *live,
                       struct error *err)
{
	if (run_place_files(run, live, err) < 0)
		return -1;
	for (size_t i = 0; i < live->file_count; i++)
		if (check_file(run, live, &live->files[i], err) < 0)
			return at_source(live, &live->files[i], err);
	run_claim_files(run, live);
	return 0;
}

/* ---- Checks -------------------------------------------------------------- */

int execute_checks(struct live_run *run, const struct live_step *live,
                   struct error *err)
{
	const struct step *step = live->step;
	struct render render = run_render(run, live);

	for (size_t i = 0; i < step->check_count; i++) {
		const struct condition *check = &step->checks[i];
		int holds = expr_is_true(check->expr, &render, err);
		if (holds < 0)
			return error_wrap(err, "the check \"%s\"",
			                  check->message);
		if (!holds)
			return error_at(err, ERR_FAILED, step->path, check->pos,
			                "%s", check->message);
	}
	return 0;
}

/* ---- Both ---------------------------------------------------------------- */

int execute_accept(struct live_run *run, struct live_step *live,
                   struct error *err)
{
	enum step_state before = live->state;

	live->state = STEP_DONE;
	run_describe_step(run, live);
	int status = place_files(run, live, err);
	if (status == 0)
		status = execute_checks(run, live, err);
	live->state = before;
	if (status < 0)
		live->file_count = 0;
	return status;
}
