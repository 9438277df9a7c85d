#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Links in the pages lead somewhere: to a file of the tree, and to a heading that is there.

And a picture that is drawn from a description by Graphviz has the words of that description, and the tests that a
page names as its witnesses are there.
"""

import html
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


def words_of_description(text):
    labels = re.findall(r'label="((?:[^"\\]|\\.)*)"', text)
    return {
        line.replace("\\\\", "\\") for label in labels for line in re.split(r"(?<!\\)\\n", label)
    }


def words_of_picture(text):
    return {html.unescape(words) for words in re.findall(r"<text[^>]*>([^<]*)</text>", text)}


def picture_faults():
    for description in sorted(TOP.glob("docs/pictures/*.dot")):
        picture = description.with_suffix(".svg")
        told = words_of_description(description.read_text())
        drawn = words_of_picture(picture.read_text()) if picture.exists() else set()
        name = picture.relative_to(TOP)
        yield from (f"{name}: \"{words}\" is not drawn" for words in sorted(told - drawn))
        yield from (f"{name}: \"{words}\" is not described" for words in sorted(drawn - told))


def test_names():
    for source in TOP.glob("tests/**/*.cc"):
        for name in re.findall(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', source.read_text()):
            yield re.sub(r'"\s*"', "", name.strip()).strip('"')
    for scenario in TOP.glob("fixtures/scenarios/**/*.scenario"):
        yield scenario.stem


def witness_faults():
    """Of the tables with a column "shown by"."""
    names = "\n".join(test_names())
    for page in sorted(TOP.glob("docs/*.md")):
        is_table = False
        for line in page.read_text().splitlines():
            is_table = line.startswith("|") and (is_table or line.endswith("| shown by |"))
            if is_table and not line.endswith("| shown by |"):
                for witness in re.findall(r"`([^`]+)`", line.split("|")[-2]):
                    if witness not in names:
                        yield f"{page.relative_to(TOP)}: no test has the name {witness}"


def main():
    faults = [fault for page in pages() for fault in faults_of(page)]
    faults += [*picture_faults(), *witness_faults()]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
