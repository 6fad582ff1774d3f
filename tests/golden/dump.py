"""Prints what a view holds, the same for the same rows.

    dump.py .reeve/view.db

A line for each row, as JSON, below the name of its table; rows are sorted by
their text. What only this machine has noted for itself is left out.
"""
import json
import sqlite3
import sys

LOCAL = ("note", "rest")


def main(path):
    view = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    tables = [row[0] for row in view.execute(
        "select name from sqlite_master where type = 'table' order by name")]
    for table in tables:
        if table in LOCAL:
            continue
        rows = view.execute(f"select * from {table}")
        print(table, " ".join(column[0] for column in rows.description))
        for line in sorted(json.dumps(row, ensure_ascii=False)
                           for row in rows):
            print("\t" + line)


main(sys.argv[1])
