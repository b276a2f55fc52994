"""A request → who asks, and whether they are let in."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from tabiji.web.context import Context
from tabiji.web.visitors import Visitor


class Visiting:
    """Middleware: every request has a visitor."""

    def __init__(self, application: ASGIApp, context: Context) -> None:
        self._application = application
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["visitor"] = Visitor("local", "admin")
        await self._application(scope, receive, send)
