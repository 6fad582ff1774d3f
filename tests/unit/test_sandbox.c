#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "store/base/arena.h"
#include "tests/unit/fixture_proc.h"

/* Whether this machine has the layers; says what it has when not. */
static bool has_layers(unsigned layers)
{
	auto_room struct room room;
	auto_arena struct arena arena = { 0 };

	room_open(&room);
	assert_int_equal(run_isolated(&room, ":"), 0);
	if ((room.layers & layers) == layers)
		return true;
	print_message("isolation here: %s\n",
	              sandbox_text(&arena, room.layers));
	return false;
}

static void write_file(const char *path, const char *text)
{
	auto_error struct error err = { 0 };

	assert_int_equal(file_replace(path, text, strlen(text), 0644, &err), 0);
}

static void assert_ok(const struct room *room, int rc, size_t row)
{
	if (rc < 0)
		fail_msg("row %zu: %s", row, room->err.message);
}

/* ---- Files --------------------------------------------------------------- */

static void test_sandbox__what_a_program_needs_is_there(void **state)
{
	static const char *const scripts[] = {
		"test \"$(cat file)\" = text",
		"cat /dev/stdin </dev/null",
		"echo x >/dev/null; head -c 4 /dev/zero /dev/urandom",
		"echo x >$OUT/a; mkdir $OUT/b; mv $OUT/a $OUT/b/c",
		"echo x >$OUT/a; echo y >$OUT/a; ln -s a $OUT/l; rm $OUT/l",
		"mkfifo $OUT/fifo; rm -r $OUT/fifo",
		"cp /bin/true $OUT/mine; $OUT/mine",
		"./program",
		"test $(umask) = 0077",
		"test $(ulimit -c) = 0",
		"test $(id -u) = $(stat -c %u .)",
		"python3 -c 'import json, subprocess, tempfile'",
		"yes | head -n 1",
		"git --version",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		auto_room struct room room;
		room_open(&room);
		auto_free char *file = mem_printf("%s/file", room.dir);
		auto_free char *program = mem_printf("%s/program", room.dir);
		write_file(file, "text");
		write_file(program, "#!/bin/sh\necho done\n");
		assert_int_equal(chmod(program, 0755), 0);
		assert_ok(&room, run_isolated(&room, scripts[i]), i);
	}
}

/* Each of them is possible outside, so that it is the sandbox that refuses. */
static void test_sandbox__other_files_are_not(void **state)
{
	static const char *const scripts[] = {
		"cat $TOP/secret",
		"cat ../secret",
		"ls $TOP",
		"ls /",
		"ls ${TMPDIR:-/tmp}",
		"cat /proc/self/environ",
		"echo x >$TOP/secret",
		"echo x >>$TOP/secret",
		"echo x >$TOP/new",
		"echo x >file",
		"echo x >new",
		"mkdir new",
		"rm file",
		"mv file $OUT/file",
		"ln file $OUT/file",
		"mv $TOP/secret $OUT/secret",
		"ln $TOP/secret $OUT/secret; cat $OUT/secret",
		"ln -s $TOP/secret $OUT/link; cat $OUT/link",
		"truncate -s 0 $TOP/secret",
		"$TOP/program",
	};

	UNUSED_STATE(state);
	if (!has_layers(SANDBOX_FILES))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(scripts) * 2; i++) {
		auto_room struct room room;
		room_open(&room);
		auto_free char *secret = mem_printf("%s/secret", room.top);
		auto_free char *program = mem_printf("%s/program", room.top);
		auto_free char *file = mem_printf("%s/file", room.dir);
		write_file(secret, "text");
		write_file(file, "text");
		write_file(program, "#!/bin/sh\necho done\n");
		assert_int_equal(chmod(program, 0755), 0);
		if (i % 2 == 0) {
			assert_ok(&room, run_plain(&room, scripts[i / 2]), i);
			continue;
		}
		int rc = run_isolated(&room, scripts[i / 2]);
		assert_row(i, rc == -1);
		auto_buf struct buf kept = buf_make(64);
		assert_int_equal(file_read(secret, &kept, &room.err), 0);
		assert_row_text(i, kept.at, "text");
		buf_cut(&kept, 0);
		assert_int_equal(file_read(file, &kept, &room.err), 0);
		assert_row_text(i, kept.at, "text");
	}
}

/* ---- Network ------------------------------------------------------------- */

#define CONNECT                                                                \
	"import socket, sys\n"                                                 \
	"s = socket.socket(socket.%s, socket.SOCK_STREAM)\n"                   \
	"s.connect(%s)\n"

/* A listening socket at the address. */
static int listen_at(const void *address, socklen_t len, int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, address, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void assert_out_of_reach(struct room *room, const char *python)
{
	auto_free char *script = mem_printf("python3 -c '%s'", python);

	assert_ok(room, run_plain(room, script), 0);
	assert_int_equal(run_isolated(room, script), -1);
	if (!strstr(room->err.message, "Permission denied") &&
	    !strstr(room->err.message, "unreachable"))
		fail_msg("%s", room->err.message);
}

static void test_sandbox__this_machine_is_out_of_reach(void **state)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	auto_room struct room room;

	UNUSED_STATE(state);
	if (!has_layers(SANDBOX_NETWORK))
		skip();
	room_open(&room);
	auto_fd int fd = listen_at(&address, sizeof(address), AF_INET);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	auto_free char *to =
	        mem_printf("(\"127.0.0.1\", %d)", ntohs(address.sin_port));
	auto_free char *python = mem_printf(CONNECT, "AF_INET", to);
	assert_out_of_reach(&room, python);
}

static void test_sandbox__sockets_among_files_are_out_of_reach(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_room struct room room;

	UNUSED_STATE(state);
	room_open(&room);
	struct walls walls;
	pid_t pid = walls_fork(false, &walls);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (!walls.filters) {
		print_message("there is no filter of system calls here\n");
		room_close(&room);
		skip();
	}
	auto_free char *path = mem_printf("%s/socket", room.out);
	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	auto_fd int fd = listen_at(&address, sizeof(address), AF_UNIX);
	assert_true(fd >= 0);
	auto_free char *to = mem_printf("\"%s\"", path);
	auto_free char *python = mem_printf(CONNECT, "AF_UNIX", to);
	assert_out_of_reach(&room, python);
	assert_ok(&room,
	          run_isolated(&room, "python3 -c 'import socket\n"
	                              "socket.socketpair()'"),
	          0);
}

/* ---- Processes ----------------------------------------------------------- */

/* In another session and process group, without its parent, deaf to signals;
 * it holds a lock as long as it lives. */
#define DAEMON                                                                 \
	"(setsid sh -c 'trap \"\" TERM HUP INT; exec 9>$OUT/lock; flock 9;"    \
	" : >$OUT/ready; exec sleep 60' </dev/null >/dev/null 2>&1 &) &"       \
	"while ! [ -e $OUT/ready ]; do sleep 0.01; done;"

/* Fails while a daemon of the room lives. */
static int take_lock(const struct room *room, int how)
{
	auto_error struct error err = { 0 };
	auto_free char *path = mem_printf("%s/lock", room->out);
	auto_fd int fd = fd_open(path, O_RDONLY, 0, &err);

	assert_true(fd >= 0);
	return flock(fd, LOCK_EX | how);
}

static void test_sandbox__no_daemon_stays(void **state)
{
	static const struct {
		const char *script;
		int64_t timeout_ms;
	} cases[] = {
		{ DAEMON ":", 60000 },          { DAEMON "exit 1", 60000 },
		{ DAEMON "kill -9 $$", 60000 }, { DAEMON "yes", 60000 },
		{ DAEMON "sleep 60", 1000 },
	};

	UNUSED_STATE(state);
	if (!has_layers(SANDBOX_PROCESSES))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_room struct room room;
		room_open(&room);
		room.timeout_ms = cases[i].timeout_ms;
		int rc = run_isolated(&room, cases[i].script);
		assert_row(i, (rc == 0) == (i == 0));
		assert_row(i, take_lock(&room, LOCK_NB) == 0);
	}
}

/* We are killed: it cannot be waited for then, but it must not stay. */
static void test_sandbox__nothing_outlives_us(void **state)
{
	auto_room struct room room;

	UNUSED_STATE(state);
	if (!has_layers(SANDBOX_PROCESSES))
		skip();
	room_open(&room);
	pid_t engine = fork();
	if (engine == 0) {
		(void)run_isolated(&room, DAEMON "sleep 60");
		_exit(0);
	}
	assert_true(engine > 0);
	auto_free char *ready = mem_printf("%s/ready", room.out);
	while (!file_exists(ready))
		assert_int_equal(waitpid(engine, NULL, WNOHANG), 0);
	assert_int_equal(kill(engine, SIGKILL), 0);
	assert_int_equal(waitpid(engine, NULL, 0), engine);
	(void)alarm(20); /* the daemon would go after a minute */
	assert_int_equal(take_lock(&room, 0), 0);
	(void)alarm(0);
}

static void test_sandbox__others_cannot_be_signalled(void **state)
{
	auto_room struct room room;

	UNUSED_STATE(state);
	if (!has_layers(SANDBOX_PROCESSES))
		skip();
	room_open(&room);
	auto_free char *script = mem_printf("kill -0 %d", (int)getpid());
	assert_ok(&room, run_plain(&room, script), 0);
	assert_int_equal(run_isolated(&room, script), -1);
}

/* ---- What it is started with --------------------------------------------- */

/* Not even one that was opened without care. */
static void test_sandbox__no_descriptor_is_inherited(void **state)
{
	static const int numbers[] = { 3, 9, 200 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		auto_room struct room room;
		room_open(&room);
		int careless = fcntl(1, F_DUPFD, numbers[i]);
		auto_free char *script = mem_printf(
		        "bash -c ': >&%d' 2>&1 | grep -q 'Bad file descriptor'",
		        careless);
		int rc = run_isolated(&room, script);
		(void)close(careless);
		assert_ok(&room, rc, i);
	}
}

static void test_sandbox__privileges_are_gone(void **state)
{
	auto_room struct room room;

	UNUSED_STATE(state);
	room_open(&room);
	assert_ok(&room,
	          run_isolated(
	                  &room,
	                  "python3 -c 'import ctypes\n"
	                  "libc = ctypes.CDLL(None)\n"
	                  "assert libc.prctl(39, 0, 0, 0, 0) == 1\n" /* no new
	                                                                ones */
	                  "data = (ctypes.c_uint32 * 6)()\n"
	                  "head = (ctypes.c_uint32 * 2)(0x20080522, 0)\n"
	                  "assert libc.capget(head, data) == 0\n"
	                  "assert not any(data), list(data)'"),
	          0);
}

/* ---- For people ---------------------------------------------------------- */

static void test_sandbox__text_names_what_holds_and_what_does_not(void **state)
{
	static const struct {
		unsigned layers;
		const char *text;
	} cases[] = {
		{ SANDBOX_ALL, "landlock, network, processes" },
		{ SANDBOX_FILES | SANDBOX_NETWORK,
		  "landlock, network; missing: processes" },
		{ SANDBOX_PROCESSES, "processes; missing: landlock, network" },
		{ 0, "none; missing: landlock, network, processes" },
	};
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row_text(i, sandbox_text(&arena, cases[i].layers),
		                cases[i].text);
}
