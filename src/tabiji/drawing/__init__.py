"""Specs of charts → images, drawn by a process of their own.

That process is started by the first chart, and ends when nothing was drawn for a while; one that hangs, dies or
grows too large is replaced by the next chart. Nothing of a spec is fetched: neither data, nor images, nor links.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any, Literal

from tabiji.errors import OutsideError
from tabiji.language import _

Format = Literal["png", "svg"]

ENGINE = "vl-convert-python"
BUNDLE_SECONDS_MAX = 60.0
SECONDS_MAX = 8.0  # a chart takes 0.2 s, the first one 1 s; who stops meanwhile must stop within 10 s


class DrawingError(OutsideError):
    """An image could not be drawn."""


class _Worker:
    """A process that draws one chart after the other; it ends when its input does."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tabiji.drawing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a dying engine has to say is for its makers
        )
        assert self.process.stdin is not None  # noqa: S101 - it is a pipe
        assert self.process.stdout is not None  # noqa: S101 - so is this
        self.requests, self.answers = self.process.stdin, self.process.stdout

    def ask(self, request: bytes, seconds_max: float) -> tuple[bytes, bytes]:
        """How it went, and the image or why there is none. Raises OSError where the process dies or is late."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds_max, end)
        timer.start()
        try:
            return self._answer(request)
        except OSError:
            raise (TimeoutError() if late.is_set() else BrokenPipeError()) from None
        finally:
            timer.cancel()
            timer.join()

    def _answer(self, request: bytes) -> tuple[bytes, bytes]:
        self.requests.write(request + b"\n")
        self.requests.flush()
        outcome, _space, length = self.answers.readline().partition(b" ")
        body = self.answers.read(int(length)) if length else b""
        if not length or len(body) < int(length):
            raise BrokenPipeError
        return outcome, body

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.answers.close()
        with suppress(BrokenPipeError):  # half a request may be left in it
            self.requests.close()


_lock = threading.Lock()  # one chart at a time
_worker: _Worker | None = None


def draw(spec: Mapping[str, Any], *, format: Format, seconds_max: float = SECONDS_MAX) -> bytes:  # noqa: A002
    """The image of a Vega-Lite spec: PNG at twice its size, so that letters are sharp on telephones; or SVG.

    Waits for charts that other threads are drawing. Raises DrawingError where the spec can't be drawn, wants
    something fetched, or takes more than `seconds_max` or too much memory.
    """
    return _asked({"spec": spec, "format": format}, seconds_max)


def bundle(seconds_max: float = BUNDLE_SECONDS_MAX) -> bytes:
    """The scripts that draw the same specs in a browser: 900 kB of JavaScript, the same for each `bundle_version`.

    To make them takes a second or two. Raises DrawingError where they can't be had.
    """
    return _asked({"bundle": True}, seconds_max)


def bundle_version() -> str:
    """What the scripts' content depends on, in short."""
    return hashlib.sha256(f"{ENGINE} {version(ENGINE)}".encode()).hexdigest()[:12]


def _asked(request: Mapping[str, Any], seconds_max: float) -> bytes:
    with _lock:
        try:
            outcome, body = _running().ask(json.dumps(request).encode(), seconds_max)
        except TimeoutError:
            end_worker()
            raise DrawingError(_("a chart was not drawn within {seconds:g} s", seconds=seconds_max)) from None
        except OSError:
            end_worker()
            raise DrawingError(_("a chart was not drawn: the process that draws has died")) from None
    if outcome != b"drawn":
        raise DrawingError(_("a chart can't be drawn: {error}", error=body.decode()))
    return body


def _running() -> _Worker:
    global _worker
    if _worker is not None and _worker.process.poll() is not None:
        end_worker()
    if _worker is None:
        _worker = _Worker()
    return _worker


@atexit.register
def end_worker() -> None:
    """Ends the process that draws, if there is one; the next chart starts another."""
    global _worker
    worker, _worker = _worker, None
    if worker is not None:
        worker.close()
