"""The part of a random world that stands before local(8): rewriting, virtual aliases, classes, transports.

Half of the worlds have none of it. The tables are texthash: files, so that shrink.py can leave out a line."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SERVER = "/run/lmtp/inbox"
SINK = "[127.0.0.1]:2525"
DOMAINS = ("example.com", "example.com", "mail.example.com", "localhost", "va.test", "vm.test", "relay.test",
           "sub.relay.test", "remote.test", "other.test")  # fmt: skip
LOCAL_PARTS = ("alice", "bob", "carol", "dave", "list", "info", "staff", "nosuch", "x", "sales", "Sales", "mail")
EXTENSIONS = ("work", "x", "a+b", "")
PLACE = "/etc/postfix"
SMTP_SHARE = 0.4  # of the messages of a world that has a route

_SETTINGS: dict[str, tuple[str, ...]] = {
    "mydestination": (
        "$myhostname, localhost.$mydomain, localhost, example.com, sub.relay.test",
        "!mail.example.com, example.com, localhost, .example.com",
        f"localhost, texthash:{PLACE}/destinations",
        f"{PLACE}/destination_list",
        "example.com",
    ),
    "relay_domains": ("relay.test", "relay.test", "relay.test, .other.test", f"texthash:{PLACE}/destinations"),
    "virtual_alias_domains": ("va.test", "va.test, sub.relay.test", ""),
    "virtual_mailbox_domains": ("vm.test", "vm.test, example.com"),
    "parent_domain_matches_subdomains": ("", "relay_domains"),
    "relay_recipient_maps": (f"texthash:{PLACE}/recipients",),
    "local_recipient_maps": (f"texthash:{PLACE}/recipients", "", "$alias_maps", f"unix:passwd.byname texthash:{PLACE}/recipients"),
    "virtual_mailbox_maps": (f"texthash:{PLACE}/recipients",),
    "relocated_maps": (f"texthash:{PLACE}/relocated",),
    "smtpd_reject_unlisted_recipient": ("no",),
    "unknown_local_recipient_reject_code": ("450",),
    "unknown_relay_recipient_reject_code": ("450",),
    "show_user_unknown_table_name": ("no",),
    "local_transport": ("local", "local:$myhostname", f"lmtp:unix:{SERVER}", "error:5.1.1 no local mail"),
    "relay_transport": ("smtp", f"relay:{SINK}", f"lmtp:unix:{SERVER}", "error:no relaying today"),
    "default_transport": ("smtp", f"smtp:{SINK}", "error:5.4.4 no way out", "retry:4.4.4 not now"),
    "append_dot_mydomain": ("yes", "no"),
    "append_at_myorigin": ("yes",),
    "allow_percent_hack": ("no", "yes"),
    "swap_bangpath": ("no", "yes"),
    "resolve_dequoted_address": ("no",),
    "resolve_null_domain": ("yes",),
    "resolve_numeric_domain": ("yes",),
    "allow_min_user": ("yes",),
    "empty_address_recipient": ("alice", "postmaster@remote.test"),
    "proxy_interfaces": ("192.0.2.1",),
    "propagate_unmatched_extensions": ("", "virtual", "canonical, virtual", "canonical", "virtual, alias"),
    "recipient_delimiter": ("+", "-", "+-", ""),
}  # fmt: skip
_TABLES = ("virtual_alias_maps", "virtual_alias_maps", "transport_maps", "transport_maps", "recipient_canonical_maps",
           "canonical_maps")  # fmt: skip
_CLASSES = ("envelope_recipient",)
# Tables that settings name by their file.
_FILES = ("destinations", "recipients", "relocated")
# A service that leaves the host needs a nexthop: there is no DNS.
_TRANSPORTS = (":", f":{SINK}", "local:", "local", f"lmtp:unix:{SERVER}", "error:5.1.2 no such place", "error:closed", "error:",
               "retry:4.2.1 later", "retry:", "discard:", "discard:5.0.0 thrown away", f"smtp:{SINK}", f"relay:{SINK}")  # fmt: skip
_ODD_RECIPIENTS = ("bob%example.com", "alice%remote.test@example.com", "remote.test!bob", "example.com!carol", "mail!bob",
                   "alice@[127.0.0.1]", "alice@[192.0.2.1]", "alice@[192.0.2.9]", '"bob@remote.test"@example.com', "alice@", "alice@mail",
                   "alice@example.com.", '"a b"@va.test', "-bob@example.com", '"alice"@relay.test',
                   "alice@192.0.2.1", "alice@EXAMPLE.COM", "a@b@example.com", "postmaster", '""@va.test', "alice@.example.com",
                   "alice+@example.com", "+work@va.test", "bob@[example.com]", "carol@127.0.0.1")  # fmt: skip


@dataclass
class Route:
    settings: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)  # file below /etc/postfix -> lines


def make(source: random.Random) -> Route:
    """An empty one for half of the worlds."""
    route = Route()
    if source.random() < 0.5:
        return route
    maker = _Maker(source)
    for name in source.sample(tuple(_SETTINGS), source.randint(0, 5)):
        route.settings[name] = source.choice(_SETTINGS[name])
    for name in dict.fromkeys(source.sample(_TABLES, source.randint(0, 3))):
        route.settings[name] = f"texthash:{PLACE}/{name}"
        route.tables[name] = maker.lines(name)
    # Headers are no business of lastmile, and neither is the sender's address.
    route.settings |= {name.replace("maps", "classes"): source.choice(_CLASSES) for name in route.tables if "canonical" in name}
    values = " ".join(route.settings.values())
    for name in _FILES:
        if f"{PLACE}/{name}" in values:
            route.tables[name] = maker.lines(name)
    if f"{PLACE}/destination_list" in values:
        route.tables["destination_list"] = ["# the domains", "example.com", "localhost, !mail.example.com", ".va.test"]
    # virtual(8) has mailboxes of its own.
    if "virtual_mailbox_domains" in route.settings:
        route.settings["virtual_transport"] = source.choice((f"lmtp:unix:{SERVER}", "error:5.2.1 no mailboxes", "discard:"))
    return route


def recipient(source: random.Random) -> str:
    if source.random() < 0.15:
        return source.choice(_ODD_RECIPIENTS)
    return _Maker(source).address(bare=0.1)


class _Maker:
    def __init__(self, source: random.Random) -> None:
        self._random = source

    def address(self, bare: float = 0.4) -> str:
        local = self._local_part()
        return local if self._random.random() < bare else f"{local}@{self._random.choice(DOMAINS)}"

    def lines(self, table: str) -> list[str]:
        """The keys differ: postmap(1) says what becomes of others."""
        lines = {}
        for _ in range(self._random.randint(1, 5)):
            key, value = self._entry(table)
            lines.setdefault(key.casefold(), f"{key} {value}")
        return list(lines.values())

    def _entry(self, table: str) -> tuple[str, str]:
        if table == "transport_maps":
            return self._transport_key(), self._random.choice(_TRANSPORTS)
        if table == "destinations":
            return self._random.choice(DOMAINS), "anything"
        if table == "recipients":
            return self._key(), "anything"
        if table == "relocated":
            return self._key(), self._random.choice(("new@remote.test", "5 Main Street, Nowhere"))
        count = 1 if table.endswith("canonical_maps") else self._random.choice((1, 1, 2, 3))
        results = [self._result() for _ in range(count)]
        # What follows a leading @domain is part of one odd address; how a log writes that is of no interest.
        return self._key(), ", ".join(results[:1] if results[0].startswith("@") else results)

    def _key(self) -> str:
        kind = self._random.random()
        if kind < 0.2:
            return f"@{self._random.choice(DOMAINS)}"
        return self._local_part() if kind < 0.5 else self.address(bare=0)

    def _transport_key(self) -> str:
        kind = self._random.random()
        domain = self._random.choice(DOMAINS)
        if kind < 0.4:
            return domain
        if kind < 0.5:
            return self._random.choice((".example.com", ".relay.test", ".test", "test"))
        return "*" if kind < 0.56 else f"{self._local_part()}@{domain}"

    def _result(self) -> str:
        kind = self._random.random()
        if kind < 0.08:
            return f"@{self._random.choice(DOMAINS)}"
        if kind < 0.12:
            return self._random.choice(('"a b"@example.com', "alice%relay.test", "|cat", ":include:/x", "Full Name <bob>", "alice@va"))
        return self.address()

    def _local_part(self) -> str:
        local = self._random.choice(LOCAL_PARTS)
        return f"{local}+{self._random.choice(EXTENSIONS)}" if self._random.random() < 0.2 else local
