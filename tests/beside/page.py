# SPDX-License-Identifier: Apache-2.0
"""The configurations of docs/beside-an-mta.md.

A line `/etc/FILE:` in backquotes, alone, is a file; what is indented below it is its content. Lines of `# lastmile ...`
in an indented block are commands that root gives."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/beside-an-mta.md"

_HEADING = re.compile(r"^(##+) (.*)$", re.M)
_FILE = re.compile(r"^`(?P<path>/etc/\S+)`:\n\n(?P<text>(?:    .*\n|\n(?=\n*    ))+)", re.M)
_COMMAND = re.compile(r"^    # (?P<command>(?:.*\\\n)*.*)$", re.M)


@dataclass(frozen=True)
class Section:
    """What stands below one heading, and nothing of what stands below the headings in it."""

    files: dict[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()


def sections() -> dict[str, Section]:
    """By heading: "Exim > pipe" for one below another."""
    text = PAGE.read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    found: dict[str, Section] = {}
    above = ""
    for heading, end in zip(headings, ends):
        title = heading[2]
        if len(heading[1]) == 2:
            above = title
        else:
            title = f"{above} > {title}"
        body = text[heading.end() : end]
        files = {match["path"]: textwrap.dedent(match["text"]).strip("\n") + "\n" for match in _FILE.finditer(body)}
        outside = _FILE.sub("", body)
        found[title] = Section(files, tuple(match["command"].replace("\\\n", " ") for match in _COMMAND.finditer(outside)))
    return found
