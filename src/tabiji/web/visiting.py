"""A request → who asks, and whether they are let in. Nobody is, unless it says so here or in `doors`."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from tabiji.definitions import Site
from tabiji.errors import TabijiError
from tabiji.language import _
from tabiji.web import access, failures, onward, recognising
from tabiji.web.arriving import is_for_us
from tabiji.web.context import Context
from tabiji.web.crossing import SAFE, is_foreign
from tabiji.web.doors import Door, Doors
from tabiji.web.visitors import Visitor


class Visiting:
    """Middleware: lets in who may come in, and says who it is; everybody else gets an answer here.

    The routes are those of the application, so that a path is judged as it will be answered.
    """

    def __init__(self, application: ASGIApp, context: Context, routes: Iterable[BaseRoute]) -> None:
        self._application = application
        self._context = context
        self._doors = Doors.of(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # there is nothing else; so nobody asks who may
        answer = None
        door = self._doors.door(scope)
        if door != "own-token" and not (door == "open" and scope["method"] in SAFE):
            # The database is asked, so not in the event loop
            answer = await run_in_threadpool(self._answer, Request(scope), door)
        await (self._application if answer is None else answer)(scope, receive, send)

    def _answer(self, request: Request, door: Door) -> Response | None:
        """The answer to who is not let in; None for who is, whose name is in the request's state then."""
        try:
            site = self._context.site()
            visitor = self._visitor(request, door, site)
        except (HTTPException, TabijiError) as error:
            return failures.answer(self._context, request, error)
        if visitor is not None:
            request.scope.setdefault("state", {})["visitor"] = visitor
        elif door in ("visitors", "shown"):
            return self._nobody(request)
        return None

    def _visitor(self, request: Request, door: Door, site: Site) -> Visitor | None:
        """Who asks; None for nobody we know. Answers 403 and 421 for what no page of ours would send."""
        if door in ("visitors", "shown"):
            found = recognising.by_token(self._context, request, in_address=door == "shown")
            if found is not None:
                return found
        address = site.notifications.address
        if is_foreign(request.method, request.headers, address):
            raise HTTPException(403, _("This was sent by a page of another site, so nothing was done."))
        if door == "open":
            return None
        if not is_for_us(request.scope, self._context.host, address):
            raise HTTPException(
                421,
                _(
                    "This name is not known here. Who reaches these pages by it writes it into `tabiji.yaml`, as "
                    "`address` below `notifications`."
                ),
            )
        return (
            recognising.by_session(self._context, request, site)
            or recognising.by_proxy(request, site)
            or recognising.anonymous(site)
        )

    def _nobody(self, request: Request) -> Response:
        if not failures.is_for_people(request):
            error = HTTPException(401, access.needed(), access.CHALLENGE)
            return failures.answer(self._context, request, error)
        path = (request.scope.get("raw_path") or b"/").decode("latin-1").partition("?")[0]
        if query := request.scope.get("query_string", b"").decode("latin-1"):
            path += f"?{query}"
        where = onward.login(path if request.method in SAFE else onward.HOME)
        return RedirectResponse(where, 303, {"Cache-Control": "no-store", "Vary": "Cookie"})
