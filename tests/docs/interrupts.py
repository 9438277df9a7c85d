#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A question that somebody ends: Ctrl-C, a reader that goes away, a kill.

    interrupts.py PROGRAM

Each program is met while it is at work: its output goes into a pipe that is full.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ALIASES = 5000  # whose map is longer than any pipe and buffer


def make_tree(top):
    postfix = top / "etc/postfix"
    postfix.mkdir(parents=True)
    (top / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n")
    (postfix / "main.cf").write_text(
        "compatibility_level = 3.6\nmyhostname = mail.example.com\nmydestination = example.com\n"
        "myorigin = example.com\nalias_maps = texthash:/etc/aliases\n"
    )
    (top / "etc/aliases").write_text("".join(f"some-user-{i} alice\n" for i in range(ALIASES)))


def started(program, tree, *words):
    command = [program, "--root", str(tree), *words]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check_interrupted(program, tree):
    process = started(program, tree, "map", "--json")
    first = os.read(process.stdout.fileno(), 1)
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    if process.returncode != 130:
        return f"map ended with {process.returncode}, not 130, on SIGINT: {said}"
    addresses = sum(line["type"] == "address" for line in lines)
    if lines[-1]["type"] != "summary" or not lines[-1]["coverage"]["partial"]:
        return f"the last line of an ended run is no summary of a part: {lines[-1]}"
    return "" if 0 < addresses < ALIASES else f"{addresses} addresses of an ended run"


def check_reader_gone(program, tree):
    process = started(program, tree, "map", "--format", "tsv")
    os.read(process.stdout.fileno(), 1)
    process.stdout.close()
    said = process.stderr.read()
    process.wait(timeout=60)
    return "" if process.returncode in (141, -signal.SIGPIPE) and not said else f"{process.returncode} when the reader goes: {said}"


def check_killed(program, tree):
    """A file that was there stays as it is, and no half of a new one takes its place."""
    output = tree / "map.tsv"
    for number in (signal.SIGKILL, signal.SIGINT):
        output.write_text("as it was\n")
        process = started(program, tree, "map", "--format", "tsv", "-O", str(output))
        while process.poll() is None and not list(tree.glob("map.tsv.new.*")):
            pass
        process.send_signal(number)
        process.communicate(timeout=60)
        text = output.read_text()
        if text != "as it was\n" and len(text.splitlines()) < ALIASES:
            return f"half a file after signal {number}"
        if number == signal.SIGINT and list(tree.glob("map.tsv.new.*")) and process.returncode == 130:
            return "a file is left behind"
        for left in tree.glob("map.tsv.new.*"):
            left.unlink()
    return ""


def main():
    program = str(Path(sys.argv[1]).resolve())
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        make_tree(tree)
        for check in (check_interrupted, check_reader_gone, check_killed):
            problem = check(program, tree)
            failed += bool(problem)
            print(f"{check.__name__}: {problem or 'ok'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
