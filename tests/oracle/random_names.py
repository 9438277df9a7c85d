# SPDX-License-Identifier: Apache-2.0
"""The addresses of random worlds that have a route: their parts, whole ones, and what stands in lookup tables."""

from __future__ import annotations

import random

DOMAINS = ("example.com", "example.com", "mail.example.com", "localhost", "va.test", "vm.test", "relay.test",
           "sub.relay.test", "remote.test", "other.test")  # fmt: skip
LOCAL_PARTS = ("alice", "bob", "carol", "dave", "list", "info", "staff", "nosuch", "x", "sales", "Sales", "mail")
EXTENSIONS = ("work", "x", "a+b", "")
# Beyond ASCII; the first domain is in both forms, and in capitals.
UTF8_DOMAINS = ("exämple.test", "xn--exmple-cua.test", "EXÄMPLE.test", "exämple.com", "例え.test")
UTF8_LOCAL_PARTS = ("jörg", "JÖRG", "jörg", "用户")

_ODD_RECIPIENTS = ("bob%example.com", "alice%remote.test@example.com", "remote.test!bob", "example.com!carol", "mail!bob",
                   "alice@[127.0.0.1]", "alice@[192.0.2.1]", "alice@[192.0.2.9]", '"bob@remote.test"@example.com', "alice@", "alice@mail",
                   "alice@example.com.", '"a b"@va.test', "-bob@example.com", '"alice"@relay.test',
                   "alice@192.0.2.1", "alice@EXAMPLE.COM", "a@b@example.com", "postmaster", '""@va.test', "alice@.example.com",
                   "alice+@example.com", "+work@va.test", "bob@[example.com]", "carol@127.0.0.1", "@relay.test:bob@example.com",
                   "alice@[IPv6:::1]", "alice@vm.test.", '"a b"@vm.test', "a/b@vm.test", "bob@example.com@vm.test")  # fmt: skip
# What an administrator wrote by mistake, or to see what happens.
_ODD_RESULTS = ('"a b"@example.com', "alice%relay.test", "|cat", ":include:/x", "Full Name <bob>", "alice@va", "a@b@example.com",
                "alice@", '""@example.com', "alice@.example.com", "alice@example..com", "<>", "g: alice, bob;", "\\alice",
                "/tmp/out/file", "alice@[127.0.0.1", "-x@example.com", "bob (a comment)", '"unclosed', "alice@example.com.",
                "carol dave", "<@relay.test:bob@vm.test>", "alice@[192.0.2.9]", "(only a comment)", "bob@exa mple.com",
                "x!bob@example.com", "postmaster", "a,b@c", "alice@under_score.test", "@")  # fmt: skip


class Names:
    """Draws them. `is_international`: some go beyond ASCII."""

    def __init__(self, source: random.Random, is_international: bool) -> None:
        self._random = source
        self.is_international = is_international

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def domain(self) -> str:
        if self.is_international and self.chance(0.25):
            return self._random.choice(UTF8_DOMAINS)
        return self._random.choice(DOMAINS)

    def local_part(self) -> str:
        if self.is_international and self.chance(0.2):
            local = self._random.choice(UTF8_LOCAL_PARTS)
        else:
            local = self._random.choice(LOCAL_PARTS)
        return f"{local}+{self._random.choice(EXTENSIONS)}" if self.chance(0.2) else local

    def address(self, bare: float = 0.4) -> str:
        local = self.local_part()
        return local if self.chance(bare) else f"{local}@{self.domain()}"

    def recipient(self) -> str:
        return self._random.choice(_ODD_RECIPIENTS) if self.chance(0.15) else self.address(bare=0.1)

    def sender(self, number: int) -> str:
        """One that tells its message from the others."""
        local = f"{'sé' if self.is_international and self.chance(0.1) else 's'}{number}"
        local += f"+{self._random.choice(EXTENSIONS)}" if self.chance(0.2) else ""
        return local if self.chance(0.1) else f"{local}@{self.domain()}"

    def key(self) -> str:
        """Of a table that is asked for recipients."""
        if self.chance(0.2):
            return f"@{self.domain()}"
        return self.local_part() if self.chance(0.35) else self.address(bare=0)

    def sender_key(self) -> str:
        if self.chance(0.1):
            return "<>"
        if self.chance(0.5):
            return f"@{self._random.choice(('remote.test', self.domain()))}"
        return f"s{self._random.randrange(25)}{self._random.choice(('', '@remote.test', '@example.com'))}"

    def transport_key(self) -> str:
        kind = self._random.random()
        if kind < 0.4:
            return self.domain()
        if kind < 0.5:
            return self._random.choice((".example.com", ".relay.test", ".test", "test"))
        return "*" if kind < 0.56 else f"{self.local_part()}@{self.domain()}"

    def result(self) -> str:
        """A member of the value of an alias or canonical map."""
        kind = self._random.random()
        if kind < 0.08:
            return f"@{self.domain()}"
        return self._random.choice(_ODD_RESULTS) if kind < 0.15 else self.address()
