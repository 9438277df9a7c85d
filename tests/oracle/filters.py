# SPDX-License-Identifier: Apache-2.0
"""What stands for the programs around a mail system: content filters that give back what they get, and a server
of logins."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from typing import BinaryIO

LOGINS = "/var/spool/postfix/private/auth"


def start(port: int, back: int) -> None:
    """Listen with SMTP or LMTP at one port of this host, and bring each message to the other one."""
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=_accept, args=(listener, back), daemon=True).start()


def serve_logins() -> None:
    """The server that smtpd(8) asks which mechanisms there are; nobody logs in by it."""
    os.makedirs(os.path.dirname(LOGINS), exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(LOGINS)
    listener.listen()
    shutil.chown(LOGINS, "postfix", "postfix")
    threading.Thread(target=_greet, args=(listener,), daemon=True).start()


def _greet(listener: socket.socket) -> None:
    kept = []
    while True:
        connection, _ = listener.accept()
        connection.sendall(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0\nDONE\n")
        kept.append(connection)


def _accept(listener: socket.socket, back: int) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection, back), daemon=True).start()


def _serve(connection: socket.socket, back: int) -> None:
    reader = connection.makefile("rb")
    is_lmtp, sender, recipients = False, b"", []

    def say(text: bytes) -> None:
        connection.sendall(text + b"\r\n")

    say(b"220 filter.test")
    while line := reader.readline().strip():
        word = line[:4].upper()
        if word in (b"EHLO", b"HELO", b"LHLO"):
            is_lmtp = word == b"LHLO"
            say(b"250 filter.test")
        elif word == b"MAIL":
            sender, recipients = _path(line), []
            say(b"250 2.1.0 Ok")
        elif word == b"RCPT":
            recipients.append(_path(line))
            say(b"250 2.1.5 Ok")
        elif word == b"DATA":
            say(b"354 go on")
            for reply in _bring(back, sender, recipients, _content(reader))[: len(recipients) if is_lmtp else 1]:
                say(reply)
        elif word == b"QUIT":
            say(b"221 2.0.0 Bye")
            return
        else:
            say(b"250 2.0.0 Ok")


def _path(line: bytes) -> bytes:
    return line.partition(b"<")[2].rpartition(b">")[0]


def _content(reader: BinaryIO) -> bytes:
    content = b""
    while (line := reader.readline()) not in (b".\r\n", b""):
        content += line
    return content


def _bring(back: int, sender: bytes, recipients: list[bytes], content: bytes) -> list[bytes]:
    """The reply to each recipient, or to the message."""
    with socket.create_connection(("127.0.0.1", back), timeout=20) as connection:
        reader = connection.makefile("rb")

        def talk(command: bytes | None) -> bytes:
            if command is not None:
                connection.sendall(command + b"\r\n")
            while (line := reader.readline())[3:4] == b"-":
                pass
            return line.strip()

        talk(None)
        talk(b"EHLO localhost")
        talk(b"MAIL FROM:<" + sender + b">")
        replies = [talk(b"RCPT TO:<" + recipient + b">") for recipient in recipients]
        refused = [reply for reply in replies if not reply.startswith(b"2")]
        if len(refused) == len(recipients):
            talk(b"QUIT")
            return refused
        talk(b"DATA")
        connection.sendall(content)
        done = talk(b".")
        talk(b"QUIT")
        return [done if reply.startswith(b"2") else reply for reply in replies]
