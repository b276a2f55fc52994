"""The body of a request, compressed or not → its bytes, within limits of size, of time and of memory for all."""

from __future__ import annotations

import asyncio
import io
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from tabiji import sources
from tabiji.language import _
from tabiji.store import Token

MIB = 1 << 20
WIRE_MAX = 16 * MIB  # of a body as it comes
UNPACKED_MAX = 32 * MIB
MEMORY_BYTES = 1 << 16  # of a body that arrives; the rest stands on the disk
PARSED_MAX = 12 * MIB  # of a body that is read whole and written again as lines
ROOM_BYTES = 48 * MIB  # of bodies that are read and unpacked, or wait for their commit, all together
TOKEN_BYTES = 40 * MIB  # thereof for one token, so that the others get in
UNPACKING_MAX = 4  # bodies unpacked at once: each needs some blocks and a window for it
TOKEN_REQUESTS = 16  # under way at once for one token
WINDOW_BYTES = 8 * MIB  # of a zstd frame, as RFC 9659 has it for HTTP
RETRY = {"Retry-After": "5"}

ENCODINGS = {"": None, "identity": None, "gzip": "gzip", "x-gzip": "gzip", "zstd": "zstd"}


class Room:
    """How much all bodies may take in memory. For use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes: Counter[int] = Counter()  # by token
        self._requests: Counter[int] = Counter()
        self.unpacking = asyncio.Semaphore(UNPACKING_MAX)

    @contextmanager
    def request(self, token: Token) -> Iterator[Share]:
        """The share of one request, given back at its end. Answers 429 where its token has too many under way."""
        number = token.number
        with self._lock:
            if self._requests[number] >= TOKEN_REQUESTS:
                message = _(
                    "the token `{token}` has {n} requests under way already",
                    token=token.name,
                    n=TOKEN_REQUESTS,
                )
                raise HTTPException(429, message, RETRY)
            self._requests[number] += 1
        share = Share(self, number)
        try:
            yield share
        finally:
            with self._lock:
                self._requests[number] -= 1
                self._bytes[number] -= share.bytes

    def _take(self, number: int, more: int) -> None:
        with self._lock:
            if self._bytes[number] + more > TOKEN_BYTES:
                message = _("this token has too much under way; wait for some answers")
                raise HTTPException(429, message, RETRY)
            if self._bytes.total() + more > ROOM_BYTES:
                message = _("too much is being received at once; push again later")
                raise HTTPException(503, message, RETRY)
            self._bytes[number] += more


class Share:
    """What one request takes of the room."""

    def __init__(self, room: Room, number: int) -> None:
        self._room = room
        self._number = number
        self.bytes = 0
        self.unpacking = room.unpacking

    def more(self, size: int) -> None:
        """Takes so many bytes more. Answers 429 or 503 where they are not to be had."""
        self._room._take(self._number, size)
        self.bytes += size


async def body(request: Request, share: Share, unpacked_max: int = UNPACKED_MAX) -> bytes:
    """The body, unpacked. Answers 400, 411, 413 or 415 for one that can't be taken.

    While it arrives it stands on the disk, and it is unpacked twice: first only to see how large it is, and whether it
    is whole. So what is refused never takes any memory.
    """
    kind = _encoding(request)
    size_max = min(WIRE_MAX, unpacked_max)
    length = request.headers.get("content-length")
    if length is None and "transfer-encoding" not in request.headers:
        raise HTTPException(411, _("a request with lines has a body"))
    if length is not None and int(length) > size_max:
        raise _too_large(size_max)
    with SpooledTemporaryFile(MEMORY_BYTES) as held:
        try:
            size = 0
            async for part in request.stream():
                size += len(part)
                if size > size_max:
                    raise _too_large(size_max)
                held.write(part)
        except ClientDisconnect:
            raise HTTPException(400, _("the request ended before its body did")) from None
        held.seek(0)
        if kind is None:
            share.more(size)
            return held.read()
        async with share.unpacking:
            return await run_in_threadpool(_unpacked, held, kind, share, unpacked_max)


def _encoding(request: Request) -> str | None:
    written = request.headers.get("content-encoding", "").strip().lower()
    if written not in ENCODINGS:
        message = _(
            "`Content-Encoding: {written}` is not understood; send gzip, zstd, or none", written=written[:50]
        )
        raise HTTPException(415, message, {"Accept-Encoding": "gzip, zstd"})
    return ENCODINGS[written]


def _unpacked(packed: IO[bytes], kind: str, share: Share, size_max: int) -> bytes:
    if sources.magic(packed.read(4)) != kind:
        raise HTTPException(400, _("the body is not {kind}, as `Content-Encoding` says", kind=kind))
    size = 0
    for block in _blocks(packed, kind):
        if not size and sources.magic(block[:4]) is not None:
            raise HTTPException(400, _("the body is compressed twice; compress it once"))
        size += len(block)
        if size > size_max:
            raise _too_large(size_max)
    share.more(size)
    held = io.BytesIO(bytes(size))
    for block in _blocks(packed, kind):
        held.write(block)
    return held.getvalue()


def _blocks(packed: IO[bytes], kind: str) -> Iterator[bytes]:
    packed.seek(0)
    try:
        for block, _read in sources.stream(packed, kind, WINDOW_BYTES):
            yield block
    except sources.CompressionError as error:
        raise HTTPException(400, _("the body can't be unpacked: {error}", error=error)) from None


def _too_large(size_max: int) -> HTTPException:
    message = _("the body is larger than {most} MiB; push smaller batches", most=size_max // MIB)
    return HTTPException(413, message)
