"""Two weeks of the demonstration, written once and read again once for all tests."""

from __future__ import annotations

import pytest
from reread import DAYS, EVENTS, NOW, JobLine, Request, job_lines_of, requests_of

from tabiji import demo


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> demo.Written:
    return demo.write(tmp_path_factory.mktemp("demo"), now=NOW, days=DAYS, events=EVENTS, processes=1)


@pytest.fixture(scope="session")
def web_files(written: demo.Written) -> list[list[Request]]:
    return [requests_of(log.path) for log in written.web_logs]


@pytest.fixture(scope="session")
def job_files(written: demo.Written) -> list[list[JobLine]]:
    return [job_lines_of(log.path) for log in written.job_logs]


@pytest.fixture(scope="session")
def requests(web_files: list[list[Request]]) -> list[Request]:
    return [request for file in reversed(web_files) for request in file]


@pytest.fixture(scope="session")
def job_lines(job_files: list[list[JobLine]]) -> list[JobLine]:
    return [line for file in reversed(job_files) for line in file]
