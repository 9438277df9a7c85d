# SPDX-License-Identifier: Apache-2.0
"""Small random mail hosts: aliases, owners, includes, .forward files, extensions, transports, rights.

A world is made of parts that can be left out one by one, so that shrink.py can make it small."""

from __future__ import annotations

import copy
import random
import re
from dataclasses import dataclass, field, replace

import random_faults
import random_route
import random_services
import random_wire
from outcome import OF_NOTIFICATION, UNORDERED
from random_names import Names
from random_services import SERVER
from scenario import RELAY_HOST, Scenario, parse

USERS = ("alice", "bob", "carol", "dave")
NOBODY = ("nosuch", "x", "no-one")
ALIASES = ("list", "team", "news", "staff", "a-b", "c+d", "info", "bob", "dave", "postmaster", "root")
EXTENSIONS = ("work", "x", "a+b", "a-b", "", "Work", "a/b", "w_1")
LISTS = ("/srv/lists/one", "/srv/lists/two", "/home/carol/list")
ADDRESSES_PER_WORLD = 25
_SMTP_EXTENSIONS = "extensions: PIPELINING 8BITMIME ENHANCEDSTATUSCODES SMTPUTF8"

# How many notifications there are is not compared, so their lines have to differ from others.
_TELL_OF_REPORT = f"grep report-type= >/dev/null && of='{OF_NOTIFICATION}';"
_COMMANDS = (
    "|exit 0",
    "|exit 1",
    "|exit 67",
    "|exit 75",
    "|echo 4.2.2 full; exit 1",
    "|echo 5.7.7 never; exit 75",
    f"|{_TELL_OF_REPORT} echo $USER/$LOCAL/$EXTENSION/$DOMAIN/$RECIPIENT/$SENDER/$HOME/$LOGNAME/$SHELL$of >>{UNORDERED}",
    "|/bin/true",
    "|/nowhere/command",
    "|echo $RECIPIENT; exit 77",
)
_SETTINGS: dict[str, tuple[str, ...]] = {
    "recipient_delimiter": ("+", "+", "+", "-", "+-", "-+", "", "=+"),
    "propagate_unmatched_extensions": ("", "alias", "forward", "include", "alias, forward, include", "canonical"),
    "owner_request_special": ("no", "yes"),
    "expand_owner_alias": ("yes",),
    "reset_owner_alias": ("yes",),
    "frozen_delivered_to": ("no",),
    "prepend_delivered_header": ("forward", "forward, file", "command, forward"),
    "home_mailbox": ("Mailbox", "Maildir/", "mail/in"),
    "mail_spool_directory": ("/var/mail", "/srv/spool/", "/srv/open"),
    "mailbox_transport": (f"lmtp:unix:{SERVER}", "error:5.2.1 closed", "discard:"),
    "mailbox_transport_maps": (f"inline:{{alice=lmtp:unix:{SERVER}}}", "inline:{bob=discard:, nosuch=error:5.1.9 gone}"),
    "fallback_transport": (f"lmtp:unix:{SERVER}", "discard:"),
    "fallback_transport_maps": (f"inline:{{nosuch=lmtp:unix:{SERVER}}}", "inline:{x=discard:}"),
    "mailbox_command": ("exit 0", f"{_TELL_OF_REPORT} echo $USER $EXTENSION$of >>{UNORDERED}", "exit 69"),
    "mailbox_command_maps": ("inline:{alice=exit 75}", "inline:{bob=exit 0, carol=exit 65}"),
    "luser_relay": ("$user@elsewhere.test", "alice", "bob+$local", "$local@elsewhere.test", "$recipient", "list", "x$user"),
    "allow_mail_to_commands": ("alias", "forward", "alias, forward, include", ""),
    "allow_mail_to_files": ("alias", "forward", "alias, forward, include", ""),
    "forward_path": (
        "$home/.forward",
        "$home/.forward+$extension, $home/.forward",
        "/srv/forward/$user, $home/.forward",
        "$home/.forward${extension?-$extension}, $home/.forward",
        "",
    ),
    "require_home_directory": ("yes",),
    "duplicate_filter_limit": ("0", "20"),
    "transport_maps": (f"inline:{{carol@example.com=lmtp:unix:{SERVER}}}", "inline:{bob@example.com=discard:}",
                       "inline:{dave@example.com=:}"),
    "virtual_alias_maps": ("inline:{info@example.com=alice, {staff@example.com=bob list}}",
                           "inline:{alice@example.com=alice@localhost}", "inline:{x=carol+y@example.com}"),
    "recipient_canonical_maps": ("inline:{nosuch@example.com=alice@example.com}", "inline:{news=team}"),
    "strict_mailbox_ownership": ("no",),
    "soft_bounce": ("yes",),
    "enable_original_recipient": ("no",),
    "myorigin": ("$myhostname", "localhost"),
    "append_dot_mydomain": ("no",),
    "default_privs": ("dave",),
}  # fmt: skip


@dataclass
class File:
    lines: list[str]
    mode: str = "644"
    owner: str = ""  # empty: as laid


@dataclass(frozen=True)
class Mail:
    sender: str
    recipient: str
    via: str = "sendmail"
    others: tuple[str, ...] = ()  # more recipients
    options: tuple[str, ...] = ()  # more lines of a message to send


@dataclass
class World:
    seed: int
    settings: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    home_modes: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)  # of the route: file below /etc/postfix -> lines
    services: dict[str, str] = field(default_factory=dict)  # service -> its line in master.cf
    setup: list[str] = field(default_factory=list)  # of a fault of configuration
    servers: dict[str, list[str]] = field(default_factory=dict)  # beside the usual ones: where it listens -> its script
    mails: list[Mail] = field(default_factory=list)

    def copy(self) -> World:
        return copy.deepcopy(self)


def make(seed: int, addresses: int = ADDRESSES_PER_WORLD) -> World:
    """The same world for the same seed."""
    source = random.Random(f"wire {seed}")
    if source.random() < random_wire.SHARE:
        return _make_wire(seed, source, addresses)
    maker = _Maker(random.Random(seed))
    world = World(seed)
    world.settings = maker.settings()
    for name in maker.some(ALIASES, 2, 8):
        world.aliases[name] = maker.members(1, 4)
        if maker.chance(0.25):
            # A list would be no address: docs/differences.md, lmtp-bad-sender-bounces.
            most = 1 if "expand_owner_alias" in world.settings else 2
            world.aliases[f"owner-{name}"] = maker.members(1, most, plain=True)
    for path in maker.some(LISTS, 0, 3):
        world.files[path] = File(maker.lines(), *maker.rights(path))
    for user in maker.some(USERS, 0, 3):
        for name in maker.some((".forward", ".forward", ".forward+work", ".forward+x", ".forward-x"), 1, 2):
            world.files[f"/home/{user}/{name}"] = File(maker.lines(), *maker.rights(f"/home/{user}/"))
    if maker.chance(0.1):
        world.files[f"/srv/forward/{maker.pick(USERS)}"] = File(maker.lines())
    if maker.chance(0.1):
        world.home_modes[maker.pick(USERS)] = maker.pick(("000", "700", "777"))
    world.mails = [Mail(maker.sender(number), maker.recipient(world)) for number in range(addresses)]
    _add_route(world)
    if "luser_relay" in world.settings:
        _unquote(world)
    _add_faults(world)
    return world


def _make_wire(seed: int, source: random.Random, addresses: int) -> World:
    """A world that is about the clients alone."""
    wire = random_wire.make(source)
    world = World(seed, wire.settings, wire.aliases, tables=wire.tables, services=wire.services, servers=wire.servers)
    for number in range(addresses):
        envelope = random_wire.envelope(source)
        first, *others = envelope.recipients
        sender = "" if source.random() < 0.05 else f"s{number}@remote.test"
        world.mails.append(Mail(sender, first, envelope.via, tuple(others), envelope.options))
    return world


def _add_faults(world: World) -> None:
    source = random.Random(f"faults {world.seed}")
    faults = random_faults.make(source, "virtual_mailbox_base" in world.settings, bool(world.services))
    world.settings |= faults.settings
    world.setup = faults.setup
    if faults.stops_rewriting:
        world.mails = [replace(mail, via="sendmail") for mail in world.mails]
    if faults.comment:
        name = source.choice(list(world.services))
        world.services[name] += faults.comment


def _add_route(world: World) -> None:
    """With chances of its own, so that the rest of a world does not depend on it."""
    source = random.Random(f"route {world.seed}")
    route = random_route.make(source, "forward" in world.settings.get("prepend_delivered_header", "forward"))
    world.settings |= route.settings
    is_international = route.names is not None and route.names.is_international
    if world.settings.get("enable_original_recipient") == "no" or is_international:
        # The mail system takes a copy for the recipient itself as one with it then; and what one recipient of
        # a message needs of a server is asked for the copies as well (docs/differences.md, smtputf8-by-address).
        world.settings = {name: value for name, value in world.settings.items() if "_bcc" not in name}
    if any("_bcc" in name for name in world.settings):
        # A copy comes to the stand-in as a message of its own, and may share no command with its recipient.
        world.settings |= {f"{name}_destination_recipient_limit": "1" for name in route.services}
    world.aliases |= route.aliases
    world.tables, world.services = route.tables, route.services
    if route.names is not None:
        is_utf8_offered = world.settings.get("smtputf8_enable") != "no"
        world.mails = [_routed(number, mail, route.names, is_utf8_offered) for number, mail in enumerate(world.mails)]


def _routed(number: int, mail: Mail, names: Names, is_utf8_offered: bool) -> Mail:
    sender = names.sender(number) if mail.sender and names.chance(0.5) else mail.sender
    recipient = names.recipient() if names.chance(0.6) else mail.recipient
    # What smtpd(8) says of a sender is no business of lastmile.
    is_by_smtp = names.chance(random_route.SMTP_SHARE) and (is_utf8_offered or sender.isascii())
    return Mail(sender, recipient, "smtp" if is_by_smtp else "sendmail")


def _unquote(world: World) -> None:
    """A relay that needs quotes is lost in Postfix: docs/differences.md, luser-relay-quoted."""

    def unquoted(text: str) -> str:
        return re.sub(r'"a b"|"a@b"|\ba@b(?=@)', "carol", text)

    for members in (*world.aliases.values(), *world.tables.values(), *(file.lines for file in world.files.values())):
        members[:] = [unquoted(member) for member in members]
    world.mails = [replace(mail, recipient=unquoted(mail.recipient)) for mail in world.mails]


def to_text(world: World) -> str:
    """The scenario file."""
    lines = [f"# A random world: seed {world.seed}."]
    settings = {"mailbox_delivery_lock": "fcntl", **world.settings}
    lines += ["-- etc/postfix/main.cf --", *(f"{name} = {value}" for name, value in settings.items())]
    lines += ["-- etc/aliases --", *(f"{n}: {', '.join(m)}" for n, m in world.aliases.items() if m)]
    for name, entries in world.tables.items():
        lines += [f"-- {random_route.PLACE[1:]}/{name} --", *entries]
    for path, file in world.files.items():
        lines += [f"-- {path[1:]} --", *file.lines]
    if world.services:
        lines += ["-- etc/postfix/master.cf --", *world.services.values()]
        lines += [f"-- {random_services.SHOW[1:]} --", random_services.SHOW_SCRIPT.rstrip()]
    setup = ["mkdir -m 1777 -p /tmp/out /srv/open", "mkdir -p -m 1777 /srv/spool"]
    setup += [f"install -d -o {random_services.MAIL_OWNER} -g {random_services.MAIL_OWNER} {random_services.MAIL_BASE}"]
    setup += [f"install -d -m 1777 {random_services.SHARED_BASE}"]
    setup += [f"touch {UNORDERED}", f"chmod 666 {UNORDERED}"]
    for path, file in world.files.items():
        setup += [f"chmod {file.mode} {path}"] if file.mode != "644" else []
        setup += [f"chown {file.owner} {path}"] if file.owner else []
    setup += [f"chmod {mode} /home/{user}" for user, mode in world.home_modes.items()]
    setup += world.setup
    lines += ["-- setup --", *setup, "-- smtp --", f"listen: {RELAY_HOST}", _SMTP_EXTENSIONS]
    lines += [line for where, script in world.servers.items() if where in random_wire.OF_SMTP for line in (f"listen: {where}", *script)]
    lines += ["-- lmtp --", *_lmtp_servers(world)]
    for name in random_wire.MESSAGES if world.servers else ():
        lines += [f"-- message {name} --", random_wire.MESSAGES[name].rstrip()]
    lines.append("-- send --")
    mails = [_to_send(mail) for mail in world.mails]
    return "\n".join([*lines, "\n".join(mails)])


def _lmtp_servers(world: World) -> list[str]:
    if not world.servers:
        return [f"listen: unix:{SERVER}", "rcpt nosuch@example.com: 550 5.1.1 no such user", "final bob@example.com: 452 4.2.2 full"]
    scripts = [(where, script) for where, script in world.servers.items() if where not in random_wire.OF_SMTP]
    return [line for where, script in scripts for line in (f"listen: {where}", *script)]


def _to_send(mail: Mail) -> str:
    lines = [f"from: {mail.sender or '<>'}", *(f"to: {recipient}" for recipient in (mail.recipient, *mail.others))]
    lines += [] if mail.via == "sendmail" else [f"via: {mail.via}"]
    return "".join(f"{line}\n" for line in (*lines, *mail.options))


def to_scenario(world: World) -> Scenario:
    return parse(to_text(world), f"seed-{world.seed}")


class _Maker:
    def __init__(self, source: random.Random) -> None:
        self._random = source

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def pick(self, choices: tuple[str, ...]) -> str:
        return self._random.choice(choices)

    def some(self, choices: tuple[str, ...], least: int, most: int) -> list[str]:
        unique = list(dict.fromkeys(choices))
        return self._random.sample(unique, min(self._random.randint(least, most), len(unique)))

    def settings(self) -> dict[str, str]:
        chosen = self.some(tuple(_SETTINGS), 0, 7)
        if "recipient_delimiter" not in chosen and self.chance(0.3):
            chosen.append("recipient_delimiter")
        return {name: self.pick(_SETTINGS[name]) for name in chosen}

    def members(self, least: int, most: int, plain: bool = False) -> list[str]:
        return [self.member(plain) for _ in range(self._random.randint(least, most))]

    def member(self, plain: bool = False) -> str:
        kind = self._random.random()
        if plain or kind < 0.45:
            return self.address()
        if kind < 0.55:
            return f"r{self._random.randint(1, 5)}@elsewhere.test"
        if kind < 0.67:
            return f'"{self.pick(_COMMANDS)}"'
        if kind < 0.75:
            return self.pick(("/tmp/out/file", "/srv/open/box", "/tmp/out/dir/", "/dev/null", '"/tmp/out/a b"', "~/kept"))
        if kind < 0.87:
            return f":include:{self.pick((*LISTS, '/srv/lists/missing', 'relative'))}"
        if kind < 0.93:
            return f"\\{self.pick(USERS)}"
        return self.pick(('"\\\\alice"', "alice (a comment)", "Full Name <bob>", "carol dave", '"a b"', "g: alice, bob;",
                          "<>", '""', "#", "%", "a@b@example.com", "alice@[127.0.0.1]", "alice@example.com.",
                          "bob%localhost", '"bob"@example.com', "\\\\carol", "|/bin/true arg"))  # fmt: skip

    def address(self) -> str:
        local = self.local_part()
        if self.chance(0.7):
            return local
        return f"{local}@{self.pick(('example.com', 'localhost', 'EXAMPLE.com', 'mail.example.com', 'remote.test'))}"

    def local_part(self) -> str:
        local = self.pick((*USERS, *USERS, *ALIASES, *NOBODY))
        if self.chance(0.15):
            local = local.upper() if self.chance(0.5) else local.capitalize()
        if self.chance(0.25):
            local += self.pick(("+", "+", "-", "=")) + self.pick(EXTENSIONS)
        return local

    def lines(self) -> list[str]:
        lines = [", ".join(self.members(1, 2)) for _ in range(self._random.randint(0, 3))]
        if self.chance(0.2):
            lines.insert(0, "# a comment")
        if self.chance(0.05):
            lines.append(self.pick(('"unclosed', "(open", "alice,", ", ,", "<bob", "\tbob")))
        return lines

    def rights(self, path: str) -> tuple[str, str]:
        mode = self.pick(("600", "664", "666", "000", "640", "755")) if self.chance(0.25) else "644"
        owner = self.pick(("root", "alice", "carol", "4711")) if self.chance(0.2) else ""
        return mode, owner

    def sender(self, number: int) -> str:
        if self.chance(0.04):
            return ""
        return f"alice+s{number}@example.com" if self.chance(0.05) else f"s{number}@remote.test"

    def recipient(self, world: World) -> str:
        kind = self._random.random()
        if kind < 0.35:
            local = self.pick(tuple(world.aliases) or ("list",))
            return f"{local}{'+' + self.pick(EXTENSIONS) if self.chance(0.2) else ''}@example.com"
        if kind < 0.9:
            return f"{self.local_part()}@{self.pick(('example.com',) * 6 + ('localhost', 'mail.example.com', 'Example.COM'))}"
        return self.pick(('"\\\\alice"@example.com', '"a b"@example.com', "postmaster+x@example.com", "alice",
                          '"bob+work"@example.com', "mailer-daemon@example.com", "+x@example.com", '""@example.com',
                          "alice@mail.example.com", "owner-list@example.com", "list-request@example.com",
                          "double-bounce@example.com", '"a@b"@example.com', "bob%localhost@example.com",
                          "@example.com", "alice@[127.0.0.1]"))  # fmt: skip

