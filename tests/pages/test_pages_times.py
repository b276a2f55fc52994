"""Whatever time an address asks for: an answer, or what is wrong with it; no failure, and none that lasts for ever."""

from __future__ import annotations

import httpx2
import pytest
from sites import Served

PAGES = (
    "/explore",
    "/history",
    "/incidents",
    "/incidents/trends",
    "/alerts",
    "/correlation",
    "/support",
    "/practice/learning",
    "/journeys/watch-course",
    "/journeys/watch-course/plays",
    "/policies/learning-budget/past",
    "/charts/trends.json",
    "/api/v1/count",
    "/api/v1/history",
    "/api/v1/incidents",
)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01-01",
        "from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
        "from=1970-01-01",
        "from=1970-01-01&to=2286-01-01",
        "from=2286-01-01",
        "at=0001-01-01T00:00",
        "at=1970-01-01",
        "at=2286-01-01",
    ],
)
def test_a_time_far_away_is_answered(page: str, query: str, demo: Served) -> None:
    answer = httpx2.get(f"{demo.address}{page}?{query}", headers=demo.headers, timeout=60)
    assert answer.status_code in (200, 400, 404, 422), answer.text[:500]


def test_a_time_before_all_logs_is_refused_in_words(demo: Served) -> None:
    answer = httpx2.get(f"{demo.address}/history?from=0001-01-01", headers=demo.headers, timeout=60)
    assert answer.status_code == 422
    assert "`0001-01-01` is before 1970 or after 2286" in answer.text
