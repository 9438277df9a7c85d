# SPDX-License-Identifier: Apache-2.0
"""What became of the messages of a run, as text without anything that changes from run to run.

An outcome is a list of blocks: a line, and indented lines below it. Status lines look as in Postfix's
log, behind the name of the daemon; those before them are smtpd's answers; the others say what is left on the host or has left it:

    rcpt <alice@example.com>: 250 2.1.5 Ok
    local: to=<alice@example.com>, relay=local, dsn=2.0.0, status=sent (delivered to mailbox)
    mbox /var/mail/alice alice:mail 600
      From sender@remote.test
      Delivered-To: alice@example.com
      body as sent
"""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import messages
from scenario import Submission
from servers import Received, Transaction

ROOTS = ("/etc", "/home", "/root", "/run", "/srv", "/tmp", "/var/mail", "/var/spool")
UNSEEN = re.compile(r"/var/spool/postfix$|/run/lmtp$|/etc/passwd-?$|/etc/group-?$|.*-lock$")
# Commands of several messages append to it, and who comes first is chance: its lines are sorted.
UNORDERED = "/tmp/out/unordered"
MAILDIR_FILE = re.compile(r"(?P<maildir>.*)/(?P<part>new|cur|tmp)/[^/]+$")


@dataclass(frozen=True)
class Status:
    """One line of the delivery log. `agent`: the program, not the service that it runs as."""

    agent: str  # local, lmtp, smtp, smtpd, sendmail, ...
    to: str
    orig_to: str
    relay: str
    dsn: str
    status: str
    text: str
    origin: str = ""  # "again": the message was submitted again; "command": a command submitted it

    def line(self) -> str:
        origin = f"{self.origin} " if self.origin else ""
        orig_to = f" orig_to=<{self.orig_to}>," if self.orig_to else ""
        relay = f" relay={self.relay}," if self.relay else ""
        text = messages.printable(self.text)
        return f"{origin}{self.agent}: to=<{self.to}>,{orig_to}{relay} dsn={self.dsn}, status={self.status} ({text})"


STATUS_LINE = re.compile(
    r"(?:(?P<origin>again|command) )?(?P<agent>[\w-]+): to=<(?P<to>.*?)>,(?: orig_to=<(?P<orig_to>.*?)>,)?"
    r"(?: relay=(?P<relay>.*?),)? dsn=(?P<dsn>[\d.]*), status=(?P<status>[\w-]+) \((?P<text>.*)\)$"
)


def parse_status(line: str) -> Status | None:
    found = STATUS_LINE.match(line)
    return Status(**{name: value or "" for name, value in found.groupdict().items()}) if found else None


@dataclass(frozen=True)
class Answer:
    """What smtpd answers to RCPT, in one line."""

    recipient: str
    reply: str

    def line(self) -> str:
        return f"rcpt <{messages.printable(self.recipient)}>: {messages.printable(self.reply)}"


@dataclass(frozen=True)
class Mail:
    """A message that left the host."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes


@dataclass(frozen=True)
class Block:
    head: str
    lines: tuple[str, ...] = ()

    def text(self) -> str:
        return "".join([f"{self.head}\n", *(f"  {line}\n" for line in self.lines)])


NOTHING = "nothing\n"  # the outcome of a message that vanishes


def to_text(blocks: Iterable[Block]) -> str:
    return "".join(block.text() for block in blocks) or NOTHING


def from_text(text: str) -> list[Block]:
    found: list[Block] = []
    for line in text.split("\n") if text != NOTHING else ():
        if line.startswith("  ") and found:
            found[-1] = replace(found[-1], lines=(*found[-1].lines, line[2:]))
        elif line:
            found.append(Block(line))
    return found


LONGEST_TEXT = 1000  # characters of a status; longer log lines are cut, and where depends on the clock


# --- gathering --------------------------------------------------------------------------------


class Neutral:
    """Replaces what differs from run to run."""

    def __init__(self, queue_ids: Iterable[str] = ()) -> None:
        ids = sorted(queue_ids, key=len, reverse=True)
        self._ids = re.compile(rf"\b({'|'.join(ids)})\b") if ids else None

    def __call__(self, text: str) -> str:
        if self._ids:
            text = self._ids.sub("QUEUEID", text)
        text = re.sub(r"\b\d{10}\.P\d+\.", "TIME.PPID.", text)
        text = re.sub(r"\b\d{10}\.V[0-9a-f]+I[0-9a-f]+M\d+\.", "TIME.VDEVIINOMUSEC.", text)
        text = re.sub(r"\b(pid|process id) \d+", r"\1 PID", text)
        return re.sub(r"\bmessage size \d+ ", "message size N ", text)

    def content(self, content: bytes) -> bytes:
        """Of a file that may hold a message: without Received: and dates."""
        text = content.decode("utf-8", "surrogateescape")
        text = re.sub(r"^Received:.*\n(?:[ \t].*\n)*", "", text, flags=re.M)
        text = re.sub(r"(From \S+)  \w{3} \w{3} [ \d]\d [\d:]{8} \d{4}$", r"\1  DATE", text, flags=re.M)
        return self(text).encode("utf-8", "surrogateescape")


class FileChanges:
    """The files that a run leaves behind. Made before the run."""

    def __init__(self) -> None:
        self._before = _snapshot()

    def gather(self, neutral: Neutral, bodies: frozenset[bytes]) -> tuple[list[Block], list[messages.Failure]]:
        """The blocks, and the failures that notifications in mailboxes report."""
        blocks: list[Block] = []
        reported: list[messages.Failure] = []
        after = _snapshot()
        for path in sorted(after):
            if self._before.get(path) == after[path]:
                continue
            for block in _blocks_of(path, after[path], neutral, bodies):
                if isinstance(block, Block):
                    blocks.append(block)
                else:
                    reported += block
        blocks += [Block(f"removed {path}") for path in sorted(self._before.keys() - after.keys())]
        return blocks, reported


@dataclass(frozen=True)
class _Entry:
    kind: int
    mode: int
    uid: int
    gid: int
    content: str  # a digest, or the target of a link

    def rights(self) -> str:
        return f"{_name(pwd.getpwuid, self.uid)}:{_name(grp.getgrgid, self.gid)} {self.mode:03o}"


def gather(
    submissions: Iterable[Submission],
    answers: Iterable[Answer],
    statuses: Iterable[Status],
    changes: FileChanges,
    transactions: list[Transaction],
    submitted: list[Mail],
    neutral: Neutral,
) -> list[Block]:
    """All of it. `submitted`: what was handed to sendmail(1) for other hosts."""
    bodies = frozenset(_bodies(submissions))
    blocks, reported = changes.gather(neutral, bodies)
    accepted = [mail for t in transactions if t.script.protocol == "smtp" for mail in _accepted(t)]
    for mail in (*submitted, *accepted):
        failures = messages.failures(mail.message)
        if failures is not None:
            reported += failures * len(mail.recipients)
            continue
        lines = tuple(messages.describe(mail.message, bodies))
        blocks += [Block(f"remote from=<{mail.sender}> to=<{r}>", lines) for r in mail.recipients]
    for transaction in transactions:
        if transaction.script.protocol == "lmtp":
            failures = messages.failures(transaction.message or b"")
            # One transaction may have brought it to several.
            reported += (failures or []) * sum(r.final_reply.startswith("2") for r in transaction.recipients)
            blocks += _lmtp_blocks(transaction, neutral, bodies) if failures is None else []
    blocks += [
        Block(f"bounce to=<{f.report_to}> for=<{f.recipient}> dsn={f.code} action={f.action}{_of_what(f)}")
        for f in reported
    ]
    status_lines = sorted(replace(s, text=neutral(s.text)).line() for s in statuses)
    heads = [*(answer.line() for answer in answers), *status_lines]
    return [*map(Block, heads), *sorted(blocks, key=Block.text)]


OF_NOTIFICATION = " of=notification"


def _of_what(failure: messages.Failure) -> str:
    return OF_NOTIFICATION if failure.of_notification else ""


def _bodies(submissions: Iterable[Submission]) -> Iterable[bytes]:
    for submission in submissions:
        _, body = messages.parts(submission.message)
        yield body
        yield body if body.endswith(b"\n") else body + b"\n"


def _accepted(transaction: Transaction) -> list[Mail]:
    recipients = tuple(r.address for r in transaction.recipients if r.final_reply.startswith("2"))
    if transaction.message is None or not recipients:
        return []
    return [Mail(transaction.sender, recipients, transaction.message)]


def _lmtp_blocks(transaction: Transaction, neutral: Neutral, bodies: frozenset[bytes]) -> list[Block]:
    text = [] if transaction.message is None else messages.describe(transaction.message, bodies)
    # How a notification is encoded is the business of the one who writes it.
    command = transaction.mail_command.replace("MAIL FROM:<> BODY=8BITMIME", "MAIL FROM:<>")
    return [
        Block(
            f"lmtp {transaction.script.listen} to=<{r.address}>{_of_session(transaction)}"
            + f" rcpt={neutral(_one_line(r.rcpt_reply))}"
            + (f" final={neutral(_one_line(r.final_reply))}" if r.final_reply else ""),
            (*_commands(transaction, command, r), *(text if r.rcpt_reply.startswith("2") else [])),
        )
        for r in transaction.recipients
    ]


def _commands(transaction: Transaction, mail: str, recipient: Received) -> list[str]:
    if transaction.script.shows != "commands":
        return [mail]
    # Which port a client has is chance, and so is the queue ID.
    before = (re.sub(r" (PORT|IDENT)=\S+", "", line) for line in transaction.before)
    return [*(line for line in before if " " in line), mail, recipient.command]


def _of_session(transaction: Transaction) -> str:
    return (" tls" if transaction.encrypted else "") + (f" login={transaction.login}" if transaction.login else "")


def _one_line(reply: str) -> str:
    return reply.replace("\r\n", "\\n")


def _snapshot() -> dict[str, _Entry]:
    found: dict[str, _Entry] = {}
    pending = list(ROOTS)
    while pending:
        for entry in os.scandir(pending.pop()):
            if UNSEEN.match(entry.path):
                continue
            info = entry.stat(follow_symlinks=False)
            kind, content = stat.S_IFMT(info.st_mode), ""
            if kind == stat.S_IFSOCK:
                continue
            if kind == stat.S_IFDIR:
                pending.append(entry.path)
            elif kind == stat.S_IFREG:
                content = _digest(entry.path)
            elif kind == stat.S_IFLNK:
                content = os.readlink(entry.path)
            found[entry.path] = _Entry(kind, stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, content)
    return found


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def _blocks_of(
    path: str, entry: _Entry, neutral: Neutral, bodies: frozenset[bytes]
) -> Iterable[Block | list[messages.Failure]]:
    if entry.kind != stat.S_IFREG:
        kind = {stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo"}.get(entry.kind, "special")
        yield Block(f"{kind} {neutral(path)} {entry.rights()}{' -> ' + entry.content if entry.content else ''}")
        return
    content = Path(path).read_bytes()
    maildir = MAILDIR_FILE.match(path)
    if maildir and os.path.isdir(f"{maildir['maildir']}/new") and os.path.isdir(f"{maildir['maildir']}/tmp"):
        head = f"maildir {maildir['maildir']}/{maildir['part']} {entry.rights()}"
        yield messages.failures(content) or Block(head, tuple(messages.describe(content, bodies)))
    elif path == UNORDERED:
        yield Block(f"file {path} {entry.rights()}", tuple(sorted(messages.all_lines(neutral.content(content)))))
    elif content.startswith(b"From "):
        for message in re.split(rb"(?<=\n\n)(?=From )", content):
            yield _mbox_block(f"mbox {path} {entry.rights()}", message, bodies)
    else:
        yield Block(f"file {neutral(path)} {entry.rights()}", tuple(messages.text_lines(neutral.content(content))))


def _mbox_block(head: str, text: bytes, bodies: frozenset[bytes]) -> Block | list[messages.Failure]:
    first, _, message = text.partition(b"\n")
    envelope = re.match(rb"(From .*)  \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$", first)
    lines = [messages.printable((envelope[1] if envelope else first).decode("utf-8", "backslashreplace"))]
    if message.endswith(b"\n\n"):
        message = message[:-1]
    else:
        lines.append("no blank line at the end")
    return messages.failures(message) or Block(head, (*lines, *messages.describe(message, bodies)))


def _name(lookup: object, number: int) -> str:
    try:
        return str(lookup(number)[0])  # type: ignore[operator]
    except KeyError:
        return str(number)
