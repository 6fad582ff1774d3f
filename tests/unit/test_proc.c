#include "tests/unit/unit.h"

#include <signal.h>
#include <time.h>

#include "tests/unit/fixture_proc.h"

static void assert_failed(const struct room *room, int rc, const char *text)
{
	assert_int_equal(rc, -1);
	assert_int_equal(room->err.code, ERR_FAILED);
	if (!strstr(room->err.message, text))
		fail_msg("no \"%s\" in \"%s\"", text, room->err.message);
}

static void test_proc__gives_output_of_what_it_was_given(void **state)
{
	auto_room struct room room;

	UNUSED_STATE(state);
	room_open(&room);
	assert_int_equal(room_run(&room, "cat; pwd; env | sort | tail -n 1",
	                          NULL, "input\n"),
	                 0);
	auto_free char *wanted =
	        mem_printf("input\n%s\nTOP=%s\n", room.dir, room.top);
	assert_string_equal(room.output.at, wanted);
}

/* Both ways of starting, where they should not differ. */
static void test_proc__ends_tell_how(void **state)
{
	static const struct {
		const char *script;
		const char *message; /* NULL: it is well */
	} cases[] = {
		{ "exit 0", NULL },
		{ "exit 3", "\"sh\" exited with status 3: it said nothing" },
		{ "echo why >&2; exit 1", "exited with status 1: why" },
		{ "kill -9 $$", "ended by signal 9 (Killed)" },
		{ "kill -TERM $$", "ended by signal 15 (Terminated)" },
		{ "kill -PIPE $$", "ended by signal 13 (Broken pipe)" },
		{ "kill -40 $$", "ended by signal 40 (a real-time signal)" },
		{ "kill -ABRT $$", "ended by signal 6 (Aborted)" },
		{ "printf 'a\\377\\033b\\n' >&2; exit 1", "a\\xff\\x1bb" },
		{ "exec >&- 2>&-; exit 4", "exited with status 4" },
		{ "no-such-program", "exited with status 127" },
		{ "sleep 60 & exit 5", "exited with status 5" },
		{ "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i >&2;"
		  "done; exit 6",
		  "\n29999\n30000" },
	};

	UNUSED_STATE(state);
	/* What we ignore is ours. */
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(cases) * 2; i++) {
		auto_room struct room room;
		room_open(&room);
		int rc = (i % 2 ? run_isolated
		                : run_plain)(&room, cases[i / 2].script);
		assert_row(i, (rc < 0) == (cases[i / 2].message != NULL));
		if (rc < 0 && !strstr(room.err.message, cases[i / 2].message))
			fail_msg("row %zu: %s", i, room.err.message);
	}
	(void)signal(SIGPIPE, before);
}

static void test_proc__a_program_that_is_not_there_is_named(void **state)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };

	static const struct {
		const char *program;
		bool isolated;
	} cases[] = {
		{ "/usr/bin/no-such-program", false },
		{ "/usr/bin/no-such-program", true },
		{ "no-such-program", true },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_room struct room room;
		room_open(&room);
		sandbox_open(&room.sandbox, room.dir, room.out);
		const char *argv[] = { cases[i].program, NULL };
		struct proc proc = {
			.argv = argv,
			.env = env,
			.dir = room.dir,
			.sandbox = cases[i].isolated ? &room.sandbox : NULL,
		};
		int rc = proc_run(&proc, &room.output, &room.err);
		auto_free char *wanted = mem_printf(
		        "could not start \"%s\": No such file or directory",
		        cases[i].program);
		assert_failed(&room, rc, wanted);
	}
}

/* More than a pipe holds, and nobody reads it: that is its affair. */
static void test_proc__input_may_be_left(void **state)
{
	auto_buf struct buf input = buf_make(1u << 20);
	auto_room struct room room;

	UNUSED_STATE(state);
	room_open(&room);
	buf_pad(&input, 'x', 1u << 20);
	assert_int_equal(room_run(&room, "exec <&-; echo done", NULL, input.at),
	                 0);
	assert_string_equal(room.output.at, "done\n");
	sandbox_open(&room.sandbox, room.dir, room.out);
	assert_int_equal(
	        room_run(&room, "exec <&-; echo done", &room.sandbox, input.at),
	        0);
	assert_string_equal(room.output.at, "done\n");
}

static void test_proc__a_flood_is_cut_off(void **state)
{
	UNUSED_STATE(state);
	for (size_t i = 0; i < 2; i++) {
		auto_room struct room room;
		room_open(&room);
		int rc = (i ? run_isolated : run_plain)(&room, "yes");
		assert_row(i, rc == -1);
		assert_row(i, room.err.code == ERR_LIMIT);
	}
}

static int64_t seconds(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return now.tv_sec;
}

/* Whatever it does, it is over soon after its deadline. */
static void test_proc__the_deadline_holds(void **state)
{
	static const char *const scripts[] = {
		"sleep 60",
		"trap '' TERM; while :; do sleep 60; done",
		"trap '' TERM; sleep 60 & wait; wait; sleep 60",
		"exec cat /dev/zero >&2",
		"kill -STOP $$",
		"setsid sh -c 'trap \"\" TERM; sleep 15'",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(scripts) * 2; i++) {
		auto_room struct room room;
		room_open(&room);
		room.timeout_ms = 100;
		int64_t started = seconds();
		int rc = (i % 2 ? run_isolated : run_plain)(&room,
		                                            scripts[i / 2]);
		assert_row(i, seconds() - started < 10);
		assert_failed(&room, rc, "did not end within");
	}
}

/* Who starts us may have said that nobody waits for children. */
static void test_proc__an_unknown_end_is_no_success(void **state)
{
	auto_room struct room room;

	UNUSED_STATE(state);
	room_open(&room);
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);
	int plain = run_plain(&room, "exit 1");
	int isolated = run_isolated(&room, "exit 1");
	(void)signal(SIGCHLD, before);
	assert_int_equal(plain, -1);
	assert_int_equal(isolated, -1);
}

/* No variable of ours gets in (test_sandbox.c: no descriptor, either). */
static void test_proc__an_environment_is_what_is_given(void **state)
{
	static const char *const argv[] = { "env", NULL };
	static const char *const env[] = { "PATH=/usr/bin:/bin",
		                           "A=", "B=two words\nand a line",
		                           NULL };

	UNUSED_STATE(state);
	for (size_t i = 0; i < 2; i++) {
		auto_room struct room room;
		room_open(&room);
		sandbox_open(&room.sandbox, room.dir, room.out);
		struct proc proc = {
			.argv = argv,
			.env = env,
			.dir = room.dir,
			.sandbox = i ? &room.sandbox : NULL,
		};
		assert_row(i, proc_run(&proc, &room.output, &room.err) == 0);
		assert_row_text(i, room.output.at,
		                "PATH=/usr/bin:/bin\nA=\n"
		                "B=two words\nand a line\n");
	}
}

/* Much more than a pipe holds, in and out at once. */
static void test_proc__a_pipe_is_fed_and_emptied(void **state)
{
	auto_buf struct buf input = buf_make(1u << 20);

	UNUSED_STATE(state);
	for (size_t n = 0; input.len < (1u << 20) - 10; n++)
		buf_printf(&input, "%zu\n", n);
	for (size_t i = 0; i < 2; i++) {
		auto_room struct room room;
		room_open(&room);
		room.output = buf_make(1u << 20);
		sandbox_open(&room.sandbox, room.dir, room.out);
		assert_row(i,
		           room_run(&room, "tee /dev/stderr",
		                    i ? &room.sandbox : NULL, input.at) == 0);
		assert_row(i, room.output.len == input.len);
		assert_row(i, memcmp(room.output.at, input.at, input.len) == 0);
	}
}
