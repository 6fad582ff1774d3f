"""What must hold of a workspace, whatever happened to the process before.

Nothing here asks reeve, but where reeve's own answer is what is looked at: the
journal is read by a second reader, the world is the outbox, the view is
compared as tables.
"""
import collections
import email
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
import journal  # noqa: E402

# What a tick found out by itself and may find out again: no events are in it.
CACHES = {"note", "rest"}

# Each of these happens once, however often it is tried.
TYPES_ONCE = {"run.started", "gate.opened", "gate.approved", "gate.rejected",
              "draft.opened", "draft.merged", "effect.done",
              "number.taken", "event.emitted", "run.finished"}


def run(*words, env=None):
    """Status and output of a command, messages included."""
    result = subprocess.run(words, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env=env)
    return result.returncode, result.stdout.decode("utf-8", "replace")


def git(*words):
    return run("git", *words)[1].strip()


def tip():
    """The journal's, or "" before it began."""
    status, text = run("git", "rev-parse", "-q", "--verify", "reeve/journal")
    return text.strip() if status == 0 else ""


def events():
    return journal.read("reeve/journal")[0] if tip() else []


def kind(event):
    return event["type"].removeprefix("dev.reeve.")


def place(event):
    """What an event is about: it happens there once."""
    data = event["data"]
    what = kind(event)
    if what == "effect.resolved" and data["verdict"] == "done":
        what = "effect.done"  # as the owner says
    return (what, event.get("subject", ""), str(data.get("item", "")),
            str(data.get("n", "")), str(data.get("effect_key", "")))


def dump(path):
    """The tables of a view, as text."""
    view = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    names = sorted(name for name, in view.execute(
        "select name from sqlite_master where type = 'table'"))
    lines = []
    for name in names:
        if name not in CACHES:
            rows = view.execute(f'select * from "{name}"').fetchall()
            lines += sorted(f"{name} {row!r}" for row in rows)
    view.close()
    return lines


def mails():
    """Message-ID and text of each mail that has left."""
    found = []
    for path in sorted(glob.glob("outbox/*.eml")):
        with open(path, "rb") as file:
            mail = email.message_from_bytes(file.read())
        found.append((mail["Message-ID"] or path,
                      (mail["To"], mail["Subject"], mail.get_payload())))
    return found


# ---- Complaints: each function yields what is wrong ------------------------

def about_git():
    status, text = run("git", "fsck", "--strict", "--no-dangling",
                       "--no-progress")
    if status != 0:
        yield f"git fsck: {text}"
    for path in glob.glob(".git/**/*.lock", recursive=True):
        yield f"a lock stays: {path}"


def about_tree():
    if git("status", "--porcelain"):
        yield f"the tree changed: {git('status', '--porcelain')}"
    if git("symbolic-ref", "HEAD") != "refs/heads/main":
        yield "HEAD moved"


def is_kept(known, found):
    """Where there is a remote, theirs may have come below ours."""
    if run("git", "merge-base", "--is-ancestor", known,
           "reeve/journal")[0] == 0:
        return True
    there = {event["id"] for event in found}
    return git("remote") and all(event["id"] in there
                                 for event in journal.read(known)[0])


def about_journal(known, found):
    """`known`: the tip that was there before."""
    if known and not is_kept(known, found):
        yield f"the journal lost {known}"
    for what, count in collections.Counter(map(place, found)).items():
        if count > 1 and what[0] in TYPES_ONCE:
            yield f"{count} times in the journal: {what}"


def about_intents(found):
    """One for an effect, and one more behind each try that came to nothing:
    of the same payload."""
    intents, tries = collections.defaultdict(list), collections.Counter()
    for event in found:
        if kind(event) == "effect.intended":
            intents[event["data"]["effect_key"]].append(event["data"])
        elif kind(event) == "effect.tried" or \
                event["data"].get("verdict") == "retry":
            tries[event["data"]["effect_key"]] += 1
    for key, said in intents.items():
        if len(said) > 1 + tries[key]:
            yield f"{len(said)} intents of {key}, tried {tries[key]} times"
        if any("payload" in data for data in said[1:]):
            yield f"{key} has a second payload"


def names_of_mails():
    """The effect keys in the Message-IDs of the outbox here."""
    return collections.Counter(
        name.strip("<>").partition("@")[0] for name, _ in mails())


def doubted():
    """The keys of the effects that reeve asks about."""
    told = subprocess.run(["reeve", "--json"], stdout=subprocess.PIPE,
                          check=True).stdout
    return {row["key"] for row in json.loads(told)["in_doubt"]}


def about_mails(found, sent):
    """`sent`, of all outboxes, beside what the journal says of them."""
    begun = {event["data"]["effect_key"]: event for event in found
             if kind(event) == "effect.intended"}
    if not begun and not sent:
        return
    done, failed = ({event["data"]["effect_key"] for event in found
                     if kind(event) == what}
                    for what in ("effect.done", "effect.failed"))
    asked = doubted()
    for key, count in sent.items():
        if count > 1:
            yield f"{count} mails of the effect {key}"
        if key not in begun:
            yield f"a mail without an intent: {key}"
    for key, event in begun.items():
        if event["data"]["effect"] != "email.send":
            continue
        if key in done and key not in sent:
            yield f"no mail of the effect {key}, which is done"
        if key not in done | failed | asked:
            yield f"the effect {key} is neither done nor in doubt"


def about_world(found):
    """The mails here, and what was intended."""
    yield from about_intents(found)
    yield from about_mails(found, names_of_mails())


def about_view():
    """The same as one that is made anew; both are kept until then."""
    before = dump(".reeve/view.db")
    shutil.rmtree(".reeve")
    status, text = run("reeve", "rebuild", "-q")
    if status != 0:
        yield f"reeve rebuild: {text}"
        return
    after = dump(".reeve/view.db")
    if before != after:
        lost = "\n".join(sorted(set(before) - set(after)))
        new = "\n".join(sorted(set(after) - set(before)))
        yield f"the view had\n{lost}\nand its rebuild has\n{new}"


def complaints(known):
    """All that is wrong here, once there is nothing to do."""
    try:
        found = events()
    except AssertionError as wrong:
        return [f"the journal: {wrong}"]
    return [*about_git(), *about_tree(), *about_journal(known, found),
            *about_world(found), *about_view()]


# ---- What came of it -------------------------------------------------------

def files_of(ref):
    """Paths and blobs that it adds. What tells the time of day is compared by
    its name."""
    words = ("ls-tree", "-r", ref) if ref == "refs/heads/main" else \
        ("diff", "--raw", "--no-abbrev", f"main...{ref}")
    for line in git(*words).splitlines():
        about, _, path = line.partition("\t")
        told = path.startswith(("actions/", "memory/"))
        yield path, "" if told else about


def outcome():
    """What is the same, however often it was begun: by name, what it is."""
    result = {f"{what}": count for what, count in
              collections.Counter(map(place, events())).items()
              if what[0] in TYPES_ONCE}
    for name in git("for-each-ref", "--format", "%(refname)").splitlines():
        if name != "refs/heads/reeve/journal":
            result[name] = sorted(files_of(name))
    for name, text in mails():
        result[name] = text
    for row in json.loads(run("reeve", "status", "--json")[1] or "{}") \
            .get("runs", []):
        result[f"run {row['id']}"] = row["state"]
    return result


def difference(wanted, got):
    """In words; nothing when they are the same."""
    for name in sorted(set(wanted) | set(got)):
        before, after = wanted.get(name), got.get(name)
        if before == after:
            continue
        if isinstance(before, list) and isinstance(after, list):
            yield f"{name}: without {[x for x in before if x not in after]}, "\
                  f"with {[x for x in after if x not in before]}"
        else:
            yield f"{name}: {'is' if after else 'is not'} there, or is "\
                  f"{str(after)[:200]}, and not {str(before)[:200]}"


def unkept(said, found):
    """Lines that a command printed and its journal does not bear out."""
    for line in said.splitlines():
        words = line.split()
        if len(words) < 3 or len(words[1]) != 8 or \
                not words[1].isalnum() or not words[1].islower():
            continue
        known = [event for event in found
                 if event.get("subject", "").startswith(words[1])]
        if not known:
            yield f"said, and not in the journal: {line}"
