"""Corrections and objectives → which minutes of which objective are judged otherwise, and by which corrections."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tabiji import corrections, definitions
from tabiji.corrections import Dated, Span
from tabiji.counting import Series
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective
from tabiji.runs.selecting import Selected, columns, selected, table
from tabiji.store import Store


def touching(
    site: Site,
    stored: Mapping[int, Series],
    wanted: Sequence[tuple[Journey, Objective]],
    chosen: Sequence[Selected],
    firsts: Sequence[int],
    end_minute: int,
) -> list[list[Dated]]:
    """The corrections that touch each objective in `[first, end_minute)`, with their minutes there.

    `chosen` are the series that the objectives count, `firsts` the beginnings of what is looked at.
    """
    dated = definitions.dated(site.corrections, min(firsts, default=end_minute), end_minute)
    if not dated:
        return [[] for _ in wanted]
    by_source = any(one.correction.scope.sources for one in dated)
    return [
        corrections.applied(
            dated, journey, objective, _sources(stored, one) if by_source else (), first, end_minute
        )
        for (journey, objective), one, first in zip(wanted, chosen, firsts, strict=True)
    ]


def together(touching: Sequence[Dated]) -> tuple[Span, ...]:
    """The minutes of corrections, each once."""
    spans = [span for one in touching for span in one.spans]
    if not spans:
        return ()
    return tuple(corrections.merged(spans, min(start for start, _ in spans), max(end for _, end in spans)))


def corrected(
    site: Site, store: Store, wanted: Sequence[tuple[Journey, Objective]], first_minute: int, end_minute: int
) -> dict[str, tuple[Span, ...]]:
    """The minutes of `[first_minute, end_minute)` in which objectives are judged otherwise, by their ids.

    What `minutes.of` takes. Those without such minutes are left out.
    """
    if not definitions.dated(site.corrections, first_minute, end_minute):
        return {}
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    chosen = [selected(journey, objective, rows, known) for journey, objective in wanted]
    found = touching(site, stored, wanted, chosen, [first_minute] * len(wanted), end_minute)
    spans = {objective.id: together(one) for (_, objective), one in zip(wanted, found, strict=True)}
    return {name: some for name, some in spans.items() if some}


def _sources(stored: Mapping[int, Series], one: Selected) -> Collection[str]:
    """The sources whose events an objective counts."""
    return {series.source for place, series in enumerate(stored.values()) if one.counts >> place & 1}
