"""An application → a server on a socket."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from tabiji.web.patience import REQUEST_SECONDS, patient

STOP_SECONDS = 5  # that requests under way are given to end


def server(application: FastAPI, request_seconds: float = REQUEST_SECONDS) -> uvicorn.Server:
    """A server that is started by `run` with its sockets; it leaves logging and signals to whoever runs it.

    A request that takes longer than `request_seconds` to arrive is cut off.
    """
    config = uvicorn.Config(
        application,
        http=patient(request_seconds),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who asks, is the peer; what a proxy says of it is believed in `arriving` only
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)
