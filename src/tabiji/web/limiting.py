"""Bodies of forms and questions are bounded, also before anybody has signed in; pushes have limits of their own."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tabiji.language import _

BODY_BYTES_MAX = 4 << 20  # a form has some kB; definitions that are tried out may have more
PUSHED = ("/ingest/", "/v1/")  # see bodies


class Limits:
    """Middleware: answers 413 where a body is larger, without having read it to its end."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PUSHED):
            await self._application(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > BODY_BYTES_MAX:
                raise HTTPException(413, _("that is more than anybody would type"))
            return message

        await self._application(scope, bounded, send)
