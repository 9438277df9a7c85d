# SPDX-License-Identifier: Apache-2.0
"""Random restriction lists of smtpd(8), and sessions of random clients: what RCPT says in Postfix, and in a trace.

Each session has one recipient: what one recipient leaves behind for the next (DISCARD, say) is no business of a
trace, which is about one."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import agreement
import namespace
import runs
from scenario import Scenario, parse

SESSIONS_PER_WORLD = 40

_LISTS = ("client", "helo", "sender", "relay", "recipient")
_WORDS = (
    "permit", "reject", "defer", "permit_mynetworks", "permit_sasl_authenticated", "permit_auth_destination",
    "reject_unauth_destination", "defer_unauth_destination", "reject_non_fqdn_sender", "reject_non_fqdn_recipient",
    "reject_non_fqdn_helo_hostname", "reject_invalid_helo_hostname", "reject_unlisted_recipient", "reject_unlisted_sender",
    "reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch", "reject_known_sender_login_mismatch",
    "reject_unauthenticated_sender_login_mismatch", "defer_if_permit", "defer_if_reject", "warn_if_reject",
    "reject_unauth_pipelining", "reject_unknown_client_hostname", "permit_tls_all_clientcerts",
)  # fmt: skip
# What smtpd(8) wants one of before it starts; and what nobody puts first in a list that others follow.
_KEEPS_STRANGERS_OUT = ("reject_unauth_destination", "defer_unauth_destination", "reject", "defer")
_FINAL = ("permit", "reject", "defer")
_SETTINGS = {
    "smtpd_delay_reject": ("no",),
    "soft_bounce": ("yes",),
    "smtpd_reject_unlisted_recipient": ("no",),
    "smtpd_reject_unlisted_sender": ("yes",),
    "smtpd_relay_before_recipient_restrictions": ("no",),
    "smtpd_helo_required": ("yes",),
    "smtpd_null_access_lookup_key": ("null", ""),
    "parent_domain_matches_subdomains": ("", "smtpd_access_maps"),
    "mynetworks": ("192.0.2.0/28", "127.0.0.0/8 [2001:db8::]/32", "!192.0.2.9 192.0.2.0/24", "mx.far.test"),
    "reject_code": ("541", "454"),
    "defer_code": ("441",),
    "access_map_reject_code": ("541",),
    "access_map_defer_code": ("442",),
    "relay_domains_reject_code": ("551", "450"),
    "non_fqdn_reject_code": ("550",),
    "invalid_hostname_reject_code": ("502", "450"),
    "unknown_client_reject_code": ("550",),
    "unknown_local_recipient_reject_code": ("450",),
    "relay_domains": ("rel.test", "rel.test, far.test"),
    "virtual_alias_domains": ("va.test",),
    "recipient_delimiter": ("", "-"),
    "local_recipient_maps": ("",),
    "smtpd_sender_login_maps": ("inline:{{alice@example.com=alice}, {@far.test=bob}, {team@example.com=alice bob}}",),
}
_CLASSES = ("strict", "loose")
_KEYS = {
    "client": ("192.0.2.9", "192.0.2", "mx.far.test", "far.test", ".far.test", "unknown", "2001:db8", "10.1.2.3"),
    "helo": ("mx.far.test", "far.test", ".far.test", "localhost", "[192.0.2.9]", "bad_helo"),
    "sender": ("<>", "null", "alice@example.com", "example.com", "far.test", ".far.test", "x@", "x+y@sub.far.test", "x@sub.far.test"),
    "recipient": ("alice@example.com", "alice@", "alice+x@example.com", "example.com", "nosuch@", "va.test", "rel.test", "far.test",
                  ".rel.test", "postmaster@", "mail.example.com"),
}  # fmt: skip
_VALUES = (
    "OK", "permit", "REJECT", "REJECT go away", "reject 5.7.9 not you", "DEFER", "DEFER later", "DEFER_IF_PERMIT", "DEFER_IF_PERMIT not yet",
    "DEFER_IF_REJECT", "DEFER_IF_REJECT perhaps", "DUNNO", "550 no", "450 4.3.9 wait", "554", "250 fine", "DISCARD", "HOLD", "WARN odd",
    "INFO seen", "PREPEND X-A: b", "REDIRECT carol@example.com", "FILTER smtp:[127.0.0.1]:9", "BCC bob@example.com", "strict", "loose",
    "reject_unlisted_recipient", "permit_mynetworks, reject", "reject_unauth_destination", "warn_if_reject, reject", "1234", "no such action",
)  # fmt: skip
_CLIENTS = ("192.0.2.9,mx.far.test", "192.0.2.10,unknown", "192.0.2.200,unknown", "10.1.2.3,sub.rel.test", "2001:db8::1,six.test", "127.0.0.1,localhost")
_HELOS = ("mx.far.test", "localhost", "far.test", "bad_helo", "[192.0.2.9]", "[bad", "sub.far.test.", "a-.test")
_LOGINS = ("", "", "", "alice", "bob")
_SENDERS = ("<>", "alice@example.com", "team@example.com", "nosuch@example.com", "x@far.test", "x+y@sub.far.test", "y@other.test", "bare", "x@short")
_RECIPIENTS = (
    "alice@example.com", "alice+x@example.com", "nosuch@example.com", "postmaster", "postmaster@example.com", "postmaster@far.test",
    "x@far.test", "y@rel.test", "z@sub.rel.test", "info@va.test", "nosuch@va.test", "alice@localhost", "bare", "x@short",
    "alice@mail.example.com", "x%far.test@example.com", "alice@[127.0.0.1]", "ALICE@EXAMPLE.COM",
)  # fmt: skip


@dataclass(frozen=True)
class Session:
    client: str
    helo: str
    login: str
    sender: str
    recipient: str


@dataclass
class World:
    seed: int
    settings: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)  # parameter -> restrictions
    tables: dict[str, list[str]] = field(default_factory=dict)  # file below /etc/postfix -> lines
    sessions: list[Session] = field(default_factory=list)


def make(seed: int) -> World:
    """The same world for the same seed."""
    source = random.Random(f"restrictions {seed}")
    world = World(seed)
    world.settings = {name: source.choice(_SETTINGS[name]) for name in source.sample(tuple(_SETTINGS), source.randint(0, 6))}
    for name in _LISTS:
        # Without delay a client is refused before it can say what these sessions say.
        is_told_early = name in ("client", "helo") and "smtpd_delay_reject" in world.settings
        if name in ("relay", "recipient") or (source.random() < 0.4 and not is_told_early):
            world.lists[f"smtpd_{name}_restrictions"] = _restrictions(source, name, world, source.randint(1, 5), _CLASSES)
    for i, name in enumerate(_CLASSES):
        # A class that names itself makes smtpd(8) end without an answer.
        world.lists[name] = _restrictions(source, "recipient", world, source.randint(1, 3), _CLASSES[i + 1 :])
    if not any(_keeps_strangers_out(world.lists[f"smtpd_{name}_restrictions"]) for name in ("relay", "recipient")):
        world.lists[f"smtpd_{source.choice(('relay', 'recipient'))}_restrictions"].append(source.choice(_KEEPS_STRANGERS_OUT))
    pick = source.choice
    world.sessions = [Session(pick(_CLIENTS), pick(_HELOS), pick(_LOGINS), pick(_SENDERS), pick(_RECIPIENTS)) for _ in range(SESSIONS_PER_WORLD)]
    return world


def _keeps_strangers_out(restrictions: list[str]) -> bool:
    return any(r in _KEEPS_STRANGERS_OUT and (i == 0 or restrictions[i - 1] != "warn_if_reject") for i, r in enumerate(restrictions))


def _restrictions(source: random.Random, place: str, world: World, count: int, classes: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        kind = source.random()
        if kind < 0.4:
            found.append(_access(source, place, world, classes))
        elif kind < 0.5 and classes:
            found.append(source.choice(classes))
        else:
            word = source.choice(_WORDS)
            if word not in _FINAL or source.random() < 0.3:
                found.append(word)
    return found


def _access(source: random.Random, place: str, world: World, classes: tuple[str, ...]) -> str:
    """A table that is asked for what is known in this place, or, where all is delayed, for any of it."""
    about = place if place in _KEYS and source.random() < 0.6 else source.choice(tuple(_KEYS))
    name = f"access{len(world.tables)}"
    lines: dict[str, str] = {}
    for _ in range(source.randint(1, 4)):
        key = source.choice(_KEYS[about])
        value = source.choice(_VALUES)
        lines.setdefault(key, f"{key} {value if value in classes or value not in _CLASSES else 'DUNNO'}")
    world.tables[name] = list(lines.values())
    return f"check_{about}_access texthash:/etc/postfix/{name}"


def to_text(world: World) -> str:
    """The scenario file."""
    lines = [f"# Random restriction lists: seed {world.seed}.", "-- etc/postfix/main.cf --"]
    lines += ["smtpd_sasl_auth_enable = yes", "smtpd_sasl_type = dovecot", "smtpd_sasl_path = private/auth"]
    # After a fault of the configuration an smtpd process goes on with what it had in mind for the session before.
    lines += ["max_use = 1"]
    lines += [f"smtpd_restriction_classes = {', '.join(_CLASSES)}"]
    lines += [f"{name} = {value}" for name, value in world.settings.items()]
    lines += [f"{name} = {', '.join(restrictions)}" for name, restrictions in world.lists.items()]
    named = " ".join(r for restrictions in world.lists.values() for r in restrictions)
    for name, entries in world.tables.items():
        if f"/etc/postfix/{name}" in named.split("texthash:") or f"/{name}" in named:
            lines += [f"-- etc/postfix/{name} --", *entries]
    lines += ["-- send --", "\n\n".join(map(_submission, world.sessions))]
    return "\n".join(lines)


def _submission(session: Session) -> str:
    lines = [f"from: {session.sender}", f"to: {session.recipient}", "via: smtp", "until: rcpt"]
    lines += [f"client: {session.client}", f"helo: {session.helo}"]
    return "\n".join([*lines, *([f"login: {session.login}"] if session.login else [])])


def to_scenario(world: World) -> Scenario:
    return parse(to_text(world), f"restrictions-{world.seed}")


def differences(world: World, program: Path) -> list[str]:
    """Of the answers, each behind the session that got it."""
    scenario = to_scenario(world)
    expected = runs.with_postfix(scenario, settle_each=False).outcome
    found = runs.traced(scenario, program)
    return [*found.problems, *agreement.traced_answers(expected, found.outcome)]


def _verdict(job: tuple[Path, int]) -> tuple[int, list[str], str]:
    program, seed = job
    try:
        return seed, differences(make(seed), program), ""
    except (namespace.NamespaceFailure, OSError) as problem:
        return seed, [], str(problem)


def compare(program: Path, sessions: int, first_seed: int, jobs: int, keep: Path | None) -> int:
    """The exit status: 0 no disagreement, 1 some, or a world that could not be run."""
    began = time.monotonic()
    count = max(1, sessions // SESSIONS_PER_WORLD)
    disagreeing, failures, mute = 0, 0, 0
    with ProcessPoolExecutor(jobs) as pool:
        for seed, found, failure in pool.map(_verdict, [(program, s) for s in range(first_seed, first_seed + count)]):
            # A configuration with which smtpd does not start has no answers to compare.
            mute += failure == "smtpd greets nobody"
            if failure and failure != "smtpd greets nobody":
                failures += 1
                print(f"seed {seed}: {failure}", flush=True)
            if found:
                disagreeing += 1
                _report(program, seed, found, keep)
    seconds = time.monotonic() - began
    print(
        f"restrictions: {count * SESSIONS_PER_WORLD} sessions in {count} worlds from seed {first_seed}: {disagreeing} worlds disagree, "
        f"{mute} take no mail, {failures} did not run ({seconds:.0f} s)"
    )
    return 1 if failures or disagreeing else 0


def _report(program: Path, seed: int, found: list[str], keep: Path | None) -> None:
    print(f"seed {seed}: they disagree", *(f"    {line}" for line in found), sep="\n", flush=True)
    if keep is None:
        return
    small = shrink(make(seed), program)
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"restrictions-{seed}.scenario"
    path.write_text(to_text(small), encoding="utf-8")
    print(f"    {path}", flush=True)


def shrink(world: World, program: Path, most_trials: int = 40) -> World:
    """A smaller world in which they disagree."""
    trials = 0
    progress = True
    while progress:
        progress = False
        for candidate in _smaller(world):
            trials += 1
            if trials > most_trials:
                return world
            try:
                disagrees = bool(differences(candidate, program))
            except (namespace.NamespaceFailure, OSError):
                disagrees = False
            if disagrees:
                world, progress = candidate, True
                break
    return world


def _smaller(world: World) -> Iterator[World]:
    """First the large steps."""
    count = len(world.sessions)
    for first, last in ((0, count // 2), (count // 2, count)) if count > 1 else ():
        smaller = copy.deepcopy(world)
        smaller.sessions = world.sessions[first:last]
        yield smaller
    for name in world.settings:
        smaller = copy.deepcopy(world)
        del smaller.settings[name]
        yield smaller
    for name, restrictions in world.lists.items():
        for i in range(len(restrictions) if len(restrictions) > 1 else 0):
            smaller = copy.deepcopy(world)
            del smaller.lists[name][i]
            yield smaller
