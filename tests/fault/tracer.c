/*
 * Runs a command and all that it starts, counts its system calls, and puts one
 * fault into them.
 *
 *	tracer [-c CLASS] -l FILE COMMAND...           list every point
 *	tracer [-c CLASS] -p POINT [-d WHAT] [-s FOLDER] COMMAND...
 *
 * A point is PROCESS:NUMBER[:CALL]: the NUMBER-th call of the class in that
 * process. The process is named by its line of descent, "0" for the command,
 * "0.2" for the second that it starts, so that a point means the same call in
 * every run, however processes that run side by side take turns. "*:NUMBER" is
 * the NUMBER-th call of all. A call of another name than CALL is not the point.
 *
 * What is done there (-d):
 *
 *	kill    nothing that was started lives on; the call is not made
 *	torn    the same, after half of what is written was
 *	term    the command is asked to end, by SIGTERM; the call is made
 *	stop    the process stands still, and we do, until we get a SIGCONT
 *	once    the call fails with the errno that CLASS is
 *	on      and so does each one of the class from there on
 *
 * With -s the folder gets what is made durable: see durable.h.
 *
 * Classes (-c): change (the default), ENOSPC, EIO, EMFILE, EINTR.
 *
 * Exit status: the command's own; 137 when it was killed; 125 when the point
 * was not reached, 124 when another call stood there, 126 when we could not.
 *
 * A seccomp filter, which children inherit, stops a process at the calls of
 * the class alone. Everything else runs at full speed, and untouched.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/calls.h"
#include "tests/fault/durable.h"

enum {
	STATUS_OTHER_CALL = 124,
	STATUS_NOT_REACHED = 125,
	STATUS_TROUBLE = 126,
	STATUS_KILLED = 128 + SIGKILL,
	PROCESSES = 4096,
	LABEL = 256,
};

enum deed {
	DEED_KILL,
	DEED_TORN,
	DEED_TERM,
	DEED_STOP,
	DEED_ONCE,
	DEED_ON
};

static const char *const deeds[] = { "kill", "torn", "term",
	                             "stop", "once", "on" };

struct process {
	pid_t pid;  /* 0: the row is free */
	bool known; /* its parent has told of it */
	bool held;  /* it waits for that */
	char label[LABEL];
	unsigned children;
	unsigned points;
};

struct point {
	char label[LABEL]; /* "*": of all processes */
	unsigned number;   /* 0: there is none */
	char call[32];     /* "": any */
};

struct tracer {
	unsigned class;
	enum deed deed;
	struct point point;
	FILE *list;
	const char *durable; /* a folder, or NULL */
	struct process processes[PROCESSES];
	unsigned points; /* of all */
	bool reached;
	bool other;    /* another call stood there */
	bool failing;  /* DEED_ON has begun */
	pid_t tearing; /* who is let write its half */
	pid_t command;
	int status; /* of the command */
};

static void trouble(const char *what)
{
	fprintf(stderr, "tracer: %s: %s\n", what, strerror(errno));
	exit(STATUS_TROUBLE);
}

/* ---- Processes ----------------------------------------------------------- */

static struct process *process_of(struct tracer *tracer, pid_t pid)
{
	struct process *unused = NULL;

	for (size_t i = 0; i < PROCESSES; i++) {
		if (tracer->processes[i].pid == pid)
			return &tracer->processes[i];
		if (!unused && !tracer->processes[i].pid)
			unused = &tracer->processes[i];
	}
	if (!unused) {
		fputs("tracer: too many processes\n", stderr);
		exit(STATUS_TROUBLE);
	}
	*unused = (struct process){ .pid = pid };
	return unused;
}

static void go_on(pid_t pid, int signal)
{
	/* Somebody else may have killed it meanwhile. */
	if (ptrace(PTRACE_CONT, pid, NULL, (void *)(long)signal) < 0 &&
	    errno != ESRCH)
		trouble("cannot continue");
}

/* The parent tells of a child, before or after that one is seen. */
static void adopt(struct tracer *tracer, struct process *parent)
{
	unsigned long pid = 0;
	struct process *child;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid) < 0)
		return; /* it was killed */
	child = process_of(tracer, (pid_t)pid);
	child->known = true;
	(void)snprintf(child->label, LABEL, "%.*s.%u", LABEL - 12,
	               parent->label, ++parent->children);
	if (child->held) {
		child->held = false;
		go_on(child->pid, 0);
	}
}

static void kill_all(struct tracer *tracer)
{
	for (size_t i = 0; i < PROCESSES; i++)
		if (tracer->processes[i].pid)
			(void)kill(tracer->processes[i].pid, SIGKILL);
}

/* ---- At a point ---------------------------------------------------------- */

/* Let the call fail with the errno of the class. */
static void fail_call(struct tracer *tracer, pid_t pid)
{
#ifdef __x86_64__
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return;
	regs.orig_rax = (unsigned long long)-1; /* no call at all */
	regs.rax = (unsigned long long)-class_errno(tracer->class);
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &regs);
#else
	(void)tracer, (void)pid;
	errno = ENOSYS;
	trouble("this processor's registers are not known");
#endif
}

/* Let it write the first half only; the rest of the deed is at its end. */
static bool tear(struct tracer *tracer, pid_t pid)
{
#ifdef __x86_64__
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0 || regs.rdx < 2)
		return false;
	regs.rdx /= 2;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) < 0)
		return false;
	tracer->tearing = pid;
	return ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0;
#else
	(void)tracer, (void)pid;
	return false;
#endif
}

/* Do it. Whether the process may go on. */
static bool strike(struct tracer *tracer, const struct call *call, pid_t pid)
{
	tracer->reached = true;
	switch (tracer->deed) {
	case DEED_TORN:
		if (call_writes(call) && tear(tracer, pid))
			return false;
		kill_all(tracer);
		return false;
	case DEED_KILL:
		kill_all(tracer);
		return false;
	case DEED_TERM:
		(void)kill(tracer->command, SIGTERM);
		return true;
	case DEED_STOP:
		(void)raise(SIGSTOP);
		return true;
	case DEED_ON:
		tracer->failing = true;
		fail_call(tracer, pid);
		return true;
	case DEED_ONCE:
		fail_call(tracer, pid);
		return true;
	}
	return true;
}

static bool is_point(struct tracer *tracer, const struct process *process,
                     const struct call *call)
{
	const struct point *point = &tracer->point;
	bool any = strcmp(point->label, "*") == 0;

	if (tracer->reached || !point->number ||
	    (!any && strcmp(point->label, process->label) != 0) ||
	    (any ? tracer->points : process->points) != point->number)
		return false;
	if (!point->call[0] || strcmp(point->call, call->name) == 0)
		return true;
	fprintf(stderr, "tracer: %s:%u is %s, not %s\n", process->label,
	        process->points, call->name, point->call);
	tracer->other = true;
	return false;
}

/* A call that the filter stopped at. Whether the process may go on. */
static bool at_call(struct tracer *tracer, struct process *process)
{
	struct __ptrace_syscall_info info;
	const struct call *call;
	char text[8192];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) <
	            0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return true;
	const uint64_t args[6] = { info.seccomp.args[0], info.seccomp.args[1],
		                   info.seccomp.args[2], info.seccomp.args[3],
		                   info.seccomp.args[4], info.seccomp.args[5] };
	call = call_by_number(info.seccomp.nr);
	if (!call || !call_fits(call, tracer->class, process->pid, args))
		return true;
	process->points++;
	tracer->points++;
	if (tracer->failing) {
		fail_call(tracer, process->pid);
		return true;
	}
	if (tracer->list) {
		call_describe(call, process->pid, args, text, sizeof(text));
		fprintf(tracer->list, "%s:%u:%s\n", process->label,
		        process->points, text);
	}
	if (is_point(tracer, process, call) &&
	    !strike(tracer, call, process->pid))
		return false;
	if (tracer->durable && call_syncs(call) &&
	    !durable_note(tracer->durable, process->pid, args[0],
	                  strcmp(call->name, "syncfs") == 0))
		trouble("what is durable cannot be kept");
	return true;
}

/* ---- The loop ------------------------------------------------------------ */

static void at_stop(struct tracer *tracer, struct process *process, int status)
{
	int event = status >> 16;
	int signal = WSTOPSIG(status);
	bool child = event == PTRACE_EVENT_FORK ||
	             event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE;

	if (process->pid == tracer->tearing && event == 0 &&
	    signal == (SIGTRAP | 0x80)) {
		kill_all(tracer);
		return;
	}
	if (child) {
		adopt(tracer, process);
	} else if (event == PTRACE_EVENT_SECCOMP) {
		if (!at_call(tracer, process))
			return;
	} else if (event == PTRACE_EVENT_STOP) {
		if (!process->known) {
			process->held = true;
			return;
		}
		if (signal == SIGSTOP || signal == SIGTSTP) {
			(void)ptrace(PTRACE_LISTEN, process->pid, NULL, NULL);
			return;
		}
	}
	go_on(process->pid, event == 0 ? signal : 0);
}

static void watch(struct tracer *tracer)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		struct process *process;

		if (pid <= 0)
			continue;
		process = process_of(tracer, pid);
		if (WIFSTOPPED(status)) {
			at_stop(tracer, process, status);
			continue;
		}
		process->pid = 0;
		if (pid == tracer->command)
			tracer->status = WIFEXITED(status)
			                         ? WEXITSTATUS(status)
			                         : 128 + WTERMSIG(status);
	}
}

static void become(unsigned class, int ready, char *const command[])
{
	struct sock_fprog filter = calls_filter(class);
	char byte;

	if (read(ready, &byte, 1) != 1)
		_exit(STATUS_TROUBLE);
	(void)close(ready);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		trouble("cannot filter");
	(void)execvp(command[0], command);
	trouble(command[0]);
}

static void start(struct tracer *tracer, char *const command[])
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK |
	                     PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	                     PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD |
	                     PTRACE_O_TRACEEXEC;
	struct process *process;
	int ready[2];

	if (pipe(ready) < 0)
		trouble("pipe");
	tracer->command = fork();
	if (tracer->command < 0)
		trouble("fork");
	if (tracer->command == 0) {
		(void)close(ready[1]);
		become(tracer->class, ready[0], command);
	}
	(void)close(ready[0]);
	if (ptrace(PTRACE_SEIZE, tracer->command, NULL, (void *)options) < 0)
		trouble("cannot trace");
	process = process_of(tracer, tracer->command);
	process->known = true;
	(void)snprintf(process->label, LABEL, "0");
	if (write(ready[1], "", 1) != 1)
		trouble("pipe");
	(void)close(ready[1]);
}

/* ---- The command line ---------------------------------------------------- */

static bool read_point(const char *text, struct point *ret)
{
	return sscanf(text, "%255[^:]:%u:%31s", ret->label, &ret->number,
	              ret->call) >= 2;
}

static bool read_deed(const char *text, enum deed *ret)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (strcmp(deeds[i], text) == 0) {
			*ret = (enum deed)i;
			return true;
		}
	return false;
}

static bool read_options(struct tracer *tracer, int argc, char **argv)
{
	int option;
	bool good = true;

	while ((option = getopt(argc, argv, "+c:d:l:p:s:")) != -1) {
		if (option == 'c')
			tracer->class = class_of(optarg);
		else if (option == 'd')
			good = good && read_deed(optarg, &tracer->deed);
		else if (option == 'l')
			tracer->list = fopen(optarg, "we");
		else if (option == 's')
			tracer->durable = optarg;
		else if (option == 'p')
			good = good && read_point(optarg, &tracer->point);
		else
			good = false;
	}
	return good && tracer->class && optind < argc &&
	       (tracer->list || tracer->point.number);
}

int main(int argc, char **argv)
{
	static struct tracer tracer = { .class = CLASS_CHANGE };

	if (!read_options(&tracer, argc, argv)) {
		fputs("usage: tracer [-c CLASS] -l FILE | -p POINT [-d WHAT] "
		      "[-s FOLDER] COMMAND...\n",
		      stderr);
		return STATUS_TROUBLE;
	}
	start(&tracer, argv + optind);
	watch(&tracer);
	if (tracer.list && fclose(tracer.list) != 0)
		trouble("list");
	if (tracer.other)
		return STATUS_OTHER_CALL;
	if (tracer.point.number && !tracer.reached)
		return STATUS_NOT_REACHED;
	return tracer.status;
}
