"""An address that somebody gave → a path of ours, where a browser can be sent without being led elsewhere."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

LONGEST = 2000  # characters
HOME = "/"


def local(path: str | None) -> str:
    """The path, if it is one of ours as every browser reads it; the first page otherwise.

    Browsers take `\\` for `/`, leave out tabs and line breaks, and take what begins with `//` for another host.
    """
    if not path or len(path) > LONGEST or not path.startswith("/") or path.startswith("//"):
        return HOME
    if "\\" in path or any(ord(sign) < 0x21 or ord(sign) == 0x7F for sign in path):
        return HOME
    try:
        parts = urlsplit(path)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc or parts.path.startswith("//") else path


def login(path: str) -> str:
    """The page to sign in at, which leads to this path afterwards."""
    return "/login" if local(path) == HOME else f"/login?next={quote(path, safe='/')}"
