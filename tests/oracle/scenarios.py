#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares lastmile with real Postfix, one small mail host at a time (fixtures/README.md).

    scenarios.py check   --program FILE [SCENARIO...]   lastmile against the recorded outcomes
    scenarios.py verify  [SCENARIO...]                  Postfix against the recorded outcomes
    scenarios.py record  [SCENARIO...]                  write down what Postfix does
    scenarios.py accept  --program FILE SCENARIO...     write down what lastmile does, where it differs
    scenarios.py show    [--program FILE] SCENARIO      what one run does, and its log
    scenarios.py explain --program FILE [--real] [SCENARIO...]
                                                        lastmile explain for each recorded line; --real: for the log and
                                                        the bounces of a run of today
    scenarios.py random  --program FILE [--addresses N] [--seed N] [--keep DIR]
                                                        lastmile against Postfix in random worlds
    scenarios.py random  --program FILE --sessions N    the same for random restriction lists of smtpd
    scenarios.py random  --program FILE --worlds N      whether map, who, diff, verify and site files agree there

Without a SCENARIO: all below fixtures/scenarios. Only root can lay out a host; `check` needs nothing of Postfix.
`check` looks at each release of Postfix that a scenario has an outcome of; with --postfix VERSION at that one. Postfix
is the one that is installed, or, with --postfix-root DIR, that in a root as .ci/postfix-root makes it.
Exit status: 0 all agree, 1 some do not or could not be run. What cannot be run here at all is skipped in words.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import agreement  # noqa: E402
import explanations  # noqa: E402
import lastmile_agent  # noqa: E402
import namespace  # noqa: E402
import random_questions  # noqa: E402
import random_restrictions  # noqa: E402
import random_worlds  # noqa: E402
import real_postfix  # noqa: E402
import runs  # noqa: E402
import scenario  # noqa: E402
from random_worlds import Oracle  # noqa: E402
from scenario import Scenario, ScenarioError  # noqa: E402

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/scenarios"
DIFFERENCES = Path(__file__).resolve().parents[2] / "docs/differences.md"

Work = Callable[[Path, "Setup"], list[str]]


@dataclass(frozen=True)
class Setup:
    """What a comparison is made with."""

    program: Path | None = None
    postfix: Oracle | None = None  # who is asked; without one, of the releases that are recorded


def check(path: Path, setup: Setup) -> list[str]:
    found = scenario.load(path)
    versions = [setup.postfix.version] if setup.postfix else found.versions
    if not versions:
        return ["no outcome is recorded for it: scenarios.py record, or accept"]
    problems = []
    for version in versions:
        differing = _check_release(found, setup, version)
        problems += [f"Postfix {version}:"] if differing and len(versions) > 1 else []
        problems += differing
    return problems


def _check_release(found: Scenario, setup: Setup, version: str) -> list[str]:
    expected = found.expected(version)
    if expected is None:
        return [] if found.postfix_outcomes else ["no outcome is recorded for it: scenarios.py record, or accept"]
    assert setup.program is not None
    if found.has_filters:
        run = runs.traced(found, setup.program, version)
        return [*run.problems, *agreement.traced_answers(expected, run.outcome), *run.filtered_differences(expected)]
    run = runs.with_lastmile(found, setup.program, version)
    problems = [*run.problems, *agreement.differences(expected, run.outcome)]
    # A trace says what is decided; a status filter and a second attempt change what is reported.
    is_plain = not any("_status_filter" in found.files.get(f"/etc/postfix/{name}", "") for name in ("main.cf", "master.cf")) and all(
        submission.attempts == 1 for submission in found.submissions
    )
    return problems + (run.trace_differences(expected) if is_plain else [])


def verify(path: Path, setup: Setup) -> list[str]:
    found = scenario.load(path)
    assert setup.postfix is not None
    expected = found.postfix_outcome(setup.postfix.version)
    if expected is None:
        return [] if found.postfix_outcomes else ["no outcome is recorded for it: scenarios.py record"]
    # Postfix sleeps for random times, and a busy machine runs it late: what differs once is run once more.
    for _attempt in range(2):
        now = runs.with_postfix(found, root=setup.postfix.root).outcome
        if now == expected:
            return []
    return agreement.line_differences(expected, now)


def record(path: Path, setup: Setup) -> list[str]:
    found = scenario.load(path)
    assert setup.postfix is not None
    now = runs.with_postfix(found, root=setup.postfix.root).outcome
    scenario.write_outcomes(path, {**found.postfix_outcomes, setup.postfix.version: now})
    return []


def accept(path: Path, setup: Setup) -> list[str]:
    found = scenario.load(path)
    assert setup.program is not None
    if found.differs is None:
        return ["its comment names no entry of docs/differences.md: # differs: ID"]
    version = found.versions[0]
    run = runs.with_lastmile(found, setup.program, version)
    scenario.write_lastmile_outcome(path, run.outcome)
    of_postfix = found.postfix_outcome(version)
    same = of_postfix is not None and not agreement.differences(of_postfix, run.outcome)
    return [*run.problems, *(["it does what Postfix does: nothing differs"] if same else [])]


def show(path: Path, setup: Setup) -> None:
    found = scenario.load(path)
    version = setup.postfix.version if setup.postfix else scenario.FOLLOWED
    if setup.program:
        run = runs.with_lastmile(found, setup.program, version)
    else:
        run = runs.with_postfix(found, root=setup.postfix.root if setup.postfix else None)
    print(run.log, end="")
    print(run.outcome, end="")
    for line in run.problems:
        print(f"problem: {line}")
    for destination in run.destinations:
        print(f"trace: {destination}")


def explain(paths: list[Path], program: Path, jobs: int, is_real: bool) -> int:
    """The number of lines that are explained wrongly."""
    work = explanations.of_real if is_real else explanations.of_recorded
    with ProcessPoolExecutor(jobs) as pool:
        answers = list(pool.map(_explained, [(work, path, program) for path in paths]))
    for path, answer in zip(paths, answers, strict=True):
        if isinstance(answer, str):
            print(f"FAILED {path.parent.name}/{path.stem}: {answer}")
    results = [answer for answer in answers if not isinstance(answer, str)]
    for line in (line for result in results for line in result["lines"]):
        print(line)
    print(f"explain: {len(results)} scenarios, {explanations.summary(results)}")
    return sum(result["counts"].get("changed", 0) for result in results) + len(answers) - len(results)


def _explained(job: tuple[Callable[..., dict[str, Any]], Path, Path]) -> dict[str, Any] | str:
    work, path, program = job
    try:
        return work(scenario.load(path), program)
    except (ScenarioError, namespace.NamespaceFailure, OSError, ValueError) as problem:
        return str(problem)


def differences_page_problems(paths: Iterable[Path]) -> list[str]:
    """Each entry of docs/differences.md has a scenario, and each such scenario an entry."""
    shown = {d for p in paths if (d := scenario.load(p).differs)}
    written = runs.identifiers_of(DIFFERENCES.read_text(encoding="utf-8"))
    return [f"docs/differences.md: no scenario shows {d}" for d in sorted(written - shown)] + [
        f"docs/differences.md: {d} is not there, but a scenario names it" for d in sorted(shown - written)
    ]


def sample(paths: list[Path]) -> list[Path]:
    """The first of each folder, and those that have an outcome for several releases."""
    firsts = {path.parent: path for path in reversed(paths)}
    return [path for path in paths if firsts[path.parent] == path or len(scenario.load(path).postfix_outcomes) > 1]


def over_all(work: Work, paths: list[Path], setup: Setup, jobs: int, quiet: bool) -> int:
    """The number of scenarios that failed."""
    began = time.monotonic()
    failed = 0
    with ProcessPoolExecutor(jobs) as pool:
        results = pool.map(_guarded, [(work, path, setup) for path in paths])
        for path, problems in zip(paths, results, strict=True):
            failed += bool(problems)
            if problems or not quiet:
                word = "FAILED" if problems else "ok    "
                print(f"{word} {path.parent.name}/{path.stem}", flush=True)
            for line in problems:
                print(f"    {line}")
    seconds = time.monotonic() - began
    of = f" of Postfix {setup.postfix.version}" if setup.postfix else ""
    print(f"{work.__name__}{of}: {len(paths)} scenarios, {len(paths) - failed} as recorded, {failed} not ({seconds:.0f} s)")
    return failed


def _guarded(job: tuple[Work, Path, Setup]) -> list[str]:
    """The problems."""
    work, path, setup = job
    try:
        return work(path, setup)
    except (ScenarioError, namespace.NamespaceFailure, OSError, ValueError) as problem:
        return str(problem).splitlines() or [type(problem).__name__]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["check", "verify", "record", "accept", "show", "explain", "random"])
    parser.add_argument("scenarios", nargs="*", type=Path)
    parser.add_argument("--program", type=Path, help="lastmile")
    parser.add_argument("-j", type=int, default=2 * (os.cpu_count() or 1), help="scenarios at a time")
    parser.add_argument("-q", action="store_true", help="print only what fails")
    parser.add_argument("--addresses", type=int, default=2000, help="random: how many (2000)")
    parser.add_argument("--sessions", type=int, default=0, help="random: this many sessions with random restriction lists instead")
    parser.add_argument("--worlds", type=int, default=0, help="random: ask the administrator's questions in this many worlds instead")
    parser.add_argument("--seed", type=int, default=1, help="random: the first world (1)")
    parser.add_argument("--real", action="store_true", help="explain: what Postfix writes today")
    parser.add_argument("--keep", type=Path, help="random: write each disagreement, shrunk, below this directory")
    parser.add_argument("--sample", action="store_true", help="one scenario of each folder, and all that differ by release")
    parser.add_argument("--postfix", metavar="VERSION", help="check, show: the release that lastmile does as")
    parser.add_argument("--postfix-root", type=Path, metavar="DIR", help="the root where Postfix is (.ci/postfix-root)")
    options = parser.parse_intermixed_args()
    if os.geteuid() != 0:
        print("skipped: only root can lay out the host of a scenario")
        return 0
    if options.action in ("check", "accept", "explain", "random") and options.program is None:
        parser.error(f"{options.action} needs --program")
    root = options.postfix_root.resolve() if options.postfix_root else None
    setup = Setup(options.program, Oracle(options.postfix) if options.postfix else None)
    if options.action in ("verify", "record", "random") or root:
        version = real_postfix.version(root)
        if version is None:
            print(f"skipped: Postfix is not installed{f' in {root}' if root else ''}")
            return 0
        setup = Setup(options.program, Oracle(version, root))
    if options.action == "random" and options.worlds:
        return random_questions.compare(options.program, options.worlds, options.seed, options.j)
    if options.action == "random" and options.sessions:
        return random_restrictions.compare(options.program, options.sessions, options.seed, options.j, options.keep)
    if options.action == "random":
        assert setup.postfix is not None
        return random_worlds.compare(options.program, setup.postfix, options.addresses, options.seed, options.j, options.keep)
    paths = options.scenarios or sorted(FIXTURES.rglob("*.scenario"))
    paths = sample(paths) if options.sample else paths
    if options.action == "show":
        show(paths[0], setup)
        return 0
    if options.action == "explain":
        return 1 if explain(paths, options.program, options.j, options.real) else 0
    work: Work = {"check": check, "verify": verify, "record": record, "accept": accept}[options.action]
    if options.program:
        print(f"{options.action}: {lastmile_agent.program_version(options.program)}")
    failed = over_all(work, paths, setup, options.j, options.q)
    if options.action == "check" and not options.scenarios:
        problems = differences_page_problems(paths)
        print(*problems, sep="\n", end="\n" if problems else "")
        failed += len(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
