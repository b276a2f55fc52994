"""Templates and values → pages, in the visitor's language; the same head and foot on all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, urlencode

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tabiji import __version__, language, windows
from tabiji.definitions import Site
from tabiji.language import LANGUAGES, N_, Language, _
from tabiji.store import Action
from tabiji.store.audit import Detail
from tabiji.web import auditing, bundling, filters, onward, static
from tabiji.web.context import Context
from tabiji.web.visitors import ROLES, Visitor

THEMES = ("light", "dark", "auto")
DAYS_MAX = 1100  # that a page reckons with, or a chart shows, at once
NAVIGATION = (  # path, words
    ("/", N_("Journeys")),
    ("/incidents", N_("Incidents")),
    ("/reviews", N_("Reviews")),
    ("/explore", N_("Explore")),
    ("/what-if", N_("What if")),
    ("/policies", N_("Policies")),
    ("/actions", N_("Action items")),
    ("/voices", N_("Voices")),
    ("/practice", N_("Practice")),
    ("/support", N_("Support")),
)
FURTHER = (  # in the menu: what is looked at less often
    ("/reports", N_("Reports")),
    ("/history", N_("History")),
    ("/results", N_("Key results")),
    ("/workshops", N_("Workshops")),
    ("/sources", N_("Sources")),
)


def _marked(message: str, /, **places: object) -> Markup:
    """A message with marks of HTML in it; what fills its places is escaped."""
    return Markup(_(message)).format(**places)  # noqa: S704 - messages are ours


def _listed(names: Iterable[object]) -> Markup:
    """Names or links one after the other, as the language separates them; what is no HTML is escaped."""
    return Markup(language.pgettext("between the names of a list", ", ")).join(names)  # type: ignore[arg-type]  # noqa: S704


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "_": _,
        "_h": _marked,
        "ngettext": language.ngettext,
        "pgettext": language.pgettext,
        "listed": _listed,
        "asset": static.address,
        "charts_bundle": bundling.address,
        "version": __version__,
        "languages": LANGUAGES,
        "language_names": {"en": "English", "ja": "日本語"},
        "navigation": NAVIGATION,
        "further": FURTHER,
        "role_names": ROLES,
    }
    made.filters |= filters.FILTERS
    return made


ENVIRONMENT = _environment()


@dataclass(frozen=True)
class Page:
    """A request for a page: who asks, in which language, at what time; and the way to answer it.

    The middleware has let the visitor in already: whoever gets here may look. What changes something asks first,
    by `need`.
    """

    context: Context
    request: Request

    @cached_property
    def now(self) -> int:
        """Whole seconds since the epoch, the same for all that the page says."""
        return int(self.context.now())

    @cached_property
    def site(self) -> Site:
        """The definitions in force, the same for all that the page says."""
        return self.context.site()

    @property
    def visitor(self) -> Visitor:
        """Who asks."""
        found: Visitor = self.request.state.visitor
        return found

    @property
    def is_known(self) -> bool:
        """Whether the one who asks was let in; if not, there is nothing to go to."""
        return getattr(self.request.state, "visitor", None) is not None

    @property
    def path(self) -> str:
        """What was asked for, without the query."""
        path: str = self.request.scope["path"]
        return path

    @property
    def language(self) -> Language:
        """The language of the page."""
        return language.current()

    @cached_property
    def zone(self) -> str:
        """The zone of the page's clock: the one that is asked for by `?zone=`, or the site's."""
        asked = self.request.query_params.get("zone")
        if asked:
            try:
                windows.time_zone(asked)
                return asked
            except ValueError:
                pass
        return self.site.timezone

    @property
    def theme(self) -> str:
        """`light`, `dark`, or `auto`: as the visitor's system has it."""
        asked: str = self.request.state.theme
        return asked if asked in THEMES else "auto"

    def period(self, first: str = "now-28d", most: int | None = None) -> tuple[int, int]:
        """The minutes [from, to) that `?from=` and `?to=` ask for, as people write times; answers 422 for others.

        Without them it begins at `first`, and ends now. `to` includes the minute that it lies in. `most` is how many
        days are answered for at once, where each of them takes its time.
        """
        asked = self.request.query_params
        try:
            start = windows.parse_time(asked.get("from") or first, self.now, self.zone) // 60
            end = -(-windows.parse_time(asked.get("to") or "now", self.now, self.zone) // 60)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        if end <= start:
            raise HTTPException(422, _("The end is not after the beginning."))
        if most is not None and end - start > most * windows.DAY:
            raise HTTPException(422, _("At most {n} days can be looked at at once.", n=most))
        return start, end

    def url(self, **changes: str | int | None) -> str:
        """This page's own path and query, with some of the query changed; None takes a key away."""
        written = self.request.scope["query_string"].decode("latin-1")
        query = dict(parse_qsl(written, keep_blank_values=True))
        for key, value in changes.items():
            if value is None:
                query.pop(key, None)
            else:
                query[key] = str(value)
        return f"?{urlencode(query)}" if query else "?"

    def need(self, allowed: bool) -> None:
        """Answers 403 where a visitor may not do what is asked, such as `page.visitor.may_change(team)`."""
        if not allowed:
            raise HTTPException(403, _("You may look at this, but not change it."))

    def audit(self, what: Action, about: str = "", /, **details: Detail) -> None:
        """Notes what the visitor has done, after it succeeded. Details are never secrets, nor lines of logs."""
        auditing.note(self.context, self.request, what, about, **details)

    def missing(self, message: str) -> NoReturn:
        """Answers 404 with a message that says what is not there."""
        raise HTTPException(404, message)

    def html(
        self, template: str, values: Mapping[str, object] | None = None, status: int = 200, **more: object
    ) -> HTMLResponse:
        """A template, filled; it knows `page` besides."""
        bundling.begin()
        text = ENVIRONMENT.get_template(template).render({**(values or {}), **more, "page": self})
        return HTMLResponse(text, status, {"Cache-Control": "no-store"})

    def see(self, path: str) -> RedirectResponse:
        """On to another page of ours, after something was done."""
        return RedirectResponse(onward.local(path), 303)
