#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Links in the pages lead somewhere: to a file of the tree, and to a heading that is there."""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages():
    yield from sorted(TOP.glob("*.md"))
    yield from sorted(TOP.glob("docs/**/*.md"))
    yield TOP / "fixtures" / "README.md"


def without_code(text):
    """The text without code blocks and `code`, in which brackets are no links."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page):
    """The anchors that the headings of a page get."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ +(.*)$", text, re.M)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


def faults_of(page):
    for target in LINK.findall(without_code(page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"{page.relative_to(TOP)}: {target}: no such file"
        elif anchor and anchor not in anchors(file):
            yield f"{page.relative_to(TOP)}: {target}: no such heading"


def main():
    faults = [fault for page in pages() for fault in faults_of(page)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
