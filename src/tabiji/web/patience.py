"""A connection → one that is cut off when a request takes too long to arrive: slow clients hold nothing for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 30.0  # for a request to be all there, headers and body
LOOKS = 10  # in that time

_ARRIVING = (h11.IDLE, h11.SEND_BODY)  # of h11's states of a client


def patient(seconds: float = REQUEST_SECONDS) -> type[asyncio.Protocol]:
    """For `uvicorn.Config(http=…)`."""

    def made(**given: Any) -> H11Protocol:
        protocol = H11Protocol(**given)
        loop = protocol.loop
        every = seconds / LOOKS

        def look(request: object, since: float) -> None:
            transport = protocol.transport
            if transport is not None and transport.is_closing():
                return
            now = loop.time()
            if protocol.cycle is not request or protocol.conn.their_state not in _ARRIVING:
                request, since = protocol.cycle, now
            elif now - since >= seconds and transport is not None:
                transport.abort()
                return
            loop.call_later(every, look, request, since)

        loop.call_later(every, look, None, loop.time())
        return protocol

    return cast("type[asyncio.Protocol]", cast("Callable[..., H11Protocol]", made))
