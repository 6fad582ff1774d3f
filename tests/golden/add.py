"""Writes events behind a journal that the company of make.sh has no reason to
write: a run with effects that are tried, resolved and refused, a step that is
left out, a draft that is refused, a claim; and one whose number goes back.
"""
import json
import subprocess

TIME = "2026-11-22T18:00:00Z"
RUN = "7" * 26
NUMBERED = "6" * 26  # which has no effect, so its number may go back
SOURCE = "/reeve/golden/0123456789abcdef"


def git(*words, asked=b""):
    return subprocess.run(["git", *words], check=True, input=asked,
                          stdout=subprocess.PIPE).stdout.decode().strip()


def event(nth, kind, step=None, **data):
    data = {"v": 1, "run": RUN, **data}
    run = data["run"]
    if step:
        data = {"step": step, "item": "", **data}
    return json.dumps({
        "specversion": "1.0", "id": f"{nth:026d}", "source": SOURCE,
        "type": "dev.reeve." + kind, "time": TIME,
        "subject": run + ("/" + step if step else ""),
        "data": dict(sorted(data.items()))}, separators=(",", ":"))


def effect(kind, step, **data):
    return (kind, {"step": step, "effect": "email.send",
                   "effect_key": step.ljust(26, "0"),
                   "endpoint": "mail.example", **data})


def intended(step):
    return effect("effect.intended", step, verify="ask",
                  payload={"to": ["ann@acme.example"], "subject": step})


def events(tip, tree):
    steps = ["tried", "refused", "doubted", "left"]
    number = {"run": NUMBERED, "effect_key": "number".ljust(26, "0"), "sequence": "golden",
              "effect": "sequence.next", "number": 1}
    started = {
        "job": "golden", "run_title": "golden", "epoch": 0, "inputs": {},
        "commit": tip, "tree": tree, "library": tree,
        "trigger": {"kind": "hand", "id": "hand:golden", "time": TIME}}
    return [
        ("run.started", {**started, "steps": [
            {"id": step, "kind": "call"} for step in steps]}),
        ("run.claimed", {"epoch": 1, "ttl": 120000}),
        intended("tried"),
        effect("effect.tried", "tried", outcome="unsent", attempt=1,
               reason="nobody answers", fault=True, wake_at=1795370400000),
        intended("refused"),
        effect("effect.failed", "refused", reason="there is no such box"),
        intended("doubted"),
        effect("effect.tried", "doubted", outcome="unanswered", attempt=1,
               reason="it was cut off", fault=True),
        effect("effect.resolved", "doubted", verdict="done",
               result={"file": None}, reason="Ann has it"),
        ("step.skipped", {"step": "left", "epoch": 1,
                          "reason": "the policy forbids it"}),
        ("draft.opened", {
            "epoch": 1, "n": 1, "title": "golden", "priority": "low",
            "branch": "reeve/draft/golden-77777777.1",
            "slip": "actions/golden-77777777.1.yaml", "base": tip, "tip": tip,
            "artifacts": [{"step": "left", "item": "", "path": "golden.txt",
                           "blob": tree}]}),
        ("draft.rejected", {"n": 1, "reason": "no"}),
        ("run.started", {**started, "run": NUMBERED, "steps": [
            {"id": step, "kind": "call"} for step in ("number", "freed")]}),
        ("number.taken", {"step": "number", **number, "decided_on": None,
                          "output": {"number": 1, "text": "1"}}),
        ("number.freed", {"step": "freed", **number}),
        ("run.finished", {"run": NUMBERED, "state": "cancelled",
                          "reason": "an example"}),
        ("run.released", {"epoch": 1}),
        ("run.finished", {"state": "cancelled", "reason": "an example"}),
    ]


def write(lines, parent):
    tree = git("mktree")
    message = "golden 77777777: an example\n\n" + "\n".join(lines) + "\n"
    commit = (f"tree {tree}\nparent {parent}\n"
              "author reeve <reeve@localhost> 1795370400 +0000\n"
              "committer reeve <reeve@localhost> 1795370400 +0000\n\n"
              + message)
    return git("hash-object", "-t", "commit", "-w", "--stdin",
               asked=commit.encode())


def main():
    journal = git("rev-parse", "reeve/journal")
    tip, tree = git("rev-parse", "main"), git("rev-parse", "main^{tree}")
    for nth, (kind, data) in enumerate(events(tip, tree)):
        step = data.pop("step", None)
        if "decided_on" in data:
            data["decided_on"] = journal
        journal = write([event(nth, kind, step, **data)], journal)
    git("update-ref", "refs/heads/reeve/journal", journal)


main()
