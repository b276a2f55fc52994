"""How a request came: from which peer, by https or not, and under a host name that is ours."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from tabiji.definitions import Site


def is_loopback(host: str) -> bool:
    """Whether what listens there is reached from this machine only."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_from(scope: Scope, networks: Sequence[str]) -> bool:
    """Whether the peer of the connection is in one of these networks. What headers say of it doesn't count."""
    client = scope.get("client")
    try:
        peer = ipaddress.ip_address((client[0] if client else "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    return any(peer in ipaddress.ip_network(one) for one in networks)


def is_https(scope: Scope, site: Site) -> bool:
    """Whether the browser asked by https: directly, or by a proxy that the definitions or this machine know."""
    if scope["scheme"] == "https":
        return True
    proxy = site.access.proxy
    known = (*(proxy.peers if proxy is not None else ()), "127.0.0.0/8", "::1/128")
    return is_from(scope, known) and Headers(scope=scope).get("x-forwarded-proto", "").lower() == "https"


def is_for_us(scope: Scope, listening: str, address: str | None) -> bool:
    """Whether the host that was asked for is one of ours, where only this machine is served.

    Otherwise a page of another site could have its own name lead here, and read what the browser gets (DNS rebinding).
    Where others are served as well, names are not known; what they get, they get by cookie, which knows its host.
    """
    if not is_loopback(listening):
        return True
    hosts = Headers(scope=scope).getlist("host")
    if len(hosts) != 1:
        return not hosts  # HTTP/1.0: no browser
    try:
        asked = urlsplit(f"//{hosts[0]}")
        name, _ = (asked.hostname or "").lower(), asked.port
    except ValueError:
        return False
    if name == listening.lower() or is_loopback(name):
        return True
    return address is not None and name == (urlsplit(address).hostname or "").lower()
