"""Everything that has a promised speed → one table of ratios, on the screen and in `bench/out/`.

    just bench                          all of it, about ten minutes
    just bench ingest judging           only these parts
    just bench --lines 200000 --repeats 2

Nothing fails here for being slow: the table says which of the promised ratios was reached.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterator

import charts
import follow
import judging
import past
import support
import traffic
import what_if
from rows import Row, Scale, document, limited, markdown
from timing import OUT, alternate, busy, run

import ingest
import pages
import store


def _ingest(scale: Scale) -> Iterator[Row]:
    paths = traffic.write(OUT / "traffic", scale.lines)
    yield from ingest.against_duckdb("json", paths["json"], scale.lines, scale)
    yield from ingest.against_loops(paths["json"], scale.lines, scale)


def _formats(scale: Scale) -> Iterator[Row]:
    paths = traffic.write(OUT / "traffic", scale.lines)
    for kind in ("combined", "alb"):
        yield from ingest.against_duckdb(kind, paths[kind], scale.lines, scale)


def _memory(scale: Scale) -> Iterator[Row]:
    yield from ingest.memory(traffic.write(OUT / "traffic", scale.lines)["json"], scale)


def _help(scale: Scale) -> Iterator[Row]:
    (times,) = alternate(3 * scale.repeats, lambda: run([ingest.TABIJI, "--help"]))
    yield limited("`tabiji --help`", times, 0.3)


PARTS: dict[str, Callable[[Scale], Iterator[Row]]] = {
    "ingest": _ingest,
    "formats": _formats,
    "memory": _memory,
    "store": store.measured,
    "judging": judging.measured,
    "past": past.measured,
    "pages": pages.measured,
    "charts": charts.measured,
    "what-if": what_if.measured,
    "support": support.measured,
    "follow": follow.measured,
    "help": _help,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Ratios against peers, and against limits.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tidy", action="store_true", help="delete the largest files afterwards")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    scale = Scale(arguments.lines, arguments.repeats, keep=not arguments.tidy)
    OUT.mkdir(exist_ok=True)
    rows: list[Row] = []
    busiest = busy()
    for name in arguments.parts or PARTS:
        for row in PARTS[name](scale):
            rows.append(row)
            print(markdown([row]).splitlines()[-1], flush=True)
        busiest = max(busiest, busy())
    about = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "lines": scale.lines,
        "repeats": scale.repeats,
        "load_before": busiest,
    }
    table = markdown(rows)
    (OUT / "table.md").write_text(table)
    (OUT / "table.json").write_text(json.dumps({"about": about, "rows": document(rows)}, indent=1) + "\n")
    print(f"\n{table}\n{OUT / 'table.md'}, {OUT / 'table.json'}")


if __name__ == "__main__":
    sys.exit(main())
