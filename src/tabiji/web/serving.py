"""An application → a server on a socket."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

STOP_SECONDS = 5  # that requests under way are given to end


def server(application: FastAPI) -> uvicorn.Server:
    """A server that is started by `run` with its sockets; it leaves logging and signals to whoever runs it."""
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)
