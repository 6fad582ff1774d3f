"""Histories of a company with several engines, each made of one number.

    sim.py [OPTION...]

    --histories N  so many (20)
    --seed N       the first one's number (1); the next has N + 1
    --steps N      what happens in each before it is put in order (25)
    --engines N    clones that work on it, each on its own (2 or 3, by chance)
    --jobs N       histories at a time (2)
    --tell         each thing that happens, as it does

Engines are the real program in clones of one repository. What they share is
that repository, in memory; what they cannot see is each other. Time and chance
are ours: the clocks of the machines differ, jump, and stand still while
nothing happens. Owners commit orders, merge and refuse drafts and keep house
with git, while engines are killed at any system call, stopped and woken hours
later, and while the remote is away, refuses a push, or takes it and does not
say so.

In the end all is put in order, everybody ticks until nobody has anything to
do, and what must hold, does: see judge(). A history that does not is told with
its number, and `--seed` with that number alone plays it again.
"""
import argparse
import collections
import datetime
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fault"))
import world  # noqa: E402

MINUTE, HOUR, DAY = 60, 3600, 86400
BEGIN = datetime.datetime(2026, 10, 20, 6, 0, tzinfo=datetime.timezone.utc)
LONGEST_S = 120
ROUNDS = 14   # of everybody, until nobody has anything to do
BUSY, KILLED, NOT_REACHED = 75, 137, 125
TRACER = os.path.join(os.path.dirname(shutil.which("reeve") or ""),
                      "tests/fault/tracer")

FILES = {
    ".gitignore": "/.reeve/\n/outbox/\n",
    "reeve.yaml": """\
version: 1
company: { name: Ada Consulting, currency: EUR }
timezone: Europe/Berlin
remote: origin
connectors:
  email: { transport: file, folder: outbox, from: "Ada <ada@example.com>" }
policy:
  - { effect: email.send, to: "ada@example.com", then: auto }
""",
    "jobs/orders.yaml": """\
version: 1
name: orders
on:
  commit:
    paths: ["orders/*.yaml"]
    change: added
    with: { order: "{{trigger.path}}" }
inputs:
  order: { type: path, required: true }
may: { sequence.next: 1, email.send: 1 }
steps:
  - id: client
    read: { path: "{{inputs.order}}", expect: { name: string, slug: slug } }
  - id: number
    call: sequence.next
    with: { name: invoice, format: "R%04d" }
  - id: letter
    render: letter.md
    with: { name: "{{client.name}}", number: "{{number.text}}" }
    artifact: "letters/{{client.slug}}.md"
  - id: review
    gate: { title: "Letter to {{client.name}}" }
  - id: send
    call: email.send
    with: { to: "{{client.slug}}@example.org", subject: "{{number.text}}", text: "{{letter.text}}" }
  - id: sent
    needs: [send]
    emit: order.sent
    with: { who: "{{client.slug}}" }
""",
    "jobs/thanks.yaml": """\
version: 1
name: thanks
on:
  event:
    type: order.sent
    with: { who: "{{trigger.event.who}}" }
inputs:
  who: { type: string, required: true }
may: { email.send: 2 }
steps:
  - id: tell
    call: email.send
    with: { to: "ada@example.com", subject: "{{inputs.who}} 1", text: "It is sent." }
  - id: again
    needs: [tell]
    call: email.send
    with: { to: "ada@example.com", subject: "{{inputs.who}} 2", text: "It was sent." }
""",
    "jobs/morning.yaml": """\
version: 1
name: morning
on: { schedule: { cron: "0 7 * * *", catch_up: all } }
may: { email.send: 1 }
steps:
  - id: tell
    call: email.send
    with: { to: "ada@example.com", subject: "Morning of {{run.date}}", text: "Good morning." }
""",
    "templates/letter.md": "Dear {{with.name}}, this is {{with.number}}.\n",
}

# A hook of the remote: what becomes of a push of the journal. One word a push
# stands in the file `fate`; when there is none, it is taken.
UPDATE = """\
#!/bin/sh
fate=$(cat fate 2>/dev/null)
rm -f fate
[ "$fate" != refused ] || { echo "not today"; exit 1; }
[ "$fate" != lost ] || touch lost
"""
POST_RECEIVE = """\
#!/bin/sh
[ ! -f lost ] || { rm -f lost; kill -9 $PPID; }
"""


class Wrong(Exception):
    """What must hold and does not."""


class Engine:
    """A clone and the machine that it is on."""

    def __init__(self, name, place, chance):
        self.name = name
        self.place = place
        self.skew_s = chance.choice([0, 0, 1, -3, 40, -HOUR, 2 * HOUR])
        self.boot_ms = chance.randrange(1_000_000, 900_000_000)
        self.stopped = None   # a process in the middle of a tick
        self.said = None      # what it says goes there


class History:
    """One company, from one number."""

    def __init__(self, seed, options, top):
        self.seed = seed
        self.options = options
        self.chance = random.Random(seed)
        self.now_s = 0.0
        self.calls = 0
        self.orders = 0
        self.log = []
        self.remote = f"{top}/remote.git"
        count = options.engines or self.chance.choice([2, 2, 3])
        self.engines = [Engine(f"engine-{n}", f"{top}/engine-{n}", self.chance)
                        for n in range(count)]

    # ---- Commands, each with its time and its chances

    def environment(self, engine):
        self.calls += 1
        wall = BEGIN + datetime.timedelta(seconds=self.now_s + engine.skew_s)
        stamp = wall.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            **os.environ,
            "HOME": os.path.dirname(self.remote),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp,
            "REEVE_TEST_CLOCK": stamp,
            "REEVE_TEST_BOOT": str(engine.boot_ms + int(self.now_s * 1000)),
            "REEVE_TEST_SEED": str(self.seed * 100_000 + self.calls),
            "ASAN_OPTIONS": "detect_leaks=0",
        }

    def run(self, engine, *words):
        """Status, and what was said; output goes by a file, since an engine
        that is stopped would keep a pipe open."""
        with tempfile.TemporaryFile() as said:
            try:
                status = subprocess.run(
                    words, cwd=engine.place, env=self.environment(engine),
                    stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                    check=False, timeout=LONGEST_S).returncode
            except subprocess.TimeoutExpired as late:
                raise Wrong(f"{words} does not end") from late
            said.seek(0)
            text = said.read().decode("utf-8", "replace")
        return status, text

    def git(self, engine, *words, must=True):
        status, text = self.run(engine, "git", *words)
        if must and status != 0:
            raise Wrong(f"git {' '.join(words)}: {text}")
        return text.strip() if status == 0 else ""

    def tell(self, engine, what, said=""):
        line = f"{self.now_s / HOUR:8.2f} h  {engine.name}  {what}"
        self.log.append(line)
        self.log += [f"              | {line}" for line in said.splitlines()]
        if self.options.tell:
            print("\n".join(self.log[-1 - len(said.splitlines()):]),
                  flush=True)

    # ---- What owners do

    def share_branch(self, engine):
        """As people do: pull, and push until nobody was faster."""
        for _ in range(4):
            status = self.run(engine, "git", "pull", "-q", "--rebase",
                              "origin", "main")[0]
            if status != 0:
                self.git(engine, "rebase", "--abort", must=False)
            if self.run(engine, "git", "push", "-q", "origin", "main")[0] == 0:
                return True
        return False

    def do_order(self, engine):
        self.orders += 1
        name = f"client-{self.orders}"
        path = f"{engine.place}/orders/{name}.yaml"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"name: Client {self.orders}\nslug: {name}\n")
        self.git(engine, "add", path)
        self.git(engine, "commit", "-q", "-m", f"Order of {name}")
        shared = self.chance.random() < 0.8 and self.share_branch(engine)
        self.tell(engine, f"orders {name}{'' if shared else ', unshared'}")

    def drafts(self, engine):
        return self.git(engine, "for-each-ref", "--format", "%(refname:short)",
                        "refs/heads/reeve/draft/").split()

    def do_merge(self, engine):
        drafts = self.drafts(engine)
        if not drafts:
            return
        draft = self.chance.choice(drafts)
        if self.chance.random() < 0.5:
            run = draft.rpartition("-")[2].partition(".")[0]
            said = self.run(engine, "reeve", "approve", run, "--no-tick")[1]
        else:
            said = self.run(engine, "git", "merge", "-q", "--no-edit",
                            draft)[1]
            self.git(engine, "merge", "--abort", must=False)
        shared = self.chance.random() < 0.8 and self.share_branch(engine)
        self.tell(engine, f"merges {draft}{'' if shared else ', unshared'}",
                  said)

    def do_refuse(self, engine):
        drafts = self.drafts(engine)
        if not drafts:
            return
        run = self.chance.choice(drafts).rpartition("-")[2].partition(".")[0]
        self.tell(engine, f"refuses {run}",
                  self.run(engine, "reeve", "reject", run, "-m", "no")[1])

    def do_housework(self, engine):
        words = self.chance.choice([
            ["git", "gc", "-q"], ["git", "pack-refs", "--all"],
            ["git", "repack", "-adq"], ["rm", "-rf", ".reeve"],
            ["git", "fetch", "-q", "origin"], ["reeve", "rebuild", "-q"]])
        self.tell(engine, " ".join(words), self.run(engine, *words)[1])

    # ---- What engines do

    def do_tick(self, engine):
        status, said = self.run(engine, "reeve", "tick")
        self.tell(engine, f"tick: {status}", said)
        if status not in (0, 1, BUSY):
            raise Wrong(f"a tick exits {status}")

    def traced(self, deed):
        number = int(2 ** self.chance.uniform(0, 10))
        return number, [TRACER, "-d", deed, "-p",
                        f"*:{number}", "reeve", "tick"]

    def do_kill(self, engine):
        number, words = self.traced("kill")
        status, said = self.run(engine, *words)
        self.tell(engine, f"tick, killed at call {number}: {status}", said)
        if status not in (0, 1, BUSY, KILLED, NOT_REACHED):
            raise Wrong(f"a tick that is killed exits {status}")

    def do_stop(self, engine):
        """A tick that stands still until it is woken, or it is over."""
        number, words = self.traced("stop")
        engine.said = tempfile.TemporaryFile()
        engine.stopped = subprocess.Popen(
            words, cwd=engine.place, env=self.environment(engine),
            stdin=subprocess.DEVNULL, stdout=engine.said, stderr=engine.said)
        _, status = os.waitpid(engine.stopped.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            self.tell(engine, f"tick, stops at call {number}")
        else:
            self.tell(engine, "tick", self.ended(engine, status))

    def ended(self, engine, status):
        """What the tick said that was to be stopped."""
        engine.stopped = None
        engine.said.seek(0)
        said = engine.said.read().decode("utf-8", "replace")
        status = os.waitstatus_to_exitcode(status)
        if status not in (0, 1, BUSY, NOT_REACHED):
            raise Wrong(f"a tick that was stopped exits {status}: {said}")
        return said

    def do_wake(self, engine):
        if engine.stopped:
            os.kill(engine.stopped.pid, signal.SIGCONT)
            _, status = os.waitpid(engine.stopped.pid, 0)
            self.tell(engine, "wakes up", self.ended(engine, status))

    # ---- What happens to them

    def fate(self, engine, word):
        with open(f"{self.remote}/fate", "w", encoding="utf-8") as file:
            file.write(word)
        self.do_tick(engine)
        for name in ("fate", "lost"):
            if os.path.exists(f"{self.remote}/{name}"):
                os.unlink(f"{self.remote}/{name}")

    def do_refused_push(self, engine):
        self.tell(engine, "the next push is refused")
        self.fate(engine, "refused")

    def do_lost_push(self, engine):
        self.tell(engine, "the next push is taken, and nobody hears of it")
        self.fate(engine, "lost")

    def do_away(self, engine):
        self.tell(engine, "the remote is away")
        os.rename(self.remote, f"{self.remote}.away")
        try:
            self.do_tick(engine)
        finally:
            os.rename(f"{self.remote}.away", self.remote)

    def do_clock(self, engine):
        engine.skew_s += self.chance.choice(
            [MINUTE, -MINUTE, HOUR, -HOUR, 3 * DAY, -2 * DAY])
        self.tell(engine, f"its clock is {engine.skew_s} s off")

    # ---- A history

    DEEDS = [("order", 5), ("tick", 9), ("merge", 5), ("refuse", 1),
             ("kill", 6), ("stop", 3), ("wake", 2), ("refused_push", 1),
             ("lost_push", 2), ("away", 1), ("clock", 1), ("housework", 1)]

    def step(self):
        self.now_s += self.chance.choice([1, 5, 30, MINUTE, 5 * MINUTE, HOUR,
                                          8 * HOUR])
        names, weights = zip(*self.DEEDS)
        engine = self.chance.choice(self.engines)
        deed = self.chance.choices(names, weights)[0]
        if engine.stopped and deed in ("kill", "stop", "tick", "away",
                                       "refused_push", "lost_push",
                                       "housework"):
            deed = "wake"
        getattr(self, f"do_{deed}")(engine)

    def put_in_order(self):
        for engine in self.engines:
            self.do_wake(engine)
            engine.skew_s = 0
        places = [f"{engine.place}/.git" for engine in self.engines]
        for lock in self.locks(*places, self.remote):
            os.unlink(lock)   # of a git that was killed; as people do
        for engine in self.engines:
            self.git(engine, "reset", "-q", "--hard")
            self.share_branch(engine)
        for _ in range(ROUNDS):
            self.now_s += 20 * MINUTE
            before = self.tips()
            for engine in self.engines:
                self.share_branch(engine)
                self.do_tick(engine)
            if self.tips() == before:
                return
        raise Wrong("there is always something more to do")

    def locks(self, *places):
        for top in places:
            for place, _, names in os.walk(top):
                yield from (f"{place}/{name}" for name in names
                            if name.endswith(".lock"))

    def tips(self):
        return [self.git(engine, "for-each-ref", "--format",
                         "%(objectname) %(refname)")
                for engine in self.engines]

    def play(self):
        for _ in range(self.options.steps):
            self.step()
        self.put_in_order()
        self.judge()

    # ---- What must hold

    def judge(self):
        journals = {}
        for engine in self.engines:
            os.chdir(engine.place)
            os.environ["HOME"] = os.path.dirname(self.remote)
            found = world.events()
            journals[world.tip()] = found
            hold([f"{engine.name}: {line}" for line in
                  [*world.about_git(), *world.about_tree(),
                   *world.about_view()]])
        if len(journals) != 1:
            raise Wrong(f"the journals differ: {sorted(journals)}")
        found, = journals.values()
        hold(about_results(found))
        hold(self.about_mails(found))
        hold(about_numbers(found))
        hold(self.about_triggers(found))

    def about_mails(self, found):
        """In all outboxes together: one for an effect, of none but ours."""
        sent = collections.Counter()
        for engine in self.engines:
            os.chdir(engine.place)
            sent += world.names_of_mails()
        return world.about_mails(found, sent)

    def about_triggers(self, found):
        """Each order has its one run, whoever saw it first: engines that do
        not hear of each other name it alike, and the first event counts."""
        started = collections.defaultdict(set)
        for event in found:
            if world.kind(event) == "run.started" and \
                    event["data"]["job"] == "orders":
                inputs = json.dumps(event["data"]["inputs"], sort_keys=True)
                started[inputs].add(event["subject"])
        for inputs, runs in started.items():
            if len(runs) > 1:
                yield f"{len(runs)} runs with {inputs}"
        if len(started) != self.orders:
            yield f"{len(started)} runs of {self.orders} orders"


def hold(complaints):
    complaints = list(complaints)
    if complaints:
        raise Wrong("\n".join(complaints))


def about_results(found):
    """An effect has one result, and no engine tells of another."""
    results = collections.defaultdict(set)
    for event in found:
        if world.kind(event) == "effect.done":
            results[event["data"]["effect_key"]].add(
                json.dumps(event["data"].get("result"), sort_keys=True))
    for key, told in results.items():
        if len(told) > 1:
            yield f"the effect {key} has {len(told)} results: {told}"


def about_numbers(found):
    """A number that went out belongs to one run."""
    # The journal's own rule: a number holds right behind what it was
    # decided on. What it says is in the event; see docs/journal.md.
    taken = collections.defaultdict(set)
    for event in found:
        if world.kind(event) == "effect.intended" and \
                event["data"]["effect"] == "email.send":
            subject = event["data"].get("payload", {})
            if isinstance(subject, dict) and \
                    str(subject.get("subject", "")).startswith("R0"):
                taken[subject["subject"]].add(event["subject"].split()[0])
    for number, runs in taken.items():
        if len(runs) > 1:
            yield f"{number} was given to {sorted(runs)}"


# ---- The company before anything happens

def stage(top):
    """The remote and one clone, with a journal that both have."""
    os.makedirs(f"{top}/one")
    os.chdir(f"{top}/one")
    with open(f"{top}/.gitconfig", "w", encoding="utf-8") as file:
        file.write("[user]\n\tname = Ada\n\temail = ada@example.com\n"
                   "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n")
    for path, text in FILES.items():
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    stamp = "2026-10-20T05:00:00Z"
    environment = {**os.environ, "HOME": top, "GIT_CONFIG_NOSYSTEM": "1",
                   "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp,
                   "REEVE_TEST_SEED": "1", "REEVE_TEST_CLOCK": stamp}
    for line in ["git init -q", "git init -q --bare ../remote.git",
                 "git remote add origin ../remote.git", "git add -A",
                 "git commit -q -m Begin", "git push -q origin main",
                 "reeve init -q", "git add -A", "git commit -qam Init",
                 "git push -q -u origin main", "reeve check", "reeve tick -q"]:
        result = subprocess.run(line.split(), env=environment, check=False,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
        if result.returncode != 0 and "Init" not in line:
            raise Wrong(f"{line}: {result.stdout.decode()}")
    for name, text in (("update", UPDATE), ("post-receive", POST_RECEIVE)):
        path = f"{top}/remote.git/hooks/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
    os.chdir("/")


def enter(history, stage_top, top):
    shutil.copytree(f"{stage_top}/remote.git", f"{top}/remote.git",
                    symlinks=True)
    shutil.copy(f"{stage_top}/.gitconfig", top)
    for engine in history.engines:
        shutil.copytree(f"{stage_top}/one", engine.place, symlinks=True)
        history.git(engine, "remote", "set-url", "origin", "../remote.git")


def play(task):
    seed, options, stage_top = task
    top = tempfile.mkdtemp(dir=stage_top)
    history = History(seed, options, top)
    try:
        enter(history, stage_top, top)
        history.play()
        return seed, None, []
    except (Wrong, OSError, AssertionError, ValueError, KeyError,
            world.sqlite3.Error) as wrong:
        return seed, f"{type(wrong).__name__}: {wrong}", history.log
    finally:
        for engine in history.engines:
            if engine.stopped:
                os.kill(engine.stopped.pid, signal.SIGKILL)
                os.kill(engine.stopped.pid, signal.SIGCONT)
        os.chdir("/")
        if not options.keep:
            shutil.rmtree(top, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--histories", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--engines", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tell", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    stage_top = tempfile.mkdtemp(dir=memory)
    failed = 0
    try:
        stage(stage_top)
        tasks = [(seed, options, stage_top) for seed in
                 range(options.seed, options.seed + options.histories)]
        print(f"1..{len(tasks)}")
        with multiprocessing.Pool(options.jobs) as pool:
            for number, (seed, wrong, log) in enumerate(
                    pool.imap_unordered(play, tasks), 1):
                failed += wrong is not None
                print(f"{'not ok' if wrong else 'ok'} {number} - "
                      f"history {seed}", flush=True)
                for line in (wrong or "").splitlines() + log:
                    print(f"# {line}", flush=True)
    finally:
        if not options.keep:
            shutil.rmtree(stage_top)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
