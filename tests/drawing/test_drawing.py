"""Images of charts, by the real engine in its own process: letters, hostile texts, hanging and dying."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest

from tabiji import drawing
from tabiji.charts import pieces
from tabiji.drawing import DrawingError, draw

NAUGHTY = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "blns.txt"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    "</text><image href='http://127.0.0.1/x'/>",
    '"><img src=x onerror=alert(1)>',
    "]]><![CDATA[ &amp; &#x3c;",
    "{{7*7}} ${7*7} datum.value",
    "javascript:alert(1)",
    "\u202egnp.tekcit \u2066x\u2069 Z\u0300\u0301\u0302algo",
    "a\x00b\x1b[31mc\x7f\ufffe",
    "\ud800 half a letter",
    "'; DROP TABLE marks; --",
    "é" * 5000,
    "👩‍👩‍👧‍👦 🏳️‍🌈 ﷽",
    "\n\r\t\v\u2028",
    "",
)


def spec(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "$schema": pieces.SCHEMA,
        "width": 120,
        "height": 40,
        "config": {"font": pieces.FONT},
        "layer": list(layers),
        **more,
    }


def text(words: str) -> dict[str, Any]:
    return spec({"data": {"values": [{}]}, "mark": {"type": "text", "text": words, "fontSize": 20}})


def workers() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [one for one in children if "tabiji.drawing.worker" in one.cmdline()]


@pytest.fixture(autouse=True, scope="module")
def the_worker_ends() -> Iterator[None]:
    yield
    drawing.end_worker()
    assert workers() == []


def test_an_image_is_as_large_as_its_spec_says_and_twice_as_sharp() -> None:
    png = draw(spec(text("x")["layer"][0], autosize="none", padding=0), format="png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == (240, 80)


def test_japanese_letters_are_drawn() -> None:
    images = {
        word: draw(text(word), format="png") for word in ("視聴", "聴視", "\u3000\u3000", "\U000f0000" * 2)
    }
    assert len(set(images.values())) == 4, "letters without a font look alike, or like nothing"
    tree = ElementTree.fromstring(draw(text("コースを視聴する"), format="svg"))
    assert [one.text for one in tree.iter(f"{SVG}text")] == ["コースを視聴する"]


def test_a_spec_that_makes_no_sense_is_refused_with_a_reason_and_the_worker_goes_on() -> None:
    draw(text("before"), format="svg")
    before = workers()
    with pytest.raises(DrawingError, match="can't be drawn: Vega-Lite to SVG conversion failed"):
        draw({"mark": 1}, format="png")
    draw(text("after"), format="svg")
    assert workers() == before


# Nothing is fetched


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Canary(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_request(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Canary) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("form", ["png", "svg"])
@pytest.mark.parametrize(
    "layer",
    [
        {"data": {"url": "{}/rows.json"}, "mark": "point"},
        {"data": {"values": [{}]}, "mark": {"type": "image", "url": "{}/image.png", "width": 9, "height": 9}},
        {
            "data": {"values": [{"u": "{}/image.png"}]},
            "mark": {"type": "image", "width": 9, "height": 9},
            "encoding": {"url": {"field": "u"}},
        },
        {"data": {"values": [{}]}, "mark": {"type": "point", "href": "{}/link"}},
    ],
    ids=["data", "an image", "an image named by data", "a link"],
)
def test_what_would_be_fetched_is_refused(
    layer: dict[str, Any], form: drawing.Format, canary: tuple[str, list[str]]
) -> None:
    address, asked = canary
    with pytest.raises(DrawingError):
        draw(spec(filled(layer, address)), format=form)
    assert asked == []


def filled(value: Any, address: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(one, address) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, address) for one in value]
    return value.replace("{}", address) if isinstance(value, str) else value


def test_addresses_in_words_are_words(canary: tuple[str, list[str]]) -> None:
    address, asked = canary
    words = f"{address}/x.png <image href='{address}/y.png'/> url({address}/z)"
    draw(text(words), format="png")
    tree = ElementTree.fromstring(draw(text(words), format="svg"))
    assert [one.text for one in tree.iter(f"{SVG}text")] == [words]
    assert asked == []


# Hostile texts


def test_hostile_texts_stay_texts() -> None:
    lines = NAUGHTY.read_text("utf-8").split("\n") if NAUGHTY.exists() else []
    texts = [*HOSTILE, *(line for line in lines if line and not line.startswith("#"))]
    for start in range(0, len(texts), 60):
        some = texts[start : start + 60]
        layers = [layer for one in some for layer in pieces.words(one, pieces.THEMES["dark"], 5, 5)]
        tree = ElementTree.fromstring(draw(spec(*layers, description=pieces.plain(some[0])), format="svg"))
        assert {one.tag for one in tree.iter()} <= {
            f"{SVG}{tag}" for tag in ("svg", "g", "path", "rect", "text")
        }
        assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on")]
    draw(
        spec(*(layer for one in HOSTILE for layer in pieces.words(one, pieces.THEMES["dark"], 5, 5))),
        format="png",
    )


# Hanging, dying, and many at once


def test_one_that_hangs_is_replaced() -> None:
    draw(text("before"), format="svg")
    (worker,) = workers()
    worker.suspend()
    with pytest.raises(DrawingError, match=r"a chart was not drawn within 0\.5 s"):
        draw(text("meanwhile"), format="svg", seconds_max=0.5)
    draw(text("after"), format="svg")
    assert [one.pid for one in workers()] != [worker.pid]


def test_one_that_draws_for_too_long_is_replaced() -> None:
    endless = spec({"data": {"sequence": {"start": 0, "stop": 10**8}}, "mark": "point"})
    with pytest.raises(
        DrawingError, match=r"a chart was not drawn within 2 s|the process that draws has died"
    ):
        draw(endless, format="svg", seconds_max=2)
    draw(text("after"), format="svg")


def test_one_that_died_meanwhile_is_replaced() -> None:
    draw(text("before"), format="svg")
    (worker,) = workers()
    worker.kill()
    psutil.wait_procs([worker], timeout=5)
    draw(text("after"), format="svg")


def test_one_that_dies_while_it_draws_is_told_of_and_replaced() -> None:
    draw(text("before"), format="svg")
    (worker,) = workers()
    worker.suspend()
    killer = threading.Timer(0.2, worker.kill)
    killer.start()
    with pytest.raises(DrawingError, match="the process that draws has died"):
        draw(text("x" * 1_000_000), format="svg")  # more than a pipe holds
    killer.join()
    draw(text("after"), format="svg")


def test_it_can_take_no_more_memory_than_it_may() -> None:
    draw(text("x"), format="svg")
    (worker,) = workers()
    assert worker.rlimit(psutil.RLIMIT_DATA)[0] == 1536 << 20


def test_many_at_once_wait_for_each_other() -> None:
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda n: draw(text(str(n)), format="svg"), range(8)))
    assert [[one.text for one in ElementTree.fromstring(svg).iter(f"{SVG}text")] for svg in drawn] == [
        [str(n)] for n in range(8)
    ]
    assert len(workers()) == 1


def test_it_ends_when_who_started_it_is_killed() -> None:
    program = (
        "import time\n"
        "from tabiji import drawing\n"
        "drawing.draw({'data': {'values': []}, 'mark': 'point'}, format='svg')\n"
        "print(drawing._worker.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as asker:
        assert asker.stdout is not None
        worker = psutil.Process(int(asker.stdout.readline()))
        os.kill(asker.pid, signal.SIGKILL)
        gone, _ = psutil.wait_procs([worker], timeout=10)
    assert gone == [worker]
