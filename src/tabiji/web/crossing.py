"""A request that changes something → whether a page of another site made the browser send it.

Browsers say so themselves: by `Sec-Fetch-Site`, and those that don't by `Origin`. What sends neither is no browser, and
knows no cookie that it was not given. So forms need no token.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_foreign(method: str, headers: Headers, address: str | None) -> bool:
    """Whether to refuse it. `address` is where people reach the pages, when the host that is asked is another one."""
    if method in SAFE:
        return False
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    if len(origins) > 1 or len(sites) > 1:
        return True
    origin = origins[0] if origins else None
    if sites:
        return sites[0] not in ("same-origin", "none") and not _is_ours(origin, address)
    if origin is None or _is_ours(origin, address):
        return False
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return True
    return not host or host.lower() != headers.get("host", "").lower()


def _is_ours(origin: str | None, address: str | None) -> bool:
    if origin is None or address is None:
        return False
    parts = urlsplit(address)
    return origin.lower() == f"{parts.scheme}://{parts.netloc}".lower()
