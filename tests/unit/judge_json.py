#!/usr/bin/env -S python3 -B
"""Hold what reeve's JSON reader says against Python's.

Each line of standard input is a text in hex and, behind a space, what reeve
made of it: its canonical form in hex, or "-" where the text was refused.
Prints each line on which the two differ; then the status is 1.
"""
import json
import math
import re
import sys

DEPTH = 64
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e"
                    "\u2066-\u2069\"\\\\]")


class Number(str):
    """A number's source text."""


def whole(text):
    if not -2**63 <= int(text) < 2**64:
        raise ValueError("too large")
    return Number("0" if text == "-0" else text)


def real(text):
    if not math.isfinite(float(text)):
        raise ValueError("too large")
    return Number(text)


def refuse(word):
    raise ValueError(word)


def members(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names) or any("\0" in name for name in names):
        raise ValueError("names")
    return dict(pairs)


def escape(match):
    char = match.group()
    return "\\" + char if char in '"\\' else f"\\u{ord(char):04x}"


def canonical(value, depth=0):
    if isinstance(value, (list, dict)) and depth == DEPTH:
        raise ValueError("depth")
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        value.encode()  # refuses half of a surrogate pair
        return '"' + HIDDEN.sub(escape, value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(canonical(i, depth + 1) for i in value) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode())
        return "{" + ",".join(
            canonical(name) + ":" + canonical(value[name], depth + 1)
            for name in names) + "}"
    return {None: "null", True: "true", False: "false"}[value]


def judge(text):
    try:
        value = json.loads(text.decode("utf-8-sig"), parse_int=whole,
                           parse_float=real, parse_constant=refuse,
                           object_pairs_hook=members)
        return canonical(value).encode().hex()
    except ValueError:
        return "-"


differ = False
for line in sys.stdin:
    text, ours = line.split(" ")
    theirs = judge(bytes.fromhex(text))
    if theirs != ours.strip():
        print(bytes.fromhex(text), "ours:", ours.strip(), "python:", theirs)
        differ = True
sys.exit(differ)
