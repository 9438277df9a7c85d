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
    ("lastmile site ", ["export", "show"], ["trace"]),
    ("lastmile nosuch --ro", ["--root"], []),
]

BASH = """
source {script}
COMP_WORDS=({words})
COMP_CWORD={last}
_lastmile lastmile
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def with_bash(shell, line, environment):
    words = line.split(" ")
    script = BASH.format(
        script=shlex.quote(str(SCRIPTS / "lastmile.bash")),
        words=" ".join(shlex.quote(word) for word in words),
        last=len(words) - 1,
    )
    return run([shell, "--norc", "--noprofile", "-c", script], environment)


def with_fish(shell, line, environment):
    file = shlex.quote(str(SCRIPTS / "lastmile.fish"))
    script = f"source {file}; complete --do-complete {shlex.quote(line)}"
    return run([shell, "--no-config", "-c", script], environment)


# zsh completes on a terminal alone: the function is called as it would call it, and what it adds is printed.
ZSH = """
words=({words})
CURRENT={last}
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
source {script}
"""


def with_zsh(shell, line, environment):
    words = line.split(" ")
    script = ZSH.format(
        script=shlex.quote(str(SCRIPTS / "_lastmile")),
        words=" ".join(shlex.quote(word) for word in words),
        last=len(words),
    )
    return run([shell, "-f", "-c", script], environment)


def run(command, environment):
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    if done.stderr.strip():
        print(done.stderr, file=sys.stderr)
    return {line.split("\t")[0].strip() for line in done.stdout.splitlines()} - {""}


def faults_of(name, ask, environment):
    shell = shutil.which(name)
    if shell is None:
        print(f"{name} is not installed: its completion is not looked at")
        return []
    faults = []
    for line, offered, withheld in ROWS:
        words = ask(shell, line, environment)
        faults += [f'{name}: "{line}" does not offer {word}' for word in offered if word not in words]
        faults += [f'{name}: "{line}" offers {word}' for word in withheld if word in words]
    return faults


def main():
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(program, Path(folder) / "lastmile")
        environment = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": folder, "TERM": "dumb"}
        faults = []
        for name, ask in (("bash", with_bash), ("fish", with_fish), ("zsh", with_zsh)):
            faults += faults_of(name, ask, environment)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
