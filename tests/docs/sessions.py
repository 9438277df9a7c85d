#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages that are sessions, such as the tutorial, go as they are written.

    sessions.py PROGRAM

Every block ```console of such a page is typed, one after the other, by an ordinary user in an empty folder. A
line that begins with `$ ` is typed, with the lines of a here-document behind it; what follows, up to the next
`$ `, must be what it prints. A line `...` stands for any lines.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from examples import matches

TOP = Path(__file__).resolve().parents[2]
PAGES = ["docs/tutorial.md"]
ENDS = re.compile(r"<<'?(\w+)'?")


def steps(text):
    """(command, output) of a page."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            lines = part.splitlines(keepends=True)
            size = 1
            heredoc = ENDS.search(lines[0])
            if heredoc:
                size = lines.index(heredoc.group(1) + "\n") + 1
            while lines[size - 1].endswith("\\\n"):
                size += 1
            yield "".join(lines[:size]), "".join(lines[size:])


def as_somebody():
    """What to run a command with, so that it runs as an ordinary user."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def without_chance(text, user):
    """The text without dates, durations, process IDs, and with `you` for who runs it."""
    text = re.sub(r"([A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d( \d{4})?", "DATE", text)
    text = re.sub(r"delays?=[\d./]+", "delay", re.sub(r"\[\d+\]", "[1]", text))
    return re.sub(rf"\b{re.escape(user)}\b", "you", text)


def run(command, folder, environment):
    done = subprocess.run(
        [*as_somebody(), "bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def faults_of(page, environment):
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        user = run("id -un", folder, environment).strip()
        for command, wanted in steps((TOP / page).read_text()):
            printed = run(command, folder, environment)
            if not matches(without_chance(wanted, "you"), without_chance(printed, user)):
                yield f"{page}: $ {command}says\n{wanted}but prints\n{printed}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(sys.argv[1], Path(folder) / "lastmile")
        os.chmod(program, 0o755)
        environment = {"PATH": f"{folder}:/usr/bin:/bin", "LANG": "C.UTF-8"}
        faults = [fault for page in PAGES for fault in faults_of(page, environment)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
