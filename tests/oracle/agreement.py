# SPDX-License-Identifier: Apache-2.0
"""Whether two outcomes agree, and whether a trace told what then happened."""

from __future__ import annotations

import difflib
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import messages
import outcome
from lastmile_agent import Destination
from outcome import Block, Status

# An LMTP server that refused the only recipient has not seen that the message was a notification.
_REFUSED = re.compile(r"lmtp \S+ to=<.*>(?: tls)?(?: login=\S+)? rcpt=[45](?!.* final=)")

# Other programs and services than clients of LMTP servers, which may have any name.
_NO_CLIENT = ("local", "virtual", "pipe", "error", "retry", "discard", "smtpd", "cleanup", "sendmail")

# --- two outcomes -----------------------------------------------------------------------------


def differences(expected: str, actual: str) -> list[str]:
    """The lines of a comparison; none when the outcomes agree."""
    want, have = _counted(expected), _counted(actual)
    return _marked("-", want - have) + _marked("+", have - want)


def line_differences(expected: str, actual: str) -> list[str]:
    """Of two texts that should be equal."""
    lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), "recorded", "now", lineterm="", n=1)
    return list(lines)


def _marked(mark: str, blocks: Counter[str]) -> list[str]:
    return [f"{mark} {line}" for text in sorted(blocks.elements()) for line in text.splitlines()]


def _counted(text: str) -> Counter[str]:
    """An owner is told of several failures in one notification, or in one each (docs/differences.md).
    What becomes of such notifications is compared, how many there are is not."""
    counted = Counter(block.text() for block in _comparable(outcome.from_text(text)))
    for block in counted:
        if block.rstrip("\n").endswith(outcome.OF_NOTIFICATION):
            counted[block] = 1
    return counted


def _comparable(blocks: list[Block]) -> Iterable[Block]:
    refused = {_without_route(_unquoted(s.to)) for b in blocks if (s := outcome.parse_status(b.head)) and s.agent == "smtpd"}
    for block in blocks:
        status = outcome.parse_status(block.head)
        if _REFUSED.match(block.head) and block.lines[0].startswith("MAIL FROM:<>"):
            continue
        if status is None:
            # A client that smtpd refuses a recipient learns of it; the caller of deliver needs a report.
            if not (block.head.startswith("bounce ") and any(f" for=<{r}> " in _unquoted(block.head, "") for r in refused)):
                yield from map(_without_original_recipient, _lines_apart(block))
        elif status := _comparable_status(status):
            yield Block(status.line())


def _comparable_status(status: Status) -> Status | None:
    """None for what only one of the two logs: a message that goes into the queue, and its way from
    there to another host. Where that mail went is an effect of its own."""
    if status.text.startswith("forwarded as") or status.agent in ("sendmail", "smtp", "relay"):
        return None
    if status.agent == "cleanup" and status.status == "sent":
        return None  # Postfix throws a message away without a status.
    if status.agent in ("smtpd", "cleanup"):
        # smtpd answers for both, in words of its own, and has no other word for a soft bounce. What it
        # refuses at RCPT for good is compared by its answer.
        word = status.status.replace("SOFTBOUNCE", "deferred")
        to = _without_route(_unquoted(status.orig_to or status.to)) if word == "deferred" else ""
        return replace(status, agent="smtpd", to=to, orig_to="", relay="", text="", dsn=status.dsn[:1], status=word)
    if status.text.casefold() == status.to.rpartition("@")[2].casefold():
        # Without a text of its own error(8) says the nexthop. Of those that differ in case the queue manager has one.
        status = replace(status, text=status.text.casefold())
    # Postfix logs the program, lastmile the service; relay= names the service in both. sendmail(1)
    # cannot hand on the original recipient of mail that is submitted again.
    return replace(status, agent="agent", orig_to="" if status.origin else status.orig_to)


def _unquoted(address: str, brackets: str = "<>") -> str:
    return re.sub(rf'["\\{brackets}]', "", address)


def _without_route(address: str) -> str:
    """A client names a recipient with its source route (RFC 5321, appendix C), which smtpd(8) drops."""
    return re.sub(r"^@[^:]*:", "", address)


def _lines_apart(block: Block) -> Iterable[Block]:
    """What commands wrote of the messages that they were given, a block for each."""
    if not block.head.startswith(f"file {outcome.UNORDERED} "):
        return [block]
    return [replace(block, lines=()), *(Block(f"{outcome.UNORDERED}: {line}") for line in block.lines)]


def _without_original_recipient(block: Block) -> Block:
    """sendmail(1) cannot hand on the original recipient and the client, so mail that was submitted again may lack it."""
    if not any(line.startswith("further down Delivered-To: ") for line in block.lines):
        return block
    lines = (re.sub(r"^(RCPT TO:.*) ORCPT=\S+", r"\1", line) for line in block.lines)
    return replace(block, lines=tuple(line for line in lines if not line.startswith(("X-Original-To:", "XFORWARD "))))


# --- a trace and an outcome -------------------------------------------------------------------


def trace_differences(destinations: list[Destination], expected: str) -> list[str]:
    """What the trace promised and did not happen, and what happened and was not in the trace. A file
    or a command that fails when it is used was reached all the same."""
    blocks = outcome.from_text(expected)
    statuses = [s for b in blocks if (s := outcome.parse_status(b.head)) and s.origin != "command"]
    heads = [b.head for b in blocks]
    happened = [s for s in statuses if not s.text.startswith("forwarded as")]
    unexplained = list(happened)
    missing = []
    deferred = set()
    for destination in {tuple(sorted(d.items())): d for d in destinations}.values():
        matching = [s for s in happened if _is_of(s, destination, heads)]
        unexplained = [s for s in unexplained if s not in matching]
        vanished = destination["kind"] == "discard" and not any(_is_for(s, destination) for s in happened)
        if not matching and not vanished and not _is_remote_effect(destination, heads):
            missing.append(destination)
        if any(s.status in ("deferred", "SOFTBOUNCE") for s in matching):
            deferred.add(destination["request"])
    found = [f"- trace: {_words(d)}" for d in missing if not any(_is_within(d["request"], r) for r in deferred)]
    return found + [f"+ not in the trace: {s.line()}" for s in unexplained if s.agent not in ("smtp", "relay", "sendmail")]


def traced_answers(expected: str, actual: str) -> list[str]:
    """Of the answers of smtpd alone."""
    want, have = ("".join(f"{b.head}\n" for b in outcome.from_text(text) if b.head.startswith("rcpt ")) for text in (expected, actual))
    return line_differences(want, have)


def filtered_differences(destinations: list[Destination], expected: str) -> list[str]:
    """Where mail lands behind a filter. That the filter was given it is a status as well, and so is what the
    sender was told: neither is a destination."""
    kept = []
    for block in outcome.from_text(expected):
        status = outcome.parse_status(block.head)
        if status and ":1002" in status.relay and status.status != "sent":
            # What smtpd says to the filter when the mail comes back.
            block = Block(replace(status, agent="smtpd", relay="").line())
        passed = status is not None and (status.text.startswith("delivered via ") or ":1002" in status.relay and status.status == "sent")
        kept += [] if passed else [replace(block, head=block.head.removeprefix("command "))]
    return trace_differences(destinations, outcome.to_text(kept))


# What one look at the file tells before anything is delivered: a trace has to say it.
FORESEEN = (" is not owned by recipient", "cannot open file: Is a directory")


def _is_within(request: str, other: str) -> bool:
    """Whether a deferral in the other may hide what belongs to the request: later lines of a file, and
    what would be submitted again."""
    return f"{request}/".startswith(f"{other}/")


def _is_of(status: Status, destination: Destination, heads: list[str]) -> bool:
    kind, target = destination["kind"], destination["target"]
    # The name of a new file of a maildir is known when it is made.
    text = re.sub(r"(/(?:tmp|new)/)TIME\.[^:]*", r"\1", status.text)
    failed = status.status != "sent"
    if kind in ("bounce", "defer"):
        is_same = (status.dsn[1:], text) == (destination["dsn"][1:], messages.printable(destination["text"]))
        is_same_class = status.dsn[:1] == destination["dsn"][:1] or status.status == "SOFTBOUNCE"
        return failed and (is_same and is_same_class or status.agent in ("smtpd", "cleanup"))
    if kind == "discard":
        return not failed and status.dsn.startswith("2")
    if kind in ("mailbox", "file") and text.endswith(FORESEEN):
        return False
    if kind == "mailbox":
        was_written = _is_written(heads, ("mbox", "file"), target) or _is_for(status, destination)
        return text == "delivered to mailbox" and was_written or text.startswith(
            (f"cannot update mailbox {target} ", f"delivery failed to mailbox {target}: ")
        )
    if kind == "maildir":
        was_written = _is_written(heads, ("maildir",), f"{target}/new") or _is_for(status, destination)
        return text == "delivered to maildir" and was_written or text.startswith("maildir delivery failed: ")
    if kind == "file":
        return text in (f"delivered to file: {target}", "delivered to maildir") or text.startswith(
            (f"cannot append message to file {target}", "maildir delivery failed: ")
        )
    if kind == "command":
        return text == f"delivered to command: {target}" or (
            failed and status.agent in ("local", status.relay) and _is_for(status, destination)
        )
    if kind == "lmtp":
        return status.agent not in _NO_CLIENT and _is_for(status, destination)
    if kind == "pipe":
        return status.relay == re.split("[: ]", target)[0] and (failed or text.startswith("delivered via "))
    if kind == "transport":
        return status.agent == target.partition(":")[0] or failed and _is_for(status, destination)
    return kind == "remote" and status.agent in ("smtp", "relay")


def _is_written(heads: list[str], kinds: tuple[str, ...], path: str) -> bool:
    path = os.path.normpath(path)
    return any(head.startswith(f"{kind} {path} ") for head in heads for kind in kinds)


def _is_for(status: Status, destination: Destination) -> bool:
    return status.to.casefold() == destination["recipient"].casefold()


def _is_remote_effect(destination: Destination, heads: list[str]) -> bool:
    if destination["kind"] != "remote":
        return False
    address = destination["target"] or destination["recipient"]
    # Without smtputf8_enable a trace is read as the log is: each octet beyond ASCII is a question mark.
    pattern = re.sub(r"(\\\?)+", lambda marks: f"({marks[0]}|[^\x00-\x7f]+)", re.escape(address))
    return any(re.match(rf"remote from=<.*> to=<{pattern}>$", head, re.I) for head in heads)


def _words(destination: Destination) -> str:
    return " ".join(f"{name}={value}" for name, value in destination.items() if value and name != "request")
