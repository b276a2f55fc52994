"""`/`: all journeys, the worst first, and what happened since yesterday."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from tabiji import actions
from tabiji.actions import Item, State
from tabiji.budgets import STATES
from tabiji.definitions import Site
from tabiji.language import _, ngettext
from tabiji.missions import Line
from tabiji.reports.agreements import ACTIONS
from tabiji.runs import acting, signing, stating
from tabiji.runs.viewing import happened as happening
from tabiji.runs.viewing import home as viewing
from tabiji.runs.viewing import reviews as reviewing
from tabiji.runs.viewing.actions import Asked, listing
from tabiji.runs.viewing.home import Home, Row, Standings, Yesterday
from tabiji.store import Store
from tabiji.web.context import Context
from tabiji.web.filters import words
from tabiji.web.pages.results import of as results_of
from tabiji.web.remembering import Remembered
from tabiji.web.rendering import Page
from tabiji.windows import DAY

TRIAL = "trial"  # of `?state=`: nothing is agreed yet
YESTERDAY_MINUTES = 10  # that what is said of yesterday may be old
STATE_CHOICES = (*STATES[:3], "no-data", "healthy", TRIAL)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which journeys are asked for by the address; what is empty asks for all."""

    team: str
    state: str
    q: str

    @property
    def is_any(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.team or self.state or self.q.strip())

    def lets(self, row: Row) -> bool:
        """Whether a journey is asked for: every word is somewhere in its names."""
        if self.team and row.journey.team != self.team:
            return False
        if self.state and (row.state or TRIAL) != self.state:
            return False
        names = sought(row.names)
        return all(word in names for word in folded(self.q).split())


def folded(text: str) -> str:
    """A text as it is compared: small letters, and one width. The script of the page does the same."""
    return unicodedata.normalize("NFKC", text).lower()


def sought(names: Iterable[str]) -> str:
    """All that a journey can be found by."""
    return folded("\n".join(names))


def routes(context: Context) -> APIRouter:
    """The first page."""
    router = APIRouter(include_in_schema=False)
    # Judging 300 journeys takes as long as a page may; it gives the same until something new is judged, to everybody.
    # What they were like a day ago is asked for every ten minutes only.
    remembered: Remembered[Standings] = Remembered()
    before: Remembered[Yesterday] = Remembered()
    items: Remembered[Sequence[Item]] = Remembered()  # until somebody says something of one

    @router.get("/")
    def home(request: Request, team: str = "", state: str = "", q: str = "") -> Response:
        page = Page(context, request)
        site, store = page.site, context.store
        judging = store.judging()
        at = viewing.moment(judging, page.now // 60)

        def standings() -> Standings:
            then = before.of(
                (site, at // YESTERDAY_MINUTES),
                lambda: viewing.yesterday(site, store, at // YESTERDAY_MINUTES * YESTERDAY_MINUTES),
            )
            return viewing.standings(site, store, at, then)

        found = remembered.of((site, judging.round, at), standings)
        facts = viewing.home(site, store, judging, found)
        since = at - DAY
        happened = happening.happened(site, store, found, since, page.now // 60)
        wanted = Filter(team, state if state in STATE_CHOICES else "", q)
        shown = {row.journey.name for row in found.rows if wanted.lets(row)}
        return page.html(
            "home.html",
            facts=facts,
            rows=found.rows,
            happened=happened,
            wanted=wanted,
            shown=shown,
            sought=sought,
            teams=teams(site),
            headline=headline(facts),
            choices=STATE_CHOICES,
            action_words=ACTIONS,
            here_for_lines=here_for(store),
            todo=todo(
                items.of(store.acts.newest(actions.KIND), lambda: acting.every(store)), wanted.team, page
            ),
            key_results=results_of(page, None)["key_results"],
            unsigned=sum(one.standing.state != "agreed" for one in signing.all_of(site, store)),
            reviews_due=sum(one.waits for one in reviewing.listing(site, store, page.now)),
        )

    return router


def here_for(store: Store) -> tuple[Line, ...]:
    """The lines of the mission, or else of the vision, as they hold now."""
    versions = stating.versions(store)
    return (versions[-1].of("mission") or versions[-1].of("vision")) if versions else ()


def todo(every: Sequence[Item], team: str, page: Page) -> Mapping[State, int]:
    """How many action items of a team, or of all, stand how."""
    return listing(every, Asked(team or None), actions.today(page.now, page.zone)).counts


def teams(site: Site) -> list[tuple[str, str]]:
    """The teams that have journeys: name and title."""
    having = {journey.team for journey in site.journeys}
    return [(team.name, words(team.title)) for team in site.teams if team.name in having]


def headline(facts: Home) -> list[str]:
    """How users do, in a sentence or two."""
    counts, every = facts.counts, len(facts.standings.rows)
    said = []
    if n := counts["burning"]:
        said.append(
            ngettext(
                "Users of {n} journey are having trouble right now.",
                "Users of {n} journeys are having trouble right now.",
                n,
                n=n,
            )
        )
    if n := counts["exhausted"]:
        said.append(
            ngettext(
                "{n} of {all} journeys has failed more often than was promised.",
                "{n} of {all} journeys have failed more often than was promised.",
                n,
                n=n,
                all=every,
            )
        )
    if n := counts["at-risk"]:
        said.append(
            ngettext(
                "{n} journey may break its promise if this goes on.",
                "{n} journeys may break their promises if this goes on.",
                n,
                n=n,
            )
        )
    if not said and counts["healthy"]:
        said.append(_("All journeys that we have events of keep their promises."))
    if not said:
        said.append(_("Nothing is known yet: no events have come."))
    return said
