"""The first page with 300 journeys, and a journey's page over 90 days → server time and weight, against their limits.

python bench/pages.py             only these, as a table

Requests go through the whole application in this process, as a server would answer them, without a network. Between
some of them a round of judging passes, so that nothing is remembered: as for who comes first after each minute.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rows import Row, Scale, document, markdown
from timing import ENVIRONMENT, OUT, run

JOURNEYS, DAYS = 300, 90
SECONDS_MAX = 0.5  # at the 95th percentile
BYTES_MAX = 150_000  # of a page and all that it loads, but for the bundle that draws charts, as they are sent
REQUESTS = 40
FRESH_EVERY = 8  # a minute of somebody who looks at it every seven seconds or so

PAGES = (
    ("home of 300 journeys", "/"),
    ("a journey over 90 days, of 300", "/journeys/journey-004?from=now-90d"),
)


def measured(scale: Scale) -> Iterator[Row]:
    """Each in a process of its own."""
    folder = OUT / "workspaces" / "pages"
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    run([sys.executable, __file__, "make", folder])
    for what, path in PAGES:
        said = json.loads(run([sys.executable, __file__, "ask", folder, path, str(REQUESTS)]).output)
        seconds = sorted(said["seconds"])
        p95 = seconds[math.ceil(len(seconds) * 0.95) - 1]
        note = (
            f"p95 {1000 * p95:.0f} ms, median {1000 * seconds[len(seconds) // 2]:.0f} ms of {len(seconds)}; "
            f"CPU p95 {1000 * sorted(said['cpu'])[math.ceil(len(seconds) * 0.95) - 1]:.0f} ms"
        )
        yield Row(what, f"{SECONDS_MAX:g} s", p95 / SECONDS_MAX, 1, note, said, at_most=True)
        parts = ", ".join(f"{name} {size / 1000:.1f} kB" for name, size in said["bytes"].items())
        weight = sum(said["bytes"].values())
        yield Row(
            f"weight: {what}", f"{BYTES_MAX // 1000} kB", weight / BYTES_MAX, 1,
            f"{weight / 1000:.0f} kB: {parts}", said["bytes"], at_most=True,
        )  # fmt: skip


def make(folder: Path) -> None:
    """The workspace: made as tests of pages make it."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "pages"))
    from crowded import many_journeys

    many_journeys(folder, JOURNEYS, DAYS)


def ask(folder: Path, path: str, requests: int) -> None:
    """Asks for a page again and again; prints the seconds of each request, and what all of it weighs."""
    import re

    from starlette.testclient import TestClient

    from tabiji import definitions, store
    from tabiji.web import pages, static
    from tabiji.web.context import Context
    from tabiji.web.headers import Headers
    from tabiji.web.speaking import Speaking

    site = definitions.load(folder, os.environ)
    with store.open(site.store) as opened:
        context = Context(opened, lambda: site)
        judged = opened.judging().until_minute
        assert judged is not None
        context = Context(opened, lambda: site, now=lambda: judged * 60 + 30)
        client = TestClient(_application(context, pages, static, Speaking, Headers))
        first = client.get(path)
        assert first.status_code == 200, first.text
        seconds, cpu = [], []
        for number in range(requests):
            if number % FRESH_EVERY == 0:
                _judge(opened)
            began, busy = time.perf_counter(), time.process_time()
            answer = client.get(path)
            seconds.append(time.perf_counter() - began)
            cpu.append(time.process_time() - busy)
            assert answer.status_code == 200
        weight = {"page": _sent(first)}
        for link in dict.fromkeys(re.findall(r'(?:href|src)="(/static/[^"#]+)', first.text)):
            name = link.rsplit("/", 1)[-1]
            weight[name] = weight.get(name, 0) + _sent(client.get(link))
    print(json.dumps({"seconds": seconds, "cpu": cpu, "bytes": weight}))


def _application(context, pages, static, speaking, headers):  # type: ignore[no-untyped-def]
    """The pages with all that stands between them and a browser, but for signing in."""
    from fastapi import FastAPI
    from starlette.middleware.gzip import GZipMiddleware

    from tabiji.web.visitors import Visitor

    made = FastAPI(openapi_url=None)
    made.include_router(static.routes())
    for routes in pages.ROUTES:
        made.include_router(routes(context))

    class Admin:
        def __init__(self, application) -> None:  # type: ignore[no-untyped-def]
            self._application = application

        async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
            scope.setdefault("state", {})["visitor"] = Visitor("bench", "admin")
            await self._application(scope, receive, send)

    made.add_middleware(Admin)
    made.add_middleware(speaking, context=context)
    made.add_middleware(headers)
    made.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    return made


def _judge(opened) -> None:  # type: ignore[no-untyped-def]
    """A round of judging that finds nothing new: what pages remember is of the round before."""
    from tabiji.store import Verdict

    known = opened.judging()
    texts = next(iter(opened.defined.in_force()[-1:]))
    opened.record(
        Verdict(
            known.round, known.until_minute, 0, _definitions(opened, texts.definition), known.until_minute
        )
    )


def _definitions(opened, known):  # type: ignore[no-untyped-def]
    from tabiji.store import Definitions

    return Definitions(known, opened.defined.texts(known))


def _sent(answer) -> int:  # type: ignore[no-untyped-def]
    """The bytes of an answer as they were sent."""
    return int(answer.headers["content-length"])


if __name__ == "__main__":
    os.environ |= ENVIRONMENT
    match sys.argv[1:]:
        case ["make", folder]:
            make(Path(folder))
        case ["ask", folder, path, requests]:
            ask(Path(folder), path, int(requests))
        case _:
            rows = list(measured(Scale(0, 1, keep=True)))
            print(markdown(rows))
            (OUT / "pages.json").write_text(json.dumps(document(rows), indent=1) + "\n")
