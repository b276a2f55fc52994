"""Operation → why nobody would promise anything about it, or None: assets, health checks, scanners' finds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from tabiji.discovery.found import Operation
from tabiji.language import N_

Reason = Literal["no-operation", "asset", "health", "not-found", "redirect", "method", "beyond-cap"]

REASONS: Mapping[Reason, str] = {
    "no-operation": N_("no path in the request"),
    "asset": N_("static files"),
    "health": N_("health checks"),
    "not-found": N_("refused or not found: scanners, dead links"),
    "redirect": N_("redirects"),
    "method": N_("HEAD, OPTIONS and the like"),
    "beyond-cap": N_("too many kinds to keep apart"),
}

OTHER = "other"  # the operation of the series that takes what is beyond the cap
USED_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

_MOSTLY = 95  # per cent of an operation's events
_ASSET = re.compile(
    r"\.(?:css|js|mjs|map|wasm|png|jpe?g|gif|svg|ico|webp|avif|bmp|xbm|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wav|mov|avi"
    r"|mpe?g|swf|jar|class)$|^/(?:assets|static|images?|img|fonts|icons|css|js|packs|_next|media|dist|favicon)/"
    r"|^/(?:robots\.txt|sitemap[^/]*\.xml|favicon[^/]*|apple-touch-icon[^/]*|\.well-known(?:/.*)?)$",
    re.IGNORECASE,
)
_HEALTH = re.compile(
    r"^/(?:up|(?:[^/]+/)?(?:_?health(?:z|check|[-_]check)?|_?ping|livez|liveness|readyz|readiness|heartbeat|metrics"
    r"|nginx_status|server-status|elb-status|lb-status))/?$",
    re.IGNORECASE,
)


def left_out(operation: Operation) -> Reason | None:
    """Why an operation belongs to no journey; None for what users came for."""
    if operation.name == OTHER and operation.route is None:
        return "beyond-cap"
    if operation.name is None:
        return "no-operation"
    if operation.kind != "request":
        return None
    if operation.route is None and operation.method is None:
        return None  # named by the source's own expression
    if operation.route is not None and _is_by_route(operation):
        if not operation.route.startswith("/"):
            return "no-operation"
        if _HEALTH.search(operation.route):
            return "health"
        if _ASSET.search(operation.route):
            return "asset"
    if operation.method is not None and operation.method not in USED_METHODS:
        return "method"
    if _mostly(operation, range(400, 499)):
        return "not-found"
    if _mostly(operation, (301, 308)):
        return "redirect"
    return None


def _is_by_route(operation: Operation) -> bool:
    """Named by its route, and not, as in GraphQL, by something that stood in the request."""
    return operation.route is not None and (operation.name or "").endswith(operation.route)


def _mostly(operation: Operation, statuses: range | tuple[int, ...]) -> bool:
    events = sum(outcome.events for outcome in operation.outcomes if outcome.status in statuses)
    return 100 * events >= _MOSTLY * operation.events
