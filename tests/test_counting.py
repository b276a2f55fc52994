"""The query that counts: buckets in SQL as in Python, only the columns that are needed, reasons from a closed list."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import histograms
from tabiji.counting import (
    FILTERED,
    LOOK,
    REASONS,
    bucket_sql,
    cells_query,
    columns_used,
    trace_query,
    verdict,
)
from tabiji.logs import reading

NGINX = reading(
    "nginx", log_format='[$time_local] "$request" $status "$http_x_plan" $request_time $bytes_sent'
)


def in_sql(duration_us: int | None) -> int:
    found = duckdb.execute(
        f"SELECT {bucket_sql('us')} FROM (SELECT CAST($1 AS BIGINT) AS us)", [duration_us]
    ).fetchone()
    assert found is not None
    return int(found[0])


EDGES = [0, 1, 9, 10, 99, 100, 101, 110, 111, *(10**n + d for n in range(3, 13) for d in (-1, 0, 1))]


@pytest.mark.parametrize("duration_us", EDGES)
def test_buckets_in_sql_are_those_of_python_at_the_edges(duration_us: int) -> None:
    assert in_sql(duration_us) == histograms.bucket(duration_us)


@given(st.integers(0, 10**15))
def test_buckets_in_sql_are_those_of_python(duration_us: int) -> None:
    assert in_sql(duration_us) == histograms.bucket(duration_us)


def test_without_a_duration_there_is_no_bucket() -> None:
    assert in_sql(None) == -1


@pytest.mark.parametrize(
    ("fields", "columns"),
    [((), {"time_local", "request", "status", "request_time"}), (("x_plan",), {"http_x_plan"})],
    ids=["none of the source's fields", "one of them"],
)
def test_only_the_columns_that_are_needed_are_read(fields: tuple[str, ...], columns: set[str]) -> None:
    always = {"time_local", "request", "status", "request_time"}
    assert {column for column, _ in columns_used(NGINX, fields)} == always | columns


def test_every_verdict_is_a_reason_or_none() -> None:
    verdicts = [verdict(number) for number in range(6)]
    assert verdicts[:2] == [LOOK, FILTERED]
    assert set(verdicts[2:]) <= set(REASONS)
    with pytest.raises(IndexError):
        verdict(6)


@pytest.mark.parametrize("query", [cells_query, trace_query])
def test_queries_are_written_without_running_anything(query: object) -> None:
    assert callable(query)
    sql = query(NGINX, ("x_plan",), "read_csv('x')", direct=False)
    assert sql.count("read_csv('x')") == 1
    assert '"field x_plan"' in sql
