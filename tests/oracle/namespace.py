# SPDX-License-Identifier: Apache-2.0
"""A process of its own in private mount, network, process, host name and IPC namespaces."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
ALL = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


class NamespaceFailure(Exception):
    """What ran inside failed; the text says how."""


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    words = (source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None)
    _checked(_libc.mount(words[0], words[1], words[2], ctypes.c_ulong(words[3]), words[4]), f"mount {target}")


def tmpfs(path: str) -> None:
    mount("tmpfs", path, "tmpfs", 0, "mode=755")


def run(work: Callable[[], Any], limit: float) -> Any:
    """What `work` returns, when run as process 1 of new namespaces. All that it leaves running is
    killed with it. `limit`: seconds."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _enter(work, writer)
    os.close(writer)
    try:
        answer = _read_all(reader, limit)
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        raise NamespaceFailure(f"not done after {limit:g} s") from None
    finally:
        os.close(reader)
        os.waitpid(child, 0)
    if not answer:
        raise NamespaceFailure("ended without an answer")
    kind, value = json.loads(answer)
    if kind == "failed":
        raise NamespaceFailure(value)
    return value


def _enter(work: Callable[[], Any], writer: int) -> None:
    """Never returns."""
    try:
        _checked(_libc.unshare(ALL), "unshare")
        first = os.fork()
        if first != 0:
            # It dies with us when we are killed for being late, and so does all that it started.
            os.close(writer)
            os.waitpid(first, 0)
            os._exit(0)
        PR_SET_PDEATHSIG = 1
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        mount("none", "/", flags=MS_REC | MS_PRIVATE)
        mount("proc", "/proc", "proc")
        answer = ["done", work()]
    except BaseException as problem:  # noqa: BLE001 - whatever it is, the other side must be told
        expected = type(problem).__name__ in ("ScenarioError", "Unsettled", "Endless", "Mute", "LayoutError")
        answer = ["failed", str(problem) if expected else traceback.format_exc()]
    with os.fdopen(writer, "w") as stream:
        json.dump(answer, stream)
    sys.stdout.flush()
    os._exit(0)


def _read_all(descriptor: int, limit: float) -> bytes:
    found, end = bytearray(), time.monotonic() + limit
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return bytes(found)
        found += chunk


def _checked(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
