"""How enquiries, cancellations and revenue go with what was spent of budgets → sentences, a table, a JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tabiji.journeys import Journey, Objective
from tabiji.language import N_, _, headings, ngettext
from tabiji.reports.documents import Json
from tabiji.reports.words import Table
from tabiji.signals import DAYS_MIN, Link, Verdict

Sort = Literal["enquiry", "churn", "revenue"]
NAMES: Mapping[Sort, str] = {
    "enquiry": N_("enquiries"),
    "churn": N_("cancellations"),
    "revenue": N_("revenue"),
}
MORE: Mapping[Sort, str] = {
    "enquiry": N_("On days on which more of the budget was spent, there were more enquiries."),
    "churn": N_("On days on which more of the budget was spent, there were more cancellations."),
    "revenue": N_("On days on which more of the budget was spent, more was earned."),
}
LESS: Mapping[Sort, str] = {
    "enquiry": N_("On days on which more of the budget was spent, there were fewer enquiries."),
    "churn": N_("On days on which more of the budget was spent, there were fewer cancellations."),
    "revenue": N_("On days on which more of the budget was spent, less was earned."),
}
APART: Mapping[Sort, str] = {
    "enquiry": N_("Enquiries do not go with the budget spent: what is seen could as well be chance."),
    "churn": N_("Cancellations do not go with the budget spent: what is seen could as well be chance."),
    "revenue": N_("Revenue does not go with the budget spent: what is seen could as well be chance."),
}
NONE: Mapping[Sort, str] = {
    "enquiry": N_("No enquiry of these days is known to be about this journey."),
    "churn": N_("No cancellation of these days is known to be about this journey."),
    "revenue": N_("No revenue of these days is known to be of this journey."),
}
SAYS: Mapping[Verdict, str] = {  # in a word or two
    "together": N_("rise together"),
    "opposite": N_("one rises, one falls"),
    "apart": N_("could be chance"),
    "few": N_("too few days"),
    "first-even": N_("budget the same every day"),
    "second-even": N_("the same every day"),
}
SHARES_MIN = 0.001  # chances below are said to be so


@dataclass(frozen=True, slots=True)
class Linked:
    """A promise and a kind of signals by day: the days [first, last] that both are known of, and the link.

    `total` is how many (how much) there were in all; `first` and `last` are None where no day can be compared.
    """

    journey: Journey
    objective: Objective
    kind: Sort
    first: date | None
    last: date | None
    total: int
    link: Link


def link_sentences(one: Linked) -> list[str]:
    """What the days say, in plain words; then the numbers, for those who want to check."""
    link = one.link
    if link.verdict == "few":
        few = ngettext("Only {n} day can be compared; {least} at least would say something.",
                       "Only {n} days can be compared; {least} at least would say something.",
                       link.days, n=link.days, least=DAYS_MIN)  # fmt: skip
        return [_("{name}: {said}", name=_(NAMES[one.kind]), said=few)]
    if not one.total:
        return [_(NONE[one.kind])]
    if link.verdict == "first-even":
        return [
            _(
                "On all of these {n} days as much of the budget was spent: there is nothing to compare.",
                n=link.days,
            )
        ]
    if link.verdict == "second-even":
        name = _(NAMES[one.kind])
        return [
            _(
                "{name}: the same on all of these {n} days; there is nothing to compare.",
                name=name,
                n=link.days,
            )
        ]
    said = {"together": MORE, "opposite": LESS}.get(link.verdict, APART)[one.kind]
    return [
        _(said),
        _(
            "Rank correlation {rho} over {n} days (Spearman); chance alone does as much in {share} of cases.",
            rho=rho_text(link),
            n=link.days,
            share=chance_text(link),
        ),
    ]


def cause_sentence(some: Iterable[Linked]) -> str | None:
    """What nobody should read out of it, where something goes together; None elsewhere."""
    if any(one.link.verdict in ("together", "opposite") for one in some):
        return _("That they go together does not say that one is the cause: both may come from a third.")
    return None


def rho_text(link: Link) -> str:
    """From −1.00 to 1.00; – for none."""
    return "–" if link.rho is None else f"{link.rho:.2f}".replace("-", "−")


def chance_text(link: Link) -> str:
    """A share such as 3.2 %; what is tiny is said to be less than that."""
    if link.chance is None:
        return "–"
    percent = _("{n} %", n=f"{max(link.chance, SHARES_MIN) * 100:.1f}")
    return _("less than {share}", share=percent) if link.chance < SHARES_MIN else percent


def links_table(some: Sequence[Linked]) -> Table:
    """One row per promise and kind."""
    rows = tuple(
        (
            one.objective.id,
            _(NAMES[one.kind]),
            str(one.link.days),
            rho_text(one.link),
            chance_text(one.link),
            _(SAYS[one.link.verdict]),
        )
        for one in some
    )
    return Table(
        headings("objective", "what", "days", "correlation", "by chance", "says"), rows, frozenset({2, 3, 4})
    )


def links_json(some: Iterable[Linked]) -> Json:
    """As commands and the API show it; rho and p are null where nothing can be said."""
    return {
        "links": [
            {
                "id": one.objective.id,
                "journey": one.journey.name,
                "objective": one.objective.name,
                "kind": one.kind,
                "from": None if one.first is None else one.first.isoformat(),
                "to": None if one.last is None else one.last.isoformat(),
                "days": one.link.days,
                "total": one.total,
                "rho": one.link.rho,
                "p": one.link.chance,
                "exact": one.link.exact,
                "verdict": one.link.verdict,
                "said": link_sentences(one),
            }
            for one in some
        ]
    }
