#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/base/text.h"
#include "tests/unit/fixture_proc.h"

/* `script` in the room, in a sandbox or not. */
static struct child *start(struct loop *loop, struct room *room,
                           const char *script, bool isolated)
{
	auto_free char *out = mem_printf("OUT=%s", room->out);
	const char *argv[] = { "sh", "-c", script, NULL };
	const char *env[] = { "PATH=/usr/bin:/bin", out, NULL };

	if (room->sandbox.rules < 0)
		sandbox_open(&room->sandbox, room->dir, room->out);
	struct proc proc = {
		.argv = argv,
		.env = env,
		.dir = room->dir,
		.timeout_ms = room->timeout_ms,
		.sandbox = isolated ? &room->sandbox : NULL,
	};
	struct child *child = loop_start(loop, &proc, room, &room->err);
	if (!child)
		fail_msg("%s", room->err.message);
	return child;
}

/* The next to end; `output` gets what it said. Its result. */
static int next_end(struct loop *loop, struct room *room, struct child **ret)
{
	struct child *ended = NULL;

	error_clear(&room->err);
	assert_int_equal(loop_wait(loop, -1, &ended, &room->err), 1);
	*ret = ended;
	return child_result(ended, &room->output, &room->err);
}

static void make_fifo(const struct room *room, const char *name)
{
	auto_free char *path = mem_printf("%s/%s", room->out, name);

	assert_int_equal(mkfifo(path, 0600), 0);
}

/* Each waits for the other, so that neither ends alone. */
static void test_loop__programs_run_side_by_side(void **state)
{
	UNUSED_STATE(state);
	for (size_t i = 0; i < 2; i++) {
		auto_room struct room room;
		room_open(&room);
		make_fifo(&room, "a");
		make_fifo(&room, "b");
		auto_loop struct loop *loop = loop_open(2);
		struct child *first = start(
		        loop, &room, "echo x >$OUT/a; cat $OUT/b", i == 1);
		assert_int_equal(loop_free_places(loop), 1);
		assert_int_equal(loop_next_place(loop), 1);
		struct child *second = start(
		        loop, &room, "cat $OUT/a; echo y >$OUT/b", i == 1);
		assert_int_equal(loop_running(loop), 2);
		for (size_t n = 0; n < 2; n++) {
			auto_child struct child *child = NULL;
			assert_row(n, next_end(loop, &room, &child) == 0);
			assert_true(child == first || child == second);
			assert_row_text(n, room.output.at,
			                child == first ? "y\n" : "x\n");
			assert_ptr_equal(child_user(child), &room);
			assert_int_equal(child_place(child), child == second);
		}
		assert_int_equal(loop_free_places(loop), 2);
	}
}

static void test_loop__a_place_serves_many_one_after_the_other(void **state)
{
	auto_room struct room room;

	UNUSED_STATE(state);
	room_open(&room);
	auto_loop struct loop *loop = loop_open(1);
	for (size_t i = 0; i < 40; i++) {
		auto_child struct child *ended = NULL;
		auto_free char *script =
		        mem_printf("echo %zu; exit %zu", i, i % 3);
		auto_free char *wanted = mem_printf("status %zu", i % 3);
		(void)start(loop, &room, script, true);
		int rc = next_end(loop, &room, &ended);
		assert_row(i, (rc == 0) == (i % 3 == 0));
		if (rc < 0)
			assert_non_null(strstr(room.err.message, wanted));
	}
}

static void test_loop__waiting_ends_with_its_time(void **state)
{
	auto_room struct room room;
	struct child *child = NULL;

	UNUSED_STATE(state);
	room_open(&room);
	auto_loop struct loop *loop = loop_open(1);
	assert_int_equal(loop_wait(loop, -1, &child, &room.err), 0);
	(void)start(loop, &room, "sleep 60", true);
	assert_int_equal(loop_wait(loop, 0, &child, &room.err), 0);
	assert_int_equal(loop_wait(loop, 10, &child, &room.err), 0);
	assert_int_equal(loop_running(loop), 1);
}

static void test_loop__what_is_stopped_says_so(void **state)
{
	static const char *const scripts[] = {
		"sleep 60",
		"trap '' TERM; : >$OUT/deaf; while :; do sleep 60; done",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(scripts) * 2; i++) {
		auto_room struct room room;
		auto_child struct child *ended = NULL;
		room_open(&room);
		auto_loop struct loop *loop = loop_open(1);
		struct child *child =
		        start(loop, &room, scripts[i / 2], i % 2 == 1);
		loop_stop(loop, child);
		assert_row(i, next_end(loop, &room, &ended) == -1);
		assert_row(i, room.err.code == ERR_FAILED);
		assert_non_null(strstr(room.err.message, "was stopped"));
	}
}

static void test_loop__closing_ends_what_runs(void **state)
{
	UNUSED_STATE(state);
	for (size_t i = 0; i < 2; i++) {
		auto_room struct room room;
		auto_error struct error err = { 0 };
		room_open(&room);
		make_fifo(&room, "ready");
		auto_free char *ready = mem_printf("%s/ready", room.out);
		auto_free char *lock = mem_printf("%s/lock", room.out);
		struct loop *loop = loop_open(1);
		(void)start(loop, &room,
		            "trap '' TERM; exec 9>$OUT/lock; flock 9;"
		            "echo >$OUT/ready; exec sleep 60",
		            i == 1);
		auto_fd int fd = fd_open(ready, O_RDONLY, 0, &err);
		assert_true(fd >= 0);
		loop_close(loop);
		auto_fd int held = fd_open(lock, O_RDONLY, 0, &err);
		assert_row(i, flock(held, LOCK_EX | LOCK_NB) == 0);
	}
}

/* All that is told of it is a signal to us, as somebody else would send it. */
static void test_loop__a_signal_stops_everything(void **state)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		auto_room struct room room;
		struct child *child = NULL;
		sigset_t pending;
		room_open(&room);
		auto_loop struct loop *loop = loop_open(2);
		(void)start(loop, &room, "sleep 60", true);
		(void)start(loop, &room, "sleep 60", false);
		assert_int_equal(kill(getpid(), numbers[i]), 0);
		assert_row(i, loop_wait(loop, -1, &child, &room.err) == -1);
		assert_row(i, room.err.code == ERR_SYSTEM);
		assert_non_null(strstr(room.err.message, "stopped by SIG"));
		assert_int_equal(loop_running(loop), 0);
		assert_int_equal(sigpending(&pending), 0);
		assert_row(i, !sigismember(&pending, numbers[i]));
	}
}

/* As who was started by nohup has it. */
static void test_loop__a_signal_that_is_ignored_stays_so(void **state)
{
	auto_room struct room room;
	auto_child struct child *ended = NULL;

	UNUSED_STATE(state);
	room_open(&room);
	auto_loop struct loop *loop = loop_open(1);
	void (*before)(int) = signal(SIGHUP, SIG_IGN);
	(void)start(loop, &room, "echo well", true);
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	int rc = next_end(loop, &room, &ended);
	(void)signal(SIGHUP, before);
	assert_int_equal(rc, 0);
}

/* Its parent is the slot, which a person could kill. */
static void test_loop__a_slot_that_dies_is_replaced(void **state)
{
	auto_room struct room room;
	auto_child struct child *ended = NULL;

	UNUSED_STATE(state);
	room_open(&room);
	auto_loop struct loop *loop = loop_open(1);
	(void)start(loop, &room, "sleep 60", true);
	auto_free char *path =
	        mem_printf("/proc/self/task/%d/children", (int)getpid());
	auto_buf struct buf children = buf_make(1000);
	assert_int_equal(file_read(path, &children, &room.err), 0);
	children.at[strcspn(children.at, " ")] = '\0';
	int64_t slot = 0;
	assert_true(text_to_int(children.at, 2, INT32_MAX, &slot));
	assert_int_equal(kill((pid_t)slot, SIGKILL), 0);
	int rc = next_end(loop, &room, &ended);
	assert_int_equal(rc, -1);
	assert_non_null(strstr(room.err.message, "is lost"));
	(void)start(loop, &room, "echo again", true);
	auto_child struct child *another = NULL;
	rc = next_end(loop, &room, &another);
	assert_int_equal(rc, 0);
	assert_string_equal(room.output.at, "again\n");
}

/* The output is not stored beyond its limit, whatever is written. */
static void test_loop__a_flood_costs_no_memory(void **state)
{
	auto_room struct room room;
	auto_child struct child *ended = NULL;

	UNUSED_STATE(state);
	room_open(&room);
	auto_loop struct loop *loop = loop_open(1);
	(void)start(loop, &room, "exec head -c 2G /dev/zero", true);
	int rc = next_end(loop, &room, &ended);
	assert_int_equal(rc, -1);
	assert_int_equal(room.err.code, ERR_LIMIT);
}

/* Two files of what each may have at most; they are holes but for a page. */
static void test_loop__a_file_may_be_only_so_long(void **state)
{
	auto_room struct room room;
	auto_child struct child *fits = NULL;
	auto_child struct child *ended = NULL;

	UNUSED_STATE(state);
	room_open(&room);
	auto_loop struct loop *loop = loop_open(1);
	(void)start(loop, &room,
	            "dd if=/dev/zero of=$OUT/a bs=1 count=1 seek=1023M", true);
	assert_int_equal(next_end(loop, &room, &fits), 0);
	(void)start(loop, &room,
	            "dd if=/dev/zero of=$OUT/b bs=1 count=1 seek=1024M", true);
	int rc = next_end(loop, &room, &ended);
	assert_int_equal(rc, -1);
}

/* With a network there is no wall of that kind, and the text says so. */
static void test_loop__a_network_may_be_allowed(void **state)
{
	auto_room struct room room;
	auto_child struct child *ended = NULL;

	UNUSED_STATE(state);
	room_open(&room);
	sandbox_open(&room.sandbox, room.dir, room.out);
	room.sandbox.network = true;
	auto_loop struct loop *loop = loop_open(1);
	(void)start(loop, &room, "python3 -c 'import socket; socket.socket()'",
	            true);
	int rc = next_end(loop, &room, &ended);
	if (rc < 0)
		fail_msg("%s", room.err.message);
	assert_false(child_layers(ended) & SANDBOX_NETWORK);
	room.sandbox.network = false;
	(void)start(loop, &room, "python3 -c 'import socket; socket.socket()'",
	            true);
	auto_child struct child *another = NULL;
	rc = next_end(loop, &room, &another);
	assert_int_equal(rc, child_layers(another) & SANDBOX_NETWORK ? -1 : 0);
}
