# SPDX-License-Identifier: Apache-2.0
"""What is said of a message in an outcome."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

AGENT_HEADERS = ("return-path", "x-original-to", "delivered-to")
SHOWN_BODY = 2000  # bytes


@dataclass(frozen=True)
class Failure:
    """One recipient of a delivery status notification."""

    report_to: str
    recipient: str
    action: str
    code: str
    of_notification: bool = False  # what could not be delivered was a notification itself


def parts(message: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """The header fields in their order, and the body."""
    head, found, body = message.partition(b"\n\n")
    if message.startswith(b"\n"):
        head, body = b"", message[1:]
    elif not found:
        body = b""
    fields: list[tuple[str, str]] = []
    for line in head.decode("utf-8", "backslashreplace").split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]}\n{line}")
        elif colon:
            fields.append((name, value.strip()))
    return fields, body


def describe(message: bytes, bodies: frozenset[bytes]) -> list[str]:
    """Lines that tell messages apart. `bodies`: those of the messages that were sent."""
    fields, body = parts(message)
    top = 0
    while top < len(fields) and fields[top][0].lower() in AGENT_HEADERS:
        top += 1
    lines = [f"{name}: {value}" for name, value in fields[:top]]
    below = [value for name, value in fields[top:] if name.lower() == "delivered-to"]
    lines += [f"further down Delivered-To: {value}" for value in below]
    subject = next((value for name, value in fields if name.lower() == "subject"), None)
    lines += [] if subject is None else [f"Subject: {subject}"]
    shown = {name.strip().lower() for field, value in fields if field.lower() == "x-show" for name in value.split(",")}
    lines += [f"{name}: {value}".replace("\n", "\\n") for name, value in fields if name.lower() in shown]
    return [printable(line) for line in lines] + _body_lines(body, bodies)


def failures(message: bytes) -> list[Failure] | None:
    """What a delivery status notification reports; None when the message is none."""
    if not _is_notification(message):
        return None
    header = {name.lower(): value for name, value in reversed(parts(message)[0])}
    found = []
    # What is returned below the report may be a notification itself.
    said, _, returned = message.partition(b"\nContent-Description: Undelivered Message")
    of_notification = _is_notification(returned.partition(b"\n\n")[2])
    for block in said.split(b"\n\n"):
        report = {name.lower(): value for name, value in parts(block + b"\n\n")[0]}
        if "final-recipient" in report:
            recipient = report["final-recipient"].partition(";")[2].strip()
            # Postfix quotes what is left when the question marks stand there, lastmile quotes first.
            recipient = re.sub(r'^"([^"\s]*\?[^"\s]*)"@', r"\1@", recipient)
            report_to = header.get("to", "").strip("<>")
            action, code = report.get("action", ""), report.get("status", "")
            found.append(Failure(report_to, recipient, action, code, of_notification))
    return found


def _is_notification(message: bytes) -> bool:
    kind = next((value for name, value in parts(message)[0] if name.lower() == "content-type"), "")
    return re.search(r"report-type=(global-)?delivery-status", re.sub(r"\s", "", kind)) is not None


def notification(report_to: str, failed: list[tuple[str, str]], message: bytes) -> bytes:
    """A delivery status notification, as short as can be, of (recipient, code) of a message."""
    lines = [f"To: <{report_to}>", "Subject: Undelivered", "Content-Type: multipart/report; report-type=delivery-status",
             "", "Reporting-MTA: dns; mail.example.com", ""]  # fmt: skip
    for recipient, code in failed:
        lines += [f"Final-Recipient: rfc822; {recipient}", "Action: failed", f"Status: {code}", ""]
    lines += ["Content-Description: Undelivered Message", ""]
    return "\n".join([*lines, ""]).encode("utf-8", "surrogateescape") + message


def printable(text: str) -> str:
    """One line, whatever the text is made of."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def logged(text: str) -> str:
    """As Postfix's log shows it: a question mark in place of what cannot be printed."""
    return "".join("?" if c < " " or c in "\x7f\ufffd" else c for c in text)


def question_marks(text: str) -> str:
    """As Postfix shows it without smtputf8_enable: one for each octet beyond ASCII."""
    return "".join(c if c.isascii() else "?" * len(c.encode()) for c in text)


def text_lines(content: bytes) -> list[str]:
    """The text, or its digest when it is long."""
    if len(content) > SHOWN_BODY:
        return [f"({len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()[:16]})"]
    return all_lines(content)


def all_lines(content: bytes) -> list[str]:
    lines = content.decode("utf-8", "backslashreplace").split("\n")
    last = lines.pop()
    shown = [f"| {printable(line)}".rstrip(" ") if not line else f"| {printable(line)}" for line in lines]
    return [*shown, f"| {printable(last)} (no newline)"] if last else shown


def _body_lines(body: bytes, bodies: frozenset[bytes]) -> list[str]:
    return ["body as sent"] if body in bodies else text_lines(body)
