# SPDX-License-Identifier: Apache-2.0
"""The services of a random world that virtual(8) and pipe(8) perform, and the transports that lead to services."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from outcome import OF_NOTIFICATION, UNORDERED

SERVER = "/run/lmtp/inbox"
SINK = "[127.0.0.1]:2525"
MAIL_BASE = "/srv/vmail"
SHARED_BASE = "/srv/boxes"  # anyone may write there
MAIL_OWNER = 5000
_BASE = "virtual_mailbox_base"
SHOW = "/srv/show"
# The first argument is the exit status, and the second, if it is not "-", what is said. Then come those to be shown,
# with the lines that delivery puts before the header, but without the original recipient of mail that was
# submitted again: sendmail(1) cannot hand it on. The queue manager takes nexthops that differ in case as one, and
# shows the first. How many notifications there are is not compared.
SHOW_SCRIPT = rf"""#!/bin/sh
status=$1 said=$2
shift 2
header=$(tr -d '\r' | sed -e '/^$/q')
again=$(echo "$header" | sed -e '0,/^Received:/d' | grep -m 1 ^Delivered-To:)
own=$(echo "$header" | sed -n -e '/^Received:/q' -e 's/^\(>*From [^ ]*\)  .*/\1/p' -e '/^[RD][^ ]*-[TP]/p')
[ -n "$again" ] || own="$own $(echo "$header" | grep ^X-Original-To:)"
shown=
for word in "$@" "$own"; do
  case $word in
    o=*) [ -z "$again" ] || continue ;;
    n=*) word=$(echo "$word" | sed -e 's/Ä/ä/' -e 's/.*/\L&/') ;;
  esac
  shown="$shown<$word>"
done
of=$(echo "$header" | grep -q report-type= && echo '{OF_NOTIFICATION}')
line=$(echo "$shown" | tr '\n' '|')
echo "${{line%|}}$of" >>{UNORDERED}
[ "$said" = - ] || echo "$said"
exit "$status"
"""
_PIPES = ("job", "other", "archive")
_MACROS = ("${recipient}", "$recipient", "${user}", "${extension}", "${mailbox}", "${domain}", "n=${nexthop}", "${sender}",
           "<$user+$extension@$domain>", "${user}-${recipient}", "plain", "$$")  # fmt: skip
_ORIGINAL = " o=${original_recipient}"
_EXITS = ("0 -", "0 -", "0 -", "0 done", "67 -", "75 -", "77 4.2.2_full", "70 5.7.7_never", "1 -", "99 odd")
# All exist: qmgr(8) waits a minute for a service that does not start.
_OWNERS = ("nobody", "nobody", "nobody", "alice", "dave:mail", "vmail:vmail")
_O_FLAG = re.compile(r"(flags=[^O ]*)O")
_FLAGS = "BDFORhqu.>X"
_PIPE_ATTRIBUTES = ("size=50", "size=100000", "directory=/tmp", "directory=/missing", "null_sender=", "null_sender=nobody@null.test",
                    "eol=\\r\\n")  # fmt: skip
_SERVICE_OVERRIDES = ("soft_bounce=yes", "recipient_delimiter=-", "recipient_delimiter=")
_VIRTUAL_OVERRIDES = (*_SERVICE_OVERRIDES, f"virtual_mailbox_base={SHARED_BASE}", "virtual_uid_maps=static:99", "virtual_minimum_uid=6000",
                      "virtual_mailbox_maps=", "virtual_mailbox_maps=static:all/", "virtual_mailbox_lock=dotlock")  # fmt: skip
_LOCAL_OVERRIDES = (*_SERVICE_OVERRIDES, "alias_maps=", "luser_relay=carol", "home_mailbox=second/", "mailbox_transport=discard:",
                    "mydestination=vm.test", "myorigin=va.test")  # fmt: skip
# A service that leaves the host needs a nexthop: there is no DNS.
_TRANSPORTS = (":", f":{SINK}", "local:", "local", f"lmtp:unix:{SERVER}", "error:5.1.2 no such place", "error:closed", "error:",
               "retry:4.2.1 later", "retry:", "discard:", "discard:5.0.0 thrown away", f"smtp:{SINK}", f"relay:{SINK}", "missing:",
               "error:4.1.1 not an error", "retry:5.1.1 for ever")  # fmt: skip


@dataclass
class Services:
    """Lines of master.cf, and the parameters that belong to them."""

    lines: dict[str, str] = field(default_factory=dict)  # service -> its whole line
    settings: dict[str, str] = field(default_factory=dict)

    def forget_original_recipients(self) -> None:
        """For a world in which mail that was submitted again cannot be told from other mail."""
        self.lines = {name: _O_FLAG.sub(r"\1", line.replace(_ORIGINAL, "")) for name, line in self.lines.items()}

    def transports(self) -> tuple[str, ...]:
        """Values for transport_maps. Those of the world's own services are as likely as all others."""
        names = [*self.lines, *(["virtual"] if _BASE in self.settings else [])]
        own = [f"{name}:{nexthop}" for name in names for nexthop in ("", "", "next.test", "a b")]
        return (*_TRANSPORTS, *own, *own)

    def class_transports(self) -> tuple[str, ...]:
        """Values for parameters that take no empty transport."""
        return tuple(value for value in self.transports() if not value.startswith(":"))

    def mailbox_transports(self) -> tuple[str, ...]:
        """Values for parameters of local(8): it would pass mail to itself for ever, and waits for a service that
        is not there."""
        unfit = {"local", "missing", *(name for name, line in self.lines.items() if " - - local" in line)}
        return tuple(value for value in self.class_transports() if value.partition(":")[0] not in unfit)


def make(source: random.Random, place: str) -> Services:
    """`place`: of the tables."""
    services = Services()
    if source.random() < 0.6:
        services.settings = _mailbox_settings(source, place)
    if services.settings and source.random() < 0.4:
        services.lines["boxes"] = f"boxes unix - n n - - virtual{_overrides(source, _VIRTUAL_OVERRIDES)}"
    for name in source.sample(_PIPES, source.choice((0, 1, 1, 2))):
        services.lines[name] = _pipe(source, name)
        if source.random() < 0.3:
            services.settings[f"{name}_destination_recipient_limit"] = source.choice(("1", "2"))
    if source.random() < 0.15:
        services.lines["second"] = f"second unix - n n - - local{_overrides(source, _LOCAL_OVERRIDES)}"
    return services


def _mailbox_settings(source: random.Random, place: str) -> dict[str, str]:
    """What virtual(8) needs to know. Every mailbox has the same owner, so that it matters not who comes first."""
    settings = {
        "virtual_mailbox_maps": f"texthash:{place}/mailboxes",
        _BASE: source.choice((MAIL_BASE, MAIL_BASE, MAIL_BASE, f"{MAIL_BASE}/", SHARED_BASE, "/srv/nowhere")),
        "virtual_uid_maps": source.choice((*(f"static:{MAIL_OWNER}",) * 3, f"texthash:{place}/owners", "static:99")),
        "virtual_gid_maps": source.choice((*(f"static:{MAIL_OWNER}",) * 3, f"texthash:{place}/groups", "")),
    }
    if source.random() < 0.1:
        settings["virtual_minimum_uid"] = source.choice(("1", "5001"))
    if source.random() < 0.2:
        settings["virtual_mailbox_lock"] = source.choice(("dotlock", "fcntl, dotlock", "flock"))
    if source.random() < 0.1:
        settings["virtual_mailbox_limit"] = "0"
    return settings


def mailbox_path(source: random.Random) -> str:
    """A value of virtual_mailbox_maps. None makes the directory of a file that another names."""
    return source.choice(("alice/", "carol", "vm.test/bob/", "files/bob", "box", "deep/er/box/", "Sales/", "../open/box", "a b/", "/"))


def number(source: random.Random) -> str:
    """A value of virtual_uid_maps or virtual_gid_maps."""
    return source.choice((*(str(MAIL_OWNER),) * 4, f"{MAIL_OWNER} and more", "vmail", "0", "-1", "99999999999"))


def _pipe(source: random.Random, name: str) -> str:
    flags = "".join(source.sample(_FLAGS, source.randint(0, 4)))
    words = [f"flags={flags}", f"user={source.choice(_OWNERS)}"]
    words += source.sample(_PIPE_ATTRIBUTES, source.choice((0, 0, 1, 2)))
    shown = [source.choice(_MACROS) for _ in range(source.randint(1, 5))]
    words += [f"argv={SHOW} {source.choice(_EXITS)} {name}{_ORIGINAL}", *shown]
    return f"{name} unix - n n - - pipe{_overrides(source, _SERVICE_OVERRIDES)} {' '.join(words)}"


def _overrides(source: random.Random, choices: tuple[str, ...]) -> str:
    count = source.choice((0, 0, 1, 2))
    return "".join(f" -o {override}" for override in source.sample(choices, count))
