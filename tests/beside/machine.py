# SPDX-License-Identifier: Apache-2.0
"""The private machine of one test: a small mail host with the programs of one mail system. Runs inside the namespaces."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import host
import namespace

TOP = Path(__file__).resolve().parents[2]
UNPACKED = TOP / "build/mtas"
SYSLOG = Path("/var/log/mail.log")
PATIENCE = 60.0  # seconds, on a machine that does much else

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


class Unexpected(Exception):
    """Something did not come about; the text says what, and what was there."""


def roots_of(packages: tuple[str, ...]) -> list[Path]:
    """Where the packages are unpacked; those that are not may be installed."""
    found = [UNPACKED / name / "root/usr" for name in packages if name]
    return [path for path in found if path.is_dir()]


def has_program(packages: tuple[str, ...], program: str) -> bool:
    relative = program.removeprefix("/usr/")
    return os.path.exists(program) or any((root / relative).exists() for root in roots_of(packages))


def lay(program: Path, packages: tuple[str, ...], accounts: str, groups: str, set_gid: dict[str, int]) -> None:
    """Make the machine, on which `program` is /usr/bin/lastmile. `accounts`, `groups`: further lines of passwd(5), group(5).
    `set_gid`: unpacked programs that get a group."""
    os.umask(0o022)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["hostname", "mail.example.com"], check=True)
    namespace.tmpfs(str(host.TOOLS))
    (host.TOOLS / "usr/bin").mkdir(parents=True)
    shutil.copy(program, host.TOOLS / "usr/bin/lastmile")
    for root in roots_of(packages):
        for name, group in set_gid.items():
            own = host.TOOLS / name
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root.parent / name, own)
            os.chown(own, 0, group)
            own.chmod(0o2755)
    layers = [str(host.TOOLS / "usr"), *map(str, roots_of(packages)), "/usr"]
    namespace.mount("overlay", "/usr", "overlay", 0, "lowerdir=" + ":".join(layers))
    _devices()
    host.private_trees()
    postfix = host.PostfixAccounts.of_this_machine()
    host.base_files({"/etc/passwd": accounts, "/etc/group": groups}, postfix)
    for name in ("log", "mail"):
        os.makedirs(f"/var/{name}", exist_ok=True)
    _serve_syslog()
    os.makedirs("/var/tmp", exist_ok=True)


def write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    host.write(path, text)


def run(*words: str, stdin: bytes = b"", status: int | None = 0) -> str:
    """What a command says. `status`: how it must end; None: anyhow."""
    done = subprocess.run(words, input=stdin, env=host.ENVIRONMENT, cwd="/", capture_output=True)
    said = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
    if status is not None and done.returncode != status:
        raise Unexpected(f"{' '.join(words)} ended with {done.returncode}: {said}")
    return said


def start(command: str, ready: Callable[[], bool]) -> subprocess.Popen[bytes]:
    """A server, which ends with the namespace."""
    log = open(f"/var/log/{command.split()[0].rpartition('/')[2]}.out", "ab")
    server = subprocess.Popen(
        ["/bin/sh", "-c", f"exec {command}"], env=host.ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )
    wait_for(f"{command} to be ready", lambda: server.poll() is not None or ready())
    return server


def wait_for(what: str, is_there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_there():
        if time.monotonic() > deadline:
            raise Unexpected(f"waited in vain for {what}\n{everything()}")
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def everything() -> str:
    """Logs, for the explanation of a failure."""
    found = []
    for path in sorted(Path("/var/log").rglob("*")):
        if path.is_file():
            found.append(f"--- {path}\n{path.read_text('utf-8', 'backslashreplace')[-6000:]}")
    return "\n".join(found)


def _devices() -> None:
    """A /dev of its own: the machine's has the socket of its syslog."""
    place = host.TOOLS / "dev"
    place.mkdir()
    namespace.tmpfs(str(place))
    for name in _DEVICES:
        if os.path.exists(f"/dev/{name}"):
            (place / name).touch()
            namespace.mount(f"/dev/{name}", str(place / name), flags=namespace.MS_BIND)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (place / name).symlink_to(target)
    (place / "shm").mkdir(mode=0o1777)
    namespace.mount(str(place), "/dev", flags=namespace.MS_BIND | namespace.MS_REC)


def _serve_syslog() -> None:
    """Writes what programs tell syslog(3), as a syslog daemon would."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    SYSLOG.touch()

    def work() -> None:
        with SYSLOG.open("ab", buffering=0) as log:
            while True:
                text = receiver.recv(65536).rstrip(b"\0\n").partition(b">")[2]
                log.write(text[:15] + b" mail" + text[15:] + b"\n")

    threading.Thread(target=work, daemon=True).start()
