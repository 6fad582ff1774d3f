"""A second reader of the journal, which knows nothing of reeve's.

    journal.py REF

Walks the commits of REF and holds each to docs/journal.md: one parent, a
short subject, and after it one CloudEvents 1.0 JSON object on each line.
"""
import json
import re
import subprocess
import sys

MEMBERS = ["specversion", "id", "source", "type", "time", "subject", "data"]
ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def git(*words, asked=b""):
    return subprocess.run(["git", *words], check=True, input=asked,
                          stdout=subprocess.PIPE).stdout


def contents(ids):
    """Of each commit, as git keeps it."""
    answer = git("cat-file", "--batch", asked=b"\n".join(ids) + b"\n")
    while answer:
        head, _, answer = answer.partition(b"\n")
        _, kind, size = head.split()
        assert kind == b"commit", head
        yield answer[:int(size)]
        answer = answer[int(size) + 1:]


def members(pairs):
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"a member twice: {names}"
    return dict(pairs)


def no_constant(word):
    raise AssertionError(f"{word} is not JSON")


def check_event(line, seen):
    assert len(line) <= 4096, f"{len(line)} bytes"
    event = json.loads(line.decode("utf-8"), object_pairs_hook=members,
                       parse_constant=no_constant)
    names = list(event)
    assert names == [name for name in MEMBERS if name in event], names
    assert event["specversion"] == "1.0"
    assert ID.fullmatch(event["id"]) and event["id"] not in seen, event["id"]
    assert re.fullmatch(r"/reeve/\S+", event["source"]), event["source"]
    assert re.fullmatch(r"dev\.reeve(\.[a-z]+){2}", event["type"])
    assert TIME.fullmatch(event["time"]), event["time"]
    assert event.get("subject", "x"), "an empty subject"
    assert isinstance(event["data"], dict) and event["data"]["v"] >= 1
    seen.add(event["id"])
    return event


def read(ref):
    """The events of REF, oldest first, and the number of its commits."""
    commits = git("rev-list", "--reverse", ref).split()
    seen, before, events = set(), [], []
    for commit, content in zip(commits, contents(commits)):
        head, _, message = content.partition(b"\n\n")
        parents = [line.split()[1] for line in head.split(b"\n")
                   if line.startswith(b"parent ")]
        assert parents == before, "not a straight line"
        assert b"\nencoding " not in head
        subject, *lines = message.split(b"\n")
        assert 0 < len(subject) <= 72, subject
        assert lines[0] == b"" and lines[-1] == b"", "blank line, last LF"
        assert len(lines) > 2, "a commit without an event"
        for line in lines[1:-1]:
            try:
                events.append(check_event(line, seen))
            except (AssertionError, KeyError, ValueError) as reason:
                raise AssertionError(
                    f"{commit.decode()}: {reason!r}\n{line!r}") from reason
        before = [commit]
    return events, len(commits)


if __name__ == "__main__":
    try:
        found = read(sys.argv[1])
    except AssertionError as wrong:
        sys.exit(str(wrong))
    print(f"{len(found[0])} events in {found[1]} commits")
