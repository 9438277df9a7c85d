#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/how-to/growing.md does what it says: two front ends, one PostgreSQL, three LMTP servers, and what fails.

    growing.py PROGRAM

Everything runs in private namespaces, where each machine of the page is an address. Needs root and PostgreSQL; where
they are not, nothing is looked at.
"""

import collections
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "oracle"))

import namespace  # noqa: E402

PAGE = TOP / "docs" / "how-to" / "growing.md"
DATABASE = "10.9.0.1"
BACK_ENDS = ["10.9.1.1", "10.9.1.2", "10.9.1.3"]
USERS = [f"user{number}" for number in range(6)]
MESSAGE = b"Received: from somewhere\nSubject: hello\n\nIt works.\n"


def page_files():
    """The blocks of the page with a file's name behind the fence."""
    for words, text in re.findall(r"^```([^\n]+)\n(.*?)^```", PAGE.read_text(), re.M | re.S):
        yield words.split()[-1], text.replace("db.example.com", DATABASE)


class BackEnd:
    """An LMTP server that counts what it has taken for each user."""

    def __init__(self, address):
        self.address = address
        self.taken = collections.Counter()
        self.waits = threading.Event()  # Set: nobody waits. Cleared: MAIL is not answered.
        self.waits.set()
        self.is_asked = threading.Event()
        self.listener = None
        self.start()

    def start(self):
        self.listener = socket.create_server((self.address, 24))
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection, connection.makefile("rwb") as stream:
                self.converse(stream)
        except OSError:
            pass  # The front end has died.

    def converse(self, stream):
        def say(text):
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        recipients = []
        say("220 back end")
        for line in stream:
            word = line[:4].upper()
            if word == b"LHLO":
                say("250-back end\r\n250 PIPELINING")
            elif word == b"MAIL":
                self.is_asked.set()
                self.waits.wait()
                say("250 ok")
            elif word == b"RCPT":
                recipients.append(re.search(rb"<([^@>]*)", line).group(1).decode())
                say("250 ok")
            elif word == b"DATA":
                say("354 go")
                while stream.readline() not in (b".\r\n", b""):
                    pass
                for recipient in recipients:
                    self.taken[recipient] += 1
                    say("250 taken")
                recipients = []
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


class Postgres:
    def __init__(self, folder):
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.folder = folder
        self.log = folder / "log"
        folder.mkdir()
        shutil.chown(folder, "postgres", "postgres")
        self.run("initdb", "--no-sync", "--auth=trust", "--username=postgres", "-D", folder / "data")
        with open(folder / "data" / "pg_hba.conf", "a", encoding="utf-8") as access:
            access.write("host mail postfix 10.9.0.0/16 trust\n")
        self.start()

    def run(self, program, *words, text=None):
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", self.bin / program, *words]
        return subprocess.run(
            command, cwd="/", input=text, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ).stdout

    def start(self):
        options = f"-c listen_addresses={DATABASE} -c unix_socket_directories={self.folder} -c fsync=off -c log_statement=all"
        self.run("pg_ctl", "-w", "-s", "-D", self.folder / "data", "-o", options, "-l", self.log, "start")

    def stop(self):
        self.run("pg_ctl", "-w", "-s", "-D", self.folder / "data", "-m", "immediate", "stop")

    def ask(self, database, text):
        return self.run("psql", "-q", "-h", self.folder, "-U", "postgres", database, text=text)

    def selects(self):
        """How many queries were answered up to now."""
        return len(re.findall(r"statement: SELECT|execute [^:]*: SELECT", self.log.read_text()))


class FrontEnd:
    def __init__(self, program, folder, name):
        self.program = program
        self.config = folder / name
        self.config.mkdir()
        for file, text in page_files():
            (self.config / file).write_text(text)
        with open(self.config / "main.cf", "a", encoding="utf-8") as main_cf:
            main_cf.write(f"myhostname = {name}.example.com\n")
        (self.config / "lastmile.cf").write_text(
            f"lastmile_log = {folder / 'log'}\nlastmile_ledger = {folder / (name + '-ledger')}/ledger.sqlite\n"
            "mail_owner = nobody\ndefault_privs = daemon\nlmtp_tcp_port = 24\n"
        )

    def command(self, *words):
        return [self.program, "-c", str(self.config), *words]

    def deliver(self, queue_id, *recipients):
        return self.start(queue_id, *recipients).wait()

    def start(self, queue_id, *recipients):
        process = subprocess.Popen(
            self.command("deliver", "-f", "anna@customer.example", "--queue-id", queue_id, "--", *recipients),
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        process.stdin.write(MESSAGE)
        process.stdin.close()
        return process

    def trace(self, *addresses):
        done = subprocess.run(
            self.command("trace", "--format", "tsv", *addresses), stdout=subprocess.PIPE, text=True, check=False
        )
        return done.returncode, done.stdout


class Site:
    """All machines, and what the users have got."""

    def __init__(self, program, folder):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for address in [DATABASE, *BACK_ENDS]:
            subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
        self.back_ends = [BackEnd(address) for address in BACK_ENDS]
        self.database = Postgres(folder / "postgres")
        self.database.ask("postgres", "CREATE DATABASE mail; CREATE USER postfix;")
        self.database.ask("mail", dict(page_files())["schema.sql"])
        self.database.ask(
            "mail",
            "".join(f"INSERT INTO backend VALUES ({i}, '{a}');" for i, a in enumerate(BACK_ENDS))
            + "".join(f"INSERT INTO mailbox VALUES ('{u}', {i % 3});" for i, u in enumerate(USERS))
            + f"INSERT INTO alias VALUES ('everyone', '{', '.join(USERS)}');"
            + "GRANT SELECT ON ALL TABLES IN SCHEMA public TO postfix;",
        )
        self.front_ends = [FrontEnd(program, folder, name) for name in ("fe1", "fe2")]
        self.faults = []

    def expect(self, what, found, wanted):
        if found != wanted:
            self.faults.append(f"{what}: {found!r} instead of {wanted!r}")

    def taken(self):
        counts = sum((back_end.taken for back_end in self.back_ends), collections.Counter())
        return [counts[user] for user in USERS]

    def run(self):
        for part in (self.alike, self.lookups, self.back_end_dies, self.database_dies, self.front_end_dies):
            for back_end in self.back_ends:
                back_end.taken.clear()
            part()
        return self.faults

    def alike(self):
        """Both say the same of everybody, and deliver the same."""
        addresses = [f"{name}@example.com" for name in (*USERS, "everyone", "nosuch")]
        first, second = (front_end.trace(*addresses) for front_end in self.front_ends)
        self.expect("the traces of both", second, first)
        self.expect("a trace: exit status", first[0], 2)
        for front_end in self.front_ends:
            self.expect("delivered", front_end.deliver("A1", "everyone@example.com"), 0)
        self.expect("copies, by two front ends", self.taken(), [2] * 6)

    def lookups(self):
        before = self.database.selects()
        self.expect("delivered", self.front_ends[0].deliver("L1", "user0@example.com"), 0)
        self.expect("look-ups of a recipient", self.database.selects() - before, 2)
        before = self.database.selects()
        self.expect("delivered", self.front_ends[0].deliver("L2", "everyone@example.com"), 0)
        self.expect("look-ups of an alias with six members", self.database.selects() - before, 2 + 2 * 6)
        before = self.database.selects()
        self.front_ends[0].trace("user0@example.com")
        self.expect("look-ups of a recipient with RCPT", self.database.selects() - before, 2 + 4)

    def back_end_dies(self):
        dead = self.back_ends[1]
        dead.stop()
        front_end = self.front_ends[1]
        self.expect("a back end is down", front_end.deliver("B1", "everyone@example.com"), 75)
        self.expect("copies without it", self.taken(), [1, 0, 1, 1, 0, 1])
        dead.start()
        self.expect("it is back", front_end.deliver("B1", "everyone@example.com"), 0)
        self.expect("copies", self.taken(), [1] * 6)

    def database_dies(self):
        self.database.stop()
        front_end = self.front_ends[0]
        for recipient in ("everyone@example.com", "user0@example.com", "nosuch@example.com"):
            self.expect(f"no database: {recipient}", front_end.deliver("D1", recipient), 75)
        self.expect("a trace without a database", front_end.trace("user0@example.com")[0], 1)
        self.database.start()
        self.expect("it is back", front_end.deliver("D1", "everyone@example.com"), 0)
        self.expect("copies", self.taken(), [1] * 6)

    def front_end_dies(self):
        """It is killed when one back end is done and another has not answered MAIL."""
        front_end = self.front_ends[0]
        slow = self.back_ends[2]
        slow.is_asked.clear()
        slow.waits.clear()
        process = front_end.start("F1", "everyone@example.com")
        slow.is_asked.wait(20)
        deadline = time.monotonic() + 20
        while self.taken() != [1, 1, 0, 1, 1, 0] and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        slow.waits.set()
        self.expect("copies before it died", self.taken(), [1, 1, 0, 1, 1, 0])
        self.expect("the other front end", self.front_ends[1].deliver("F2", "user2@example.com"), 0)
        self.expect("the retry", front_end.deliver("F1", "everyone@example.com"), 0)
        self.expect("copies", self.taken(), [1, 1, 2, 1, 1, 1])


def main():
    if os.geteuid() != 0 or not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        print("not root, or no PostgreSQL: nothing is looked at")
        return 0
    program = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        faults = namespace.run(lambda: Site(program, Path(folder)).run(), 120)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
