# SPDX-License-Identifier: Apache-2.0
"""Whether `lastmile explain` understands what real Postfix wrote: the status lines and refusals that scenarios have recorded, or
the whole log of a run of today, with the bounce messages that it made.

On a host that has not changed nothing may be "not any more": such an answer is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import host
import namespace
import outcome
import real_postfix
from host import ENVIRONMENT, TOOLS
from scenario import FOLLOWED, Scenario, Submission

LIMIT = 120.0  # seconds for one scenario
_HEAD = "Nov 28 12:00:00 mail postfix/{}[31]: {}"
_ANSWER = re.compile(r"rcpt <(?P<to>.*?)>: (?P<reply>[45].*)$")
# Whom a refusal names: a client, a sender, a greeting, a login.
_REFUSED = re.compile(r"\d{3} [\d.]+ <(?P<who>.*)>: (?:Client host|Sender address|Helo command|SASL login name) rejected: ")
# What stands for something else than a daemon's line.
_NO_DAEMONS = ("sendmail", "smtpd", "kept", "job")


def of_recorded(scenario: Scenario, program: Path) -> dict[str, Any]:
    """The verdicts for the recorded outcome, and the lines that are not understood."""
    return dict(namespace.run(lambda: _recorded(scenario, program), LIMIT))


def of_real(scenario: Scenario, program: Path) -> dict[str, Any]:
    """The same for a run of today: its log, and the bounces in its mailboxes and at its relay host."""
    return dict(namespace.run(lambda: _real(scenario, program), LIMIT))


def summary(results: Iterable[dict[str, Any]]) -> str:
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(result["counts"])
    total = sum(counts.values())
    understood = counts["explained"] + counts["elsewhere"]
    words = ", ".join(f"{counts[word]} {word}" for word in ("explained", "elsewhere", "changed", "unknown"))
    return f"{total} incidents: {words}; {100 * understood / max(1, total):.1f} % understood"


# --- inside -----------------------------------------------------------------------------------


def _recorded(scenario: Scenario, program: Path) -> dict[str, Any]:
    os.umask(0o022)
    host.lay(scenario, program)
    return _explained(_log_of(scenario), f"{scenario.name}")


def _real(scenario: Scenario, program: Path) -> dict[str, Any]:
    import runs

    os.umask(0o022)
    host.lay(scenario, None)
    servers = runs._servers(scenario)
    real_postfix.start()
    for submission in scenario.submissions:
        real_postfix.submit(submission)
        real_postfix.settle()
    shutil.copy(program.resolve(), TOOLS / "lastmile")
    found = _explained(real_postfix.log(), scenario.name)
    bounces = [t.message for server in servers for t in server.transactions if t.message and b"report-type=" in t.message]
    bounces += [m for path in Path("/var/mail").iterdir() if path.is_file() for m in _bounces_in(path.read_bytes())]
    for bounce in bounces:
        of_bounce = _explained(bounce.decode("utf-8", "replace"), f"{scenario.name} (bounce)")
        found = {"counts": dict(Counter(found["counts"]) + Counter(of_bounce["counts"])), "lines": found["lines"] + of_bounce["lines"]}
    return found


def _bounces_in(mailbox: bytes) -> list[bytes]:
    return [m for m in re.split(rb"(?<=\n\n)(?=From )", mailbox) if b"report-type=" in m]


def _explained(text: str, name: str) -> dict[str, Any]:
    """`text` is one paste."""
    if not text.strip():
        return {"counts": {}, "lines": []}
    words = [str(TOOLS / "lastmile"), "explain", "--all", "--json", "-"]
    done = subprocess.run(words, input=text.encode("utf-8", "surrogateescape"), env=ENVIRONMENT, cwd="/", capture_output=True, timeout=100)
    if done.returncode not in (0, 1, 2):
        raise ValueError(f"{name}: explain ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')}")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    explanations = [one for one in found if one["type"] == "explanation"]
    counts = Counter[str]()
    lines = []
    for one in explanations:
        counts[one["outcome"]] += one["count"]
        if one["outcome"] in ("changed", "unknown"):
            words_of_it = f"to=<{one.get('recipient', '')}> for=<{one['address']}> {one['status']} {one['dsn']} ({one['text']})"
            lines.append(f"{one['outcome']} {name}: {words_of_it[:300]}")
    return {"counts": dict(counts), "lines": lines}


def _log_of(scenario: Scenario) -> str:
    """The lines as Postfix had logged them, as far as the outcome keeps them."""
    lines = []
    for number, block in enumerate(outcome.from_text(scenario.postfix_outcome(FOLLOWED) or "")):
        status = outcome.parse_status(block.head)
        answer = _ANSWER.match(block.head)
        if answer:
            lines += _refusal(scenario.submissions, answer["to"], answer["reply"])
        elif status and status.agent not in _NO_DAEMONS and status.text:
            lines += _delivery(scenario.submissions, status, f"{0xA0000 + number:X}")
    return "\n".join(lines)


def _submission_of(submissions: tuple[Submission, ...], address: str) -> Submission | None:
    for submission in submissions:
        if any(address.casefold() == r.casefold() for r in submission.recipients):
            return submission
    return submissions[0] if len(submissions) == 1 else None


def _delivery(submissions: tuple[Submission, ...], status: outcome.Status, queue_id: str) -> list[str]:
    lines = []
    submission = _submission_of(submissions, status.orig_to or status.to)
    if submission and not status.origin:
        if submission.via != "smtp":
            lines.append(_HEAD.format("pickup", f"{queue_id}: uid=0 from=<{submission.sender}>"))
        else:
            lines.append(_HEAD.format("smtpd", f"{queue_id}: client=localhost[127.0.0.1]"))
        lines.append(_HEAD.format("qmgr", f"{queue_id}: from=<{submission.sender}>, size=1, nrcpt=1 (queue active)"))
    orig_to = f" orig_to=<{status.orig_to}>," if status.orig_to else ""
    text = f"to=<{status.to}>,{orig_to} relay={status.relay}, delay=0.1, delays=0/0/0/0.1, dsn={status.dsn}, status={status.status}"
    return [*lines, _HEAD.format(status.agent, f"{queue_id}: {text} ({status.text})")]


def _refusal(submissions: tuple[Submission, ...], to: str, reply: str) -> list[str]:
    """The line; none where the outcome, which is sorted, does not say which of several clients was refused."""
    heads = {_client_of(one) for one in submissions if any(to.casefold() == r.casefold() for r in one.recipients)}
    heads = heads or {_client_of(submissions[0])}
    named = _REFUSED.match(reply)
    if named and len(heads) > 1:
        heads = {head for head in heads if named["who"] in (head[0], head[1], head[2], head[3])}
    if len(heads) != 1:
        return []
    client, sender, helo, login = heads.pop()
    user = f" sasl_username={login}" if login else ""
    text = f"NOQUEUE: reject: RCPT from {client}: {reply}; from=<{sender}> to=<{to}> proto=ESMTP helo=<{helo}>{user}"
    return [_HEAD.format("smtpd", text)]


def _client_of(submission: Submission) -> tuple[str, str, str, str]:
    """What the log says of a client: its name and address, the sender, its greeting, its login."""
    address, _, name = (submission.client or "127.0.0.1,localhost").partition(",")
    return f"{name or 'unknown'}[{address}]", submission.sender, submission.helo or "", submission.login or ""
