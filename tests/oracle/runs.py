# SPDX-License-Identifier: Apache-2.0
"""One run of a scenario, by Postfix or by lastmile, in namespaces of its own."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import agreement
import filters
import host
import namespace
import outcome
import real_postfix
from lastmile_agent import Destination, Run
from scenario import RELAY_HOST, Scenario, ServerScript
from servers import Server

LIMIT = 120.0  # seconds for one run


@dataclass(frozen=True)
class Result:
    outcome: str
    log: str = ""
    problems: list[str] = field(default_factory=list)
    destinations: list[Destination] = field(default_factory=list)  # of the trace

    def trace_differences(self, expected: str) -> list[str]:
        return agreement.trace_differences(self.destinations, expected)

    def filtered_differences(self, expected: str) -> list[str]:
        return agreement.filtered_differences(self.destinations, expected)


def with_postfix(scenario: Scenario, settle_each: bool = True, root: Path | None = None) -> Result:
    """`settle_each`: each message waits until all is done for the one before. `root`: where Postfix is; that of
    this machine without one."""
    return Result(**namespace.run(lambda: _postfix(scenario, settle_each, root), LIMIT))


def with_lastmile(scenario: Scenario, program: Path, version: str, run: Run | None = None) -> Result:
    """As a release of Postfix does. `run`: an empty one; without it, one as the scenario wants it."""
    return Result(**namespace.run(lambda: _lastmile(scenario, program, version, run or Run(scenario.wants_ledger)), LIMIT))


def traced(scenario: Scenario, program: Path, version: str = "") -> Result:
    """Traces alone. Without a version as the Postfix of this machine does."""
    return Result(**namespace.run(lambda: _lastmile(scenario, program, version, Run(), delivers=False), LIMIT))


def identifiers_of(differences_page: str) -> set[str]:
    """The first column of the table in docs/differences.md."""
    return set(re.findall(r"^\| `([a-z0-9-]+)` \|", differences_page, re.M))


# --- inside -----------------------------------------------------------------------------------


def _postfix(scenario: Scenario, settle_each: bool, root: Path | None) -> dict[str, Any]:
    os.umask(0o022)
    host.lay(scenario, None, root=root)
    servers = _servers(scenario)
    for port, back in scenario.filters:
        filters.start(port, back)
    changes = outcome.FileChanges()
    if any(submission.login for submission in scenario.submissions):
        filters.serve_logins()
    real_postfix.start()
    answers, refused = [], []
    for submission in scenario.submissions:
        submitted = real_postfix.submit(submission)
        answers += submitted.answers
        refused += submitted.refused
        if settle_each:
            refused += real_postfix.settle()
        for _ in range(submission.attempts - 1):
            real_postfix.retry()
    refused += real_postfix.settle()
    blocks = outcome.gather(
        scenario.submissions,
        answers,
        [*refused, *real_postfix.statuses(), *real_postfix.kept()],
        changes,
        [t for server in servers for t in server.transactions],
        [],
        outcome.Neutral(real_postfix.queue_ids()),
    )
    return {"outcome": outcome.to_text(blocks), "log": real_postfix.log()}


def _lastmile(scenario: Scenario, program: Path, version: str, run: Run, delivers: bool = True) -> dict[str, Any]:
    os.umask(0o022)
    host.lay(scenario, program, version)
    servers = _servers(scenario)
    for submission in scenario.submissions:
        run.trace(submission)
    changes = outcome.FileChanges()
    for submission in scenario.submissions if delivers else ():
        run.deliver(submission)
    blocks = outcome.gather(
        scenario.submissions,
        run.answers,
        run.statuses,
        changes,
        [t for server in servers for t in server.transactions],
        run.remote,
        outcome.Neutral(),
    )
    return {"outcome": outcome.to_text(blocks), "problems": run.problems, "destinations": run.destinations}


def _servers(scenario: Scenario) -> list[Server]:
    scripts = list(scenario.servers)
    if all(script.listen != RELAY_HOST for script in scripts):
        scripts.append(ServerScript("smtp", RELAY_HOST))
    return [Server(script) for script in scripts]
