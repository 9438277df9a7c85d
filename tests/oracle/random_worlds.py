# SPDX-License-Identifier: Apache-2.0
"""Compares lastmile with Postfix in random worlds, and shrinks each disagreement to a scenario."""

from __future__ import annotations

import re
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import agreement
import messages
import namespace
import outcome
import random_wire
import random_world
import real_postfix
import runs
import shrink
from lastmile_agent import Run
from outcome import OF_NOTIFICATION, Block
from random_world import World
from runs import Result
from scenario import Scenario

# Written differences that random worlds run into (docs/differences.md): what lastmile says where Postfix is
# silent (empty-expansion-bounces), and what only one of both says (smtputf8-by-address).
_SMTPUTF8 = ("(SMTPUTF8 is required, but was not offered by host ", "(message requires SMTPUTF8, but no server was found ")
_WRITTEN = re.compile(r"dsn=[45]\.3\.5, status=\w+ \(the expansion names no recipient\)$")


@dataclass(frozen=True)
class Oracle:
    """Which Postfix is asked."""

    version: str
    root: Path | None = None  # where it is; None: on this machine


@dataclass(frozen=True)
class Verdict:
    seed: int
    differences: list[str]
    written: int = 0  # differences that docs/differences.md gives a reason for
    failure: str = ""
    is_endless: bool = False  # Postfix never comes to an end: there is nothing to compare
    is_mute: bool = False  # nor where nothing can be brought to it


def compare(program: Path, oracle: Oracle, addresses: int, first_seed: int, jobs: int, keep: Path | None) -> int:
    """The exit status: 0 no disagreement, 1 some, or a world that could not be run."""
    began = time.monotonic()
    count = max(1, addresses // random_world.ADDRESSES_PER_WORLD)
    seeds = range(first_seed, first_seed + count)
    disagreements, written, endless, mute, failures = 0, 0, 0, 0, 0
    with ProcessPoolExecutor(jobs) as pool:
        for verdict in pool.map(_verdict, [(program, oracle, seed) for seed in seeds]):
            written += verdict.written
            endless += verdict.is_endless
            mute += verdict.is_mute
            if verdict.failure:
                failures += 1
                print(f"seed {verdict.seed}: {verdict.failure}", flush=True)
            elif verdict.differences:
                disagreements += 1
                _report(program, oracle, verdict, keep)
    seconds = time.monotonic() - began
    total = count * random_world.ADDRESSES_PER_WORLD
    print(
        f"random, Postfix {oracle.version}: {total} addresses in {count} worlds from seed {first_seed}: {disagreements} worlds disagree, "
        f"{written} written differences, {endless} worlds have no end in Postfix, {mute} take no mail, "
        f"{failures} did not run ({seconds:.0f} s)"
    )
    return 1 if failures or disagreements else 0


def _verdict(job: tuple[Path, Oracle, int]) -> Verdict:
    program, oracle, seed = job
    try:
        differences, written = _differences(random_world.make(seed), program, oracle)
        return Verdict(seed, differences, written)
    except (namespace.NamespaceFailure, OSError) as problem:
        is_endless, is_mute = str(problem).endswith("without end"), str(problem) == "smtpd greets nobody"
        failure = "" if is_endless or is_mute else str(problem)
        return Verdict(seed, [], failure=failure, is_endless=is_endless, is_mute=is_mute)


def _differences(world: World, program: Path, oracle: Oracle) -> tuple[list[str], int]:
    scenario = random_world.to_scenario(world)
    run = runs.with_lastmile(scenario, program, oracle.version, Run(takes_whole=True))
    found, written = _compared(world, scenario, program, oracle, run, settle_each=False)
    if found:
        # Who creates a file that two messages reach is chance, as long as one does not wait for the other.
        found, written = _compared(world, scenario, program, oracle, run, settle_each=True)
    return [*run.problems, *found], written


def _compared(
    world: World, scenario: Scenario, program: Path, oracle: Oracle, run: Result, settle_each: bool
) -> tuple[list[str], int]:
    expected = runs.with_postfix(scenario, settle_each, oracle.root).outcome
    actual, written = _without_written(run.outcome, expected)
    expected, actual, asked_by_one = _without_smtputf8(expected, actual)
    written += asked_by_one
    if world.settings.get("smtputf8_enable") == "no":
        actual, misdirected = _with_question_marks(actual)
        written += misdirected
    if written:
        expected, actual = _with_common_reports(expected, actual)
    expected, actual = _without_kept(expected, actual)
    expected, actual = (random_wire.without_originals(text) for text in (expected, actual))
    found = agreement.differences(expected, actual)
    if not found:
        return run.trace_differences(run.outcome), written
    if all(line.startswith("-") for line in found) and not _missing_with_ledger(scenario, program, oracle, expected):
        return [], written + 1
    return found, written


def _without_kept(expected: str, actual: str) -> tuple[str, str]:
    """Takes out of both what waits in Postfix's queue for a daemon that does not start, and what lastmile defers of
    the same addresses: one word of each stays, where only one of them keeps the mail."""
    want, have = outcome.from_text(expected), outcome.from_text(actual)
    kept = {_address(s.to) for b in want if (s := outcome.parse_status(b.head)) and s.agent == real_postfix.KEPT}
    if not kept:
        return expected, actual
    deferred = set()

    def is_explained(address: str) -> bool:
        # Notifications, which go to the senders of these worlds, are not compared.
        return _address(address) in deferred or re.match(r"(?:.*\+)?s\d+@", address) is not None

    rest = []
    for block in have:
        status = outcome.parse_status(block.head)
        of = {_address(status.to), _address(status.orig_to)} & kept if status and status.status == "deferred" else set()
        deferred |= of
        rest += [] if of else [block]
    want = [b for b in want if not ((s := outcome.parse_status(b.head)) and s.agent == real_postfix.KEPT and is_explained(s.to))]
    return outcome.to_text(want), outcome.to_text(rest)


def _address(text: str) -> str:
    """As it is compared: the queue has the null address where lastmile names what it stands for."""
    plain = text.casefold().replace('"', "").replace("\\", "")
    return f"mailer-daemon{plain}" if plain.startswith("@") else plain


def _missing_with_ledger(scenario: Scenario, program: Path, oracle: Oracle, expected: str) -> list[str]:
    """What Postfix does and lastmile does not, even if no line of a file waits for one that is deferred. What a
    hidden line names may stand in another place of the expansion as well (reached-in-waiting-line-first): there
    it has another recipient."""
    actual = runs.with_lastmile(scenario, program, oracle.version, Run(has_ledger=True, takes_whole=True)).outcome
    found = agreement.differences(_without_recipients(expected), _without_recipients(actual))
    return [line for line in found if line.startswith("-")]


def _without_recipients(text: str) -> str:
    """Nor whether it was submitted again on the way, which takes the original recipient away."""
    text = re.sub(r"^again ", "", text, flags=re.M)
    text = re.sub(r"^(  \| .*?)<o=[^>]*>(.*?) ?>$", r"\1\2>", text, flags=re.M)
    text = re.sub(r"^  (X-Original-To|Delivered-To): .*\n", "", text, flags=re.M)
    return re.sub(r"\b(to|orig_to|for)=<.*?>", r"\1=<>", text)


def _report(program: Path, oracle: Oracle, verdict: Verdict, keep: Path | None) -> None:
    world = random_world.make(verdict.seed)
    print(f"seed {verdict.seed}: they disagree", flush=True)
    if keep is None:
        print(*(f"    {line}" for line in verdict.differences), sep="\n", flush=True)
        return

    def disagrees(candidate: World) -> bool:
        try:
            return bool(_differences(candidate, program, oracle)[0])
        except (namespace.NamespaceFailure, OSError):
            return False

    small = shrink.shrink(world, disagrees)
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"seed-{verdict.seed}.scenario"
    path.write_text(random_world.to_text(small), encoding="utf-8")
    try:
        lines = _differences(small, program, oracle)[0]
    except (namespace.NamespaceFailure, OSError) as problem:
        lines = [str(problem)]
    print(f"    {path}", *(f"    {line}" for line in lines), sep="\n", flush=True)


def _without_written(actual: str, expected: str) -> tuple[str, int]:
    """Takes out what lastmile says where Postfix is silent, and what follows from it."""
    blocks = outcome.from_text(actual)
    silent = set(expected.splitlines())
    extra = [b for b in blocks if b.head not in silent and _WRITTEN.search(b.head)]
    addresses = {s.to for b in extra if (s := outcome.parse_status(b.head))}
    kept = [b for b in blocks if b not in extra and not _is_bounce_of(b, addresses)]
    return outcome.to_text(kept), len(extra)


def _without_smtputf8(expected: str, actual: str) -> tuple[str, str, int]:
    """Takes out of both what becomes of the addresses for which only one of them needs SMTPUTF8 (smtputf8-by-address),
    and the reports on addresses beyond ASCII that Postfix loses to a server without it."""
    both = [outcome.from_text(text) for text in (expected, actual)]
    needs = [Counter(s.to for b in blocks if any(text in b.head for text in _SMTPUTF8) and (s := outcome.parse_status(b.head))) for blocks in both]
    in_doubt = {address for address in needs[0] | needs[1] if needs[0][address] != needs[1][address]}
    marks = [f" {role}=<{address}>" for address in in_doubt for role in ("to", "for")]
    lost = {b.head for b in both[1] if b.head.startswith("bounce ") and not b.head.isascii()} - {b.head for b in both[0]}
    kept = [
        outcome.to_text(b for b in blocks if b.head not in lost and not any(mark in b.head for mark in marks)) for blocks in both
    ]
    return kept[0], kept[1], len(in_doubt) + len(lost)


def _with_common_reports(expected: str, actual: str) -> tuple[str, str]:
    """What commands were given of reports does not say on whom they are, as what becomes of a written difference."""
    both = [text.splitlines(keepends=True) for text in (expected, actual)]
    common = set(both[0]) & set(both[1])
    kept = ["".join(x for x in lines if x in common or not x.endswith(f"{OF_NOTIFICATION}\n")) for lines in both]
    return kept[0], kept[1]


def _with_question_marks(actual: str) -> tuple[str, int]:
    """Reports as bounce(8) addresses them when it knows nothing beyond ASCII (report-to-sender-beyond-ascii)."""
    lines = actual.splitlines(keepends=True)
    is_of_report = [line.startswith("bounce ") or line.endswith(f"{OF_NOTIFICATION}\n") for line in lines]
    changed = [messages.question_marks(line) if found else line for line, found in zip(lines, is_of_report, strict=True)]
    return "".join(changed), sum(before != after for before, after in zip(lines, changed, strict=True))


def _is_bounce_of(block: Block, addresses: set[str]) -> bool:
    return block.head.startswith("bounce ") and "dsn=5.3.5" in block.head and any(
        f" for=<{address}> " in block.head for address in addresses
    )
