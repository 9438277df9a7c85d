# SPDX-License-Identifier: Apache-2.0
"""Scenario files: a small mail host, the messages that are sent to it, and what became of them.

A scenario is one text file. Comment lines at its top say what it is about; then come sections, each
headed by a line `-- NAME --`:

    etc/aliases, home/alice/.forward, ...   files of the host, by their path without the first /
    setup                                   a shell script that root runs when the files are laid
    send                                    the messages: from:, to:, via:, attempts:, envid:,
                                            message:, end:, repeat:, client:, helo:, login:, until:
    message, message NAME                   a message of the scenario's own
    lmtp, smtp                              scripted servers
    filter                                  content filters, a line each: the port where it listens, and
                                            the one where it gives mail back
    outcome of Postfix VERSION              what real Postfix did (written by `scenarios.py record`); one for
                                            each release from which on it is another one
    outcome of lastmile                     what lastmile does, where it means to differ; then the
                                            top names the entry of docs/differences.md: # differs: ID

fixtures/README.md describes all of it for those who write one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

SECTION = re.compile(r"^-- (\S.*?) --$")
POSTFIX_OUTCOME = re.compile(r"outcome of Postfix (?P<version>[\d.]+)$")
RELAY_HOST = "inet:127.0.0.1:2525"  # of every scenario's main.cf
LASTMILE_OUTCOME = "outcome of lastmile"
DIFFERS = re.compile(r"^differs: *(?P<id>[a-z0-9-]+)$")

# Of the servers; ca.pem has signed all but `stranger`. On the host they are in CERTIFICATE_PLACE.
CERTIFICATES = ("good", "expired", "other", "stranger")
CERTIFICATE_PLACE = "/etc/ssl/scenario"
HANDSHAKES = ("garbage", "hang", "hang-up", "injected")

# Read at once: the host of a scenario may hide the directory.
BASE = {path.name: path.read_text(encoding="utf-8") for path in (Path(__file__).resolve().parent / "base").iterdir()}
PEM = {path.name: path.read_text(encoding="utf-8") for path in (Path(__file__).resolve().parent / "certificates").glob("*.pem")}


FOLLOWED = "3.7.11"  # the release that lastmile does as where nothing says another


def release(version: str) -> tuple[int, ...]:
    """Of `3.10.13`, to be compared."""
    return tuple(int(number) for number in version.split("."))


class ScenarioError(Exception):
    """The scenario file is wrong."""


@dataclass(frozen=True)
class Submission:
    """One message and its envelope."""

    sender: str  # empty: the null sender
    recipients: tuple[str, ...]
    message: bytes
    via: str = "sendmail"  # or "smtp": smtpd answers RCPT first
    attempts: int = 1  # more: what is deferred is tried again
    envid: str = ""  # the sender's name for the message (DSN)
    notify: str = ""  # what the sender wants to be told of (DSN)
    ret: str = ""  # what the sender wants to get back (DSN)
    original: str = ""  # the recipient as it came into the mail system; empty: as it is
    # The client, as XCLIENT tells smtpd: ADDRESS[,NAME]; empty: this host.
    client: str = ""
    helo: str = "client.test"
    login: str = ""  # as whom it authenticated
    until: str = ""  # "rcpt": nothing is sent, the answers are all


@dataclass
class ServerScript:
    """One scripted LMTP or SMTP server. Replies are keyed by recipient; `*` stands for the rest."""

    protocol: str
    listen: str  # unix:PATH or inet:HOST:PORT
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
    banner: str = "220 sink.test ready"
    lhlo: str = ""
    mail: str = "250 2.1.0 Sender ok"
    data: str = "354 End data with <CR><LF>.<CR><LF>"
    rcpt: dict[str, str] = field(default_factory=lambda: {"*": "250 2.1.5 Recipient ok"})
    final: dict[str, str] = field(default_factory=lambda: {"*": "250 2.0.0 Ok"})
    disconnect: str = ""
    hang: str = ""
    shows: str = ""  # "commands": the outcome has those that lead to a message, with their parameters
    starttls: str = ""  # offered, with this certificate of CERTIFICATES
    tls: str = ""  # from the first octet, with this certificate
    handshake: str = ""  # garbage, hang, hang-up, or injected: text behind the reply to STARTTLS
    tls_reply: str = "220 2.0.0 Ready"  # to STARTTLS
    login: str = ""  # USER:PASSWORD; without it MAIL is refused


@dataclass(frozen=True)
class Scenario:
    name: str
    about: tuple[str, ...]  # the comment at the top, a line each
    files: dict[str, str]  # absolute path -> content
    setup: str
    submissions: tuple[Submission, ...]
    servers: tuple[ServerScript, ...] = ()
    # Mail passes a filter and comes back, which a trace follows and one delivery does not.
    has_filters: bool = False
    filters: tuple[tuple[int, int], ...] = ()  # where a filter listens, and where it gives mail back
    postfix_outcomes: dict[str, str] = field(default_factory=dict)  # by the release from which on it holds
    lastmile_outcome: str | None = None

    @property
    def differs(self) -> str | None:
        """The entry of docs/differences.md that this scenario shows."""
        return next((m["id"] for line in self.about if (m := DIFFERS.match(line))), None)

    @property
    def wants_ledger(self) -> bool:
        """Without it lastmile delivers as Postfix does; it is what these scenarios are about."""
        return self.differs is not None and self.differs.startswith("ledger-")

    def postfix_outcome(self, version: str) -> str | None:
        """What a release of Postfix does: the newest outcome that is not of a later one. None where the scenario
        begins with a later one. That of FOLLOWED stands for those before as well."""
        asked = max(release(version), release(FOLLOWED))
        fitting = [v for v in sorted(self.postfix_outcomes, key=release) if release(v) <= asked]
        return self.postfix_outcomes[fitting[-1]] if fitting else None

    def expected(self, version: str) -> str | None:
        """What lastmile must do for a release of Postfix."""
        return self.lastmile_outcome if self.differs else self.postfix_outcome(version)

    @property
    def versions(self) -> list[str]:
        """The releases for which lastmile has something else to do. Where it means to differ it has one outcome."""
        known = sorted(self.postfix_outcomes, key=release)
        return known[:1] or [FOLLOWED] if self.differs else known


def load(path: Path) -> Scenario:
    return parse(path.read_text(encoding="utf-8"), path.stem)


def parse(text: str, name: str) -> Scenario:
    about, sections = _sections(text, name)
    outcomes = {n: sections.pop(n) for n in list(sections) if n.startswith("outcome of ")}
    messages = {n: sections.pop(n) for n in list(sections) if n.split(" ")[0] == "message"}
    messages.setdefault("message", BASE["message"])
    setup, send = sections.pop("setup", ""), sections.pop("send", None)
    has_filters = "filter" in sections
    filters = [line.split() for line in sections.pop("filter", "").splitlines() if line]
    servers = [*_servers(name, "lmtp", sections.pop("lmtp", "")), *_servers(name, "smtp", sections.pop("smtp", ""))]
    if not any(about):
        raise ScenarioError(f"{name}: the comment at the top that says what it is about is missing")
    if send is None:
        raise ScenarioError(f"{name}: the section '-- send --' is missing")
    result = Scenario(
        name=name,
        about=tuple(about),
        files={f"/{path}": "" if content == "\n" else content for path, content in sections.items()},
        setup=setup,
        submissions=tuple(_submissions(name, send, messages)),
        servers=tuple(servers),
        has_filters=has_filters,
        filters=tuple((int(port), int(back)) for port, back in filters),
    )
    for heading, outcome in outcomes.items():
        if recorded := POSTFIX_OUTCOME.match(heading):
            result.postfix_outcomes[recorded["version"]] = outcome
        elif heading == LASTMILE_OUTCOME:
            result = replace(result, lastmile_outcome=outcome)
        else:
            raise ScenarioError(f"{name}: no such section: {heading!r}")
    return result


def write_outcomes(path: Path, outcomes: dict[str, str]) -> None:
    """Put the outcomes of Postfix, by release, in place of those that the file has; one that is that of the
    release before it is left out."""
    text = path.read_text(encoding="utf-8")
    sections: dict[str, str] = {}
    last = None
    for version in sorted(outcomes, key=release):
        if outcomes[version] != last:
            sections[f"outcome of Postfix {version}"] = last = outcomes[version]
    _write_sections(path, text, "Postfix", sections)


def write_lastmile_outcome(path: Path, outcome: str) -> None:
    """Put what lastmile does in place of what the file has."""
    _write_sections(path, path.read_text(encoding="utf-8"), "lastmile", {LASTMILE_OUTCOME: outcome})


def _write_sections(path: Path, text: str, kind: str, sections: dict[str, str]) -> None:
    parts = re.split(r"^(-- outcome of \S+.*? --)\n", text, flags=re.M)
    kept = {parts[i]: parts[i + 1].rstrip("\n") + "\n" for i in range(1, len(parts), 2)}
    kept = {h: o for h, o in kept.items() if h.split(" ")[3] != kind}
    kept |= {f"-- {heading} --": outcome for heading, outcome in sections.items()}
    ordered = sorted(kept, key=lambda h: h.split(" ")[3] != "Postfix")
    body = "".join(f"{h}\n{kept[h]}" for h in ordered)
    path.write_text(parts[0].rstrip("\n") + "\n" + body, encoding="utf-8")


# --- reading ----------------------------------------------------------------------------------


def _sections(text: str, name: str) -> tuple[list[str], dict[str, str]]:
    about: list[str] = []
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.split("\n"):
        if heading := SECTION.match(line):
            if heading[1] in sections:
                raise ScenarioError(f"{name}: the section {heading[1]!r} is there twice")
            current = sections.setdefault(heading[1], [])
        elif current is not None:
            current.append(line)
        elif line.startswith("#"):
            about.append(line[1:].strip())
        elif line.strip():
            raise ScenarioError(f"{name}: before the first section only comments are allowed, not {line!r}")
    return about, {n: "\n".join(lines).rstrip("\n") + "\n" for n, lines in sections.items()}


def _submissions(name: str, text: str, messages: dict[str, str]) -> list[Submission]:
    return [_submission(name, block, messages) for block in re.split(r"\n\s*\n", text.strip("\n"))]


def _submission(name: str, block: str, messages: dict[str, str]) -> Submission:
    values = {"via": "sendmail", "attempts": "1", "envid": "", "notify": "", "ret": "", "message": "", "end": "", "repeat": "1"}
    values |= {"client": "", "helo": "client.test", "login": "", "until": ""}
    recipients: list[str] = []
    for line in block.split("\n"):
        key, colon, value = line.partition(":")
        if not colon or key not in (*values, "from", "to"):
            raise ScenarioError(f"{name}: send: expected from:, to:, {':, '.join(values)}:, not {line!r}")
        if key == "to":
            recipients.append(value.strip())
        else:
            values[key] = value.strip()
    if "from" not in values or not recipients:
        raise ScenarioError(f"{name}: send: each message needs from: and to:")
    section = f"message {values['message']}".strip()
    if section not in messages:
        raise ScenarioError(f"{name}: send: there is no section '-- {section} --'")
    tail = values["end"].encode("ascii").decode("unicode_escape").encode("latin-1") * int(values["repeat"])
    sender = "" if values["from"] == "<>" else values["from"]
    return Submission(sender, tuple(recipients), messages[section].encode() + tail, values["via"],
                      int(values["attempts"]), values["envid"], values["notify"], values["ret"],
                      client=values["client"], helo=values["helo"], login=values["login"],
                      until=values["until"])  # fmt: skip


def _servers(name: str, protocol: str, text: str) -> list[ServerScript]:
    servers: list[ServerScript] = []
    for line in text.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        key, colon, value = line.partition(": ")
        word, _, address = key.partition(" ")
        value = value.strip().replace("\\n", "\r\n")
        if key == "listen":
            servers.append(ServerScript(protocol, value))
        elif not servers or not colon:
            raise ScenarioError(f"{name}: {protocol}: expected listen: first, not {line!r}")
        elif word == "extensions":
            servers[-1].extensions = tuple(w.replace("_", " ") for w in value.split() if w != "none")
        elif word in ("rcpt", "final"):
            getattr(servers[-1], word)[address or "*"] = value
        elif word in ("starttls", "tls") and value not in CERTIFICATES:
            raise ScenarioError(f"{name}: {protocol}: no such certificate: {value!r} ({', '.join(CERTIFICATES)})")
        elif word == "handshake" and value not in HANDSHAKES:
            raise ScenarioError(f"{name}: {protocol}: no such handshake: {value!r} ({', '.join(HANDSHAKES)})")
        elif word in ("banner", "lhlo", "mail", "data", "disconnect", "hang", "shows", "starttls", "tls", "handshake", "login"):
            setattr(servers[-1], word, value)
        elif word == "tls-reply":
            servers[-1].tls_reply = value
        else:
            raise ScenarioError(f"{name}: {protocol}: no such line: {line!r}")
    return servers
