#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every key that postmap -s lists is an address that the map knows, for each type of table that both can list.

    listing.py PROGRAM
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

TYPES = ("hash", "btree", "cdb", "lmdb", "texthash", "sqlite")
ENVIRONMENT = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
ENTRIES = [(f"user{i}@example.com", "alice") for i in range(50)] + [("a+b@example.com", "alice"), ("x.y@sub.example.com", "root")]
MAIN_CF = """compatibility_level = 3.6
myhostname = mail.example.com
mydestination = localhost
alias_maps =
virtual_alias_domains = example.com, sub.example.com
virtual_alias_maps = {type}:/etc/postfix/virtual
"""
SQL = "dbpath = /etc/postfix/virtual.sqlite\nquery = SELECT goto FROM alias WHERE address = '%s'\n"


def run(*words):
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def keys_of_postmap(kind, postfix):
    """What real Postfix lists; for the types that it cannot list, what was written."""
    table = f"{kind}:{postfix}/virtual"
    if kind in ("hash", "btree", "cdb", "lmdb"):
        run("postmap", "-c", str(postfix), table)
        return {line.split("\t")[0] for line in run("postmap", "-c", str(postfix), "-s", table).splitlines()}
    if kind == "texthash":
        return {key for key, _ in ENTRIES}
    statements = "CREATE TABLE alias(address, goto);" + "".join(f"INSERT INTO alias VALUES('{k}', '{v}');" for k, v in ENTRIES)
    database = sqlite3.connect(postfix / "virtual.sqlite")
    database.executescript(statements)
    database.close()
    (postfix / "virtual").write_text(SQL)
    return {key for key, _ in ENTRIES}


def check(program, kind):
    with tempfile.TemporaryDirectory() as name:
        postfix = Path(name) / "etc/postfix"
        postfix.mkdir(parents=True)
        (Path(name) / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n")
        (postfix / "main.cf").write_text(MAIN_CF.format(type=kind))
        (postfix / "virtual").write_text("".join(f"{key} {value}\n" for key, value in ENTRIES))
        keys = keys_of_postmap(kind, postfix)
        if not keys:
            return f"skipped: postmap -s lists nothing of {kind}: here"
        (postfix / "virtual").unlink() if kind in ("hash", "btree", "cdb", "lmdb") else None
        known = {line.split("\t")[0] for line in run(program, "--root", name, "map", "--format", "tsv").splitlines()}
        missing = keys - known
        return f"FAILED: not known: {sorted(missing)[:5]}" if missing else "ok"


def main():
    program = str(Path(sys.argv[1]).resolve())
    if shutil.which("postmap", path=ENVIRONMENT["PATH"]) is None:
        print("skipped: postmap is not installed")
        return 0
    types = run(program, "--version")
    failed = 0
    for kind in TYPES:
        verdict = check(program, kind) if kind in types.split() else "skipped: not built in"
        failed += verdict.startswith("FAILED")
        print(f"{kind}: {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
