"""A request → the route that will answer it, as the application finds it, and who is let in there.

What is not in this table is for visitors only: those who have signed in, who come with a token, or everybody where the
definitions say so. A path that no route answers is for visitors as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.routing import BaseRoute, Route
from starlette.types import Scope

Door = Literal["open", "own-token", "login", "shown", "visitors"]

DOORS: Mapping[str, Door] = {
    # for everybody: nothing of what is counted is said there, or the address itself is the proof
    "/static/{version}/{name}": "open",
    "/static/charts/{version}/bundle.js": "open",
    "/healthz": "open",
    "/readyz": "open",
    "/acknowledge/{name}/{signature}": "open",
    "/workshop/{link}": "open",
    "/workshop/{link}/events": "open",
    "/workshop/{link}/journeys.zip": "open",
    "/workshop/{link}/{deed}": "open",
    # for programs, with a token that the route itself asks for
    "/ingest/{source}": "own-token",
    "/ingest/{source}/firehose": "own-token",
    "/v1/logs": "own-token",
    "/v1/traces": "own-token",
    "/metrics": "own-token",
    "/api/v1/marks": "own-token",
    "/api/v1/marks/{number}": "own-token",
    "/api/v1/signals/import": "own-token",
    # the way in: for everybody, and it is known who is in already
    "/login": "login",
    "/login/oidc": "login",
    "/login/oidc/callback": "login",
    "/login/{code}": "login",
    # for visitors; the token may be in the address, for pictures and frames can send no header
    "/badge/{journey}.svg": "shown",
    "/embed/journeys/{journey}": "shown",
}


@dataclass(frozen=True, slots=True)
class Doors:
    """All routes of an application, in the order in which it asks them."""

    routes: tuple[Route, ...]

    @classmethod
    def of(cls, routes: Iterable[BaseRoute]) -> Doors:
        """The doors of these routes. Raises TypeError for what is no plain route: nobody could tell who may in."""
        found = []
        for route in routes:
            if not isinstance(route, Route):
                raise TypeError(f"{route!r} has no path of its own")
            found.append(route)
        return cls(tuple(found))

    def route(self, scope: Scope) -> Route | None:
        """The route that answers: the first that fits with its method, or else the first that fits."""
        path, method, other = scope["path"], scope["method"], None
        for route in self.routes:
            if route.path_regex.match(path):
                if not route.methods or method in route.methods:
                    return route
                other = other or route
        return other

    def door(self, scope: Scope) -> Door:
        """Who is let in to what a request asks for."""
        route = self.route(scope)
        return "visitors" if route is None else DOORS.get(route.path, "visitors")
