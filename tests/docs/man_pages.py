#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages tell of every option that --help does, and of no other.

    man_pages.py PROGRAM

Also: every command has a page, lastmile.cf(5) has every parameter of lastmile's own, references lead
somewhere, and mandoc(1), where it is installed, finds nothing to say.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

MAN = Path(__file__).resolve().parents[2] / "docs" / "man"
OPTION = re.compile(r"--?[A-Za-z][A-Za-z-]*")


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def options_of_help(text):
    """The options in the first column of each line."""
    found = set()
    for line in text.splitlines():
        match = re.match(r" +(-.*?)(?:  |$)", line)
        if match:
            found.update(OPTION.findall(match.group(1)))
    return found


def options_of_page(page):
    """The options of the `.It` lines: a macro argument behind Fl is an option without its dash."""
    found = set()
    for line in page.read_text().splitlines():
        if line.startswith(".It Fl"):
            found.update("-" + word for word in re.findall(r"\bFl (-?[A-Za-z][A-Za-z-]*)", line))
    return found


def commands_of_help(text):
    lines = text.split("\ncommands:\n")[1].split("\n\n")[0].splitlines()
    return [line.split()[0] for line in lines if line.split()[0] != "help"]


def page_of(command):
    # What delivers is for administrators alone.
    pages = {"deliver": "lastmile.8", "lmtp": "lastmile-lmtp.8"}
    return MAN / pages.get(command, f"lastmile-{command}.1")


def compare(name, told, written, optional=frozenset()):
    """Faults, one a line: what --help tells and the page does not, and the other way round."""
    faults = [f"{name}: {word} is in --help and has no .It line" for word in sorted(told - written)]
    faults += [
        f"{name}: {word} has an .It line and is not in --help"
        for word in sorted(written - told - optional)
    ]
    return faults


def option_faults(program):
    help_text = output(program, "--help")
    everywhere = options_of_help(help_text)
    faults = compare("lastmile.1", everywhere, options_of_page(MAN / "lastmile.1"))
    for command in commands_of_help(help_text):
        page = page_of(command)
        if not page.exists():
            faults.append(f"{page.name}: the command {command} has no page")
            continue
        told = options_of_help(output(program, command, "--help"))
        # What goes with every command may be in lastmile(1) alone.
        written = options_of_page(page)
        faults += compare(page.name, told - (everywhere - written), written, {"-h", "--help"})
    return faults


def parameter_faults(program):
    known = {
        line.split(" =")[0]
        for line in output(program, "config", "-d").splitlines()
        if line.startswith("lastmile_")
    }
    written = set(re.findall(r"^\.It Va (lastmile_\w+)", (MAN / "lastmile.cf.5").read_text(), re.M))
    return [
        f"lastmile.cf.5: {name} has no .It line" for name in sorted(known - written)
    ]


def reference_faults():
    faults = []
    for page in sorted(MAN.iterdir()):
        for name, section in re.findall(r"^\.Xr (lastmile\S*) (\d)", page.read_text(), re.M):
            if not (MAN / f"{name}.{section}").exists():
                faults.append(f"{page.name}: {name}({section}) does not exist")
    return faults


def lint_faults():
    mandoc = shutil.which("mandoc")
    if mandoc is None:
        print("mandoc is not installed: the form of the pages is not looked at")
        return []
    pages = [str(page) for page in sorted(MAN.iterdir())]
    lines = subprocess.run(
        [mandoc, "-T", "lint", *pages], capture_output=True, text=True, check=False
    )
    # What it says of mandoc.db is about this machine's other pages.
    return [
        line
        for line in (lines.stdout + lines.stderr).splitlines()
        if "mandoc.db" not in line and "referenced manual not found" not in line
    ]


def main():
    program = sys.argv[1]
    faults = option_faults(program) + parameter_faults(program) + reference_faults() + lint_faults()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
