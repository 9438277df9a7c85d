# SPDX-License-Identifier: Apache-2.0
"""Programs that fetch mail from a provider: a POP3 server of the test's own, and how each is run."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

import machine

HOST = "pop.example.com"
PORT = 110


@dataclass(frozen=True)
class Fetcher:
    """One program with one configuration of the page."""

    heading: str
    package: str
    program: str
    command: str
    configuration: str  # the file of the page
    user: str  # who runs it
    recipient: str  # whose mail it is


def all_of_them() -> list[Fetcher]:
    fetchmail = ("fetchmail", "/usr/bin/fetchmail", "/usr/bin/fetchmail -v -f /etc/fetchmailrc --pidfile /tmp/fetchmail.pid", "/etc/fetchmailrc")
    getmail = ("getmail6", "/usr/bin/getmail", "/usr/bin/getmail --getmaildir=/tmp/getmail --rcfile=/etc/getmailrc", "/etc/getmailrc")
    return [
        Fetcher("fetchmail > fetchmail for several users", *fetchmail, user="root", recipient="carol"),
        Fetcher("fetchmail > fetchmail for one user", *fetchmail, user="alice", recipient="alice"),
        Fetcher("getmail > getmail by LMTP", *getmail, user="mail", recipient="carol"),
        Fetcher("getmail > getmail with a command", *getmail, user="alice", recipient="alice"),
    ]


@dataclass
class Provider:
    """A mailbox that is read by POP3. \\see RFC 1939"""

    messages: list[bytes] = field(default_factory=list)

    def serve(self) -> None:
        listener = socket.create_server(("127.0.0.1", PORT))

        def work() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    self._talk(connection)

        threading.Thread(target=work, daemon=True).start()
        machine.wait_for("the POP3 server", lambda: machine.listens(PORT))

    def _talk(self, connection: socket.socket) -> None:
        deleted: set[int] = set()
        lines = connection.makefile("rb")
        connection.sendall(b"+OK ready\r\n")
        while words := lines.readline().split():
            name, arguments = words[0].upper(), [int(word) for word in words[1:] if word.isdigit()]
            connection.sendall(self._answer(name, arguments, deleted))
            if name == b"QUIT":
                self.messages = [message for number, message in enumerate(self.messages, 1) if number not in deleted]
                return

    def _answer(self, name: bytes, arguments: list[int], deleted: set[int]) -> bytes:
        sizes = [(number, len(self._wire(message))) for number, message in enumerate(self.messages, 1) if number not in deleted]
        if name == b"STAT":
            return b"+OK %d %d\r\n" % (len(sizes), sum(size for _, size in sizes))
        if name == b"LIST" and arguments:
            return b"+OK %d %d\r\n" % (arguments[0], dict(sizes)[arguments[0]])
        if name == b"LIST":
            return b"+OK\r\n" + b"".join(b"%d %d\r\n" % size for size in sizes) + b".\r\n"
        if name == b"UIDL" and arguments:
            return b"+OK %d uid%d\r\n" % (arguments[0], arguments[0])
        if name == b"UIDL":
            return b"+OK\r\n" + b"".join(b"%d uid%d\r\n" % (number, number) for number, _ in sizes) + b".\r\n"
        if name in (b"RETR", b"TOP"):
            return b"+OK\r\n" + self._wire(self.messages[arguments[0] - 1]) + b".\r\n"
        if name == b"DELE":
            deleted.add(arguments[0])
        return b"-ERR\r\n" if name in (b"CAPA", b"AUTH", b"STLS") else b"+OK\r\n"

    @staticmethod
    def _wire(message: bytes) -> bytes:
        return message.replace(b"\n.", b"\n..").replace(b"\n", b"\r\n")
