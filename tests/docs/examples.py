#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands in the pages print what stands below them.

    examples.py PROGRAM [PAGE...]
    examples.py --list [PAGE...]      the commands, and the pages that they stand in

An example is an indented or fenced block with lines that begin with `$ `, each with what it prints below it, up to
the next `$` or the end of the block. It is typed at the top of the tree, with the program as `lastmile`, so it may
look at fixtures/ and nothing else: what it prints is the same everywhere. A line `...` stands for any lines, `(...)` for
what stands in parentheses, such as a time; a command with nothing below it prints nothing. What only an administrator can do on a host of theirs has the prompt `# `.
Blocks ```console are sessions.py's.
"""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
INDENTED = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.M)
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(text):
    fenced = [block for kind, block in FENCED.findall(text) if kind != "console"]
    return fenced + [textwrap.dedent(block) for block in INDENTED.findall(FENCED.sub("", text))]


def examples(text):
    """(command, output) of each example."""
    for block in blocks(text):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.replace("\\\n", "").partition("\n")
            yield command, output.strip("\n") + "\n" if output.strip() else ""


def matches(wanted, printed):
    pattern = "".join(
        r"(?:.*\n)*?"
        if line.strip() == "..."
        else re.escape(line).replace(re.escape("(...)"), r"\([^()]*\)") + r"[ ]*\n"
        for line in wanted.splitlines()
    )
    return re.fullmatch(pattern, printed) is not None


def run(folder, command):
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=TOP,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def all_examples(words):
    pages = [Path(word).resolve() for word in words] or [
        *sorted(TOP.glob("*.md")),
        *sorted(TOP.glob("docs/**/*.md")),
        TOP / "fixtures/README.md",
    ]
    for page in pages:
        for command, wanted in examples(page.read_text()):
            yield page.relative_to(TOP), command, wanted


def main():
    if sys.argv[1] == "--list":
        for page, command, _ in all_examples(sys.argv[2:]):
            print(f"{page}: {command}")
        return 0
    tried = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(Path(sys.argv[1]).resolve(), Path(folder) / "lastmile")
        for page, command, wanted in all_examples(sys.argv[2:]):
            tried += 1
            printed = run(folder, command)
            if not matches(wanted, printed):
                failed += 1
                print(f"{page}: $ {command}\nsays\n{wanted}but prints\n{printed}")
    print(f"{tried} examples, {failed} wrong")
    return 1 if failed or tried == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
