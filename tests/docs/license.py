#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each source says under which license it is, in its first lines.

    license.py [--mend]

--mend: puts the line in where it is missing.
"""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
LINE = "SPDX-License-Identifier: Apache-2.0"
FOLDERS = [".ci", "aliases", "docs", "lmtpclient", "local", "tests", "transports"]
# How a comment begins, by the ending of a file; scripts without one begin with #!.
COMMENTS = {
    ".cc": "// ",
    ".h": "// ",
    ".dot": "// ",
    ".py": "# ",
    ".sh": "# ",
    ".bash": "# ",
    ".fish": "# ",
    ".conf": "# ",
    ".yml": "# ",
    ".service": "# ",
    ".socket": "# ",
    ".1": '.\\" ',
    ".5": '.\\" ',
    ".7": '.\\" ',
    ".8": '.\\" ',
}


def comment_of(path):
    if path.name in ("CMakeLists.txt", "packages.txt"):
        return "# "
    if path.suffix in COMMENTS:
        return COMMENTS[path.suffix]
    if path.suffix == "" and path.read_bytes().startswith(b"#!"):
        return "# "
    return None


def sources():
    for path in sorted(TOP.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            yield path
    for folder in FOLDERS:
        for path in sorted((TOP / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def mend(path, comment):
    lines = path.read_text().splitlines(keepends=True)
    place = 1 if lines and lines[0].startswith(("#!", "#compdef")) else 0
    lines.insert(place, f"{comment}{LINE}\n")
    path.write_text("".join(lines))


def main():
    missing = [
        (path, comment)
        for path in sources()
        if (comment := comment_of(path)) is not None
        and LINE not in "".join(path.read_text().splitlines(keepends=True)[:4])
    ]
    if "--mend" in sys.argv[1:]:
        for path, comment in missing:
            mend(path, comment)
        return 0
    for path, _ in missing:
        print(f"{path.relative_to(TOP)}: no line \"{LINE}\"; tests/docs/license.py --mend puts it in")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
