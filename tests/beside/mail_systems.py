# SPDX-License-Identifier: Apache-2.0
"""The mail systems: how each is started with the configuration of the page, and what its log says."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import host
import machine
import real_postfix


@dataclass(frozen=True)
class MailSystem:
    """One mail system with one configuration of the page."""

    heading: str  # of the page
    package: str  # whose files may be unpacked; empty: installed or not there
    program: str
    start: Callable[[], None]
    retry: Callable[[], None]  # all that waits is tried once more
    log: Path
    logged: dict[str, str]  # "sent", "bounced", "deferred": a pattern of its log, in which ADDRESS stands for the address
    accounts: str = ""
    groups: str = ""
    is_one_user: bool = False  # all mailboxes belong to vmail
    has_main_cf: bool = False  # Postfix's own is what lastmile reads
    has_utf8: bool = False
    keeps_refused: bool = False  # what is refused for good is tried again
    has_quoted: bool = True  # it takes local parts that have to be quoted
    set_gid: dict[str, int] = field(default_factory=dict)  # programs that installing would make so


# --- Postfix ----------------------------------------------------------------------------------


def _retry_postfix() -> None:
    machine.run("/usr/sbin/postqueue", "-f")


def _postfix(way: str, agent: str, **more: bool) -> MailSystem:
    line = rf"postfix/{agent}\[\d+\]: \w+: to=<ADDRESS>,.* dsn={{}}, status={{}} "
    return MailSystem(
        heading=f"Postfix > {way}",
        package="",
        program=real_postfix.MASTER,
        start=real_postfix.start,
        retry=_retry_postfix,
        log=machine.SYSLOG,
        logged={
            "sent": line.format(r"2\.\d\.\d", "sent"),
            "bounced": line.format(r"5\.1\.1", "bounced"),
            "deferred": line.format(r"4\.\d\.\d", "deferred"),
        },
        has_main_cf=True,
        has_utf8=True,
        **more,
    )


# --- Exim -------------------------------------------------------------------------------------

_EXIM_ID = 910


def _start_exim() -> None:
    for path in ("/var/spool/exim4", "/var/log/exim4"):
        os.mkdir(path, 0o750)
        shutil.chown(path, "Debian-exim", "Debian-exim")
    os.chmod("/etc/exim4/exim4.conf", 0o640)
    shutil.chown("/etc/exim4/exim4.conf", "root", "Debian-exim")
    machine.start("/usr/sbin/exim4 -bdf -q1h -oX 127.0.0.1.25", lambda: machine.listens(25))


def _exim(way: str, **more: bool) -> MailSystem:
    return MailSystem(
        heading=f"Exim > {way}",
        package="exim4-daemon-light",
        program="/usr/sbin/exim4",
        start=_start_exim,
        retry=lambda: machine.run("/usr/sbin/exim4", "-qff") and None,
        log=Path("/var/log/exim4/mainlog"),
        logged={
            "sent": r"^\S+ \S+ \S+ [=-]> .*<?ADDRESS>? R=lastmile T=lastmile",
            "bounced": r"^\S+ \S+ \S+ \*\* ADDRESS .*R=lastmile T=lastmile",
            "deferred": r"^\S+ \S+ \S+ == ADDRESS .*R=lastmile T=lastmile defer",
        },
        accounts=f"Debian-exim:x:{_EXIM_ID}:{_EXIM_ID}::/var/spool/exim4:/usr/sbin/nologin\n",
        groups=f"Debian-exim:x:{_EXIM_ID}:\n",
        **more,
    )


# --- OpenSMTPD --------------------------------------------------------------------------------


def _start_opensmtpd() -> None:
    os.makedirs("/var/spool/smtpd", 0o711)
    os.makedirs("/run/opensmtpd" if os.path.isdir("/run/opensmtpd") else "/var/lib/opensmtpd/empty", exist_ok=True)
    machine.start("/usr/sbin/smtpd -F -f /etc/smtpd.conf", lambda: machine.listens(25))


def _opensmtpd(way: str, **more: bool) -> MailSystem:
    line = r" (mda|mta) delivery .*rcpt=<ADDRESS>.* result={}"
    return MailSystem(
        heading=f"OpenSMTPD > {way}",
        package="opensmtpd",
        program="/usr/sbin/smtpd",
        start=_start_opensmtpd,
        retry=lambda: machine.run("/usr/sbin/smtpctl", "schedule", "all") and None,
        log=machine.SYSLOG,
        logged={"sent": line.format('"?Ok"?'), "bounced": line.format('"?PermFail"?'), "deferred": line.format('"?TempFail"?')},
        accounts="opensmtpd:x:911:911::/var/lib/opensmtpd/empty:/usr/sbin/nologin\n"
        "opensmtpq:x:912:912::/var/lib/opensmtpd/empty:/usr/sbin/nologin\n",
        groups="opensmtpd:x:911:\nopensmtpq:x:912:\n",
        has_quoted=False,
        set_gid={"usr/sbin/smtpctl": 912},
        **more,
    )


# --- sendmail ---------------------------------------------------------------------------------


def _start_sendmail() -> None:
    for path, owner, mode in (("/var/spool/mqueue", "root", 0o700), ("/run/sendmail/mta", "root", 0o755), ("/var/lib/sendmail/host_status", "root", 0o755)):
        os.makedirs(path, mode, exist_ok=True)
        shutil.chown(path, owner, "smmsp")
    os.makedirs("/var/spool/mqueue-client", 0o2770, exist_ok=True)
    shutil.chown("/var/spool/mqueue-client", "smmsp", "smmsp")
    Path("/etc/mail/local-host-names").write_text("mail.example.com\nexample.com\nlocalhost\n")
    if not os.path.exists("/etc/mail/aliases"):
        os.symlink("/etc/aliases", "/etc/mail/aliases")
    Path("/etc/mail/service.switch").write_text("hosts files\naliases files\n")
    # No name server answers here, and a busy machine is no reason to wait.
    more = "FEATURE(`accept_unresolvable_domains')dnl\ndefine(`confQUEUE_LA', `9999')dnl\ndefine(`confREFUSE_LA', `9999')dnl\n"
    mc = Path("/etc/mail/sendmail.mc")
    mc.write_text(mc.read_text().replace("MAILER(", more + "MAILER(", 1))
    m4 = "cd /usr/share/sendmail/cf/m4 && m4 /usr/share/sendmail/cf/m4/cf.m4 /etc/mail/sendmail.mc > /etc/mail/sendmail.cf"
    machine.run("/bin/sh", "-c", m4)
    machine.start("/usr/libexec/sendmail/sendmail -bD -q1h -C /etc/mail/sendmail.cf", lambda: machine.listens(25))


def _sendmail(way: str, **more: bool) -> MailSystem:
    line = r": to=.*<ADDRESS>.* dsn={}, .*stat={}"
    return MailSystem(
        heading=f"sendmail > {way}",
        package="sendmail-bin",
        program="/usr/libexec/sendmail/sendmail",
        start=_start_sendmail,
        retry=lambda: machine.run("/usr/libexec/sendmail/sendmail", "-q", "-C", "/etc/mail/sendmail.cf") and None,
        log=machine.SYSLOG,
        logged={"sent": line.format(r"2\.\d\.\d", "Sent"), "bounced": line.format(r"5\.1\.1", ""), "deferred": line.format(r"4\.\d\.\d", "Deferred")},
        accounts="smmta:x:913:913::/var/lib/sendmail:/usr/sbin/nologin\nsmmsp:x:914:914::/var/lib/sendmail:/usr/sbin/nologin\n",
        groups="smmta:x:913:\nsmmsp:x:914:\n",
        **more,
    )


def all_of_them() -> list[MailSystem]:
    return [
        _postfix("local_transport", "lmtp"),
        _postfix("mailbox_transport", "lmtp"),
        _postfix("pipe", "pipe", is_one_user=True),
        _exim("lmtp by socket"),
        _exim("lmtp by command", is_one_user=True),
        _exim("pipe", is_one_user=True),
        _opensmtpd("lmtp", keeps_refused=True),
        _opensmtpd("mda", is_one_user=True),
        _sendmail("local_lmtp"),
        _sendmail("Mlocal"),
    ]
