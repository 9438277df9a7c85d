# SPDX-License-Identifier: Apache-2.0
"""Makes a world in which lastmile and Postfix disagree as small as it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from random_world import Mail, World

Disagrees = Callable[[World], bool]
MOST_TRIALS = 60


def shrink(world: World, disagrees: Disagrees) -> World:
    """A smaller world for which `disagrees` still holds; `world` itself does not change."""
    trials = MOST_TRIALS
    smallest = world
    progress = True
    while progress and trials > 0:
        progress = False
        for candidate in _smaller(smallest):
            trials -= 1
            if trials <= 0:
                break
            if disagrees(candidate):
                smallest = candidate
                progress = True
                break
    return smallest


def _smaller(world: World) -> Iterator[World]:
    """First the large steps."""
    count = len(world.mails)
    if count > 1:
        for first, last in ((0, count // 2), (count // 2, count)):
            yield _changed(world, mails=world.mails[first:last])
        for index in range(count if count < 5 else 0):
            yield _changed(world, mails=world.mails[:index] + world.mails[index + 1 :])
    for index, mail in enumerate(world.mails if count == 1 else ()):
        for other in mail.others:
            yield _changed(world, [*world.mails[:index], replace(mail, others=tuple(o for o in mail.others if o != other))])
        if mail.options:
            yield _changed(world, [*world.mails[:index], replace(mail, options=mail.options[1:])])
    for name in world.aliases:
        yield _without(world, "aliases", name)
    for name in world.files:
        yield _without(world, "files", name)
    for name in world.settings:
        yield _without(world, "settings", name)
    for name in world.services:
        yield _without(world, "services", name)
    for where in world.servers:
        for index in range(len(world.servers[where])):
            smaller = world.copy()
            del smaller.servers[where][index]
            yield smaller
    for name in world.home_modes:
        yield _without(world, "home_modes", name)
    for name in world.tables:
        if not any(value.endswith(f"/{name}") for value in world.settings.values()):
            yield _without(world, "tables", name)
    for name, entries in world.tables.items():
        for index in range(len(entries)):
            smaller = world.copy()
            del smaller.tables[name][index]
            yield smaller
    for name, members in world.aliases.items():
        for index in range(len(members) if len(members) > 1 else 0):
            smaller = world.copy()
            del smaller.aliases[name][index]
            yield smaller
    for path, file in world.files.items():
        for index in range(len(file.lines)):
            smaller = world.copy()
            del smaller.files[path].lines[index]
            yield smaller
        if file.mode != "644" or file.owner:
            smaller = world.copy()
            smaller.files[path].mode, smaller.files[path].owner = "644", ""
            yield smaller


def _changed(world: World, mails: list[Mail]) -> World:
    smaller = world.copy()
    smaller.mails = list(mails)
    return smaller


def _without(world: World, part: str, name: str) -> World:
    smaller = world.copy()
    del getattr(smaller, part)[name]
    return smaller
