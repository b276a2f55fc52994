"""Two hours of a busy site's log → how fast Tabiji counts it, beside DuckDB alone, a plain loop and mtail.

python bench/ingest.py --again WORKSPACE    count its sources twice, each into a fresh database; the last's seconds
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rows import Row, Scale, ratio
from timing import ENVIRONMENT, OUT, Run, alternate, peak_bytes, run

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared/data/access/nginx_json/nginx.conf.txt"
PYTHON = sys.executable
TABIJI = Path(PYTHON).with_name("tabiji")
MTAIL = shutil.which("mtail")
MTAIL_LINES = 200_000
LARGER = 4  # times the file, for the comparison of memory
MEMORY_MAX = 300 << 20

JSON_FORMAT = (
    "log_format j escape=json '{"
    '"ts":"$time_iso8601","msec":"$msec","remote_addr":"$remote_addr","method":"$request_method",'
    '"uri":"$request_uri","route":"$uri","status":$status,"bytes":$body_bytes_sent,"request_time":$request_time,'
    '"upstream_time":"$upstream_response_time","upstream_status":"$upstream_status","ua":"$http_user_agent",'
    '"ref":"$http_referer","rid":"$arg_rid","request_id":"$request_id"'
    "}';"
)
COMBINED_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" $request_time'
)
SOURCES = {
    "json": f"format: nginx\n    log_format: |-\n      {JSON_FORMAT}",
    "combined": f"format: nginx\n    log_format: '{COMBINED_FORMAT}'",
    "alb": "format: alb",
}
NAMES = {"json": "nginx JSON", "combined": "nginx combined + $request_time", "alb": "ALB"}

# DuckDB alone

IDS = r"/(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9]+)\b"
BUCKET = (
    "CASE WHEN us IS NULL THEN -1 WHEN us < 100 THEN us "
    + " ".join(
        f"WHEN us <= {10 ** (e + 2)} THEN {90 * e} + (us + {10**e - 1}) // {10**e}" for e in range(1, 10)
    )
    + " ELSE 911 END"
)


def _columns(types: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in types.items()) + "}"


def _csv(path: Path, types: dict[str, str]) -> str:
    return (
        f"read_csv('{path}', columns = {_columns(types)}, header = false, auto_detect = false, "
        "delim = ' ', quote = '\"', escape = '\"', ignore_errors = true)"
    )


def _json_events(path: Path) -> str:
    types = {
        "msec": "DOUBLE",
        "method": "VARCHAR",
        "uri": "VARCHAR",
        "status": "SMALLINT",
        "request_time": "DOUBLE",
    }
    return (
        "SELECT method, uri AS target, status, CAST(msec * 1e6 AS BIGINT) // 60000000 AS minute, "
        "CAST(request_time * 1e6 AS BIGINT) AS us "
        f"FROM read_json('{path}', format = 'newline_delimited', columns = {_columns(types)}, ignore_errors = true)"
    )


def _combined_events(path: Path) -> str:
    types = dict.fromkeys(("addr", "dash", "login", "t", "zone", "request"), "VARCHAR")
    types |= {
        "status": "SMALLINT",
        "bytes": "BIGINT",
        "referer": "VARCHAR",
        "agent": "VARCHAR",
        "took": "DOUBLE",
    }
    return (
        "SELECT split_part(request, ' ', 1) AS method, split_part(request, ' ', 2) AS target, status, "
        "epoch_us(strptime(t || ' ' || zone, '[%d/%b/%Y:%H:%M:%S %z]')) // 60000000 AS minute, "
        f"CAST(took * 1e6 AS BIGINT) AS us FROM {_csv(path, types)}"
    )


def _alb_events(path: Path) -> str:
    typed = {1: "TIMESTAMP", 5: "DOUBLE", 6: "DOUBLE", 7: "DOUBLE", 8: "SMALLINT"}
    types = {f"c{i}": typed.get(i, "VARCHAR") for i in range(29)}
    return (
        "SELECT split_part(c12, ' ', 1) AS method, regexp_replace(split_part(c12, ' ', 2), '^[a-z]+://[^/]*', '') AS "
        "target, c8 AS status, epoch_us(c1) // 60000000 AS minute, CAST((c5 + c6 + c7) * 1e6 AS BIGINT) AS us "
        f"FROM {_csv(path, types)}"
    )


EVENTS: dict[str, Callable[[Path], str]] = {
    "json": _json_events,
    "combined": _combined_events,
    "alb": _alb_events,
}


def query(kind: str, path: Path) -> str:
    """The same aggregation as Tabiji's: counts and sums by route, status, minute and bucket, as lists by series."""
    return f"""
WITH events AS ({EVENTS[kind](path)}),
cells AS (
  SELECT method, regexp_replace(split_part(target, '?', 1), '{IDS}', '/:id', 'g') AS route, status, minute,
         {BUCKET} AS bucket, count(*) AS n, CAST(sum(us) AS BIGINT) AS us
  FROM events GROUP BY ALL)
SELECT method, route, status, list(minute) AS minute, list(bucket) AS bucket, list(n) AS n, list(us) AS us
FROM cells GROUP BY ALL"""


def duckdb_alone(kind: str, path: Path, *again: str) -> Run:
    return run([PYTHON, HERE / "peers/duckdb_alone.py", query(kind, path), *again])


# Tabiji


def workspace(kind: str, path: Path) -> Path:
    """A workspace whose one source is the file."""
    folder = OUT / "workspaces" / f"{kind}-{path.stem}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tabiji.yaml").write_text(f"sources:\n  web:\n    {SOURCES[kind]}\n    paths: ['{path}']\n")
    return folder


def fresh(folder: Path) -> None:
    """Without a database, as before the first `tabiji ingest`."""
    for file in folder.glob("tabiji.db*"):
        file.unlink()


def command(folder: Path, workers: int | None = None) -> list[str | Path]:
    return [TABIJI, "ingest", "-C", folder, *(["--workers", str(workers)] if workers else [])]


def tabiji(folder: Path) -> Run:
    fresh(folder)
    return run(command(folder))


def again(folder: Path) -> None:
    """Counts the sources twice in this process, with one pool; prints the seconds of the second time."""
    from tabiji import definitions, engines, store
    from tabiji.runs.ingesting import ingest

    (source,) = definitions.load(folder, os.environ).sources
    workers = engines.cores()
    with engines.pool(workers) as executor:
        for _ in range(2):
            fresh(folder)
            with store.open(f"sqlite:///{folder}/tabiji.db") as opened:
                began = time.perf_counter()
                outcome = ingest(source, opened, now=int(time.time()), workers=workers, executor=executor)
                seconds = time.perf_counter() - began
    print(seconds, outcome.account.counted)


def _warm(result: Run) -> float:
    return float(result.output.split()[0])


# Sections of the table


def against_duckdb(kind: str, path: Path, lines: int, scale: Scale) -> Iterator[Row]:
    """Whole processes, and warm ones, in turn."""
    folder = workspace(kind, path)
    target = 0.75
    ours, theirs = alternate(scale.repeats, lambda: tabiji(folder), lambda: duckdb_alone(kind, path))
    _agree(folder, kind, path, lines)
    yield ratio(f"ingest {NAMES[kind]}, whole process", "DuckDB alone", ours, theirs, target, lines)
    warm_ours, warm_theirs = alternate(
        scale.repeats,
        lambda: _warm(run([PYTHON, __file__, "--again", folder])),
        lambda: _warm(duckdb_alone(kind, path, "--again")),
        warm_up=False,
    )
    yield ratio(f"ingest {NAMES[kind]}, warm", "DuckDB alone", warm_ours, warm_theirs, target, lines)


def _agree(folder: Path, kind: str, path: Path, lines: int) -> None:
    """Both must have counted every line, else there is nothing to compare."""
    counted = (
        run([TABIJI, "count", "-C", folder, "--by", "source", "--csv"]).output.splitlines()[-1].split(",")[1]
    )
    theirs = duckdb_alone(kind, path).output.split()[1]
    if not int(counted) == int(theirs) == lines:
        sys.exit(f"{kind}: of {lines} lines Tabiji counted {counted}, DuckDB {theirs}")


def against_loops(path: Path, lines: int, scale: Scale) -> Iterator[Row]:
    """A plain orjson loop; mtail, on fewer lines."""
    folder = workspace("json", path)
    ours, loop = alternate(
        max(2, scale.repeats // 2),
        lambda: tabiji(folder),
        lambda: run([PYTHON, HERE / "peers/orjson_loop.py", path]),
        warm_up=False,
    )
    yield ratio("ingest nginx JSON, whole process", "orjson loop", ours, loop, 5, lines)
    if MTAIL is None:
        yield Row("ingest nginx JSON, whole process", "mtail", None, 20, "mtail is not installed", {})
        return
    few = min(MTAIL_LINES, lines)
    short = _head(path, few)
    arguments = [
        "-one_shot",
        "-logtostderr",
        "-port",
        "0",
        "-progs",
        HERE / "peers/web.mtail",
        "-logs",
        short,
    ]
    (mtail,) = alternate(max(2, scale.repeats // 2), lambda: run([MTAIL, *arguments]), warm_up=False)
    for seconds in (mtail.seconds, mtail.cpu):
        seconds[:] = [one * lines / few for one in seconds]
    row = ratio("ingest nginx JSON, whole process", "mtail", ours, mtail, 20, lines)
    yield row.noted(f"mtail on {few:,} lines, scaled")


def _head(path: Path, lines: int) -> Path:
    short = path.with_name(f"head-{lines}-{path.name}")
    if not short.exists():
        with short.open("wb") as file:
            subprocess.run(["head", "-n", str(lines), path], stdout=file, check=True)
    return short


def memory(path: Path, scale: Scale) -> Iterator[Row]:
    """The largest worker's memory, for the file and for one several times as large."""
    larger = path.with_name(f"{LARGER}x-{path.name}")
    if not larger.exists():
        with larger.open("wb") as file:
            subprocess.run(["cat", *[path] * LARGER], stdout=file, check=True)
    for file, words in ((path, "the file"), (larger, f"a file {LARGER} times as large")):
        folder = workspace("json", file)
        fresh(folder)
        peak = peak_bytes(command(folder))
        megabytes = {name: round(value / (1 << 20)) for name, value in peak.items()}
        yield Row(
            f"memory of a worker, {words}",
            "300 MiB",
            peak["worker"] / MEMORY_MAX,
            1,
            f"{megabytes['worker']} MiB a worker, {megabytes['parent']} MiB the parent",
            {"bytes": peak},
            at_most=True,
        )
    if not scale.keep:
        larger.unlink()


if __name__ == "__main__":
    os.environ |= ENVIRONMENT
    again(Path(sys.argv[2]))
