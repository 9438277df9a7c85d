# SPDX-License-Identifier: Apache-2.0
"""Faults of configuration in a random world: what a daemon does not start with, a master.cf line with a comment behind it,
table types that Postfix does not load, tables behind proxy: that proxymap(8) does not serve."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SHARE = 0.3  # of the worlds
# Each stops local(8) alone. The limit of a mailbox below that of a message does, too.
_OF_LOCAL = (
    {"mailbox_delivery_lock": "foo"},
    {"expand_owner_alias": "maybe"},
    {"command_time_limit": "0"},
    {"allow_mail_to_commands": "alias, wherever"},
    {"allow_mail_to_files": "everywhere"},
    {"mailbox_size_limit": "1000"},
    {"prepend_delivered_header": "headers"},
    {"frozen_delivered_to": "2"},
    {"biff": "perhaps"},
)
_OF_VIRTUAL = ({"virtual_minimum_uid": "none"}, {"virtual_mailbox_limit": "-1"}, {"virtual_mailbox_lock": "lock"})
# Of cleanup(8) and trivial-rewrite(8). A local(8) that meets such a table ends in the middle of a delivery, and what
# becomes of the other mail is chance.
_MAPS = ("virtual_alias_maps", "transport_maps", "recipient_canonical_maps")
_ENTRIES = {
    "virtual_alias_maps": "info@example.com=alice",
    "transport_maps": "carol@example.com=discard:",
    "recipient_canonical_maps": "nosuch@example.com=alice@example.com",
}


@dataclass
class Faults:
    settings: dict[str, str] = field(default_factory=dict)
    setup: list[str] = field(default_factory=list)
    comment: str = ""  # behind the line of a service
    stops_rewriting: bool = False  # trivial-rewrite(8), which smtpd(8) waits for


def make(source: random.Random, has_virtual: bool, has_services: bool) -> Faults:
    """None in most worlds."""
    faults = Faults()
    if source.random() >= SHARE:
        return faults
    kind = source.choice(("local", "local", "virtual", "comment", "types", "proxy", "proxy"))
    if kind == "virtual" and has_virtual:
        faults.settings = dict(source.choice(_OF_VIRTUAL))
    elif kind == "comment" and has_services:
        faults.comment = source.choice((" # note", " #", " # note -o soft_bounce=yes"))
    elif kind == "types":
        name = source.choice(_MAPS)
        faults.settings = {name: "pcre:/etc/postfix/patterns"}
        faults.stops_rewriting = name == "transport_maps"
        faults.setup = ["echo '/^nothing$/ alice' >/etc/postfix/patterns", "chmod 666 /etc/postfix/dynamicmaps.cf"]
    elif kind == "proxy":
        name = source.choice(_MAPS)
        faults.settings = {name: f"proxy:inline:{{{_ENTRIES[name]}}}"}
        faults.stops_rewriting = name == "transport_maps"
        faults.settings["proxy_read_maps"] = source.choice(("static:all", "proxy:unix:passwd.byname", f"${name}"))
    else:
        faults.settings = dict(source.choice(_OF_LOCAL))
    return faults
