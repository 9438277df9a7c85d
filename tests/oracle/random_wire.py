# SPDX-License-Identifier: Apache-2.0
"""Random worlds of the LMTP client: servers that answer as they like, and all that lmtp(8) and smtp(8) can be told.

Every recipient goes to one of a few servers. The rest of the mail system is kept small."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from scenario import CERTIFICATE_PLACE

SHARE = 0.35  # of the worlds
PLACE = "/etc/postfix"
_SOCKET = "unix:/run/lmtp/inbox"
_LMTP = ("inet:127.0.0.1:2424", "inet:127.0.0.1:2425")
_SMTP = "inet:127.0.0.1:2626"
OF_SMTP = (_SMTP,)
_NOWHERE = "inet:127.0.0.1:2499"  # nobody listens
_USERS = ("alice", "bob", "carol", "dave")
_RECIPIENTS = (*(f"{user}@example.com" for user in _USERS), "alice+x@example.com", "one@vm.test", "two@vm.test",
               "Three@vm.test", "four+work@vm.test", '"a b"@vm.test', "list@example.com", "both@example.com")  # fmt: skip
_ALIASES = {"list": ("alice", "one@vm.test"), "both": ("bob", "carol")}
# Names of the phases as the scripts of servers have them.
_ODD_REPLIES = {
    "banner": ("220-sink.test\\n220 ready", "421 4.3.2 busy", "554 5.7.1 go away", "450 4.3.2 later", "250 ready", "220", "521 no mail"),
    "lhlo": ("451 4.3.0 later", "550 5.7.1 not you", "500 5.5.1 what", "250 sink.test", "421 4.3.2 busy",
             "250-sink.test\\n250-FOO\\n250 SIZE"),
    "mail": ("250 2.1.0", "451 4.1.8 who", "550 5.1.8 not you", "452 4.3.1 full", "421 4.3.2 bye", "555 5.5.4 no such option", "550 no"),
    "data": ("451 4.3.0 later", "554 5.6.0 never", "250 2.0.0 odd", "421 4.3.2 bye", "354"),
}
_RCPT = ("550 5.1.1 no such user", "450 4.2.1 later", "452 4.5.3 too many", "550 no", "553-5.1.3 a\\n553 5.1.3 b", "250 5.1.1 odd",
         "421 4.3.2 bye", "251 2.1.5 forwarded", "252 2.1.5 perhaps", "550 2.1.5 odd", "354 odd")  # fmt: skip
_FINAL = ("452 4.2.2 full", "550 5.2.2 full", "250 queued", "250 5.0.0 odd", "554 never", "451", "250-2.0.0 a\\n250 2.0.0 b",
          "421 4.3.2 bye", "552 5.3.4 too large", "450 2.0.0 odd")  # fmt: skip
_EXTENSIONS = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SIZE", "XFORWARD_NAME_ADDR_PROTO_HELO_SOURCE")
_CERTIFICATES = ("good", "good", "good", "expired", "other", "stranger")
_HANDSHAKES = ("garbage", "hang-up", "injected")
_PASSWORD = "mailer:secret"
_STEPS = ("mail", "rcpt", "data_init", "data_done", "rset", "quit", "starttls", "xforward")
_TIMEOUT = "3s"
# Behind lmtp_ or smtp_.
_SETTINGS: dict[str, tuple[str, ...]] = {
    "reply_filter": (f"regexp:{PLACE}/replies",),
    "generic_maps": (f"texthash:{PLACE}/generic",),
    "header_checks": (f"regexp:{PLACE}/headers",),
    "mime_header_checks": (f"regexp:{PLACE}/mime_headers",),
    "nested_header_checks": (f"regexp:{PLACE}/headers",),
    "body_checks": (f"regexp:{PLACE}/bodies",),
    "fallback_relay": (f"[127.0.0.1]:{_LMTP[1].rpartition(':')[2]}", "[127.0.0.1]:2499"),
    "discard_hello_keywords": ("pipelining", "8bitmime, size", "dsn", "starttls", "auth, xforward"),
    "send_xforward_command": ("yes",),
    "quote_rfc821_envelope": ("no",),
    "line_length_limit": ("20", "0"),
    "skip_5xx_greeting": ("no",),
    "bind_address": ("127.0.0.1", "127.0.0.9"),
    "destination_recipient_limit": ("1", "2"),
    "tcp_port": ("2424",),
}  # fmt: skip
_TLS: dict[str, tuple[str, ...]] = {
    "tls_security_level": ("none", "may", "encrypt", "verify", "secure", "fingerprint", "may", "encrypt"),
    "use_tls": ("yes",),
    "enforce_tls": ("yes",),
    "tls_enforce_peername": ("no",),
    "tls_CAfile": (f"{CERTIFICATE_PLACE}/ca.pem",) * 4 + (f"{CERTIFICATE_PLACE}/missing.pem",),
    "tls_policy_maps": (f"texthash:{PLACE}/policies",),
    "tls_secure_cert_match": ("127.0.0.1", "nexthop, mail.example.com"),
    "tls_verify_cert_match": ("hostname", "mail.example.com"),
    "tls_mandatory_protocols": ("TLSv1.3", "!TLSv1.3"),
}
_SASL: dict[str, tuple[str, ...]] = {
    "sasl_password_maps": (f"texthash:{PLACE}/passwords",),
    "sasl_security_options": ("", "", "noplaintext", "noanonymous"),
    "sasl_tls_security_options": ("", "noplaintext"),
    "sasl_mechanism_filter": ("plain", "!plain", "login"),
    "sasl_auth_soft_bounce": ("no",),
    "send_dummy_mail_auth": ("yes",),
}
# What has no value is empty.
_PLAIN = {"quote_rfc821_envelope": "yes", "line_length_limit": "998", "skip_5xx_greeting": "yes", "destination_recipient_limit": "50",
          "tcp_port": "smtp", "send_xforward_command": "no", "use_tls": "no", "enforce_tls": "no", "tls_enforce_peername": "yes",
          "sasl_auth_enable": "no", "sasl_auth_soft_bounce": "yes", "send_dummy_mail_auth": "no", "connection_cache_on_demand": "no",
          "tls_secure_cert_match": "nexthop", "tls_verify_cert_match": "hostname", "tls_mandatory_protocols": "!SSLv2"}  # fmt: skip
_COMMON: dict[str, tuple[str, ...]] = {
    "soft_bounce": ("yes",),
    "disable_mime_output_conversion": ("yes",),
    "propagate_unmatched_extensions": ("", "generic", "canonical, generic"),
    "smtputf8_enable": ("no",),
    "enable_original_recipient": ("no",),
}
_LINES = {
    "replies": ("/^250 2.1.5/ 550 5.1.1 filtered", "/^250 2.0.0 Ok/ 450 4.2.0 filtered", "/^5(.*)/ 4$1", "/^(421.*)/ 521 $1",
                "/^220 (.*)/ 220 $1", "/^250-PIPELINING/ 250-SIZE", "/^354/ 354 go on", "/^450 (4.*)/ 550 $1",
                "/^250-STARTTLS/ 250-NOTHING", "/^2(.*)full/ 4$1"),
    "generic": ("alice@example.com a17@out.test", "bob b", "@vm.test @out.test", "@remote.test sender@out.test",
                "s1@remote.test s-one@out.test",
                "one@vm.test one@in.test", "carol@example.com carol@example.com"),
    "headers": ("/^Subject: .*/ REPLACE Subject: checked", "/^X-Odd: / IGNORE", "/^To: / PREPEND X-Before: yes", "/^From: / DUNNO",
                "/^Content-T/ WARN of content", "/^Received: / STRIP", "/^(X-More: ).*/ REPLACE $1less"),
    "mime_headers": ("/^Content-Type: text/ WARN text", "/^(Content-Disposition: ).*/ REPLACE $1inline",
                     "/^Content-Transfer/ PREPEND X-Coded: yes"),
    "bodies": ("/^as sent/ REPLACE as changed", "/^--/ DUNNO", "/secret/ IGNORE", "/^second/ PREPEND first", "/^./ WARN a line"),
    "policies": ("[127.0.0.1]:2424 encrypt", "127.0.0.1:2424 encrypt", "127.0.0.1:2425 none",
                 "127.0.0.1:2425 verify match=mail.example.com",
                 "[127.0.0.1]:2626 may", "127.0.0.1 secure match=127.0.0.1:other.test", "127.0.0.1:2424 may protocols=TLSv1.2",
                 "127.0.0.1:2425 odd", "127.0.0.1:2424 verify ciphers=high"),
    "passwords": (f"127.0.0.1 {_PASSWORD}", f"127.0.0.1:2424 {_PASSWORD}", "127.0.0.1:2425 mailer:wrong", f"[127.0.0.1]:2626 {_PASSWORD}",
                  "127.0.0.1:2424 mailer"),
}  # fmt: skip
MESSAGES = {
    "eight": """\
From: Alice <alice@example.com>
To: one@vm.test, bob@example.com
Subject: probe
X-Odd: yes
X-More: things
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
X-Show: From, To, X-More, X-Odd, X-Before, X-Coded, Content-Transfer-Encoding

Grüße von nebenan, und das ist eine Zeile, die länger ist als die andere
.
secret
second
as sent
""",
    "parts": """\
From: alice@example.com
Subject: probe
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=here
X-Show: From, X-Before, X-Coded, Content-Type

preamble
--here
Content-Type: text/plain
Content-Transfer-Encoding: 8bit
Content-Disposition: attachment

Zeile mit ü
--here
Content-Type: message/rfc822

Subject: within
X-Odd: yes

as sent
--here--
""",
}  # fmt: skip


@dataclass
class Wire:
    settings: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)  # file below /etc/postfix -> lines
    services: dict[str, str] = field(default_factory=dict)
    servers: dict[str, list[str]] = field(default_factory=dict)  # where it listens -> the lines of its script
    aliases: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Envelope:
    recipients: tuple[str, ...]
    via: str = "sendmail"
    options: tuple[str, ...] = ()  # lines of a message to send


def make(source: random.Random) -> Wire:
    wire = Wire(aliases={name: list(members) for name, members in _ALIASES.items()})
    wire.settings = _routes(source)
    wire.services["own"] = f"own unix - - n - - lmtp{_overrides(source)}{_flags(source)}"
    if source.random() < 0.3:
        wire.services["lmtp"] = f"lmtp unix - - n - - lmtp{_flags(source)}"
    for where in (_SOCKET, *_LMTP, _SMTP):
        wire.servers[where] = _script(source, is_smtp=where == _SMTP)
    for prefix in ("lmtp_", "smtp_"):
        wire.settings |= _client(source, prefix)
    scripts = [line for script in wire.servers.values() for line in script]
    if any(line.startswith("hang: ") for line in scripts):
        wire.settings |= {f"{prefix}{step}_timeout": _TIMEOUT for prefix in ("lmtp_", "smtp_") for step in _STEPS}
        wire.settings |= {"lmtp_lhlo_timeout": _TIMEOUT, "smtp_helo_timeout": _TIMEOUT}
    if any(line.startswith("disconnect: final") for line in scripts):
        # docs/differences.md, perhaps-taken-waits
        wire.settings = {name: value for name, value in wire.settings.items() if not name.endswith("fallback_relay")}
        wire.services["own"] = re.sub(r" -o lmtp_fallback_relay=\S+", "", wire.services["own"])
    # What leaves the host, notifications too, goes out as it always does.
    changed = [name for name in wire.settings if name.startswith("smtp_") and not name.endswith("_timeout")]
    plain = "".join(f" -o {name}={_PLAIN.get(name.removeprefix('smtp_'), '')}" for name in changed)
    wire.services["plain"] = f"plain unix - - n - - smtp{plain}"
    wire.settings |= {name: source.choice(_COMMON[name]) for name in _COMMON if source.random() < 0.12}
    if source.random() < 0.2:
        wire.settings["own_destination_recipient_limit"] = source.choice(("1", "2"))
    for name, lines in _LINES.items():
        values = [*wire.settings.values(), *wire.services["own"].split()]
        if any(value.endswith(f":{PLACE}/{name}") for value in values):
            wire.tables[name] = source.sample(lines, source.randint(1, min(4, len(lines))))
    return wire


def without_originals(outcome: str) -> str:
    """Without the original recipients of those who are members of an alias: sendmail(1), by which they are submitted
    again, cannot hand it on."""
    members = "|".join(re.escape(member.partition("@")[0]) for member in (*_ALIASES["list"], *_ALIASES["both"]))
    return re.sub(rf"^(  RCPT TO:<(?:{members})@.*?) ORCPT=\S+", r"\1", outcome, flags=re.M)


def envelope(source: random.Random) -> Envelope:
    recipients = tuple(source.sample(_RECIPIENTS, source.choice((1, 1, 1, 2, 3, 4))))
    via = source.choice(("sendmail", "sendmail", "smtp"))
    options = []
    if source.random() < 0.2:
        options.append(f"notify: {source.choice(('NEVER', 'FAILURE', 'FAILURE,DELAY', 'DELAY'))}")
    if source.random() < 0.15:
        options.append(f"ret: {source.choice(('HDRS', 'FULL'))}")
    if source.random() < 0.15 and via == "sendmail":
        options.append("envid: a+b=c")
    kind = source.choice(("", "", *MESSAGES))
    return Envelope(recipients, via, (*options, *([f"message: {kind}"] if kind else [])))


def _routes(source: random.Random) -> dict[str, str]:
    """Each user has a server. Behind local(8) there is one alone: recipients of one message share a transaction here, and
    Postfix makes a session for each."""
    ways = [f"lmtp:{_SOCKET}", f"own:{_SOCKET}", f"smtp:[127.0.0.1]:{_SMTP.rpartition(':')[2]}"]
    ways += [f"{service}:{where}" for service in ("lmtp", "own") for where in (*_LMTP, _NOWHERE)]
    direct = [way for way in ways if not way.startswith("smtp:")]
    entries = ", ".join(f"{{{user}@example.com = {source.choice(direct)}}}" for user in _USERS if user != "carol")
    # A destination that has failed is given up for a while by qmgr(8), and a session may be kept for the next message.
    return {
        "transport_maps": f"inline:{{{entries}}}",
        "mailbox_transport": source.choice(ways),
        "virtual_mailbox_domains": "vm.test",
        "virtual_mailbox_maps": "static:all",
        "virtual_transport": source.choice(direct),
        "default_transport": "plain",
        "default_destination_concurrency_failed_cohort_limit": "0",
        "lmtp_connection_cache_on_demand": "no",
        "smtp_connection_cache_on_demand": "no",
    }


def _flags(source: random.Random) -> str:
    flags = "".join(source.sample("DORX", source.choice((0, 0, 1, 2, 3))))
    return f" flags={flags}" if flags else ""


def _overrides(source: random.Random) -> str:
    """What holds for one service alone. A value with a blank would be two words."""
    if source.random() < 0.6:
        return ""
    values = {**_SETTINGS, **_TLS}
    names = [name for name in values if not name.startswith(("destination_", "discard_"))]
    drawn = {name: source.choice(values[name]) for name in source.sample(names, source.choice((1, 1, 2)))}
    return "".join(f" -o lmtp_{name}={value}" for name, value in drawn.items() if " " not in value)


def _client(source: random.Random, prefix: str) -> dict[str, str]:
    settings = {name: source.choice(_SETTINGS[name]) for name in source.sample(tuple(_SETTINGS), source.choice((0, 1, 2, 3)))}
    if source.random() < 0.45:
        settings |= {name: source.choice(_TLS[name]) for name in _TLS if source.random() < 0.4}
    if source.random() < 0.35:
        settings["sasl_auth_enable"] = "yes"
        settings |= {name: source.choice(_SASL[name]) for name in _SASL if source.random() < 0.5}
        settings["sasl_password_maps"] = _SASL["sasl_password_maps"][0]
    hello = "lhlo" if prefix == "lmtp_" else "ehlo"
    return {prefix + name.replace("hello", hello): value for name, value in settings.items()}


def _script(source: random.Random, is_smtp: bool) -> list[str]:
    lines = []
    extensions = source.sample(_EXTENSIONS, source.randint(0, len(_EXTENSIONS)))
    words = [source.choice(("SIZE", "SIZE_200", "SIZE_100000")) if e == "SIZE" else e for e in extensions]
    lines.append(f"extensions: {' '.join(words) or 'none'}")
    lines.append("shows: commands")
    for phase, replies in _ODD_REPLIES.items():
        if source.random() < 0.07:
            lines.append(f"{phase}: {source.choice(replies)}")
    for word, replies, share in (("rcpt", _RCPT, 0.15), ("final", _FINAL, 0.2)):
        for recipient in (*_RECIPIENTS, "*"):
            if source.random() < (share if recipient != "*" else 0.06):
                lines.append(f"{word}{'' if recipient == '*' else ' ' + recipient}: {source.choice(replies)}")
    if source.random() < 0.06:
        lines.append(f"disconnect: {source.choice(('banner', 'lhlo', 'mail', 'rcpt', 'data', 'final', 'final 1', 'starttls', 'auth'))}")
    elif source.random() < 0.05:
        lines.append(f"hang: {source.choice(('banner', 'lhlo', 'mail', 'rcpt', 'data', 'starttls', 'auth'))}")
    if source.random() < 0.4:
        lines.append(f"starttls: {source.choice(_CERTIFICATES)}")
        if source.random() < 0.12:
            lines.append(f"handshake: {source.choice(_HANDSHAKES)}")
        if source.random() < 0.1:
            lines.append(f"tls-reply: {source.choice(('454 4.7.0 not now', '502 5.5.1 no', '554 5.7.0 never'))}")
    if source.random() < (0.3 if is_smtp else 0.25):
        lines.append(f"login: {_PASSWORD}")
    return lines
