#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The units of docs/systemd are understood by systemd, and forbid what they say.

    units.py

Where systemd-analyze is missing, or too old to judge a unit that does not run, nothing is looked at.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UNITS = Path(__file__).resolve().parents[2] / "docs" / "systemd"
SERVICE = UNITS / "lastmile-lmtp.service"
# What `systemd-analyze security` may say at most, from 0 (safe) to 10. It becomes every user, which alone is 1.3.
EXPOSURE = {"with commands of users": 3.4, "without": 2.8}


def run(*words):
    return subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def exposure_of(text, folder):
    unit = Path(folder) / SERVICE.name
    unit.write_text(text)
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)).stdout
    match = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    return float(match.group(1)) if match else said


def faults_of(folder):
    text = SERVICE.read_text()
    drop_in = (UNITS / "no-commands.conf").read_text()
    for name, unit in (("with commands of users", text), ("without", text + drop_in)):
        found = exposure_of(unit, folder)
        if not isinstance(found, float) or found > EXPOSURE[name]:
            yield f"{name}: exposure {found}, not at most {EXPOSURE[name]}"
    # The program is not installed here, nor is its manual page.
    for unit in (SERVICE, UNITS / "lastmile-lmtp.socket"):
        said = run("systemd-analyze", "verify", "--man=no", str(unit)).stdout
        yield from (line for line in said.splitlines() if str(unit.name) in line and "Unknown" in line)
    done = run("systemd-sysusers", "--dry-run", str(UNITS / "sysusers.conf"))
    if done.returncode != 0:
        yield f"sysusers.conf: {done.stdout}"


def main():
    if (
        shutil.which("systemd-analyze") is None
        or "--offline" not in run("systemd-analyze", "--help").stdout
    ):
        print("no systemd-analyze that judges a unit offline: nothing is looked at")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        faults = list(faults_of(folder))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
