"""Put a fault at the points of a scenario, recover, and look at everything.

    sweep.py kill|term|power|errors|points|full [OPTION...]

    --points N     a sample of so many points, spread over scenarios and over
                   kinds of call; without it, every point there is
    --seed N       of the sample (1)
    --only A,B     these scenarios
    --at POINT     this point alone, as a failure names it: to look into it
    --jobs N       workspaces at a time (2)

Scenarios are in scenarios.sh, points in tracer.c, what must hold in world.py.
A scenario is run twice with nothing put into it: both must have the same
points, or no point means anything. What came of it then, must come of it after
any fault.

    kill     all processes end at the point, or half way through a write; then
             the owner does what is done after a crash, and that is killed, too
    term     reeve gets a SIGTERM there: it ends soon, with all that it started
    power    the same of the whole machine: what was not synced is lost, with
             its name or without
    errors   the call fails, once or from there on; the next command finds the
             machine in order
    points   the same at the fault points of the code, those of the file points;
             one that is not reached is a failure
    full     a disk with so much room and no more, or so many inodes; so many
             descriptors, so much memory: from nothing up to enough

Prints TAP. Every workspace is removed, but that of a point asked for by --at.
"""
import argparse
import collections
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))
import power  # noqa: E402
import world  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = ["init", "first", "merge", "mail", "command", "approve", "reject",
             "emit", "undo", "undone", "rebuild", "adopt", "push", "claim",
             "effect"]
BUILD = os.path.dirname(shutil.which("reeve") or "")
FAULTY = f"{BUILD}/fault/reeve"  # with the points of tests/fault/points
KILLED, NOT_REACHED, OTHER_CALL = 137, 125, 124
LONGEST_S = 120
# Where the remote is on the same disk it loses what git did not sync there.
POWERED = ["init", "emit", "first", "mail", "reject", "undo", "adopt", "merge",
           "approve"]
# Git does not sync the bytes of files that it puts into the working tree: where
# names outlive bytes, as ext4 never has it for these, they are git's to mend.
BY_GIT = ["merge", "approve"]

# A fault of one of these, and whether it may stay.
ERRORS = [("ENOSPC", "once"), ("ENOSPC", "on"), ("EIO", "once"), ("EIO", "on"),
          ("EMFILE", "once"), ("EMFILE", "on"), ("EINTR", "once")]

# How each is told of: by errno, or in the words of git and of SQLite.
# libgit2 takes an object that it cannot read for one that is absent; SQLite
# opens what it may not write to for reading alone, and says no more of it.
ABSENT = ["object not found", "doesn't exist", "of another journal"]
UNOPENED = ["unable to open", "readonly database"]
TOLD = {"ENOSPC": ["No space left", "disk is full", "disk I/O error",
                   *UNOPENED],
        "EIO": ["Input/output error", "disk I/O error", "disk image is",
                *ABSENT, *UNOPENED],
        "EMFILE": ["Too many open files", *ABSENT, *UNOPENED],
        "EINTR": ["Interrupted", "disk I/O error"]}

SCARCELY = {"KB": TOLD["ENOSPC"], "inodes": TOLD["ENOSPC"],
            "files": TOLD["EMFILE"], "MB": ["out of memory", "Cannot allocate"]}

Point = collections.namedtuple("Point", "process number call path")
Named = collections.namedtuple("Named", "name scenario fails after")
Task = collections.namedtuple("Task", "scenario point mode deed again")


class Failure(Exception):
    """What was wrong, in lines."""


def environment(seed):
    """Time and chance are the same in every run of a scenario."""
    return {**os.environ, "REEVE_FAULTY": FAULTY, "REEVE_TEST_CLOCK": "2026-11-22T09:00:00Z",
            "REEVE_TEST_SEED": str(seed), "GIT_AUTHOR_DATE":
            "2026-11-22T09:00:00Z", "GIT_COMMITTER_DATE":
            "2026-11-22T09:00:00Z", "ASAN_OPTIONS": "detect_leaks=0"}


def run(words, seed):
    """Status, and output and messages together."""
    try:
        result = subprocess.run(words, env=environment(seed), check=False,
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=LONGEST_S)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{words[-3:]} does not end: {late.output}") from late
    return result.returncode, result.stdout.decode("utf-8", "replace")


def script(what, name):
    return ["bash", f"{HERE}/scenarios.sh", what, name]


def tracer():
    return f"{BUILD}/tests/fault/tracer"


def remove(place):
    """Git may still keep house there, behind a command that has ended."""
    until = time.monotonic() + LONGEST_S
    while os.path.exists(place) and time.monotonic() < until:
        shutil.rmtree(place, ignore_errors=True)


class Scenario:
    """A workspace that is ready, its command, its points, what comes of it."""

    def __init__(self, name, top):
        self.name = name
        self.stage = f"{top}/{name}"
        os.makedirs(self.stage)
        os.chdir(self.stage)
        status, said = run(script("stage", name), 1)
        if status != 0:
            raise Failure(f"the scenario {name} cannot begin: {said}")
        self.command = run(script("command", name), 2)[1].splitlines()

    def copy(self, to):
        """A workspace like it, and into that."""
        subprocess.run(["cp", "-a", self.stage, to], check=True)
        os.chdir(to)
        self.before = world.tip()

    def trace(self, scratch, mode):
        """One run that is only watched: its points and its status."""
        remove(scratch)
        self.copy(scratch)
        status, said = run([tracer(), "-c", mode, "-l", f"{self.stage}.points",
                            *self.command], 2)
        if status not in (0, 1):
            raise Failure(f"{self.name} exits {status}: {said}")
        with open(f"{self.stage}.points", encoding="utf-8",
                  errors="replace") as file:
            points = sorted(map(point_of, file.read().splitlines()))
        if mode == "change":
            return points
        # Another program that fails is a step that fails; what is read before
        # main() runs is the loader's.
        return [point for point in points if point.process == "0" and
                not point.path.startswith(("/lib", "/usr", "/etc"))]

    def calibrate(self, scratch, mode):
        first, second = (self.trace(scratch, mode) for _ in range(2))
        if mode != "change":
            # What is read varies a little: any call of the class will do, as
            # long as there is one.
            shorter = min(first, second, key=len)
            return shorter[:len(shorter) * 9 // 10]
        same = [point[:3] for point in first] == [point[:3]
                                                  for point in second]
        if not same or not first:
            other = set(p[:3] for p in first) ^ set(p[:3] for p in second)
            raise Failure(f"{self.name} has other points each time: "
                          f"{sorted(other)[:8]}")
        return first

    def settle(self, scratch):
        """What comes of the last run, when nothing was put into it."""
        recover(self.name, 3)
        check(world.complaints(self.before))
        self.outcome = world.outcome()
        os.chdir("/")
        remove(scratch)


def point_of(line):
    process, number, rest = line.split(":", 2)
    call, _, path = rest.partition(" ")
    return Point(process, int(number), call, path)


def check(complaints):
    complaints = list(complaints)
    if complaints:
        raise Failure("\n".join(complaints))


def recover(name, seed):
    status, said = run(script("recover", name), seed)
    if status != 0:
        raise Failure(f"recovery exits {status}: {said}")


# ---- One point -------------------------------------------------------------

def struck(scenario, task):
    """The command with the fault in it: its status and what it said."""
    where = f"{task.point.process}:{task.point.number}"
    if task.mode == "change":
        where += f":{task.point.call}"
    status, said = run([tracer(), "-c", task.mode, "-d", task.deed,
                        "-p", where, *scenario.command], 2)
    if status in (NOT_REACHED, OTHER_CALL):
        raise Failure(f"the point was not reached ({status}): {said}")
    return status, said


def recover_killed(name, number):
    """A recovery that is killed as well; it may be over before that."""
    status, said = run([tracer(), "-d", "kill", "-p", f"*:{number}",
                        *script("recover", name)], 4)
    if status not in (KILLED, NOT_REACHED):
        raise Failure(f"recovery, to be killed, exits {status}: {said}")
    return status == KILLED


def living():
    """The processes that are at work here, but for us."""
    here = os.getcwd()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(pid) != os.getpid() and \
                    os.readlink(f"/proc/{pid}/cwd").startswith(here):
                yield pid
        except OSError:
            continue


def after_kill(scenario, task):
    status, said = struck(scenario, task)
    if task.deed == "term":
        check(f"it lives: {pid}" for pid in living())
    elif status != KILLED:
        raise Failure(f"exits {status}, and was to be killed: {said}")
    known = world.tip() or scenario.before
    check(world.unkept(said, world.events()))
    again = task.again and recover_killed(scenario.name, task.again)
    recover(scenario.name, 3)
    return known, again


def after_error(scenario, task):
    status, said = struck(scenario, task)
    if status >= 124 or status < 0:
        raise Failure(f"exits {status}: {said}")
    found = world.events()
    check(world.unkept(said, found))
    check(line for line in world.about_world(found) if "mail" in line)
    if status != 0 and not any(word in said for word in TOLD[task.mode]):
        raise Failure(f"exits {status} and does not say why: {said}")
    known = world.tip() or scenario.before
    recover(scenario.name, 3)
    return known, False


def at_point(scenario, task, place):
    """Whether recovery was killed, too."""
    scenario.copy(place)
    deed = {"change": after_kill, "point": struck_point,
            "power": struck_by_power,
            **{kind: at_little for kind in SCARCE}}
    known, again = deed.get(task.mode, after_error)(scenario, task)
    check(world.complaints(known))
    check(world.difference(scenario.outcome, world.outcome()))
    return again


scenarios = {}  # filled before the workers are forked
kept = None     # where the workspace of --at stays


def work(task):
    place = kept or tempfile.mkdtemp(dir=scratch_top) + "/company"
    remove(place)
    if task.mode in ("KB", "inodes"):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o",
                        "size=48m,nr_inodes=5000", "none",
                        os.path.dirname(place)], check=True)
    try:
        return task, at_point(scenarios[task.scenario], task, place), None
    except (Failure, OSError, AssertionError, ValueError,
            subprocess.SubprocessError, world.sqlite3.Error) as wrong:
        return task, False, f"{type(wrong).__name__}: {wrong}"
    finally:
        os.chdir("/")
        if task.mode in ("KB", "inodes") and not kept:
            subprocess.run(["umount", "-l", os.path.dirname(place)],
                           check=True)
        if not kept:
            remove(os.path.dirname(place))


# ---- One power cut ---------------------------------------------------------

def struck_by_power(scenario, task):
    """Two disks of one cut; recovery on each."""
    place, was = os.getcwd(), f"{os.getcwd()}.was"
    notes = f"{place}.durable"
    remove(notes)
    os.mkdir(notes)
    disk = power.Disk(place, scenario.stage)
    where = f"{task.point.process}:{task.point.number}:{task.point.call}"
    status, said = run([tracer(), "-d", "kill", "-p", where, "-s", notes,
                        *scenario.command], 2)
    if status != KILLED:
        raise Failure(f"exits {status}, and was to be killed: {said}")
    disk.sync(notes)
    remove(was)
    os.rename(place, was)
    for what in ("names", "bytes")[:1 if scenario.name in BY_GIT else 2]:
        if what == "names":
            disk.without_names(place)
        else:
            remove(place)
            disk.without_bytes(was, place)
        os.chdir(place)
        known = world.tip() or scenario.before
        try:
            check(world.unkept(said, world.events()))
            recover(scenario.name, 3)
            check(world.complaints(known))
            check(world.difference(scenario.outcome, world.outcome()))
        except (Failure, AssertionError) as wrong:
            raise Failure(f"without {what}: {wrong}") from wrong
    return known, False


def power_tasks(name, points, _whole, _chance):
    return [Task(name, point, "power", "cut", 0) for point in points]


# ---- One fault point -------------------------------------------------------

def read_points():
    with open(f"{HERE}/points", encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, scenario, fails, after, _ = line.split(None, 4)
                yield Named(name, scenario, fails == "fails",
                            None if after == "-" else after)


def at_named(words, point, deed, seed):
    """A command with a deed at a fault point of the code: its status and what
    it said."""
    os.environ["REEVE_TEST_FAULT"] = f"{point}:{deed}"
    os.environ["REEVE_TEST_REACHED"] = "../reached"
    try:
        status, said = run(words, seed)
    finally:
        del os.environ["REEVE_TEST_FAULT"], os.environ["REEVE_TEST_REACHED"]
    with open("../reached", encoding="utf-8") as file:
        if point not in file.read().splitlines():
            raise Failure(f"exits {status} and never gets there: {said}")
    if deed == "kill" and status != -signal.SIGKILL:
        raise Failure(f"exits {status}, and was to be killed: {said}")
    if deed != "kill" and not 0 <= status < 124:
        raise Failure(f"exits {status}: {said}")
    if status > 0 and "No space left" not in said:
        raise Failure(f"exits {status} and does not say why: {said}")
    return said


def struck_point(scenario, task):
    """The command, or the tick that recovers, with that in it."""
    point = task.point
    words = [FAULTY if word == "reeve" else word for word in scenario.command]
    if point.after:
        at_named(words, point.after, "kill", 2)
        run(script("between", scenario.name), 6)
        words = [FAULTY, "tick"]
    said = at_named(words, point.name, task.deed, 5 if point.after else 2)
    check(world.unkept(said, world.events()))
    known = world.tip() or scenario.before
    recover(scenario.name, 3)
    return known, False


def plan_points(arguments, names, _chance):
    points = [point for point in read_points() if point.scenario in names]
    for name in dict.fromkeys(point.scenario for point in points):
        scenarios[name] = Scenario(name, scratch_top)
        scenarios[name].trace(f"{scratch_top}/scratch", "change")
        scenarios[name].settle(f"{scratch_top}/scratch")
    tasks = [Task(point.scenario, point, "point", deed, 0)
             for point in points
             for deed in ("kill", "ENOSPC")[:1 + point.fails]]
    if arguments.at:
        tasks = [task for task in tasks if task.point.name == arguments.at]
    print(f"# {len(points)} fault points", flush=True)
    return tasks


# ---- So much, and no more --------------------------------------------------

# What there is too little of: amounts that are tried, the words of the limit.
SCARCE = {
    "KB": [*range(0, 64, 4), *range(64, 256, 8), *range(256, 1025, 32)],
    "inodes": [*range(0, 40), *range(40, 121, 5)],
    "files": range(3, 24),
    "MB": [*range(8, 32)],
}
NARROW = ["emit", "first", "mail", "approve", "init"]
PROGRAMS = ["first", "approve"]  # a step fails, where its program lacks memory


def fill(kind, left):
    """Leave so much of the file system that we are in."""
    room = os.statvfs(".")
    if kind == "KB":
        spare = room.f_bavail * room.f_frsize - left * 1024
        subprocess.run(["fallocate", "-l", str(spare), "../filler"],
                       check=True)
    else:
        os.mkdir("../filler")
        for number in range(room.f_favail - 1 - left):
            open(f"../filler/{number}", "w", encoding="utf-8").close()


def within(kind, left):
    """The words in front of a command that has so much."""
    return {"files": ["prlimit", f"--nofile={left}"],
            "MB": ["prlimit", f"--as={left << 20}"]}.get(kind, [])


def at_little(scenario, task):
    """The place is a file system of its own."""
    kind, left = task.mode, task.point.number
    if kind in ("KB", "inodes"):
        fill(kind, left)
    status, said = run([*within(kind, left), *scenario.command], 2)
    # A program that is not even loaded is the loader's.
    if status == 127 and "loading shared libraries" not in said or \
            status < 0 or 124 <= status != 127:
        raise Failure(f"exits {status}: {said}")
    if status not in (0, 127) and not any(word in said
                                          for word in SCARCELY[kind]):
        raise Failure(f"exits {status} and does not say why: {said}")
    if kind in ("KB", "inodes"):
        remove("../filler") if kind == "inodes" else os.remove("../filler")
    found = world.events()
    check(world.unkept(said, found))
    known = world.tip() or scenario.before
    recover(scenario.name, 3)
    return known, False


def plan_full(arguments, names, chance):
    tasks = []
    for name in names:
        scenarios[name] = Scenario(name, scratch_top)
        scenarios[name].trace(f"{scratch_top}/scratch", "change")
        scenarios[name].settle(f"{scratch_top}/scratch")
        tasks += [Task(name, Point("0", left, kind, ""), kind, "little", 0)
                  for kind, lefts in SCARCE.items() for left in lefts
                  if kind != "MB" or name not in PROGRAMS]
    if arguments.points:
        tasks = spread_tasks(tasks, arguments.points, chance)
    return tasks


def spread_tasks(tasks, count, chance):
    kinds = collections.defaultdict(list)
    for task in tasks:
        kinds[task.mode].append(task)
    share = count // len(kinds)
    return [task for kind in kinds.values()
            for task in chance.sample(kind, min(share, len(kind)))]


# ---- Which points ----------------------------------------------------------

def spread(points, count, chance):
    """So many of them, with each kind of call in turn, as far as it goes."""
    kinds = collections.defaultdict(list)
    for point in points:
        kinds[(point.process == "0", point.call,
               os.path.basename(point.path)[:4])].append(point)
    queues = [kinds[kind] for kind in sorted(kinds)]
    for queue in queues:
        chance.shuffle(queue)
    chance.shuffle(queues)
    chosen = []
    while len(chosen) < count and any(queues):
        for queue in queues:
            if queue and len(chosen) < count:
                chosen.append(queue.pop())
    return chosen


def kill_tasks(name, points, whole, chance):
    for number, point in enumerate(points):
        torn = point.call in ("write", "pwrite64") and \
            point.path.startswith("/")
        again = chance.randrange(1, 400) if whole or number % 3 == 0 else 0
        if whole or not torn or number % 2:
            yield Task(name, point, "change", "kill", again)
        if torn and (whole or number % 2 == 0):
            yield Task(name, point, "change", "torn", again)


def term_tasks(name, points, _whole, _chance):
    return [Task(name, point, "change", "term", 0) for point in points]


def plan_kills(arguments, names, chance):
    tasks = []
    for left, name in enumerate(names):
        points = scenarios[name].calibrate(f"{scratch_top}/scratch", "change")
        scenarios[name].settle(f"{scratch_top}/scratch")
        if arguments.mode == "power":
            check(power.disorder(points))
        share = (arguments.points - len(tasks)) // (len(names) - left)
        chosen = spread(points, share, chance) if arguments.points else points
        kind = {"term": term_tasks, "power": power_tasks}
        tasks += kind.get(arguments.mode, kill_tasks)(
            name, chosen, not arguments.points, chance)
        print(f"# {name}: {len(chosen)} of {len(points)} points", flush=True)
    return tasks


def plan_errors(arguments, names, chance):
    tasks = []
    for left, name in enumerate(names):
        share = (arguments.points - len(tasks)) // (len(names) - left)
        scenario = scenarios[name]
        mine = []
        for mode in dict.fromkeys(mode for mode, _ in ERRORS):
            points = scenario.calibrate(f"{scratch_top}/scratch", mode)
            deeds = [deed for other, deed in ERRORS if other == mode]
            mine += [Task(name, point, mode, deed, 0)
                     for point in points for deed in deeds]
        scenario.settle(f"{scratch_top}/scratch")
        groups = collections.defaultdict(list)
        for task in mine:
            groups[task.mode, task.deed].append(task)
        chosen = mine
        if arguments.points:
            each = max(1, share // len(groups))
            chosen = []
            for key in sorted(groups):
                points = spread([t.point for t in groups[key]], each, chance)
                chosen += [Task(name, p, *key, 0) for p in points]
        tasks += chosen
        print(f"# {name}: {len(chosen)} of {len(mine)} faults", flush=True)
    return tasks


# ---- All of it -------------------------------------------------------------

def tell_wrong(wrong):
    if wrong:
        print("\n".join(f"# {line}" for line in wrong.splitlines()),
              flush=True)


def tell(number, task, again, wrong):
    point = task.point
    if task.mode == "point":
        print(f"{'not ok' if wrong else 'ok'} {number} - {task.scenario}, "
              f"{task.deed} at {point.name}", flush=True)
        tell_wrong(wrong)
        return
    if task.deed == "little":
        print(f"{'not ok' if wrong else 'ok'} {number} - {task.scenario}, "
              f"with {point.number} {point.call}", flush=True)
        tell_wrong(wrong)
        return
    what = "killed at" if task.mode in ("change", "power") else \
        f"{task.mode} ({task.deed}) at"
    if task.deed == "torn":
        what = "killed in the middle of"
    if task.deed == "cut":
        what = "power is cut at"
    if task.deed == "term":
        what = "asked to end at"
    print(f"{'not ok' if wrong else 'ok'} {number} - {task.scenario}, {what} "
          f"{point.process}:{point.number}:{point.call} "
          f"{point.path}{', and so was recovery' if again else ''}",
          flush=True)
    tell_wrong(wrong)


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["kill", "term", "power",
                                         "errors", "points", "full"])
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--at", default="")
    parser.add_argument("--jobs", type=int, default=4)
    return parser.parse_args()


def sweep(arguments):
    names = arguments.only.split(",") if arguments.only else \
        {"points": {point.scenario for point in read_points()},
         "full": NARROW, "power": POWERED}.get(arguments.mode, SCENARIOS)
    chance = random.Random(arguments.seed)
    if arguments.mode not in ("points", "full"):
        for name in names:
            scenarios[name] = Scenario(name, scratch_top)
    plans = {"errors": plan_errors, "points": plan_points,
             "full": plan_full}
    tasks = plans.get(arguments.mode, plan_kills)(arguments, names, chance)
    if arguments.at and arguments.mode != "points":
        tasks = [task for task in tasks if arguments.at in
                 (f"{task.point.process}:{task.point.number}",
                  f"{task.point.process}:{task.point.number}:{task.deed}",
                  f"{task.mode}:{task.point.process}:{task.point.number}:"
                  f"{task.deed}", f"{task.mode}:{task.point.number}")]
    chance.shuffle(tasks)
    failed = again = 0
    with multiprocessing.Pool(arguments.jobs) as pool:
        results = pool.imap_unordered(work, tasks)
        for number, (task, too, wrong) in enumerate(results, 1):
            failed += wrong is not None
            again += too
            tell(number, task, too, wrong)
    print(f"# {len(tasks)} points, {again} recoveries killed, "
          f"{failed} failed")
    print(f"1..{len(tasks)}")
    return failed > 0 or not (tasks or arguments.only)


if __name__ == "__main__":
    given = options()
    # What is killed is a process: no disk has to be waited for.
    scratch_top = tempfile.mkdtemp(
        dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    kept = f"{tempfile.gettempdir()}/reeve-at" if given.at else None
    try:
        sys.exit(sweep(given))
    finally:
        os.chdir("/")
        remove(scratch_top)
