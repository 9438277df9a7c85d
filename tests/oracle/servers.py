# SPDX-License-Identifier: Apache-2.0
"""Scripted LMTP and SMTP servers that keep what they were told."""

from __future__ import annotations

import base64
import os
import re
import socket
import ssl
import threading
from dataclasses import dataclass, field

from scenario import CERTIFICATE_PLACE, ServerScript


@dataclass
class Received:
    """One recipient of one transaction, with the server's replies."""

    address: str
    rcpt_reply: str
    final_reply: str = ""
    command: str = ""


@dataclass
class Transaction:
    script: ServerScript
    sender: str = ""
    mail_command: str = ""
    before: list[str] = field(default_factory=list)  # commands between the transaction before and MAIL
    recipients: list[Received] = field(default_factory=list)
    message: bytes | None = None
    encrypted: bool = False
    login: str = ""  # the user


class _Gone(Exception):
    """This connection is over."""


class Server:
    """Listens from its construction to the end of the process."""

    def __init__(self, script: ServerScript) -> None:
        self.script = script
        self.transactions: list[Transaction] = []
        self._socket = _listen(script.listen)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            _Dialogue(self.script, connection, self.transactions).run()
        except (_Gone, OSError):
            pass
        finally:
            connection.close()


def _listen(where: str) -> socket.socket:
    kind, _, place = where.partition(":")
    if kind == "unix":
        os.makedirs(os.path.dirname(place), exist_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(place)
        os.chmod(place, 0o666)
    else:
        host, _, port = place.rpartition(":")
        host = host.strip("[]")
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, int(port)))
    listener.listen(64)
    return listener


class _Dialogue:
    def __init__(self, script: ServerScript, connection: socket.socket, log: list[Transaction]) -> None:
        self._script = script
        self._connection = connection
        self._reader = connection.makefile("rb")
        self._log = log
        self._now: Transaction | None = None
        self._before: list[str] = []
        self._encrypted = False
        self._login = ""

    def run(self) -> None:
        if self._script.tls:
            self._shake_hands(self._script.tls)
        self._reply("banner", self._script.banner)
        while True:
            command = self._line()
            verb = command.split(" ")[0].upper()
            if verb in ("LHLO", "EHLO", "HELO"):
                self._reply("lhlo", self._script.lhlo or self._greeting())
            elif verb == "MAIL":
                self._mail(command)
            elif verb == "STARTTLS" and self._script.starttls and not self._encrypted:
                self._start_tls()
            elif verb == "AUTH" and self._script.login:
                self._log_in(command)
            elif verb == "RCPT":
                self._recipient(_path_of(command), command)
            elif verb == "DATA":
                self._data()
            elif verb == "QUIT":
                self._send("221 2.0.0 Bye")
                raise _Gone
            else:
                self._before += [command] if verb == "XFORWARD" else []
                self._send("250 2.0.0 Ok")

    def _greeting(self) -> str:
        lines = ["sink.test", *self._script.extensions]
        lines += ["STARTTLS"] if self._script.starttls and not self._encrypted else []
        lines += ["AUTH PLAIN"] if self._script.login else []
        return "\r\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines)

    def _mail(self, command: str) -> None:
        if self._script.login and not self._login:
            self._send("530 5.7.0 Authentication required")
            return
        self._now = Transaction(self._script, _path_of(command), re.sub(r"SIZE=\d+", "SIZE=N", command))
        self._now.before, self._before = self._before, []
        self._now.encrypted, self._now.login = self._encrypted, self._login
        self._log.append(self._now)
        self._reply("mail", self._script.mail)

    def _start_tls(self) -> None:
        injected = "\r\n250 2.0.0 injected" if self._script.handshake == "injected" else ""
        self._reply("starttls", self._script.tls_reply + injected)
        if self._script.tls_reply.startswith("2"):
            self._shake_hands(self._script.starttls)

    def _shake_hands(self, certificate: str) -> None:
        if self._script.handshake == "hang-up":
            raise _Gone
        if self._script.handshake == "garbage":
            self._connection.recv(1)  # of the client's first message
            self._send("500 5.5.2 What is that?")
            raise _Gone
        if self._script.handshake == "hang":
            self._reader.read()  # until the client gives up
            raise _Gone
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{CERTIFICATE_PLACE}/{certificate}.pem")
        self._connection = context.wrap_socket(self._connection, server_side=True)
        self._reader = self._connection.makefile("rb")
        self._encrypted = True

    def _log_in(self, command: str) -> None:
        """PLAIN alone. RFC 4616"""
        words = command.split(" ")
        if words[1].upper() != "PLAIN":
            self._send("504 5.5.4 No such mechanism")
            return
        if len(words) < 3:
            self._send("334 ")
            words.append(self._line())
        _, user, password = base64.b64decode(words[2]).decode().split("\0")
        if f"{user}:{password}" == self._script.login:
            self._login = user
            self._reply("auth", "235 2.7.0 Welcome")
        else:
            self._reply("auth", "535 5.7.8 Who are you?")

    def _recipient(self, address: str, command: str) -> None:
        reply = "503 5.5.1 Need a sender first"
        if self._script.mail.startswith("2"):
            reply = self._script.rcpt.get(address, self._script.rcpt["*"])
        if self._now:
            self._now.recipients.append(Received(address, reply, command=command))
        self._reply("rcpt", reply)

    def _data(self) -> None:
        transaction = self._now
        accepted = [r for r in transaction.recipients if r.rcpt_reply[:1] == "2"] if transaction else []
        if transaction is None or not accepted:
            self._reply("data", "554 5.5.1 No valid recipients")
            return
        self._reply("data", self._script.data)
        if not self._script.data.startswith("354"):
            return
        content = bytearray()
        while (line := self._reader.readline()) != b".\r\n":
            if not line:
                raise _Gone
            content += line[1:] if line.startswith(b".") else line
        transaction.message = bytes(content).replace(b"\r\n", b"\n")
        is_lmtp = self._script.protocol == "lmtp"
        for number, recipient in enumerate(accepted if is_lmtp else accepted[:1]):
            if self._script.disconnect == f"final {number}":
                raise _Gone
            reply = self._script.final.get(recipient.address, self._script.final["*"])
            for told in [recipient] if is_lmtp else accepted:
                told.final_reply = reply
            self._reply("final", reply)

    def _line(self) -> str:
        line = self._reader.readline()
        if not line:
            raise _Gone
        return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")

    def _reply(self, phase: str, text: str) -> None:
        if self._script.hang == phase:
            self._reader.read()  # until the client gives up
            raise _Gone
        if self._script.disconnect == phase:
            raise _Gone
        self._send(text)
        if text.startswith("421"):
            raise _Gone

    def _send(self, text: str) -> None:
        self._connection.sendall(text.encode() + b"\r\n")


def _path_of(command: str) -> str:
    """The path of MAIL FROM:<path> or RCPT TO:<path>; its local part may be quoted."""
    found = re.match(r'\w+ \w+: ?<((?:"(?:\\.|[^"\\])*"|[^>"])*)>', command)
    return found[1] if found else command
