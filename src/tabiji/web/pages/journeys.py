"""`/journeys/{journey}`: what users want, whether they get it, and where they do not."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from tabiji import windows
from tabiji.alerts import Standing
from tabiji.language import _, current
from tabiji.reports.agreements import ACTIONS, condition_words, end_words
from tabiji.reports.links import cause_sentence, link_sentences
from tabiji.reports.numbers import percents
from tabiji.reports.signatures import missing_sentence
from tabiji.reviews import ALL
from tabiji.runs import correlating
from tabiji.runs.viewing import reviews as reviewing
from tabiji.runs.viewing.failing import OperationFact, StepFact, shares
from tabiji.runs.viewing.journey import Tile, journey_page
from tabiji.web import filters
from tabiji.web.context import Context
from tabiji.web.pages.results import of as results_of
from tabiji.web.pages.voices import NAMES
from tabiji.web.rendering import Page

OPERATIONS_SHOWN = 10


def routes(context: Context) -> APIRouter:
    """The page of each journey."""
    router = APIRouter(include_in_schema=False)

    @router.get("/journeys/{name}")
    def journey(request: Request, name: str, objective: str | None = None) -> Response:
        page = Page(context, request)
        found = next((one for one in page.site.journeys if one.name == name), None)
        if found is None:
            page.missing(_("There is no journey of this name; it may have been renamed."))
        asked = request.query_params
        period = page.period() if "from" in asked or "to" in asked else None
        facts = journey_page(page.site, context.store, found, page.now // 60, objective, period)
        team = next((one.title for one in page.site.teams if one.name == found.team), None)
        failing = facts.failing
        links = correlating.links(page.site, context.store, [(found, facts.shown.standing.objective)])
        return page.html(
            "journey.html",
            results_of(page, name),
            facts=facts,
            journey=found,
            review=reviewing.listing(page.site, context.store, page.now, found.team or ALL)[0].next,
            team=team,
            said=said(facts.shown),
            step_shares=shown_shares(failing.steps, 0),
            operation_shares=shown_shares(failing.operations, 1),
            operations_shown=OPERATIONS_SHOWN,
            links=links,
            link_sentences=link_sentences,
            cause_sentence=cause_sentence,
            may_read=page.visitor.may_read_lines,
            signal_names=NAMES,
            period=period,
            chosen_from=asked.get("from"),
            # charts ask for times to the minute, so that what they are of is what the page is of
            query={
                "from": filters.iso(failing.start),
                "to": filters.iso(failing.end),
                "zone": asked.get("zone"),
            },
            action_words=ACTIONS,
            condition_words=condition_words,
            end_words=end_words,
            missing_sentence=missing_sentence,
            day_of=lambda second: day_of(second, page.zone),
        )

    return router


def shown_shares(facts: tuple[StepFact, ...] | tuple[OperationFact, ...], digits: int) -> list[str]:
    """What each has of all bad events, as percentages that add up to 100 %."""
    said = percents(shares(facts), digits)
    return [one.replace(" %", "%") for one in said] if current() == "ja" else said


def day_of(second: int, zone: str) -> str:
    """The day of a moment, for headings."""
    return filters.day(datetime.fromtimestamp(second, UTC).astimezone(windows.time_zone(zone)).date())


def said(tile: Tile) -> list[str]:
    """How an objective does, in sentences for people who build products."""
    standing = tile.standing
    places = {
        "window": _window(standing.objective.window),
        "total": filters.number(standing.tally.total),
        "bad": filters.number(standing.tally.bad),
        "sli": filters.percent(standing.sli),
        "target": filters.exact(standing.objective.target),
        "left": filters.percent(standing.remaining, 0),
    }
    if standing.sli is None or standing.remaining is None:
        return [
            _(
                "There was no event in {window}, so nothing can be said: neither that it works nor that it fails.",
                **places,
            )
        ]
    lines = [_state(standing)]
    if standing.objective.slices is None:
        lines.append(
            _(
                "Of {total} events in {window}, {bad} were bad: {sli} were good, and {target} was promised.",
                **places,
            )
        )
    else:
        lines.append(
            _(
                "Of {total} minutes in {window}, {bad} were bad: {sli} were good, and {target} was promised.",
                **places,
            )
        )
    lines.append(_left(tile))
    return lines


def _window(found: windows.Window) -> str:
    if isinstance(found, windows.Rolling):
        return _("the last {length}", length=filters.length(found.minutes))
    return filters.window(found)


def _state(standing: Standing) -> str:
    if standing.state == "exhausted":
        if standing.few_events:
            return _("It failed more often than was promised, but of so few events that it may be mere luck.")
        return _("It failed more often than was promised: the error budget is used up.")
    if standing.state == "burning":
        return _("Users are failing right now, much faster than the promise can bear.")
    if standing.state == "at-risk":
        return _("The promise is still kept, but little more may go wrong.")
    return _("The promise is kept.")


def _left(tile: Tile) -> str:
    standing = tile.standing
    left = standing.bad_events_left
    if standing.remaining is not None and standing.remaining <= 0:
        if standing.objective.slices is None and tile.allowed is not None:
            return _(
                "{allowed} bad events would have been within the budget.",
                allowed=filters.number(tile.allowed),
            )
        return _("There is {length} too much of it.", length=filters.length(-(standing.minutes_left or 0)))
    share = filters.percent(standing.remaining, 0)
    if tile.ends_minutes is not None:
        return _(
            "{share} of the error budget is left; as the last three days went, it is used up in {length}.",
            share=share,
            length=filters.length(tile.ends_minutes),
        )
    if left is not None and standing.objective.slices is None:
        return _(
            "{share} of the error budget is left: {n} more events may fail.",
            share=share,
            n=filters.number(left),
        )
    return _("{share} of the error budget is left.", share=share)
