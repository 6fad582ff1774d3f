/*
 * A shell script as a child, in a folder of its own, in a sandbox or not.
 */
#ifndef FIXTURE_PROC_H
#define FIXTURE_PROC_H

#include "tests/unit/unit.h"

#include <unistd.h>

#include "engine/io/loop.h"
#include "engine/io/sandbox.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"

struct room {
	char *top;
	char *dir; /* top/dir: where the script runs */
	char *out; /* top/out: where it may write; OUT in its environment */
	struct sandbox sandbox;
	unsigned layers; /* of the last */
	struct buf output;
	struct error err;
	int64_t timeout_ms;
};

static inline void room_open(struct room *room)
{
	const char *tmp = getenv("TMPDIR");

	*room = (struct room){
		.top = mem_printf("%s/room-XXXXXX", tmp ? tmp : "/tmp"),
		.sandbox = { .rules = -1 },
		.output = buf_make(LIMIT_STDERR),
		.timeout_ms = 60000,
	};
	assert_non_null(mkdtemp(room->top));
	room->dir = mem_printf("%s/dir", room->top);
	room->out = mem_printf("%s/out", room->top);
	assert_int_equal(dir_make(room->dir, &room->err), 0);
	assert_int_equal(dir_make(room->out, &room->err), 0);
}

static inline void room_close(struct room *room)
{
	sandbox_close(&room->sandbox);
	buf_clear(&room->output);
	error_clear(&room->err);
	assert_int_equal(dir_remove(room->top, &room->err), 0);
	free(room->top);
	free(room->dir);
	free(room->out);
}

#define auto_room CLEANUP(room_close)

/* What `script` makes of it: child_result(). */
static inline int room_run(struct room *room, const char *script,
                           const struct sandbox *sandbox, const char *input)
{
	auto_free char *out = mem_printf("OUT=%s", room->out);
	auto_free char *top = mem_printf("TOP=%s", room->top);
	const char *argv[] = { "sh", "-c", script, NULL };
	const char *env[] = { "PATH=/usr/bin:/bin", out, top, NULL };
	struct proc proc = {
		.argv = argv,
		.env = env,
		.dir = room->dir,
		.input = input,
		.input_len = input ? strlen(input) : 0,
		.timeout_ms = room->timeout_ms,
		.max_output = room->output.max,
		.sandbox = sandbox,
	};

	error_clear(&room->err);
	buf_cut(&room->output, 0);
	auto_loop struct loop *loop = loop_open(1);
	struct child *started = loop_start(loop, &proc, NULL, &room->err);
	if (!started || loop_wait(loop, -1, &started, &room->err) < 0)
		return -1;
	auto_child struct child *child = started;
	room->layers = child_layers(child);
	return child_result(child, &room->output, &room->err);
}

static inline int run_plain(struct room *room, const char *script)
{
	return room_run(room, script, NULL, NULL);
}

static inline int run_isolated(struct room *room, const char *script)
{
	sandbox_close(&room->sandbox);
	sandbox_open(&room->sandbox, room->dir, room->out);
	return room_run(room, script, &room->sandbox, NULL);
}

#endif
