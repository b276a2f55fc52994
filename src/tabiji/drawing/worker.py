"""Requests on stdin → images on stdout: the process that draws.

A request is a line of JSON: `{"spec", "format"}`, or `{"bundle": true}` for the scripts that draw in a browser. An
answer is a line, `drawn` or `refused` with the length of what follows. It is a process because the engine holds
Python's lock while it draws, keeps 100 MB, and can run out of memory only by dying.
"""

from __future__ import annotations

import json
import os
import re
import resource
import select
import sys
import zlib

import vl_convert
from noto_cjk_sans_jp_regular import FONT_PATH  # type: ignore[import-untyped]  # it has no types

IDLE_SECONDS = 600  # then it ends, and gives its memory back
BYTES_MAX = 1536 << 20  # of memory; the engine sets 0.6 GB aside for itself, and uses 0.1
VEGA_LITE = "6.4"  # the newest that the engine brings
SCALE = 2.0  # pixels of an image per pixel of a spec
# Elements, for all text is escaped. The engine fetches an image's address, whatever addresses are allowed for data.
FETCHED = re.compile(r"<(?:image|a|use|style|script|foreignObject)\b")


def main() -> None:
    """Draws until its input ends, or nothing was asked for ten minutes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing but answers reaches the asker, whatever the engine prints
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = BYTES_MAX if hard == resource.RLIM_INFINITY else min(BYTES_MAX, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    vl_convert.register_font_directory(os.path.dirname(str(FONT_PATH)))  # noqa: PTH120 - what the engine takes
    while select.select([sys.stdin], [], [], IDLE_SECONDS)[0]:
        request = sys.stdin.buffer.readline()
        if not request.endswith(b"\n"):
            return
        try:
            asked = json.loads(request)
            outcome, body = b"drawn", scripts() if "bundle" in asked else image(**asked)
        except ValueError as error:
            outcome, body = (
                b"refused",
                " ".join(str(error).split("\n")[:2]).encode(),
            )  # not where in the engine
        answers.write(outcome + b" %d\n" % len(body) + body)
        answers.flush()


def image(spec: dict[str, object], format: str) -> bytes:  # noqa: A002
    """The image of a spec. Raises ValueError where it can't be drawn, or would have something fetched."""
    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    if FETCHED.search(svg):
        raise ValueError("it holds images or links, and charts have neither")
    return smaller(vl_convert.svg_to_png(svg, scale=SCALE)) if format == "png" else svg.encode()


def scripts() -> bytes:
    """The engine for browsers, a plain script that makes `vega`, `vegaLite` and `vegaEmbed` known."""
    return vl_convert.javascript_bundle(None, VEGA_LITE).encode()  # type: ignore[arg-type]  # its types lag behind


def smaller(png: bytes) -> bytes:
    """The same image, compressed: the engine's is four times as large."""
    parts, kept, at = [png[:8]], b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12
        if kind == b"IDAT":
            kept += content
            continue
        if kind == b"IEND":
            parts.append(_chunk(b"IDAT", zlib.compress(zlib.decompress(kept))))
        parts.append(_chunk(kind, content))
    return b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + check


if __name__ == "__main__":
    main()
