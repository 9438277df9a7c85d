#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands in the pages print what stands below them.

    examples.py PROGRAM [PAGE...]

An example is an indented or fenced block that begins with `$ lastmile` and goes on with the output, up to
the next `$` or the end of the block. It is run at the top of the tree. Only examples with `--root fixtures/`
are: what they print is the same everywhere. A line `...` stands for any lines.
"""

import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
INDENTED = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.M)
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.M | re.S)


def blocks(text):
    fenced = FENCED.findall(text)
    return fenced + [textwrap.dedent(block) for block in INDENTED.findall(FENCED.sub("", text))]


def examples(text):
    """(command, output) of each example that can be run anywhere."""
    for block in blocks(text):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.replace("\\\n", "").partition("\n")
            if command.startswith("lastmile ") and " fixtures/" in command and output.strip():
                yield command, output.strip("\n") + "\n"


def matches(wanted, printed):
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line) + r"[ ]*\n"
        for line in wanted.splitlines()
    )
    return re.fullmatch(pattern, printed) is not None


def run(program, command):
    words = shlex.split(command)
    done = subprocess.run(
        [program, *words[1:]], cwd=TOP, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def main():
    program = str(Path(sys.argv[1]).resolve())
    pages = [Path(page) for page in sys.argv[2:]]
    pages = pages or [TOP / "README.md", *sorted(TOP.glob("docs/**/*.md")), TOP / "fixtures/README.md"]
    tried = failed = 0
    for page in pages:
        for command, wanted in examples(page.read_text()):
            tried += 1
            printed = run(program, command)
            if not matches(wanted, printed):
                failed += 1
                print(f"{page.relative_to(TOP)}: $ {command}\nsays\n{wanted}but prints\n{printed}")
    print(f"{tried} examples, {failed} wrong")
    return 1 if failed or tried == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
