# SPDX-License-Identifier: Apache-2.0
"""The administrator's questions in random worlds: answers that have to agree with each other, whatever they are.

In each world: a site file traces as the host, and export, import, export are equal; `diff` of the host with itself is
empty and two worlds mirror each other; `who` is the inverse of `map`, and the same from a map that was kept;
`verify` passes after `verify --accept`; and what Postfix delivered is known, or a table is named that was not listed."""

from __future__ import annotations

import json
import re
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import host
import namespace
import outcome
import random_world
import runs
from host import ENVIRONMENT, TOOLS
from random_world import World

_PROGRAM = str(TOOLS / "lastmile")
_MOST_ASKED = 4  # destinations of a world that `who` is asked for
_MIRRORED = {"lost": "gained", "gained": "lost", "refused": "accepted", "accepted": "refused"}
_DELIVERED_BY = ("local", "virtual")  # A server behind lmtp(8) knows names of its own.


def compare(program: Path, worlds: int, first_seed: int, jobs: int) -> int:
    """The exit status: 0 all hold, 1 some do not, or a world that could not be run."""
    began = time.monotonic()
    failing = 0
    with ProcessPoolExecutor(jobs) as pool:
        for seed, problems in pool.map(_verdict, [(program, seed) for seed in range(first_seed, first_seed + worlds)]):
            failing += bool(problems)
            if problems:
                print(f"seed {seed}:", *(f"    {line}" for line in problems), sep="\n", flush=True)
    print(f"questions: {worlds} worlds from seed {first_seed}, {failing} where answers disagree ({time.monotonic() - began:.0f} s)")
    return 1 if failing else 0


def _verdict(job: tuple[Path, int]) -> tuple[int, list[str]]:
    program, seed = job
    world = random_world.make(seed)
    scenario = random_world.to_scenario(world)
    try:
        expected = runs.with_postfix(scenario, settle_each=False).outcome
    except (namespace.NamespaceFailure, OSError):
        expected = ""  # What Postfix did with it is not known; the answers have to agree all the same.
    try:
        return seed, namespace.run(lambda: _problems(program, world, expected), runs.LIMIT)
    except (namespace.NamespaceFailure, OSError) as problem:
        return seed, [str(problem)]


# --- inside -----------------------------------------------------------------------------------


def _problems(program: Path, world: World, expected: str) -> list[str]:
    host.lay(random_world.to_scenario(world), program)
    (TOOLS / "addresses").write_text("".join(f"{m.recipient}\n" for m in world.mails if _is_plain(m.recipient)), encoding="utf-8")
    if _ask("map", "--format", "tsv").returncode not in (0, 1):
        return []  # A configuration that makes no sense has no answers.
    return [*_of_site(world), *_of_diff(), *_of_who(), *_of_verify(), *_of_walk(world, expected)]


def _is_plain(recipient: str) -> bool:
    return re.fullmatch(r"[\w.+-]+(@[\w.-]+)?", recipient, re.A) is not None


def _ask(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([_PROGRAM, *words], env=ENVIRONMENT, cwd="/", capture_output=True, text=True, errors="backslashreplace", timeout=60)


def _lines(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _ask(*words).stdout.splitlines()]


def _of_site(world: World) -> list[str]:
    site, again, tree = (str(TOOLS / name) for name in ("one.site", "two.site", "tree"))
    exported = _ask("site", "export", "--addresses", str(TOOLS / "addresses"), site)
    if exported.returncode:
        return [f"site export: {exported.stderr}"]
    found = []
    for sender, recipients in {m.sender: [n.recipient for n in world.mails if n.sender == m.sender] for m in world.mails}.items():
        words = ("trace", "--json", "-f", sender, "--", *recipients)
        live, recorded = _ask(*words).stdout, _ask("--site", site, *words).stdout
        if live != recorded:
            found.append(f"a site file traces {recipients} from <{sender}> otherwise")
    imported = _ask("site", "import", site, tree)
    if imported.returncode:
        return [*found, f"site import: {imported.stderr}"]
    exported = _ask("--root", tree, "site", "export", again)
    if exported.returncode or Path(site).read_bytes() != Path(again).read_bytes():
        found.append(f"export, import, export differ {exported.stderr}")
    return found


def _of_diff() -> list[str]:
    """Behind _of_site(), which leaves a site file of this world."""
    found = []
    same = _ask("diff", "--json", "live", "live")
    if same.returncode == 2 or '"type":"change"' in same.stdout:
        found.append(f"diff of the host with itself: {same.stdout[:300]}")
    one, other = str(TOOLS / "one.site"), str(TOOLS / "other.site")
    aliases = Path("/etc/aliases").read_text(encoding="utf-8").splitlines(keepends=True)
    Path("/etc/aliases").write_text("".join(aliases[1:]), encoding="utf-8")
    subprocess.run(["postalias", "hash:/etc/aliases"], env=ENVIRONMENT, capture_output=True)
    _ask("site", "export", "--addresses", str(TOOLS / "addresses"), other)
    Path("/etc/aliases").write_text("".join(aliases), encoding="utf-8")
    subprocess.run(["postalias", "hash:/etc/aliases"], env=ENVIRONMENT, capture_output=True)
    forth, back = (
        {line["address"]: line["change"] for line in _lines("diff", "--json", *pair) if line["type"] == "change"}
        for pair in ((one, other), (other, one))
    )
    if {a: _MIRRORED.get(c, c) for a, c in forth.items()} != back:
        found.append(f"diff does not mirror: {forth} {back}")
    return found


def _of_who() -> list[str]:
    kept = str(TOOLS / "map.sqlite")
    reached: dict[str, set[str]] = {}
    for line in _lines("map", "--json"):
        if line["type"] == "address":
            for d in line["destinations"]:
                if d["kind"] in ("mailbox", "maildir", "file"):
                    reached.setdefault(f"{d['kind']}:{d['target']}", set()).add(line["address"])
    found = []
    if _ask("map", "--format", "sqlite", "-O", kept).returncode not in (0, 1):
        found.append("map --format sqlite")
    for destination in sorted(reached)[:_MOST_ASKED]:
        if re.search(r"[*?\\]", destination):
            continue
        asked, told = _lines("who", "--json", destination), _lines("who", "--json", "--map", kept, destination)
        addresses = {line["address"] for line in asked if line["type"] == "address"}
        if addresses != reached[destination]:
            found.append(f"who {destination} is not the inverse of map: {addresses ^ reached[destination]}")
        if addresses != {line["address"] for line in told if line["type"] == "address"}:
            found.append(f"who --map {destination} differs")
    return found


def _of_verify() -> list[str]:
    path = TOOLS / "mail.expect"
    path.write_text("", encoding="utf-8")
    accepted = _ask("verify", "--accept", "--all", "--force", str(path))
    verified = _ask("verify", str(path))
    return [] if verified.returncode in (0, 1) else [f"verify after --accept: {accepted.stderr}{verified.stdout[-500:]}"]


def _of_walk(world: World, expected: str) -> list[str]:
    lines = _lines("map", "--json")
    if "luser_relay" in world.settings or (lines and lines[-1].get("coverage", {}).get("not_listed")):
        return []
    known = {line["address"].casefold() for line in lines if line["type"] == "address"}
    names = {address.rpartition("@")[0] for address in known}
    delivered = set()
    for block in outcome.from_text(expected):
        status = outcome.parse_status(block.head)
        if status and status.agent in _DELIVERED_BY and status.status == "sent" and not status.origin:
            delivered.add((status.orig_to or status.to).casefold())
    found = []
    for address in sorted(delivered & {m.recipient.casefold() for m in world.mails if _is_plain(m.recipient)}):
        local_part, _, domain = address.rpartition("@") if "@" in address else (address, "", "")
        plain = re.split(r"[+-]", local_part)[0]
        if not ({local_part, plain} & names or f"lastmile-sample@{domain}" in known):
            found.append(f"Postfix delivers to {address}, which nothing names")
    return found
