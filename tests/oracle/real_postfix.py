# SPDX-License-Identifier: Apache-2.0
"""Runs real Postfix on the host that was laid, and reads from its log what became of each message."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from host import ENVIRONMENT
from outcome import LONGEST_TEXT, Answer, Status
from scenario import Submission

LOG = Path("/var/log/mail.log")
QUEUE = Path("/var/spool/postfix")
MASTER = "/usr/lib/postfix/sbin/master"
_NOT_ACCEPTED = "message not accepted, try again later"
_ENDLESS = 300_000  # octets of log; one scenario makes some thousands, a random world some ten thousands
_CONFIGURED = {**ENVIRONMENT, "MAIL_CONFIG": "/etc/postfix"}
_LOG_LINE = re.compile(r"^\S+ +\d+ [\d:]+ \S+ postfix/(?P<daemon>[\w/.-]*)\[\d+\]: (?P<text>.*)$")
# What postconf(1) says of a configuration that another release is meant by, or the same in its own words.
_TOLERATED = re.compile(
    r"warning: .*(support for parameter .* (will be|has been) removed|See https://www.postfix.org/"
    r"|#comment after other text|unused parameter: (non_bdb_|smtpd_reject_filter_maps|relocated_prefix_enable|use_srv_lookup))"
)
_QUEUED = re.compile(r"^(?P<id>[0-9A-F]{6,}): (?P<text>.*)$")
_STATUS = re.compile(
    r"^to=<(?P<to>.*?)>, (?:orig_to=<(?P<orig_to>.*?)>, )?relay=(?P<relay>.*?), (?:conn_use=\d+, )?"
    r"delay=[\d.]+, delays=[\d./]+, (?:tls=\S+, )?dsn=(?P<dsn>[\d.]+), status=(?P<status>\w+) \((?P<text>.*?)\)?$"
)


# What stands for the daemon in kept().
KEPT = "kept"
_DOES_NOT_START = "bad command startup -- throttling"
_STANDSTILL = 2.0  # seconds


class Unsettled(Exception):
    """Postfix did not start, or did not finish in time."""


class Mute(Exception):
    """Each smtpd ends before it greets, as some faults of configuration make it: nothing can be brought to it."""


class Endless(Exception):
    """Postfix goes on making messages, as when each bounce has an owner who is sent another one."""


def version(root: Path | None = None) -> str | None:
    """Of the Postfix that is installed on this machine, or in a root."""
    words = [*(["chroot", str(root)] if root else []), "postconf", "-dh", "mail_version"]
    try:
        asked = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return asked.stdout.strip() or None


def start() -> None:
    asked = subprocess.run(["postconf", "-n"], env=_CONFIGURED, capture_output=True, text=True)
    wrong = [line for line in asked.stderr.splitlines() if not _TOLERATED.search(line)]
    if asked.returncode or wrong:
        raise Unsettled(f"postconf: {asked.stderr}")
    master = subprocess.Popen([MASTER, "-d"], env=_CONFIGURED, cwd="/", stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while "daemon started" not in log():
        if master.poll() is not None or time.monotonic() > deadline:
            raise Unsettled(f"Postfix did not start:\n{log()}")
        time.sleep(0.01)


@dataclass
class Submitted:
    """What was said when a message was handed over."""

    answers: list[Answer] = field(default_factory=list)  # of smtpd
    refused: list[Status] = field(default_factory=list)


def submit(submission: Submission) -> Submitted:
    """Hand over one message."""
    if submission.via == "smtp":
        return _submit_by_smtp(submission)
    words = ["/usr/sbin/sendmail", "-i", *(["-V", submission.envid] if submission.envid else [])]
    words += ["-N", submission.notify.lower()] if submission.notify else []
    words += ["-R", submission.ret.lower()] if submission.ret else []
    words += ["-f", submission.sender, "--", *submission.recipients]
    done = subprocess.run(words, input=submission.message, env=ENVIRONMENT, cwd="/", capture_output=True)
    text = done.stderr.decode("utf-8", "backslashreplace").strip()
    refused = submission.recipients if done.returncode else ()
    return Submitted([], [Status("sendmail", r, "", "", "", f"exit-{done.returncode}", text) for r in refused])


def settle(limit: float = 40.0) -> list[Status]:
    """Return when every message is delivered, bounced or deferred, and the log says so; or when a daemon
    that does not start keeps the rest.

    The result: the messages that cleanup(8) will not have. pickup(8) would try them again and again."""
    deadline = time.monotonic() + limit
    quiet, size = 0, -1
    withdrawn: list[Status] = []
    changed = time.monotonic()
    while quiet < 3:
        withdrawn += _withdraw_unacceptable()
        if time.monotonic() - changed > _STANDSTILL and _DOES_NOT_START in log():
            return withdrawn
        if time.monotonic() > deadline:
            raise Unsettled(f"the queue is not settled after {limit:g} s:\n{log()[-4000:]}")
        seen, size = size, LOG.stat().st_size
        changed = changed if seen == size else time.monotonic()
        if size > _ENDLESS:
            raise Endless("Postfix makes mail without end")
        quiet = quiet + 1 if seen == size and _is_idle() else 0
        time.sleep(0.03)
    if "too many hops" in log():
        raise Endless("only the limit of hops ends what Postfix makes without end")
    return withdrawn


def kept() -> list[Status]:
    """What waits for a daemon that does not start. For people it stays in the queue, as what is deferred."""
    if _DOES_NOT_START not in log():
        return []
    listed = subprocess.run(["postqueue", "-j"], env=_CONFIGURED, capture_output=True, text=True).stdout
    messages = [json.loads(line) for line in listed.splitlines()]
    return [
        Status(KEPT, recipient["address"], "", "", "4", "deferred", "")
        for message in messages
        if message["queue_name"] != "deferred"
        for recipient in message["recipients"]
    ]


def retry() -> None:
    """Try what is deferred once more, and settle."""
    before = log().count("status=")
    subprocess.run(["postqueue", "-f"], env=_CONFIGURED, check=True)
    deadline = time.monotonic() + 10
    while log().count("status=") == before:
        if time.monotonic() > deadline:
            raise Unsettled("nothing was tried again")
        time.sleep(0.02)
    settle()


@dataclass(frozen=True)
class _LogEntry:
    daemon: str
    queue_id: str
    text: str


def queue_ids() -> set[str]:
    return {entry.queue_id for entry in _entries()}


def statuses() -> list[Status]:
    """Of every delivery but those of notifications."""
    kinds: dict[str, str] = {}
    parents: dict[str, str] = {}
    found: list[tuple[str, Status]] = []
    for entry in _entries():
        if submitted := re.match(r"uid=(\d+) from=", entry.text):
            kinds[entry.queue_id] = "" if submitted[1] == "0" else "command"
        elif entry.text.startswith("client="):
            kinds[entry.queue_id] = ""
        elif notice := re.search(r"notification: ([0-9A-F]{6,})$", entry.text):
            kinds[notice[1]] = "notification"
        elif line := _STATUS.match(entry.text):
            if child := re.match(r"forwarded as ([0-9A-F]+)$", line["text"]):
                parents[child[1]] = entry.queue_id
            values = {name: value or "" for name, value in line.groupdict().items()}
            values["text"] = values["text"][:LONGEST_TEXT]
            found.append((entry.queue_id, Status(agent=entry.daemon, **values)))

    def origin(queue_id: str) -> str:
        if queue_id in parents:
            return origin(parents[queue_id]) or "again"
        return kinds.get(queue_id, "notification")

    return [
        Status(**{**vars(status), "origin": origin(queue_id)})
        for queue_id, status in found
        if origin(queue_id) != "notification"
    ]


# --- reading ----------------------------------------------------------------------------------


def log() -> str:
    return LOG.read_text("utf-8", "backslashreplace") if LOG.exists() else ""


def _entries() -> Iterator[_LogEntry]:
    for line in log().split("\n"):
        whole = _LOG_LINE.match(line)
        queued = _QUEUED.match(whole["text"]) if whole else None
        if whole and queued:
            yield _LogEntry(whole["daemon"], queued["id"], queued["text"])


def _withdraw_unacceptable() -> list[Status]:
    """Remove from the maildrop queue what cleanup(8) has refused."""
    names = os.listdir(QUEUE / "maildrop")
    if not names or _NOT_ACCEPTED not in log():
        return []
    refused = {m[1] for m in re.finditer(rf"cleanup\[\d+\]: (?:warning: )?([0-9A-F]+): .*{_NOT_ACCEPTED}", log())}
    senders = {
        sender[1]
        for entry in _entries()
        if entry.queue_id in refused and (sender := re.match(r"uid=\d+ from=<(.*)>$", entry.text))
    }
    found: list[Status] = []
    for path in (QUEUE / "maildrop" / name for name in names):
        try:
            records = list(_records(path.read_bytes()))
        except FileNotFoundError:
            continue  # pickup(8) was faster
        if any(kind == "S" and text in senders for kind, text in records):
            path.unlink(missing_ok=True)
            found += [Status("cleanup", text, "", "", "4", "deferred", "") for kind, text in records if kind == "R"]
    return found


def _records(content: bytes) -> Iterator[tuple[str, str]]:
    """Of a queue file: a letter and a text each."""
    position = 0
    while position < len(content):
        kind, length, shift = chr(content[position]), 0, 0
        position += 1
        while position < len(content):
            octet = content[position]
            position += 1
            length |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:
                break
        yield kind, content[position : position + length].decode("utf-8", "backslashreplace")
        position += length


def _is_idle() -> bool:
    if any(os.listdir(QUEUE / name) for name in ("maildrop", "incoming", "active")):
        return False
    taken: set[str] = set()
    for entry in _entries():
        if entry.text == "removed":
            taken.discard(entry.queue_id)
        elif entry.daemon == "qmgr" and entry.text.startswith("from="):
            taken.add(entry.queue_id)
    waiting = {p.name for kind in ("deferred", "hold", "corrupt") for p in (QUEUE / kind).rglob("*")}
    return taken <= waiting


# --- SMTP -------------------------------------------------------------------------------------


def _submit_by_smtp(submission: Submission) -> Submitted:
    with socket.create_connection(("127.0.0.1", 25), timeout=25) as connection:
        reader = connection.makefile("rb")

        def talk(command: bytes | None) -> str:
            if command is not None:
                connection.sendall(command + b"\r\n")
            lines = []
            while (line := reader.readline().decode().rstrip("\r\n"))[3:4] == "-":
                lines.append(line)
            return "\\n".join([*lines, line])

        try:
            talk(None)
        except TimeoutError:
            raise Mute("smtpd greets nobody") from None
        if submission.client:
            talk(b"EHLO client.test")
            talk(f"XCLIENT {_xclient(submission)}".encode())
        offered = talk(f"EHLO {submission.helo}".encode())
        is_ascii = (submission.sender + "".join(submission.recipients)).isascii()
        option = " SMTPUTF8" if "SMTPUTF8" in offered and not is_ascii else ""
        option += f" RET={submission.ret}" if submission.ret else ""
        option += f" ENVID={submission.envid}" if submission.envid else ""
        notify = f" NOTIFY={submission.notify}" if submission.notify else ""
        answer = talk(f"MAIL FROM:<{submission.sender}>{option}".encode())
        submitted, accepted = Submitted(), []
        for recipient in submission.recipients:
            if answer.startswith("2"):
                reply = talk(f"RCPT TO:<{recipient}>{notify}".encode())
                submitted.answers.append(Answer(recipient, reply))
            else:
                reply = answer
                # What comes before there is a recipient is the answer to each.
                submitted.answers += [Answer(recipient, reply)] if submission.until else []
            if reply.startswith("2"):
                accepted.append(recipient)
            else:
                submitted.refused.append(_refusal(recipient, reply))
        if submission.until == "rcpt":
            submitted.refused.clear()
        elif accepted:
            talk(b"DATA")
            stuffed = re.sub(rb"^\.", b"..", submission.message, flags=re.M).replace(b"\n", b"\r\n")
            connection.sendall(stuffed)
            reply = talk(b".")
            submitted.refused += [] if reply.startswith("2") else [_refusal(r, reply) for r in accepted]
        talk(b"QUIT")
    return submitted


def _xclient(submission: Submission) -> str:
    """The attributes of a client. \see XCLIENT_README"""
    address, _, name = submission.client.partition(",")
    words = [f"ADDR={'IPV6:' if ':' in address else ''}{address}"]
    words.append(f"NAME={name if name not in ('', 'unknown') else '[UNAVAILABLE]'}")
    return " ".join([*words, *([f"LOGIN={submission.login}"] if submission.login else [])])


def _refusal(recipient: str, reply: str) -> Status:
    code = re.match(r"\d{3}[ -](\d\.\d+\.\d+)", reply)
    status = "deferred" if reply.startswith("4") else "bounced"
    return Status("smtpd", recipient, "", "", code[1] if code else "", status, reply)
