/*
 * Namespaces and the filter are the walls of a process that starts programs,
 * and of all that it starts. The clone itself puts it between them, so that it
 * has no life outside; then it maps its user, if it has a namespace of those,
 * gives up its capabilities and enters the filter, which nothing it executes
 * can leave. A program's files are its own affair: Landlock's rules are a
 * descriptor, made where the paths are known, and entered by the program.
 *
 * Namespaces are for root, or for a user namespace's root; rows of `attempts`
 * are tried until one is granted. Debian's header knows Landlock's version 2;
 * what later ones added is named here, and used as far as the kernel's version
 * goes. Rights that are not handled are not restricted, those that are handled
 * are refused except below the paths that are given.
 *
 * A network namespace does not keep a program from a socket in the file
 * system, say a container engine's, nor does Landlock. The filter does: it
 * refuses to make sockets at all. A pair of connected ones can be had, which
 * is how interpreters talk to their children.
 */
#include "engine/io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/base/buf.h"
#include "store/base/fd.h"
#include "store/base/limits.h"

/* ---- Files --------------------------------------------------------------- */

#define FS_TRUNCATE  (1ull << 14) /* since version 3 */
#define FS_IOCTL_DEV (1ull << 15) /* since version 5 */
#define NET_TCP      (3ull << 0)  /* bind and connect; since version 4 */
#define SCOPES       (3ull << 0)  /* abstract sockets, signals; since 6 */

#define FS_VERSION_1 (LANDLOCK_ACCESS_FS_REFER - 1)
#define FS_READ                                                                \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |           \
	 LANDLOCK_ACCESS_FS_READ_DIR)
/* Everything but the making of devices. */
#define FS_WRITE                                                               \
	((FS_VERSION_1 | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE) &             \
	 ~(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK))
/* What can be said of a file that is no folder. */
#define FS_OF_FILE                                                             \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |           \
	 LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define FS_DEVICE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

/* landlock_ruleset_attr as of version 6; an older kernel takes it when what it
 * does not know is zero. */
struct handled {
	uint64_t fs;
	uint64_t net;
	uint64_t scopes;
};

/* Programs and what they need to start, and to find a host where they may;
 * nothing that is the owner's. */
static const struct place {
	const char *path;
	uint64_t access;
} system_places[] = {
	{ "/usr", FS_READ },           { "/bin", FS_READ },
	{ "/sbin", FS_READ },          { "/lib", FS_READ },
	{ "/lib32", FS_READ },         { "/lib64", FS_READ },
	{ "/libx32", FS_READ },        { "/etc", FS_READ },
	{ "/dev/null", FS_DEVICE },    { "/dev/zero", FS_DEVICE },
	{ "/dev/full", FS_DEVICE },    { "/dev/random", FS_DEVICE },
	{ "/dev/urandom", FS_DEVICE }, { "/run/systemd/resolve", FS_READ },
};

static struct handled handled_by(long version)
{
	struct handled handled = { .fs = FS_VERSION_1 };

	if (version >= 2)
		handled.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		handled.fs |= FS_TRUNCATE;
	if (version >= 4)
		handled.net = NET_TCP;
	if (version >= 5)
		handled.fs |= FS_IOCTL_DEV;
	if (version >= 6)
		handled.scopes = SCOPES;
	return handled;
}

/* A place that is not there, or cannot be opened, is one place less. */
static void allow(int rules, const char *path, uint64_t access)
{
	auto_error struct error ignored = { 0 };
	auto_fd int fd = fd_open(path, O_PATH, 0, &ignored);
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0)
		return;
	struct landlock_path_beneath_attr rule = {
		.allowed_access =
		        S_ISDIR(file.st_mode) ? access : access & FS_OF_FILE,
		.parent_fd = fd,
	};
	(void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
	              &rule, 0);
}

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	               LANDLOCK_CREATE_RULESET_VERSION);
}

/* -1 where there is no Landlock. */
static int make_rules(const char *readable, const char *writable, bool network)
{
	long version = landlock_version();
	if (version < 1)
		return -1;
	struct handled handled = handled_by(version);
	if (network)
		handled.net = 0;
	int rules = (int)syscall(SYS_landlock_create_ruleset, &handled,
	                         sizeof(handled), 0);
	if (rules < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(system_places); i++)
		allow(rules, system_places[i].path,
		      system_places[i].access & handled.fs);
	if (readable)
		allow(rules, readable, FS_READ);
	if (writable)
		allow(rules, writable, FS_WRITE & handled.fs);
	return rules;
}

/* ---- Sockets ------------------------------------------------------------- */

#if defined(__x86_64__)
#define ARCH        AUDIT_ARCH_X86_64
#define FIRST_ALIEN 0x40000000u /* the numbers of x32 */
#elif defined(__aarch64__)
#define ARCH        AUDIT_ARCH_AARCH64
#define FIRST_ALIEN UINT32_MAX
#endif

#ifdef ARCH
#define LOAD(member)                                                           \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
	         offsetof(struct seccomp_data, member))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define REFUSAL        (SECCOMP_RET_ERRNO | EACCES)

/* Numbers mean other calls in other modes of the processor: refused too.
 * io_uring makes sockets without calling socket(). */
static const struct sock_filter no_sockets[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, 4),
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_ALIEN, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
	RETURN(REFUSAL),
	RETURN(SECCOMP_RET_ALLOW),
};

static bool has_filters(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int enter_filter(void)
{
	/* The prototype lacks const, the kernel does not write. */
	union {
		const struct sock_filter *given;
		struct sock_filter *wanted;
	} filter = { .given = no_sockets };
	struct sock_fprog program = {
		.len = ARRAY_LEN(no_sockets),
		.filter = filter.wanted,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
#else
static bool has_filters(void)
{
	return false;
}

static int enter_filter(void)
{
	return 0;
}
#endif

/* ---- Before the fork ----------------------------------------------------- */

void sandbox_open(struct sandbox *ret, const char *readable,
                  const char *writable)
{
	*ret = (struct sandbox){
		.rules = make_rules(readable, writable, false),
	};
}

void sandbox_open_online(struct sandbox *ret, const char *readable,
                         const char *writable)
{
	*ret = (struct sandbox){
		.rules = make_rules(readable, writable, true),
		.network = true,
	};
}

void sandbox_share(const struct sandbox *sandbox, const char *writable)
{
	if (sandbox->rules < 0)
		return;
	allow(sandbox->rules, writable,
	      FS_WRITE & handled_by(landlock_version()).fs);
}

void sandbox_close(struct sandbox *sandbox)
{
	fd_close(&sandbox->rules);
}

/* Root is mapped only by who could give a file capabilities in its name. */
static bool may_map(uid_t user)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return user != 0 || (syscall(SYS_capget, &header, has) == 0 &&
	                     (has[CAP_TO_INDEX(CAP_SETFCAP)].effective &
	                      CAP_TO_MASK(CAP_SETFCAP)));
}

pid_t walls_fork(bool network, struct walls *ret)
{
	static const struct attempt {
		unsigned long flags;
		unsigned layers;
	} attempts[] = {
		{ CLONE_NEWPID, SANDBOX_PROCESSES },
		{ CLONE_NEWUSER | CLONE_NEWPID, SANDBOX_PROCESSES },
		{ 0, 0 },
	};

	unsigned long network_flag = network ? 0 : CLONE_NEWNET;
	unsigned network_layer = network ? 0 : SANDBOX_NETWORK;
	pid_t pid = -1;

	ret->user = geteuid();
	ret->group = getegid();
	ret->filters = !network && has_filters();
	for (size_t i = 0; pid < 0 && i < ARRAY_LEN(attempts); i++) {
		unsigned long flags = attempts[i].flags;
		/* The child reads them as well. */
		ret->maps = (flags & CLONE_NEWUSER) != 0;
		if (ret->maps && !may_map(ret->user))
			continue;
		ret->layers = attempts[i].layers;
		if (flags || ret->filters)
			ret->layers |= network_layer;
		if (flags)
			flags |= network_flag;
		pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	}
	return pid;
}

/* ---- In the child -------------------------------------------------------- */

static int put(const char *path, const char *text)
{
	auto_error struct error ignored = { 0 };
	auto_fd int fd = fd_open(path, O_WRONLY, 0, &ignored);

	return fd < 0 ? -1
	              : fd_write_all(fd, path, text, strlen(text), &ignored);
}

/* Whoever we were outside, we are inside: files have their owners. */
static int map_user(const struct walls *walls)
{
	auto_buf struct buf users = buf_make(64);
	auto_buf struct buf groups = buf_make(64);

	if (!walls->maps)
		return 0;
	/* With a secret nobody may look into us, nor write here; a fork has
	 * none. */
	int was = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	buf_printf(&users, "%u %u 1", walls->user, walls->user);
	buf_printf(&groups, "%u %u 1", walls->group, walls->group);
	int rc = put("/proc/self/uid_map", users.at) < 0 ||
	                         put("/proc/self/setgroups", "deny") < 0 ||
	                         put("/proc/self/gid_map", groups.at) < 0
	                 ? -1
	                 : 0;
	if (was == 0)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return rc;
}

/* Also of root, who does not get them back: nothing gains by an exec. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
		0
	};

	return (int)syscall(SYS_capset, &header, none);
}

/* An administrator may have set less. */
static int limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
		return -1;
	if (now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &now);
}

const char *walls_enter(const struct walls *walls)
{
	(void)umask(077);
	if (map_user(walls) < 0)
		return "uid_map";
	if (limit(RLIMIT_CORE, 0) < 0 ||
	    limit(RLIMIT_FSIZE, LIMIT_OUT_FILE) < 0)
		return "setrlimit";
	if (drop_capabilities() < 0)
		return "capset";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return "no_new_privs";
	if (walls->filters && enter_filter() < 0)
		return "seccomp";
	return NULL;
}

int sandbox_enter(int rules)
{
	return rules < 0 ? 0
	                 : (int)syscall(SYS_landlock_restrict_self, rules, 0);
}

/* ---- For people ---------------------------------------------------------- */

static void name_layers(struct buf *text, unsigned layers)
{
	static const struct {
		unsigned layer;
		const char *name;
	} names[] = {
		{ SANDBOX_FILES, "landlock" },
		{ SANDBOX_NETWORK, "network" },
		{ SANDBOX_PROCESSES, "processes" },
	};

	const char *comma = "";

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(layers & names[i].layer))
			continue;
		buf_printf(text, "%s%s", comma, names[i].name);
		comma = ", ";
	}
}

const char *sandbox_text(struct arena *arena, unsigned layers)
{
	auto_buf struct buf text = buf_make(128);

	if (layers)
		name_layers(&text, layers);
	else
		buf_add_text(&text, "none");
	if (layers != SANDBOX_ALL) {
		buf_add_text(&text, "; missing: ");
		name_layers(&text, SANDBOX_ALL & ~layers);
	}
	return arena_strdup(arena, text.at);
}
