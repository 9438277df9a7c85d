#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many messages through one `lastmile lmtp --listen`: its processes must not grow, and nothing may be lost.

    soak.py PROGRAM [MESSAGES]      400 when it is not said

Half of them come over one connection, the others over a new one for every 25. Memory and descriptors are read when a
quarter is done, and at the end. Only root can make the private machine. Exit status: 0 all went well, or could not be
tried here, which is said; 1 not."""

from __future__ import annotations

import os
import socket
import sys
from functools import partial
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "oracle")]

import machine  # noqa: E402
import namespace  # noqa: E402
import page  # noqa: E402
from machine import Unexpected  # noqa: E402

SOCKET = "/run/lastmile/lmtp"
PER_CONNECTION = 25
GROWTH = 1024  # kB that a process may have more at the end: what the C library keeps goes up and down
MESSAGE = b"Subject: soak %d\r\n\r\n" + b"x" * 70 + b"\r\n.\r\n"


class Client:
    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(SOCKET)
        self._lines = self._socket.makefile("rb")
        self._expect(b"220")
        self._say(b"LHLO soak", b"250")

    def deliver(self, number: int) -> None:
        self._say(b"MAIL FROM:<dave@example.com>", b"250")
        self._say(b"RCPT TO:<alice@example.com>", b"250")
        self._say(b"RCPT TO:<nosuch@example.com>", b"550")
        self._say(b"DATA", b"354")
        self._socket.sendall(MESSAGE % number)
        self._expect(b"250 2.0.0 delivered")

    def quit(self) -> None:
        self._say(b"QUIT", b"221")
        self._socket.close()

    def _say(self, command: bytes, code: bytes) -> None:
        self._socket.sendall(command + b"\r\n")
        self._expect(code)

    def _expect(self, start: bytes) -> None:
        while (line := self._lines.readline())[3:4] == b"-":
            pass
        if not line.startswith(start):
            raise Unexpected(f"{line!r} in place of {start!r}\n{machine.everything()}")


def children_of(parent: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def kilobytes_of(process: int) -> int:
    """Memory of its own: what it shares with the other processes of the program does not grow."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0])


def descriptors_of(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))


def soak(program: Path, main_cf: str, messages: int) -> str:
    machine.lay(program, (), "", "", {})
    machine.write("/etc/postfix/main.cf", main_cf + "alias_maps =\n")
    os.makedirs("/var/lib/lastmile", 0o700)
    os.mkdir("/run/lastmile")
    server = machine.start(f"/usr/bin/lastmile lmtp --listen unix:{SOCKET}", lambda: os.path.exists(SOCKET))
    lasting = Client()
    machine.wait_for("its processes", lambda: len(children_of(server.pid)) == 1 and len(children_of(children_of(server.pid)[0])) == 1)
    desk = children_of(server.pid)[0]
    processes = {"listener": server.pid, "desk": desk, "worker": children_of(desk)[0]}
    before: dict[str, tuple[int, int]] = {}
    passing = Client()
    for number in range(0, messages, 2):
        lasting.deliver(number)
        passing.deliver(number + 1)
        if number % (2 * PER_CONNECTION) == 2 * PER_CONNECTION - 2:
            passing.quit()
            passing = Client()
        if not before and number >= messages // 4:
            before = {name: (kilobytes_of(process), descriptors_of(process)) for name, process in processes.items()}
    passing.quit()
    machine.wait_for("the last connection to end", lambda: len(children_of(server.pid)) == 1)
    told = []
    for name, process in processes.items():
        memory, descriptors = kilobytes_of(process), descriptors_of(process)
        told.append(f"{name}: {before[name][0]} -> {memory} kB, {before[name][1]} -> {descriptors} descriptors")
        if memory > before[name][0] + GROWTH or descriptors > before[name][1]:
            raise Unexpected(f"it grows: {told[-1]}")
    lasting.quit()
    stored = Path("/var/mail/alice").read_text().count("\nSubject: soak ")
    if stored != messages:
        raise Unexpected(f"{stored} of {messages} messages were stored")
    ledger = sum(path.stat().st_size for path in Path("/var/lib/lastmile").iterdir())
    return "\n".join([f"{messages} messages", *told, f"ledger: {ledger // 1024} kB"])


def main(words: list[str]) -> int:
    if os.geteuid() != 0:
        print("skipped: only root can make namespaces")
        return 0
    messages = int(words[1]) // 2 * 2 if len(words) > 1 else 400
    # Read here: the page may lie where the namespace has a folder of its own.
    main_cf = page.sections()["What lastmile reads"].files["/etc/postfix/main.cf"]
    try:
        print(namespace.run(partial(soak, Path(words[0]).resolve(), main_cf, messages), 120 + messages))
    except namespace.NamespaceFailure as failure:
        print(f"FAILED: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
