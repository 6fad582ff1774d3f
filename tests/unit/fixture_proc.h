/*
 * A shell script as a child, in a folder of its own, in a sandbox or not.
 */
#ifndef FIXTURE_PROC_H
#define FIXTURE_PROC_H

#include "tests/unit/unit.h"

#include <unistd.h>

#include "engine/io/proc.h"
#include "engine/io/sandbox.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/limits.h"

struct room {
	char *top;
	char *dir; /* top/dir: where the script runs */
	char *out; /* top/out: where it may write; OUT in its environment */
	struct sandbox sandbox;
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

/* What `script` makes of it: proc_run()'s result. */
static inline int room_run(struct room *room, const char *script,
                           struct sandbox *sandbox, const char *input)
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
		.sandbox = sandbox,
	};

	error_clear(&room->err);
	buf_cut(&room->output, 0);
	return proc_run(&proc, &room->output, &room->err);
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
