/*
 * A loop with a single place.
 */
#include "engine/io/proc.h"

#include "engine/io/loop.h"
#include "engine/io/owner.h"
#include "store/base/compiler.h"

#define GIT_TIMEOUT_MS 60000

int proc_run_part(const struct proc *proc, struct buf *ret_output,
                  bool *ret_cut_short, struct error *err)
{
	auto_loop struct loop *loop = loop_open(1);
	struct proc bounded = *proc;
	struct child *started;

	*ret_cut_short = true; /* as far as we know */
	if (!bounded.max_output)
		bounded.max_output = ret_output->max;
	started = loop_start(loop, &bounded, NULL, err);
	if (!started || loop_wait(loop, -1, &started, err) < 0)
		return -1;
	auto_child struct child *child = started;
	*ret_cut_short = child_end_of(child) == CHILD_CUT_SHORT;
	return child_result(child, ret_output, err);
}

int proc_run(const struct proc *proc, struct buf *ret_output, struct error *err)
{
	bool cut_short;

	return proc_run_part(proc, ret_output, &cut_short, err);
}

int proc_git(const char *dir, const char *const *args, struct buf *ret_output,
             struct error *err)
{
	enum {
		OPTIONS = 5,
		MOST = 32
	};

	const char *argv[MOST + OPTIONS + 1] = {
		"git",
		"-c",
		"core.hooksPath=/dev/null",
		"-c",
		"core.fsmonitor=false",
	};
	auto_arena struct arena arena = { 0 };
	size_t count = OPTIONS;

	for (size_t i = 0; args[i] && i < MOST; i++)
		argv[count++] = args[i];
	argv[count] = NULL;
	struct proc proc = {
		.argv = argv,
		.env = owner_environment(&arena),
		.dir = dir,
		.timeout_ms = GIT_TIMEOUT_MS,
	};
	return proc_run(&proc, ret_output, err);
}
