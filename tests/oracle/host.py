# SPDX-License-Identifier: Apache-2.0
"""Lays the host that a scenario describes. Runs inside the private namespaces."""

from __future__ import annotations

import encodings.idna  # noqa: F401 - a root that hides the libraries of this machine has not this one
import grp
import os
import pwd
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import namespace
from scenario import BASE, CERTIFICATE_PLACE, PEM, Scenario

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C"}

# Each is an empty file system of its own; a scenario's files and effects are below these and /etc.
PRIVATE = ("/home", "/root", "/run", "/srv", "/tmp", "/var/lib", "/var/log", "/var/mail", "/var/spool")

TOOLS = Path("/media")  # what a run needs, where no scenario looks
SENT = TOOLS / "sent"  # what the stand-in for sendmail(1) was given

_SYSTEM_FILES = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "protocols", "services")
_ADDED_TO = ("/etc/postfix/main.cf", "/etc/postfix/master.cf", "/etc/passwd", "/etc/group")
_QUEUE = {
    **dict.fromkeys(
        ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"),
        (0o700, "postfix", "root"),
    ),
    "maildrop": (0o1730, "postfix", "postdrop"),
    "public": (0o2710, "postfix", "postdrop"),
    "pid": (0o755, "root", "root"),
}
_POSTALIAS = f"""#!/bin/sh
exec {TOOLS}/lastmile alias build "$@"
"""
_SENDMAIL = r"""#!/bin/sh
umask 0
d=$(mktemp -d /media/sent/XXXXXXXX) || exit 75
chmod 755 "$d"
for word in "$@"; do printf '%s\0' "$word"; done > "$d/arguments"
cat > "$d/message"
"""


class LayoutError(Exception):
    """The host cannot be laid; the text says why."""


@dataclass(frozen=True)
class PostfixAccounts:
    """The accounts of an installed Postfix: postdrop(1) is set-gid to a number."""

    user: tuple[int, int]
    postdrop: int

    @staticmethod
    def of_root(root: Path) -> PostfixAccounts:
        """Those of the Postfix in a root."""
        users = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]
        groups = [line.split(":") for line in (root / "etc/group").read_text().splitlines()]
        user = next(u for u in users if u[0] == "postfix")
        return PostfixAccounts((int(user[2]), int(user[3])), next(int(g[2]) for g in groups if g[0] == "postdrop"))

    @staticmethod
    def of_this_machine() -> PostfixAccounts:
        try:
            entry = pwd.getpwnam("postfix")
            return PostfixAccounts((entry.pw_uid, entry.pw_gid), grp.getgrnam("postdrop").gr_gid)
        except KeyError:
            return PostfixAccounts((901, 901), 902)


def lay(scenario: Scenario, program: Path | None, version: str = "", root: Path | None = None) -> list[str]:
    """Make the host, with the programs of `root` where there is one. `version`: the release of Postfix that lastmile
    does as, empty for that of this machine. With a program, that stands at TOOLS/lastmile, and sendmail(1) is replaced by
    one that keeps what it is given, postalias(1) by `lastmile alias build`. The result is what the setup script said."""
    accounts = PostfixAccounts.of_root(root) if root else PostfixAccounts.of_this_machine()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["hostname", "mail.example.com"], check=True)
    _tools(program)
    if root:
        namespace.mount(f"{root}/usr", "/usr", flags=namespace.MS_BIND)
    private_trees(root or Path("/"))
    base_files(scenario.files, accounts)
    for path, text in scenario.files.items():
        if path not in _ADDED_TO:
            write(path, text)
    if program:
        own = scenario.files.get("/etc/postfix/lastmile.cf", "")
        write("/etc/postfix/lastmile.cf", f"{own}lastmile_postfix_version = {version}\n")
    if any(server.starttls or server.tls for server in scenario.servers):
        for name, text in PEM.items():
            write(f"{CERTIFICATE_PLACE}/{name}", text)
    if "/etc/aliases" not in scenario.files:
        write("/etc/aliases", BASE["aliases"])
    return [*_shell("postalias hash:/etc/aliases"), *_shell(scenario.setup)]


def _tools(program: Path | None) -> None:
    namespace.tmpfs(str(TOOLS))
    SENT.mkdir()
    SENT.chmod(0o1777)
    if program is None:
        return
    shutil.copy(program, TOOLS / "lastmile")
    (TOOLS / "sbin").mkdir()
    (TOOLS / "sbin/sendmail").write_text(_SENDMAIL)
    (TOOLS / "sbin/postalias").write_text(_POSTALIAS)
    for tool in (TOOLS / "sbin").iterdir():
        tool.chmod(0o755)
    namespace.mount("overlay", "/usr/sbin", "overlay", 0, f"lowerdir={TOOLS}/sbin:/usr/sbin")


def private_trees(root: Path = Path("/")) -> None:
    """`root`: where the files of the system are taken from."""
    # The new /etc grows on a throw-away file system before it hides the real one.
    namespace.tmpfs("/tmp")
    os.mkdir("/tmp/etc", 0o755)
    for name in _SYSTEM_FILES:
        if os.path.lexists(root / "etc" / name):
            subprocess.run(["cp", "-a", root / "etc" / name, "/tmp/etc/"], check=True)
    os.mkdir("/tmp/etc/postfix", 0o755)
    if os.path.exists(root / "etc/postfix/dynamicmaps.cf"):
        shutil.copy(root / "etc/postfix/dynamicmaps.cf", "/tmp/etc/postfix/")
    namespace.mount("/tmp/etc", "/etc", flags=namespace.MS_BIND)
    for path in PRIVATE:
        namespace.tmpfs(path)
    os.chmod("/tmp", 0o1777)
    os.chmod("/root", 0o700)


def base_files(files: dict[str, str], accounts: PostfixAccounts) -> None:
    uid, gid = accounts.user
    mail_user = f"postfix:x:{uid}:{gid}::/var/spool/postfix:/usr/sbin/nologin\n"
    mail_groups = f"postfix:x:{gid}:\npostdrop:x:{accounts.postdrop}:\n"
    base_passwd = BASE["passwd"]
    write("/etc/passwd", base_passwd + mail_user + files.get("/etc/passwd", ""))
    write("/etc/group", BASE["group"] + mail_groups + files.get("/etc/group", ""))
    write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
    write("/etc/hosts", "127.0.0.1 localhost mail.example.com\n::1 localhost\n")
    write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    for line in base_passwd.splitlines():
        name, home = line.split(":")[0], line.split(":")[5]
        if home.startswith("/home/"):
            os.mkdir(home)
            shutil.chown(home, name, name)
    os.chmod("/var/mail", 0o2775)
    shutil.chown("/var/mail", "root", "mail")
    os.symlink("../mail", "/var/spool/mail")
    os.mkdir("/var/lib/postfix")
    shutil.chown("/var/lib/postfix", "postfix", "postfix")
    os.mkdir("/var/spool/postfix", 0o755)
    for name, (mode, user, group) in _QUEUE.items():
        os.mkdir(f"/var/spool/postfix/{name}")
        shutil.chown(f"/var/spool/postfix/{name}", user, group)
        os.chmod(f"/var/spool/postfix/{name}", mode)
    write("/etc/postfix/main.cf", _with_parameters(files.get("/etc/postfix/main.cf", "")))
    write("/etc/postfix/master.cf", _with_services(files.get("/etc/postfix/master.cf", "")))


def _with_parameters(extra: str) -> str:
    """The parameters of every scenario but for those that this one sets, then this one's."""
    own = set(re.findall(r"^(\w+)\s*=", extra, re.M))
    base = BASE["main.cf"].splitlines()
    return "".join(f"{line}\n" for line in base if line.split("=")[0].strip() not in own) + extra


def _with_services(extra: str) -> str:
    own = {tuple(line.split()[:2]) for line in extra.splitlines() if line and not line[0].isspace()}
    base = BASE["master.cf"].splitlines()
    return "".join(f"{line}\n" for line in base if tuple(line.split()[:2]) not in own) + extra


def write(path: str, text: str) -> None:
    """Below a home or the mail spool a file, and each directory made for it, is that user's."""
    made = [str(p) for p in reversed(Path(path).parents) if not p.exists()]
    for directory in made:
        os.mkdir(directory, 0o755)
    Path(path).write_text(text, encoding="utf-8")
    os.chmod(path, 0o755 if text.startswith("#!") else 0o644)
    minute_ago = time.time() - 60  # postmap(1) doubts a source that is as young as its table
    os.utime(path, (minute_ago, minute_ago))
    if place := re.match(r"/(home|var/mail)/([^/]+)", path):
        try:
            account = pwd.getpwnam(place[2])
        except KeyError:
            return
        group = account.pw_gid if place[1] == "home" else grp.getgrnam("mail").gr_gid
        for item in (*made, path):
            os.chown(item, account.pw_uid, group)
        if path == f"/var/mail/{place[2]}":
            os.chmod(path, 0o600)


def _shell(script: str) -> list[str]:
    if not script.strip():
        return []
    done = subprocess.run(["/bin/sh", "-e"], input=script.encode(), env=ENVIRONMENT, cwd="/", capture_output=True)
    said = done.stderr.decode("utf-8", "backslashreplace")
    if done.returncode:
        raise LayoutError(f"setup ended with {done.returncode}: {said}")
    return said.splitlines()
