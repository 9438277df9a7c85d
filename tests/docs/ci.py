#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The jobs and the hook of docs/ci do what they say: their steps are run in a repository of mail configuration.

    ci.py PROGRAM

The repository is the company of fixtures/demo, with a branch that changes nothing that matters and one that loses
mail. Steps that install packages are left to .ci/package/test.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
JOBS = TOP / "docs" / "ci"
INSTALLS = ("apt-get", "curl ")


def blocks_below(text, key):
    """The values of a key, `key: value` or `key: |` with lines below it; a list gives one value for each item."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = re.match(rf"( *)(- )?{key}:(.*)$", line)
        if not match:
            continue
        indent = len(match.group(1)) + len(match.group(2) or "")
        value = match.group(3).strip()
        if value not in ("", "|"):
            yield value
            continue
        below = []
        for deeper in lines[number + 1 :]:
            if deeper.strip() and len(deeper) - len(deeper.lstrip()) <= indent:
                break
            below.append(deeper.strip())
        if value == "|":
            yield "\n".join(below)
        else:
            yield from (item.removeprefix("- ") for item in below)


def steps_of(file, *keys):
    text = (JOBS / file).read_text()
    return [
        step for key in keys for step in blocks_below(text, key) if not step.startswith(INSTALLS)
    ]


class Repository:
    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment
        shutil.copytree(TOP / "fixtures" / "demo", folder)
        (folder / "tests").mkdir()
        (folder / "mail.expect").rename(folder / "tests" / "mail.expect")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("The company")
        origin = str(folder) + ".git"
        self.git("clone", "--quiet", "--bare", ".", origin)
        self.git("remote", "add", "origin", origin)
        self.git("fetch", "--quiet", "origin")

    def git(self, *words):
        subprocess.run(["git", *words], cwd=self.folder, env=self.environment, check=True)

    def commit(self, text):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", text)

    def replace(self, file, old, new):
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} has no {old}"
        path.write_text(text.replace(old, new))

    def lose_mail(self):
        self.replace("etc/postfix/main.cf", ", sqlite:/etc/postfix/departments.cf", "")

    def add_alias(self):
        self.replace("etc/postfix/aliases", "# Read by nobody.", "info bob\n\n# Read by nobody.")

    def run(self, step):
        """Exit status and output of a step, as the shell of a job runs it."""
        done = subprocess.run(
            ["bash", "-e", "-c", step],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


def expect(faults, name, found, wanted):
    if found != wanted:
        faults.append(f"{name}: {found!r} instead of {wanted!r}")


def job_faults(name, steps, report, work, environment):
    """Runs the steps for a change that loses nothing, then for one that does."""
    faults = []
    wanted = {"add_alias": [0, 0, 0], "lose_mail": [0, 2, 0]}
    for change, statuses in wanted.items():
        folder = work / f"{name}-{change}" / "checkout"
        folder.parent.mkdir()
        repository = Repository(folder, environment)
        getattr(repository, change)()
        repository.commit("A change")
        results = [repository.run(step) for step in steps]
        found = [status for status, _ in results]
        expect(faults, f"{name}, {change}: exit statuses", found, statuses)
        if found != statuses:
            faults += [text for _, text in results]
        page = Path(report.replace("CHECKOUT", str(folder))).read_text()
        expect(faults, f"{name}, {change}: page", "**lost**" in page, change == "lose_mail")
    return faults


def hook_faults(work, environment):
    faults = []
    repository = Repository(work / "hook", environment)
    shutil.copy(JOBS / "pre-commit", repository.folder / ".git" / "hooks" / "pre-commit")
    commit = "git commit --quiet --message 'A change'"
    repository.add_alias()
    repository.git("add", "--all")
    repository.lose_mail()  # In the work tree alone.
    expect(faults, "hook: a sound commit", repository.run(commit)[0], 0)
    repository.git("add", "--all")
    status, text = repository.run(commit)
    expect(faults, "hook: one that loses mail", (status != 0, "sales@" in text), (True, True))
    return faults


def main():
    if shutil.which("git") is None:
        print("git is not installed: nothing is looked at")
        return 0
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "bin").mkdir()
        os.symlink(Path(sys.argv[1]).resolve(), work / "bin" / "lastmile")
        (work / "gitconfig").write_text("[user]\nname = Carla\nemail = carla@example.com\n")
        environment = {
            "PATH": f"{work}/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(work),
            "GIT_CONFIG_GLOBAL": str(work / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "CI_DEFAULT_BRANCH": "main",
            "GITHUB_BASE_REF": "main",
            "GITHUB_STEP_SUMMARY": str(work / "summary.md"),
        }
        github = steps_of("github.yml", "run")
        gitlab = steps_of("gitlab.yml", "script", "after_script")
        # A step of GitLab is a line.
        gitlab = [*gitlab[:2], "\n".join(gitlab[2:])]
        faults = job_faults("github", github, str(work / "summary.md"), work, environment)
        faults += job_faults("gitlab", gitlab, "CHECKOUT/changes.md", work, environment)
        faults += hook_faults(work, environment)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
