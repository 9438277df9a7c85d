# SPDX-License-Identifier: Apache-2.0
"""The part of a random world that stands before local(8): rewriting, senders, virtual aliases, classes, transports.

Half of the worlds have none of it. The tables are texthash: files, so that shrink.py can leave out a line."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import random_services
from random_names import UTF8_LOCAL_PARTS, Names
from random_services import SERVER, SINK, Services

PLACE = "/etc/postfix"
SMTP_SHARE = 0.4  # of the messages of a world that has a route
_INTERNATIONAL_SHARE = 0.3  # of the worlds that have one

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
    "virtual_mailbox_domains": ("vm.test", "vm.test, example.com", f"texthash:{PLACE}/destinations"),
    "parent_domain_matches_subdomains": ("", "relay_domains", "transport_maps, virtual_alias_domains"),
    "relay_recipient_maps": (f"texthash:{PLACE}/recipients",),
    "local_recipient_maps": (f"texthash:{PLACE}/recipients", "", "$alias_maps", f"unix:passwd.byname texthash:{PLACE}/recipients"),
    "relocated_maps": (f"texthash:{PLACE}/relocated",),
    "smtpd_reject_unlisted_recipient": ("no",),
    "smtpd_recipient_restrictions": ("reject_unlisted_recipient", "permit", "permit, reject_unlisted_recipient"),
    "unknown_local_recipient_reject_code": ("450",),
    "unknown_relay_recipient_reject_code": ("450",),
    "unknown_virtual_alias_reject_code": ("450",),
    "unknown_virtual_mailbox_reject_code": ("450", "553"),
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
    "masquerade_domains": (
        "example.com",
        "!mail.example.com, example.com",
        "mail.example.com example.com",
        "relay.test remote.test",
        "example.com other.test va.test",
    ),
    "virtual_alias_expansion_limit": ("1", "2", "4"),
    "virtual_alias_recursion_limit": ("1", "2", "3"),
    "virtual_alias_address_length_limit": ("20", "25"),
    "smtputf8_enable": ("no",),
    "strict_rfc821_envelopes": ("yes",),
    "receive_override_options": ("no_address_mappings", "no_unknown_recipient_checks"),
    "always_bcc": ("bob", "x@vm.test"),
}  # fmt: skip
# Parameters that name a service and perhaps a nexthop.
_CLASS_TRANSPORTS = ("local_transport", "relay_transport", "default_transport", "virtual_transport")
_MAILBOX_TRANSPORTS = ("mailbox_transport", "fallback_transport")
_TABLES = ("virtual_alias_maps", "virtual_alias_maps", "transport_maps", "transport_maps", "recipient_canonical_maps",
           "canonical_maps", "sender_canonical_maps", "sender_dependent_relayhost_maps",
           "sender_dependent_default_transport_maps", "sender_bcc_maps", "recipient_bcc_maps")  # fmt: skip
# Headers are no business of lastmile.
_CANONICAL_CLASSES = {
    "canonical_maps": ("envelope_recipient", "envelope_sender", "envelope_sender, envelope_recipient"),
    "recipient_canonical_maps": ("envelope_recipient",),
    "sender_canonical_maps": ("envelope_sender",),
}
_MASQUERADE_CLASSES = ("envelope_sender, envelope_recipient", "envelope_recipient", "envelope_sender, header_sender")
_MASQUERADE_EXCEPTIONS = ("alice", "root, bob, sales+x", f"texthash:{PLACE}/exceptions")
# Tables that settings name by their file.
_FILES = ("destinations", "recipients", "relocated", "exceptions", "owners", "groups", "mailboxes")


@dataclass
class Route:
    settings: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)  # file below /etc/postfix -> lines
    services: dict[str, str] = field(default_factory=dict)  # service -> its line in master.cf
    aliases: dict[str, list[str]] = field(default_factory=dict)
    names: Names | None = None  # of an empty one: none


def make(source: random.Random, marks_again: bool) -> Route:
    """An empty one for half of the worlds. `marks_again`: whether mail that is submitted again gets a Delivered-To:."""
    if source.random() < 0.5:
        return Route()
    route = Route(names=Names(source, source.random() < _INTERNATIONAL_SHARE))
    services = random_services.make(source, PLACE)
    if not marks_again:
        services.forget_original_recipients()
    route.services = services.lines
    route.settings = {name: source.choice(_SETTINGS[name]) for name in source.sample(tuple(_SETTINGS), source.randint(0, 6))}
    _add_transports(source, route, services)
    _add_tables(source, route, services)
    if route.names.is_international and source.random() < 0.5:
        route.aliases[source.choice(UTF8_LOCAL_PARTS)] = [route.names.address()]
    return route


def _add_transports(source: random.Random, route: Route, services: Services) -> None:
    route.settings |= services.settings
    for name in source.sample(_CLASS_TRANSPORTS, source.choice((0, 0, 1, 2))):
        route.settings[name] = source.choice(services.class_transports())
    for name in source.sample(_MAILBOX_TRANSPORTS, source.choice((0, 0, 0, 1))):
        route.settings[name] = source.choice(services.mailbox_transports())
    if "virtual_mailbox_domains" in route.settings and "virtual_mailbox_base" not in route.settings:
        route.settings.setdefault("virtual_transport", source.choice((f"lmtp:unix:{SERVER}", "error:5.2.1 no mailboxes", "discard:")))


def _add_tables(source: random.Random, route: Route, services: Services) -> None:
    maker = _Tables(source, route.names, services)
    names = list(dict.fromkeys(source.sample(_TABLES, source.randint(0, 3))))
    route.settings |= {name: f"texthash:{PLACE}/{name}" for name in names}
    for name, classes in _CANONICAL_CLASSES.items():
        if name in names:
            route.settings[name.replace("maps", "classes")] = source.choice(classes)
    if "masquerade_domains" in route.settings:
        route.settings["masquerade_classes"] = source.choice(_MASQUERADE_CLASSES)
        if source.random() < 0.5:
            route.settings["masquerade_exceptions"] = source.choice(_MASQUERADE_EXCEPTIONS)
    values = " ".join(route.settings.values())
    for name in (*names, *_FILES):
        if f"{PLACE}/{name}" in values:
            route.tables[name] = maker.lines(name)
    if f"{PLACE}/destination_list" in values:
        route.tables["destination_list"] = ["# the domains", "example.com", "localhost, !mail.example.com", ".va.test"]


class _Tables:
    def __init__(self, source: random.Random, names: Names, services: Services) -> None:
        self._random = source
        self._names = names
        self._services = services

    def lines(self, table: str) -> list[str]:
        """The keys differ: postmap(1) says what becomes of others."""
        lines = {}
        for _ in range(self._random.randint(1, 5)):
            key = self._key(table)
            lines.setdefault(key.casefold(), f"{key} {self._value(table)}")
        return list(lines.values())

    def _key(self, table: str) -> str:
        if table == "transport_maps":
            return self._names.transport_key()
        if table == "destinations":
            return self._names.domain()
        if table == "exceptions":
            return self._names.local_part()
        if table in ("owners", "groups", "mailboxes"):
            return self._random.choice((self._names.key(), "@vm.test", "alice@vm.test"))
        return self._names.sender_key() if table.startswith("sender_") else self._names.key()

    def _value(self, table: str) -> str:
        pick = self._random.choice
        match table:
            case "transport_maps":
                return pick(self._services.transports())
            case "sender_dependent_default_transport_maps":
                return pick(("DUNNO", *self._services.class_transports()))
            case "sender_dependent_relayhost_maps":
                return pick(("DUNNO", SINK))
            case "destinations" | "recipients" | "exceptions":
                return "anything"
            case "relocated":
                return pick(("new@remote.test", "5 Main Street, Nowhere"))
            case "mailboxes":
                return random_services.mailbox_path(self._random)
            case "owners" | "groups":
                return random_services.number(self._random)
            case "sender_bcc_maps" | "recipient_bcc_maps":
                return self._names.address()
        count = 1 if table.endswith("canonical_maps") else pick((1, 1, 2, 3))
        return ", ".join(self._names.result() for _ in range(count))
