# SPDX-License-Identifier: Apache-2.0
"""Runs lastmile on the host that was laid, as a mail system would: what it submits again comes back."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import messages
from host import ENVIRONMENT, SENT, TOOLS
from outcome import LONGEST_TEXT, Answer, Mail, Status
from scenario import Submission

PROGRAM = str(TOOLS / "lastmile")
TRY_AGAIN = 75
NOTIFICATION = "notification"  # where it ends is shown, how it gets there is not
_NO_ADDRESS_OF_A_TABLE = "nobody@nowhere.invalid"
_OF_CLEANUP = ("Alias expansion error", "virtual alias lookup failure")
MOST_DELIVERIES = 60  # of one message; more are a mail loop
# As the mail system that accepts a message writes it: no two messages are the same.
_RECEIVED = (
    b"Received: by mail.example.com (Postfix, from userid 0)\n"
    b"\tid 4TEST%06d; %s\n"
)
_CLIENT = ("--client-hostname=localhost", "--client-address=127.0.0.1", "--client-helo=client.test",
           "--client-protocol=ESMTP")  # fmt: skip
_OPTIONS_WITH_VALUE = ("-f", "-r", "-F", "-B", "-C", "-N", "-O", "-R", "-V", "-X", "-o", "-p", "-q")

# As the JSON has it, and "request": the recipient of a message whose expansion it belongs to, as a
# path; what is submitted again makes requests below the one that it comes from.
Destination = dict[str, str]


@dataclass
class Run:
    """What became of the messages of one scenario."""

    has_ledger: bool = False
    # Whether the mail system takes what comes back to it whole or not at all, as Postfix does, and without a word.
    takes_whole: bool = False
    answers: list[Answer] = field(default_factory=list)  # what the traces say that smtpd answers
    destinations: list[Destination] = field(default_factory=list)  # of the traces
    statuses: list[Status] = field(default_factory=list)
    remote: list[Mail] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _bounces: list[Mail] = field(default_factory=list)  # of the mail system that calls lastmile
    _traced: int = 0  # addresses
    _accepted: int = 0  # messages that the mail system has marked as its own
    _copies: dict[Submission, tuple[str, ...]] = field(default_factory=dict)  # more recipients of it
    _canonical_senders: dict[str, str] = field(default_factory=dict)  # by the sender that was given

    def deliver(self, submission: Submission) -> None:
        """Deliver a message, and what is submitted again for this host."""
        if submission.until:
            return
        self._accepted += 1
        received = _RECEIVED % (self._accepted, formatdate().encode())
        waiting = [("", replace(submission, message=received + submission.message))]
        for copy in self._copies.get(submission, ()):
            # The mail system that accepts a message adds these recipients to it, and tells nobody of them.
            more = replace(waiting[0][1], recipients=(copy,), via="sendmail", notify="NEVER")
            waiting.append(("", replace(more, original=_canonical_recipient(copy))))
        for count in range(MOST_DELIVERIES + 1):
            if not waiting:
                return
            if count == MOST_DELIVERIES:
                self.problems.append(f"more than {MOST_DELIVERIES} deliveries: a mail loop")
                return
            origin, message_to_deliver = waiting.pop(0)
            if self.takes_whole and origin and self._is_unacceptable(origin, message_to_deliver):
                continue
            for _ in range(message_to_deliver.attempts):
                if self._call(origin, message_to_deliver) != TRY_AGAIN:
                    break
            waiting += self._submitted(message_to_deliver)

    def trace(self, submission: Submission) -> None:
        """Ask what smtpd answers, and where the message lands."""
        traces = self._traces(submission)
        copies = tuple(n["detail"] for t in traces for n in t["tree"]["children"] if n["step"] == "copy")
        # Who takes a message whole or not at all makes no copies of one that it does not take.
        if copies and not (self.takes_whole and self._is_unacceptable("", submission)):
            self._copies[submission] = tuple(dict.fromkeys(copies))
            traces += self._traces(replace(submission, recipients=self._copies[submission], via="sendmail"))
        found = [d for number, t in enumerate(traces, self._traced) for d in _destinations(t["tree"], str(number))]
        self._traced += len(traces)
        found = _without_unacceptable(found) if self.takes_whole else found
        found = [] if submission.until else found
        self.destinations += [{name: _logged(value) for name, value in d.items()} for d in found]
        if submission.via == "smtp":
            checks = [[n for n in t["tree"]["children"] if n["step"] == "recipient_check"] for t in traces]
            self.answers += [
                Answer(recipient, check["detail"].partition(", unless ")[0])
                for recipient, found in zip(submission.recipients, checks, strict=False)
                for check in found
            ]

    def _traces(self, submission: Submission) -> list[dict[str, Any]]:
        stage = "smtp" if submission.via == "smtp" else "full"
        (TOOLS / "message").write_bytes(submission.message)
        words = ["trace", "--json", "--stage", stage, *_via(submission), "-f", submission.sender]
        words += _client(submission) if submission.via == "smtp" else []
        words += ["--message", f"{TOOLS}/message"]
        words += ["--", *submission.recipients]
        done = subprocess.run(
            [PROGRAM, *words], env=ENVIRONMENT, cwd="/", capture_output=True, timeout=60
        )
        if done.returncode not in (0, 1, 2):
            self.problems.append(f"trace ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _call(self, origin: str, submission: Submission) -> int:
        """The exit status."""
        words = self._words(origin, submission)
        try:
            done = subprocess.run(
                words, input=submission.message, env=ENVIRONMENT, cwd="/", capture_output=True, timeout=60
            )
        except subprocess.TimeoutExpired:
            self.problems.append("deliver is not done after 60 s")
            return TRY_AGAIN
        if done.returncode not in (0, 64, 65, 67, 69, 73, TRY_AGAIN, 77):
            self.problems.append(f"deliver ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')}")
        found = [_status(json.loads(line), origin) for line in done.stdout.splitlines()]
        self.statuses += [] if origin == NOTIFICATION else found
        # A client that smtpd refuses a recipient tells the sender itself.
        bounced = [(s.to, s.dsn) for s in found if s.status == "bounced" and s.agent != "smtpd"]
        if done.returncode not in (0, TRY_AGAIN) and submission.sender and bounced and _is_told_of_failure(submission):
            # All failed: the mail system that called bounces the message.
            sender = self._canonical_sender(submission.sender)
            report = messages.notification(sender, bounced, submission.message)
            self._bounces += [Mail("", (sender,), report)] if sender else []
        return done.returncode

    def _words(self, origin: str, submission: Submission) -> list[str]:
        """The command that delivers a message."""
        words = [PROGRAM, *([] if self.has_ledger else ["-o", "lastmile_ledger="])]
        # Those are for what comes from outside.
        words += ["-o", "receive_override_options="] if origin in ("again", NOTIFICATION) else []
        words += ["deliver", "--json"]
        words += ["--stage", "smtp" if submission.via == "smtp" else "full"]
        words += _via(submission)
        words += _CLIENT if submission.via == "smtp" else ()
        words += ["--envid", submission.envid] if submission.envid else []
        words += ["--ret", submission.ret] if submission.ret else []
        words += ["--notify", submission.notify] if submission.notify else []
        words += ["-a", submission.original] if submission.original else []
        words += ["-f", submission.sender]
        return [*words, "--", *submission.recipients] if submission.recipients else words

    def _is_unacceptable(self, origin: str, submission: Submission) -> bool:
        """Whether cleanup(8) fails for one of the recipients."""
        words = [*self._words(origin, replace(submission, recipients=())), "--dry-run", "--", *submission.recipients]
        done = subprocess.run(words, input=submission.message, env=ENVIRONMENT, cwd="/", capture_output=True, timeout=60)
        return any(json.loads(line)["agent"] == "cleanup" for line in done.stdout.splitlines())

    def _canonical_sender(self, sender: str) -> str:
        """As the mail system rewrites it when it accepts a message."""
        if sender not in self._canonical_senders:
            found = _trace(_NO_ADDRESS_OF_A_TABLE, "-f", sender)
            # What is no address stays as it is.
            self._canonical_senders[sender] = found["destinations"][0]["sender"] if found else sender
        return self._canonical_senders[sender]

    def _submitted(self, delivered: Submission) -> list[tuple[str, Submission]]:
        """What the delivery of a message gave to sendmail(1) for delivery here. A mail system would
        route all of it; what lastmile itself routed to other hosts comes as it was, and leaves."""
        submitted, self._bounces = [(bounce, list[str]()) for bounce in self._bounces], []
        sender = self._canonical_sender(delivered.sender)
        for record in sorted(SENT.iterdir(), key=lambda path: path.stat().st_mtime_ns):
            words = (record / "arguments").read_bytes().decode("utf-8", "surrogateescape").split("\0")[:-1]
            message = (record / "message").read_bytes()
            shutil.rmtree(record)
            mail = Mail(*_sendmail_envelope(words, message), message)
            if message == delivered.message:
                self.remote.append(mail)
            else:
                submitted.append((mail, words))
        again = []
        for mail, words in submitted:
            origin, message = _origin(mail.message), mail.message
            if origin == NOTIFICATION:
                self._accepted += 1
                message = b"Message-ID: <%d@mail.example.com>\n" % self._accepted + message
            recipients = _distinct(mail.recipients) if _has_one_original(mail, sender) else mail.recipients
            asked = {name: _value_of(option, words) for name, option in (("notify", "-N"), ("ret", "-R"), ("envid", "-V"))}
            again.append((origin, Submission(mail.sender, recipients, message, **asked)))
        return again


def _is_told_of_failure(submission: Submission) -> bool:
    """RFC 3461 section 4.1."""
    return not submission.notify or "FAILURE" in submission.notify.upper()


def _client(submission: Submission) -> list[str]:
    """Who brings it by SMTP."""
    words = ["--client", submission.client or "127.0.0.1,localhost", "--helo", submission.helo]
    return [*words, *(["--sasl", submission.login] if submission.login else [])]


def _via(submission: Submission) -> list[str]:
    """The service where the mail comes in."""
    return [] if submission.via == "smtp" else ["--via", "pickup"]


def _destinations(tree: dict[str, Any], name: str) -> Iterator[Destination]:
    """The leaves of a tree. `name`: of its request."""
    is_divided = any(child["step"] == "address" for child in tree["children"])
    pending = [(tree, name)]
    numbers = itertools.count()
    while pending:
        node, request = pending.pop()
        if node["step"] == "leaf":
            yield {**node["destination"], "request": request}
        starts_requests = node["step"] == "resubmitted" or node is tree and is_divided
        for child in reversed(node["children"]):
            pending.append((child, f"{request}/{next(numbers)}" if starts_requests else request))


def _without_unacceptable(destinations: list[Destination]) -> list[Destination]:
    """Without those of messages that come back and that cleanup(8) will not have."""
    refused = {d["request"].rpartition("/")[0] for d in destinations if d["text"] in _OF_CLEANUP and "/" in d["request"]}
    return [d for d in destinations if d["request"].rpartition("/")[0] not in refused or "/" not in d["request"]]


def _main_cf_has(pattern: str) -> bool:
    """Whether a line of it begins so."""
    return bool(re.search(rf"^{pattern}", Path("/etc/postfix/main.cf").read_text(encoding="utf-8"), re.M))


def _trace(address: str, *options: str, parameters: tuple[str, ...] = ()) -> dict[str, Any]:
    """The whole way of one address; nothing when lastmile will not have the options."""
    words = [PROGRAM, *(word for parameter in parameters for word in ("-o", parameter))]
    words += ["trace", "--json", "--stage", "full", *options, "--", address]
    done = subprocess.run(words, env=ENVIRONMENT, cwd="/", capture_output=True, timeout=60)
    return json.loads(done.stdout) if done.stdout else {}


def _addresses(trace: dict[str, Any]) -> list[str]:
    """What cleanup(8) makes of an address."""
    return [step["subject"] for step in trace["tree"]["children"] if step["step"] == "address"]


def _canonical_recipient(address: str) -> str:
    """As canonical maps and masquerading leave it."""
    return next(iter(_addresses(_trace(address, parameters=("virtual_alias_maps=",)))), address)


def _has_one_original(mail: Mail, sender: str) -> bool:
    """Whether the recipients of what is submitted again have the same original recipient. Below an owner- alias,
    which is the sender then, each is its own, unless there are no original recipients at all."""
    return mail.sender == sender or _main_cf_has(r"enable_original_recipient\s*=\s*no")


def _distinct(recipients: tuple[str, ...]) -> tuple[str, ...]:
    """Postfix takes two that are rewritten to one address as one when they have one original recipient,
    which sendmail(1) cannot hand on."""
    if len(recipients) == 1 or not _main_cf_has(r"\w*(canonical|virtual_alias)_maps\s*="):
        return recipients
    rewritten = {recipient: _rewritten(recipient) for recipient in recipients}
    reached: set[str] = set()
    distinct = []
    for recipient in sorted(recipients, key=lambda each: -len(rewritten[each])):
        if not rewritten[recipient] <= reached:
            reached |= rewritten[recipient]
            distinct.append(recipient)
    return tuple(recipient for recipient in recipients if recipient in distinct)


def _rewritten(recipient: str) -> set[str]:
    """The addresses that an address is before local delivery."""
    return {address.lower() for address in _addresses(_trace(recipient))} or {recipient.lower()}


def _origin(message: bytes) -> str:
    if messages.failures(message) is not None:
        return NOTIFICATION
    return "again" if b"(lastmile)" in message.partition(b"\n\n")[0] else "command"


def _logged(text: str) -> str:
    """As Postfix's log shows it."""
    text = messages.logged(text)
    return messages.question_marks(text) if _main_cf_has(r"smtputf8_enable\s*=\s*no") else text


def _status(entry: dict[str, Any], origin: str) -> Status:
    names = ("agent", "to", "orig_to", "relay", "dsn", "status", "text")
    # What smtpd(8) answers is seen by the client, not in a log.
    shown = messages.logged if entry["agent"] == "smtpd" else _logged
    values = {name: shown(str(entry[name])) for name in names}
    return Status(origin=origin, **{**values, "text": values["text"][:LONGEST_TEXT]})


def _value_of(option: str, words: list[str]) -> str:
    """What the caller of sendmail(1) asks for with an option (DSN)."""
    value = words[words.index(option) + 1] if option in words else ""
    return value if option == "-V" else value.upper()


def _sendmail_envelope(words: list[str], message: bytes) -> tuple[str, tuple[str, ...]]:
    """Sender and recipients as sendmail(1) understands its arguments."""
    sender, recipients, from_header = "root", [], False
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            recipients += left
            break
        if not word.startswith("-"):
            recipients.append(word)
        elif word[:2] in ("-f", "-r"):
            sender = word[2:] or (left.pop(0) if left else "")
        elif word == "-t":
            from_header = True
        elif word in _OPTIONS_WITH_VALUE and left:
            left.pop(0)
    if from_header:
        for name, value in messages.parts(message)[0]:
            if name.lower() in ("to", "cc", "bcc"):
                recipients += re.findall(r"[^\s,<>]+@[^\s,<>]+|^[^\s,<>@]+$", value)
    # A mail system takes each recipient of a message once.
    return ("" if sender == "<>" else sender), tuple({r.casefold(): r for r in reversed(recipients)}.values())[::-1]


def program_version(program: Path) -> str:
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return asked.stdout.split("\n")[0]
