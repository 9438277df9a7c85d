#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the shells complete, asked for in the shells themselves.

    completion.py PROGRAM
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from man_pages import commands_of_help, options_of_help

SCRIPTS = Path(__file__).resolve().parents[2] / "docs" / "completion"

# A command line with the cursor at its end; words that are offered, and words that are not.
ROWS = [
    ("lastmile ", ["trace", "deliver", "config", "lookup", "site", "alias"], ["--root"]),
    ("lastmile tr", ["trace"], ["deliver"]),
    ("lastmile --ro", ["--root"], ["--site"]),
    ("lastmile -c /etc tr", ["trace"], []),
    ("lastmile trace --st", ["--stage"], ["--steps"]),
    ("lastmile --root / trace --mess", ["--message"], ["--envid"]),
    ("lastmile deliver --que", ["--queue-id"], []),
    ("lastmile trace ro", ["root"], ["trace"]),
    ("lastmile config mydest", ["mydestination"], ["myhostname"]),
    ("lastmile config -x lastmile_", ["lastmile_ledger", "lastmile_log"], []),
    ("lastmile lookup te", ["texthash:"], ["hash:"]),
    ("lastmile alias ", ["build"], ["trace"]),
    ("lastmile site ", ["export", "show", "import"], ["trace"]),
    ("lastmile nosuch --ro", ["--root"], []),
    ("lastmile trace --format ", ["tree", "svg"], ["sarif"]),
    ("lastmile check --format s", ["sarif"], ["tree"]),
    ("lastmile check --fail-on n", ["notice", "never"], ["error"]),
    ("lastmile check --explain alias-lo", ["alias-loop"], []),
    ("lastmile -o mydest", ["mydestination="], ["myhostname="]),
    ("lastmile table ", ["build"], []),
    ("lastmile who ro", ["root"], []),
]

# What a shell is asked: one process for all rows, with a line that begins with FENCE between the answers.
FENCE = "----"

BASH = """
source {script}
ask() {{
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  _lastmile lastmile 2>/dev/null
  printf '%s\\n' "${{COMPREPLY[@]}}"
  echo {fence}
}}
"""


def with_bash(shell, lines, environment):
    script = BASH.format(script=shlex.quote(str(SCRIPTS / "lastmile.bash")), fence=FENCE)
    asks = (" ".join(["ask", *map(shlex.quote, line.split(" "))]) for line in lines)
    return run([shell, "--norc", "--noprofile"], script + "\n".join(asks) + "\n", environment)


def with_fish(shell, lines, environment):
    asks = (f"complete --do-complete {shlex.quote(line)}; echo {FENCE}" for line in lines)
    file = shlex.quote(str(SCRIPTS / "lastmile.fish"))
    return run([shell, "--no-config"], f"source {file}\n" + "\n".join(asks) + "\n", environment)


# zsh completes on a terminal alone: the function is called as it would call it, and what it adds is printed.
ZSH = """
compadd() {{
  local suffix=
  if [[ $1 == -S ]]; then suffix=$2; shift 2; fi
  shift
  local word
  for word in "$@"; do
    [[ $word == "${{words[CURRENT]}}"* ]] && print -r -- "$word$suffix"
  done
  return 0
}}
_users() {{ compadd -- ${{(f)"$(cut -d: -f1 /etc/passwd)"}}; }}
_files() {{ }}
words=(lastmile '')
CURRENT=2
source {script} >/dev/null
ask() {{
  words=("$@")
  CURRENT=$#
  _lastmile
  print -r -- {fence}
}}
"""


def with_zsh(shell, lines, environment):
    script = ZSH.format(script=shlex.quote(str(SCRIPTS / "_lastmile")), fence=FENCE)
    asks = (" ".join(["ask", *map(shlex.quote, line.split(" "))]) for line in lines)
    return run([shell, "-f"], script + "\n".join(asks) + "\n", environment)


def run(command, script, environment):
    """The words that were offered for each line."""
    done = subprocess.run(
        command,
        input=script,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=300,
    )
    if done.stderr.strip():
        print(done.stderr, file=sys.stderr)
    answers = [[]]
    for line in done.stdout.splitlines():
        if line == FENCE:
            answers.append([])
        else:
            answers[-1].append(line.split("\t")[0].strip())
    return [set(words) - {""} for words in answers[:-1]]


def help_of(environment, *words):
    return subprocess.run(
        ["lastmile", *words, "--help"], capture_output=True, text=True, check=True, env=environment
    ).stdout


def rows_of_help(environment):
    """A row for each command: its options and those of all commands are offered behind it."""
    text = help_of(environment)
    everywhere = options_of_help(text)
    commands = commands_of_help(text)
    yield ("lastmile ", commands, [])
    yield ("lastmile help ", commands, [])
    for command in commands:
        options = sorted(everywhere | options_of_help(help_of(environment, command)))
        long = [option for option in options if option.startswith("--")]
        yield (f"lastmile {command} --", long, [])


def faults_of(name, ask, rows, environment):
    shell = shutil.which(name)
    if shell is None:
        print(f"{name} is not installed: its completion is not looked at")
        return []
    faults = []
    answers = ask(shell, [line for line, _, _ in rows], environment)
    if len(answers) != len(rows):
        return [f"{name} answered {len(answers)} lines of {len(rows)}"]
    for (line, offered, withheld), words in zip(rows, answers):
        faults += [f'{name}: "{line}" does not offer {word}' for word in offered if word not in words]
        faults += [f'{name}: "{line}" offers {word}' for word in withheld if word in words]
    return faults


def main():
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(program, Path(folder) / "lastmile")
        environment = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": folder, "TERM": "dumb"}
        faults = []
        rows = [*ROWS, *rows_of_help(environment)]
        for name, ask in (("bash", with_bash), ("fish", with_fish), ("zsh", with_zsh)):
            faults += faults_of(name, ask, rows, environment)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
