"""A host and what may be reached → the addresses to connect to, or why none.

Whatever is written (a name, an address in any spelling), what counts is the address that it resolves to; and whoever
asks here connects to that very address, so that a name can't mean another one a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

from tabiji.notify.failures import INSIDE

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class RefusedAddressError(OSError):
    """An address inside one's own net that nobody has allowed; its words are for people."""

    def __init__(self, address: str) -> None:
        super().__init__(INSIDE.format(address=address))


def resolved(host: str, port: int, allowed: Sequence[str]) -> list[tuple[str, int]]:
    """The addresses of a host that may be reached, at least one. Raises OSError, or RefusedAddressError."""
    bare = host.strip("[]")
    found = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if is_named(bare, allowed):
        return [(address, port) for address in addresses]
    reachable = [(address, port) for address in addresses if may_reach(address, allowed)]
    if not reachable:
        raise RefusedAddressError(addresses[0])
    return reachable


def is_named(host: str, allowed: Sequence[str]) -> bool:
    """Whether a host is allowed by its name."""
    return host.rstrip(".").lower() in allowed


def may_reach(address: str, allowed: Sequence[str]) -> bool:
    """Whether an address is one of the public internet, or of an allowed network.

    So are, of an address that carries another within, both.
    """
    try:
        outer = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(outer, ipaddress.IPv6Address) and outer.ipv4_mapped is not None:
        outer = outer.ipv4_mapped  # the same address in another spelling
    networks = [ipaddress.ip_network(one) for one in allowed if _is_network(one)]

    def fine(one: IP) -> bool:
        return any(one in network for network in networks) or _is_public(one)

    return all(fine(one) for one in (outer, *_within(outer)))


def _is_public(address: IP) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64[0] or address.sixtofour is not None:
            return True  # judged by what is within; Pythons differ on whether 6to4 is global
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _within(address: IP) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.sixtofour] if address.sixtofour is not None else []
    if address.teredo is not None:
        found += list(address.teredo)
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return found


def _is_network(one: str) -> bool:
    try:
        ipaddress.ip_network(one)
    except ValueError:
        return False
    return True
