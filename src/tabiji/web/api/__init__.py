"""The API of version 1, which mirrors the commands: a request → the JSON document that `--json` would print."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from tabiji.web.api import (
    actions,
    agreements,
    caretaking,
    comparing,
    counts,
    explaining,
    happenings,
    history,
    learnt,
    mission,
    practising,
    reports,
    resulting,
    reviewing,
    signals,
    standings,
    suggesting,
    trends,
    workshops,
)
from tabiji.web.context import Context

ROUTES: tuple[Callable[[Context], APIRouter], ...] = (
    standings.routes,
    agreements.routes,
    actions.routes,
    mission.routes,
    counts.routes,
    suggesting.routes,
    signals.routes,
    resulting.routes,
    comparing.routes,
    trends.routes,  # before what takes its path for a number
    happenings.routes,
    history.routes,
    reports.routes,
    reviewing.routes,
    learnt.routes,
    practising.routes,
    caretaking.routes,
    explaining.routes,
    workshops.routes,
)
