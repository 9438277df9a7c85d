#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of lastmile for some kinds of work, and fails when one has become dearer.

    instructions.py --program PROGRAM [--build NAME] [--accept] [ROW...]

Unlike times, they are the same in each run, and on each machine for one build and one C library. NAME
says with which compiler the program was built, such as GNU-12-Release: instructions.tsv has accepted
figures for some. --accept writes what is measured there. valgrind(1) counts.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ACCEPTED = Path(__file__).with_name("instructions.tsv")
TOLERANCE = 0.10  # Dearer by more than this is a failure.
NOBODY = 65534
ADDRESSES = 500

MAIN_CF = """compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com
myorigin = example.com
alias_maps = texthash:DIR/aliases
lastmile_account_maps = texthash:DIR/accounts
local_recipient_maps = texthash:DIR/accounts $alias_maps
lastmile_log = stderr
lastmile_ledger = DIR/state/ledger.sqlite
lastmile_postfix_version = 3.7.11
queue_directory = DIR/queue
"""
MASTER_CF = """smtp inet n - n - - smtpd
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
local unix - n n - - local
"""
LINE = "A line of text, as long as lines in mail are.\n"
HEADER = "From: a@example.com\nTo: b@example.com\nSubject: figures\n\n"


class Site:
    """What the program works on, in a directory of its own that belongs to who runs it."""

    def __init__(self, directory: Path, program: Path) -> None:
        self.directory = directory
        # It may stand where nobody else may look.
        self.program = directory / "lastmile"
        shutil.copy(program, self.program)
        self.user = NOBODY if os.geteuid() == 0 else os.geteuid()
        self.group = NOBODY if os.geteuid() == 0 else os.getegid()
        for name in ("home", "spool", "queue", "state"):
            (directory / name).mkdir(mode=0o700)
        self.write("message", HEADER + LINE * 90)
        self.write("large", HEADER + LINE * 23000)
        self.write("aliases", "root alice\nlist :include:" + str(directory / "members") + "\nteam alice, bob\n")
        account = f":x:{self.user}:{self.group}::{directory}/home:/bin/sh\n"
        self.write("accounts", "".join(f"{name} {name}{account}" for name in ("alice", "bob", "postfix", "nobody")))
        self.write("members", "".join(f"member{i}@remote{i % 20}.example.net\n" for i in range(ADDRESSES)))
        self.write("text", "".join(f"user{i}: user{i}@mail.example.net\n" for i in range(10 * ADDRESSES)))
        self.write("many", "".join(f"user{i} user{i}@mail.example.net\n" for i in range(ADDRESSES)))
        self.write("names", "".join(f"user{i}\n" for i in range(ADDRESSES)))
        self.write("addresses", "".join(f"user{i}@example.com\n" for i in range(ADDRESSES)))
        self.configure("maildir", "home_mailbox = Maildir/\n")
        self.configure("mbox", "home_mailbox = mbox\n")
        self.configure("lmtp", f"mailbox_transport = lmtp:unix:{directory}/sink\n")
        self.configure("many-aliases", f"alias_maps = texthash:{directory}/many\n")
        for path in (directory, *directory.rglob("*")):
            os.chown(path, self.user, self.group)

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text)

    def configure(self, name: str, parameters: str) -> None:
        (self.directory / name).mkdir()
        set_here = {line.split()[0] for line in parameters.splitlines()}
        lines = [line for line in MAIN_CF.splitlines(True) if line.split()[0] not in set_here]
        self.write(f"{name}/main.cf", "".join(lines).replace("DIR", str(self.directory)) + parameters)
        self.write(f"{name}/master.cf", MASTER_CF)

    def count(self, configuration: str, words: list[str], given: str | None) -> int | str:
        """The instructions of one run, or why there are none."""
        figures = self.directory / "figures"
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={figures}",
                   str(self.program), "-C", str(self.directory / configuration), *words]  # fmt: skip
        with open(self.directory / given if given else os.devnull, "rb") as message:
            root = {"user": self.user, "group": self.group, "extra_groups": []} if os.geteuid() == 0 else {}
            ran = subprocess.run(command, stdin=message, capture_output=True, cwd=self.directory, umask=0o22,
                                 env={"PATH": "/usr/bin:/bin", "HOME": str(self.directory)}, check=False, **root)
        found = re.search(rb"I +refs: +([0-9,]+)", ran.stderr)
        if ran.returncode != 0 or not found:
            return f"exit status {ran.returncode}: {ran.stderr.decode(errors='replace')[-500:]}"
        return int(found[1].replace(b",", b""))


class Sink:
    """An LMTP server that keeps nothing. It answers each command by itself."""

    def __init__(self, path: Path, user: int) -> None:
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        os.chown(path, user, -1)
        self.server.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            client, _ = self.server.accept()
            with client, client.makefile("rwb") as stream:
                self.answer(stream, b"220 sink\r\n")
                in_content = False
                for line in stream:
                    if in_content:
                        in_content = line != b".\r\n"
                        if not in_content:
                            self.answer(stream, b"250 2.0.0 Ok\r\n")
                        continue
                    in_content = line.upper().startswith(b"DATA")
                    self.answer(stream, b"354 go on\r\n" if in_content else b"250 2.0.0 Ok\r\n")

    @staticmethod
    def answer(stream: object, reply: bytes) -> None:
        try:
            stream.write(reply)
            stream.flush()
        except OSError:
            pass  # It has gone.


DELIVER = ["deliver", "-f", "a@example.com", "--"]
# What is done, the configuration, the words, standard input.
ROWS = [
    ("version", "maildir", ["--version"], None),
    ("trace of one address", "maildir", ["trace", "root@example.com"], None),
    ("trace of one address, tsv", "maildir", ["trace", "--format", "tsv", "root@example.com"], None),
    (f"trace of {ADDRESSES} addresses, tsv", "many-aliases", ["trace", "--format", "tsv", "-"], "addresses"),
    (f"trace of a list of {ADDRESSES} members, tsv", "maildir", ["trace", "--format", "tsv", "list@example.com"], None),
    (f"lookup of {ADDRESSES} keys", "maildir", ["lookup", "texthash:DIR/many", "-"], "names"),
    ("Maildir, 4 KiB", "maildir", [*DELIVER, "root@example.com"], "message"),
    ("Maildir, 1 MiB", "maildir", [*DELIVER, "root@example.com"], "large"),
    ("Maildir, two destinations with a ledger", "maildir", [*DELIVER, "team@example.com"], "message"),
    ("mbox, 4 KiB", "mbox", [*DELIVER, "root@example.com"], "message"),
    ("LMTP, 4 KiB", "lmtp", [*DELIVER, "root@example.com"], "message"),
    (f"alias build of {10 * ADDRESSES}, cdb", "maildir", ["alias", "build", "cdb:DIR/text"], None),
    (f"alias build of {10 * ADDRESSES}, hash", "maildir", ["alias", "build", "hash:DIR/text"], None),
    (f"alias build of {10 * ADDRESSES}, lmdb", "maildir", ["alias", "build", "lmdb:DIR/text"], None),
]  # fmt: skip


def read_accepted() -> dict[str, dict[str, int]]:
    """For each build the figure of each row."""
    accepted: dict[str, dict[str, int]] = {}
    for line in ACCEPTED.read_text().splitlines():
        if line and not line.startswith("#"):
            build, row, figure = line.split("\t")
            accepted.setdefault(build, {})[row] = int(figure)
    return accepted


def write_accepted(accepted: dict[str, dict[str, int]]) -> None:
    comments = [line for line in ACCEPTED.read_text().splitlines() if line.startswith("#")]
    lines = [f"{build}\t{row}\t{figure}" for build, rows in sorted(accepted.items()) for row, figure in rows.items()]
    ACCEPTED.write_text("\n".join([*comments, *lines]) + "\n")


def judge(row: str, figure: int, accepted: int | None) -> bool:
    """Prints a row. False: it has become dearer."""
    ratio = figure / accepted if accepted else None
    is_dearer = ratio is not None and ratio > 1 + TOLERANCE
    remark = "dearer: a line in instructions.tsv has to accept it" if is_dearer else ""
    if ratio is not None and ratio < 1 - TOLERANCE:
        remark = "cheaper"
    print(f"{row:46} {figure:>12,} {'' if ratio is None else format(ratio, '6.3f')}  {remark}".rstrip(), flush=True)
    return not is_dearer


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", type=Path, required=True)
    options.add_argument("--build", default="")
    options.add_argument("--accept", action="store_true")
    options.add_argument("rows", nargs="*", metavar="ROW", help="those whose names have this in them; else all")
    given = options.parse_args()
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not there")
        return 0
    accepted = read_accepted()
    if given.build and not given.accept and given.build not in accepted:
        print(f"skipped: no figures are accepted for {given.build}: instructions.py --accept writes them")
        return 0
    known = accepted.get(given.build, {})
    is_good = True
    with tempfile.TemporaryDirectory(prefix="lastmile-", dir="/tmp") as name:
        site = Site(Path(name), given.program)
        Sink(Path(name) / "sink", site.user)
        for row, configuration, words, message in ROWS:
            if given.rows and not any(part in row for part in given.rows):
                continue
            figure = site.count(configuration, [word.replace("DIR", name) for word in words], message)
            if isinstance(figure, str):
                print(f"{row:46} failed: {figure}")
                is_good = False
                continue
            is_good = judge(row, figure, None if given.accept else known.get(row)) and is_good
            if given.accept and given.build:
                accepted.setdefault(given.build, {})[row] = figure
    if given.accept and given.build and is_good:
        write_accepted(accepted)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
