#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs real mail systems as docs/beside-an-mta.md configures them, and looks at what lastmile makes of their mail.

    beside.py PROGRAM [WORD...]     those whose heading has one of the words; without one, all

Only root can make the private namespaces. The page holds for the versions of Debian 12: elsewhere what does not go is
said, and fails nothing. Exit status: 0 all went well, or could not be tried here, which is said; 1 not."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "oracle")]

import fetchers  # noqa: E402
import machine  # noqa: E402
import mail_systems  # noqa: E402
import namespace  # noqa: E402
import page  # noqa: E402
from fetchers import Fetcher, Provider  # noqa: E402
from machine import Unexpected  # noqa: E402
from mail_systems import MailSystem  # noqa: E402

LIMIT = 150.0  # seconds for one mail system
SENDER = "dave@example.com"
USERS = ("alice", "bob", "carol", "dave")
ALIASES = """postmaster: root
mailer-daemon: postmaster
root: dave
"alice smith": alice
team: alice, carol
"""
LARGE = 25 * 1024 * 1024


# --- the host ---------------------------------------------------------------------------------


def lay(system: MailSystem, pages: dict[str, page.Section], program: Path) -> None:
    machine.lay(program, (system.package,), system.accounts, system.groups, system.set_gid)
    section = pages[system.heading]
    machine.write("/etc/aliases", ALIASES)
    if system.has_main_cf:
        for name in ("main.cf", "master.cf"):
            path = f"/etc/postfix/{name}"
            machine.write(path, Path(path).read_text() + section.files.get(path, ""))
        # Unknown users are to come as far as lastmile, and large messages as well.
        more = f"local_recipient_maps =\nmessage_size_limit = {2 * LARGE}\nmailbox_size_limit = 0\n"
        machine.write("/etc/postfix/main.cf", Path("/etc/postfix/main.cf").read_text().replace("local_recipient_maps =\n", "") + more)
    else:
        shutil.rmtree("/etc/postfix")
        machine.write("/etc/postfix/main.cf", pages["What lastmile reads"].files["/etc/postfix/main.cf"])
        machine.write("/etc/mailname", "mail.example.com\n")
        for path, text in section.files.items():
            machine.write(path, text)
    _lay_lastmile(pages, section, system.is_one_user)


def _lay_lastmile(pages: dict[str, page.Section], section: page.Section, is_one_user: bool) -> None:
    general = pages["What lastmile reads"]
    os.makedirs("/var/lib/lastmile", 0o700)
    if is_one_user:
        machine.write("/etc/postfix/lastmile.cf", general.files["/etc/postfix/lastmile.cf"])
        machine.write("/etc/postfix/accounts", general.files["/etc/postfix/accounts"])
        for user in USERS:
            os.makedirs(f"/home/vmail/{user}", 0o700)
            shutil.chown(f"/home/vmail/{user}", "vmail", "vmail")
    for command in general.commands:
        if is_one_user or "vmail" not in command:
            machine.run("/bin/sh", "-c", command)
    os.mkdir("/run/lastmile", 0o755)
    for command in section.commands:
        if "--listen" in command:
            machine.start(command, lambda: os.path.exists("/run/lastmile/lmtp"))


def home_of(system: MailSystem, user: str) -> str:
    return f"/home/vmail/{user}" if system.is_one_user else f"/home/{user}"


def mail_of(system: MailSystem, user: str) -> list[str]:
    """The messages that have arrived."""
    return copies_at(home_of(system, user), user)


def copies_at(home: str, user: str) -> list[str]:
    found: list[str] = []
    spool = Path("/var/mail", user)
    if spool.is_file():
        found += re.split(r"^(?=From \S+ )", spool.read_text("utf-8", "backslashreplace"), flags=re.M)[1:]
    maildir = Path(home, "Maildir/new")
    if maildir.is_dir():
        found += [path.read_text("utf-8", "backslashreplace") for path in maildir.iterdir()]
    return found


def copies(system: MailSystem, user: str, subject: str) -> list[str]:
    return [message for message in mail_of(system, user) if f"\nSubject: {subject}\n" in message]


def keep_back_carol(system: MailSystem) -> None:
    """Her mail has to wait."""
    if system.is_one_user:
        path = Path("/etc/postfix/accounts")
        machine.write(str(path), path.read_text().replace("carol:x:5000:5000", "carol:x:2003:2003"))
    else:
        machine.write("/var/mail/carol", "")
        os.chmod("/var/mail/carol", 0o666)
        shutil.chown("/var/mail/carol", "bob")


def let_carol_have_hers(system: MailSystem) -> None:
    if system.is_one_user:
        path = Path("/etc/postfix/accounts")
        machine.write(str(path), path.read_text().replace("carol:x:2003:2003", "carol:x:5000:5000"))
    else:
        os.chmod("/var/mail/carol", 0o600)
        shutil.chown("/var/mail/carol", "carol")


# --- mail -------------------------------------------------------------------------------------


class Smtp:
    """Hands messages to port 25."""

    def __init__(self) -> None:
        self._connection = socket.create_connection(("127.0.0.1", 25), timeout=machine.PATIENCE)
        self._reader = self._connection.makefile("rb")
        self._reply()
        self.offers = self.say(b"EHLO client.test")

    def send(self, sender: str, recipients: list[str], content: bytes, options: str = "") -> None:
        self._must(f"MAIL FROM:<{sender}>{options}".encode(), "250")
        for recipient in recipients:
            self._must(f"RCPT TO:<{recipient}>".encode(), "250")
        self._must(b"DATA", "354")
        self._connection.sendall(content.replace(b"\n", b"\r\n"))
        self._must(b".", "250")

    def say(self, command: bytes) -> str:
        self._connection.sendall(command + b"\r\n")
        return self._reply()

    def _must(self, command: bytes, code: str) -> None:
        reply = self.say(command)
        if not reply.startswith(code):
            raise Unexpected(f"{command.decode()}: {reply}\n{machine.everything()}")

    def _reply(self) -> str:
        text = ""
        while True:
            line = self._reader.readline().decode("utf-8", "backslashreplace")
            text += line
            if line[3:4] != "-":
                return text


def message(subject: str, body: bytes = b"Hello.\n..a line that begins with a dot\nFrom a line that is none\n", to: str = "team@example.com") -> bytes:
    head = f"From: {SENDER}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{subject.replace(' ', '.')}@client.test>\n"
    return head.encode() + b"Date: Mon, 01 Jan 2024 00:00:00 +0000\n\n" + body


def exchange(system: MailSystem) -> None:
    """All that is said of each on the page."""
    keep_back_carol(system)
    smtp = Smtp()
    smtp.send(SENDER, ["team@example.com", "bob@example.com", "nosuch@example.com"], message("several"))
    smtp.send("", ["bob@example.com"], message("null sender"))
    if system.has_quoted:
        smtp.send(SENDER, ['"alice smith"@example.com'], message("quoted local part"))
    eight = " BODY=8BITMIME" if "8BITMIME" in smtp.offers else ""
    smtp.send(SENDER, ["bob+ext@example.com"], message("eight bits", b"na\xc3\xafve\n" + b"\xff\n"), eight)
    if system.has_utf8:
        smtp.send("j\u00f6rg@example.com", ["bob@example.com"], message("beyond ascii"), " SMTPUTF8")
    smtp.send(SENDER, ["bob@example.com"], message("large", (b"x" * 75 + b"\n") * (LARGE // 76)))

    expect_copies(system, "alice", "several")
    for subject in ("null sender", "eight bits", "several", "large", *(["beyond ascii"] if system.has_utf8 else [])):
        expect_copies(system, "bob", subject)
    if system.has_quoted:
        expect_copies(system, "alice", "quoted local part")
    expect(r"^Return-Path: *<>$", copies(system, "bob", "null sender")[0])
    expect(rf"^Return-Path: *<{SENDER}>$", copies(system, "bob", "several")[0])
    expect(r"^na\u00efve\n\\xff$", copies(system, "bob", "eight bits")[0])
    if len(copies(system, "bob", "large")[0]) < LARGE:
        raise Unexpected("the large message is not whole")
    if not system.keeps_refused:
        machine.wait_for("a report of the unknown user", lambda: any("nosuch@example.com" in m and "Return-Path: <>" in m for m in mail_of(system, "dave")))
    expect_logged(system, "sent", "bob@example.com")
    expect_logged(system, "deferred" if system.keeps_refused else "bounced", "nosuch@example.com")
    expect_logged(system, "deferred", waiting(system))

    if mail_of(system, "carol"):
        raise Unexpected("her mail did not wait")
    let_carol_have_hers(system)
    system.retry()
    expect_copies(system, "carol", "several")
    expect_logged(system, "sent", waiting(system))
    for user in ("alice", "bob", "carol"):
        if len(copies(system, user, "several")) != 1:
            raise Unexpected(f"{user} has {len(copies(system, user, 'several'))} copies\n{machine.everything()}")


def waiting(system: MailSystem) -> str:
    """The recipient who waits: Postfix's own local(8) has looked behind the alias."""
    return "carol@example.com" if system.heading.endswith("mailbox_transport") else "team@example.com"


def expect_copies(system: MailSystem, user: str, subject: str) -> None:
    machine.wait_for(f'"{subject}" for {user}', lambda: bool(copies(system, user, subject)))


def expect(pattern: str, text: str) -> None:
    if not re.search(pattern, text, re.M):
        raise Unexpected(f"no {pattern} in:\n{text[:3000]}")


def expect_logged(system: MailSystem, status: str, address: str) -> None:
    pattern = system.logged[status].replace("ADDRESS", re.escape(address))
    machine.wait_for(
        f"{pattern} in {system.log}",
        lambda: re.search(pattern, system.log.read_text("utf-8", "backslashreplace"), re.M) is not None,
    )


# --- fetching ---------------------------------------------------------------------------------


def fetch(fetcher: Fetcher, pages: dict[str, page.Section], program: Path) -> None:
    """What is fetched arrives once; what has to wait stays at the provider's."""
    machine.lay(program, (fetcher.package,), "", "", {})
    section = pages[fetcher.heading]
    shutil.rmtree("/etc/postfix")
    more = "home_mailbox = Maildir/\n" if fetcher.user == fetcher.recipient else ""
    machine.write("/etc/postfix/main.cf", pages["What lastmile reads"].files["/etc/postfix/main.cf"] + more)
    machine.write("/etc/aliases", ALIASES)
    machine.write("/etc/hosts", f"127.0.0.1 localhost mail.example.com {fetchers.HOST}\n")
    # The provider of this test speaks no TLS.
    machine.write(fetcher.configuration, section.files[fetcher.configuration].replace('password "secret"', 'password "secret" sslproto ""'))
    os.chmod(fetcher.configuration, 0o600)
    shutil.chown(fetcher.configuration, fetcher.user)
    _lay_lastmile(pages, section, False)
    waits = fetcher.recipient == "carol"
    if waits:
        machine.write("/var/mail/carol", "")
        os.chmod("/var/mail/carol", 0o666)
        shutil.chown("/var/mail/carol", "bob")
    os.mkdir("/tmp/getmail")
    shutil.chown("/tmp/getmail", fetcher.user)
    received = b"Return-Path: <dave@example.com>\nDelivered-To: shop@pop.example.com\n"
    provider = Provider([received + message("first", b"na\xc3\xafve\n"), b"Return-Path: <>\n" + message("second")])
    provider.serve()

    run = ("/usr/bin/setpriv", f"--reuid={fetcher.user}", f"--regid={fetcher.user}", "--init-groups", "--reset-env",
           "/bin/sh", "-c", f"umask 077; {fetcher.command}")  # fmt: skip
    said = machine.run(*run, status=None)
    if waits:
        if len(provider.messages) != 2:
            raise Unexpected(f"what had to wait was taken from the provider: {said}\n{machine.everything()}")
        os.chmod("/var/mail/carol", 0o600)
        shutil.chown("/var/mail/carol", "carol")
        said += machine.run(*run, status=None)
    arrived = copies_at(f"/home/{fetcher.recipient}", fetcher.recipient)
    subjects = sorted(match[1] for each in arrived if (match := re.search(r"^Subject: (.*)$", each, re.M)))
    if subjects != ["first", "second"] or provider.messages:
        raise Unexpected(f"arrived: {subjects}, left: {len(provider.messages)}\n{said}\n{machine.everything()}")
    first, second = sorted(arrived, key=lambda each: "Subject: second" in each)
    expect("^na\u00efve$", first)
    expect(rf"^Return-Path: *<{SENDER}>$", first)
    expect("^Return-Path: *<>$", second)


# --- what an operator sees ---------------------------------------------------------------------

PFLOGSUMM = "pflogsumm"


def summarize(program: Path) -> None:
    """pflogsumm(1) counts what lastmile logs as it counts Postfix's."""
    machine.lay(program, (PFLOGSUMM,), "", "", {})
    machine.write("/etc/aliases", ALIASES)
    machine.run("/usr/bin/lastmile", "alias", "build", "hash:/etc/aliases")
    os.makedirs("/var/lib/lastmile", 0o700)
    machine.write("/var/mail/carol", "")
    os.chmod("/var/mail/carol", 0o666)
    shutil.chown("/var/mail/carol", "bob")
    words = ("/usr/bin/lastmile", "deliver", "--queue-id", "4AE022D", "-f", SENDER, "--", "team@example.com", "bob@example.com", "nosuch@example.com")
    machine.run(*words, stdin=message("several"), status=75)
    machine.wait_for("the log", lambda: machine.SYSLOG.read_text().count("status=") == 4)
    said = machine.run("/usr/bin/perl", "/usr/sbin/pflogsumm", str(machine.SYSLOG))
    for pattern in (r"^ +2 +delivered$", r"^ +1 +deferred", r"^ +1 +bounced$", r"unknown user: .*nosuch"):
        expect(pattern, said)


# --- all of it --------------------------------------------------------------------------------


def beside(system: MailSystem, pages: dict[str, page.Section], program: Path) -> None:
    lay(system, pages, program)
    system.start()
    exchange(system)


def attempt(work: Callable[[], None], heading: str, is_shown: bool) -> bool:
    def inside() -> str:
        work()
        return machine.everything() if is_shown else ""

    try:
        print(f"ok: {heading}\n{namespace.run(inside, LIMIT)}".rstrip(), flush=True)
        return True
    except namespace.NamespaceFailure as failure:
        if not is_reference():
            print(f"skipped: {heading} does not go with the versions of this release:\n{failure}", flush=True)
            return True
        print(f"FAILED: {heading}\n{failure}", flush=True)
        return False


def is_reference() -> bool:
    release = Path("/etc/os-release")
    return release.is_file() and 'VERSION_ID="12"' in release.read_text()


def main(words: list[str]) -> int:
    program = Path(words[0]).resolve()
    wanted = [word for word in words[1:] if word != "--show"]
    if os.geteuid() != 0:
        print("skipped: only root can make namespaces")
        return 0
    pages = page.sections()
    status = 0
    for system in (*mail_systems.all_of_them(), *fetchers.all_of_them()):
        if wanted and not any(word in system.heading for word in wanted):
            continue
        if not machine.has_program((system.package,), system.program):
            print(f"skipped: {system.heading}: {system.program} is not there (.ci/unpack-mtas)")
            continue
        work = fetch if isinstance(system, Fetcher) else beside
        if not attempt(partial(work, system, pages, program), system.heading, "--show" in words):  # type: ignore[arg-type]
            status = 1
    if not wanted or PFLOGSUMM in wanted:
        if not machine.has_program((PFLOGSUMM,), "/usr/sbin/pflogsumm"):
            print(f"skipped: {PFLOGSUMM}: it is not there (.ci/unpack-mtas)")
        elif not attempt(partial(summarize, program), PFLOGSUMM, "--show" in words):
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
