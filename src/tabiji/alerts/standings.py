"""Tallies over windows → the standing of an objective, its tiers included."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from tabiji import budgets, windows
from tabiji.alerts.evidence import LUCK, evidence_p, is_evident
from tabiji.alerts.tiers import TierStanding, judge_rates, short_minutes
from tabiji.budgets import State, StepShare, Tally
from tabiji.journeys import Objective, Tier


@dataclass(frozen=True, slots=True)
class Standing:
    """An objective at `now_minute`, judged on its own window.

    `start_minute` and `end_minute` bound the whole window; `tally` is over the part that is over. With
    `estimated` (a calendar window that goes on) the budget is that of the events so far. `minutes_left` is
    what remains of b · P; `exhaustion_minutes` is when nothing will, at the burn rate of the last 3 days.
    `evidence_p` is that of the whole window where the budget is exhausted: a red that could be luck.
    `coverage` is the share of its sources' events that the objective sees.
    """

    objective: Objective
    now_minute: int
    start_minute: int
    end_minute: int
    estimated: bool
    state: State
    tally: Tally
    sli: Fraction | None
    consumed: Fraction | None
    remaining: Fraction | None
    bad_events_left: int | None
    minutes_left: Fraction | None
    exhaustion_minutes: Fraction | None
    evidence_p: float | None
    burn_rates: tuple[tuple[int, Fraction | None], ...]  # by window in minutes, the shortest first
    tiers: tuple[TierStanding, ...]
    coverage: Fraction | None
    steps: tuple[StepShare, ...]

    @property
    def few_events(self) -> bool:
        """Whether the budget is gone, and that could be luck."""
        return self.evidence_p is not None and not is_evident(self.evidence_p, LUCK["ticket"])


def burn_windows(objective: Objective) -> tuple[int, ...]:
    """The lengths in minutes of the windows before now whose tallies `standing` needs, the shortest first."""
    lengths = {budgets.TREND_MINUTES}
    for tier in objective.tiers:
        lengths |= {tier.long_minutes, short_minutes(tier)}
    return tuple(sorted(lengths))


def standing(
    objective: Objective,
    tally: Tally,
    recent: Mapping[int, Tally],
    now_minute: int,
    *,
    coverage: Fraction | None = None,
    steps: Mapping[str, Tally] | None = None,
) -> Standing:
    """Judges an objective.

    `tally` is over `windows.bounds(objective.window, now_minute)`; `recent` has the tally of each of
    `burn_windows(objective)`, the minutes before now; `steps` those of its steps over its own window. Raises
    KeyError where a window is missing.

    *At risk* by trend: minutes to exhaustion at the burn rate of the last 3 days < minutes that the window
    still has. Those of a rolling window are P, for what is in it now has left it then. So both sides are the
    numbers that are shown; that older bad events leave the window meanwhile is not counted on.
    """
    target, window = objective.target, objective.window
    start, end = windows.whole(window, now_minute)
    length = end - start
    calendar = isinstance(window, windows.Calendar)
    rates = {minutes: budgets.burn_rate(recent[minutes], target) for minutes in sorted(recent)}
    tiers = []
    for tier in objective.tiers:
        long, short = tier.long_minutes, short_minutes(tier)
        tiers.append(
            judge_rates(tier, target, length, (recent[long], recent[short]), (rates[long], rates[short]))
        )
    left = budgets.remaining(tally, target)
    exhaustion = budgets.exhaustion_minutes(
        length,
        budgets.remaining_of_whole(left, now_minute - start, length) if calendar else left,
        rates[budgets.TREND_MINUTES],
    )
    horizon = end - now_minute if calendar else length
    state = budgets.state(
        tally,
        target,
        firing=any(tier.firing for tier in tiers),
        ends_early=exhaustion is not None and exhaustion.numerator < horizon * exhaustion.denominator,
    )
    exhausted = state == "exhausted"
    return Standing(
        objective=objective,
        now_minute=now_minute,
        start_minute=start,
        end_minute=end,
        estimated=now_minute < end,
        state=state,
        tally=tally,
        sli=budgets.sli(tally),
        consumed=budgets.consumed(tally, target),
        remaining=left,
        bad_events_left=budgets.bad_events_left(tally, target),
        minutes_left=budgets.minutes_left(target, length, left),
        exhaustion_minutes=exhaustion,
        evidence_p=evidence_p(tally.bad, tally.total, 1 - target) if exhausted else None,
        burn_rates=tuple(rates.items()),
        tiers=tuple(tiers),
        coverage=coverage,
        steps=budgets.attribute(steps or {}),
    )


def journey_state(standings: Iterable[Standing]) -> State | None:
    """The worst state of the agreed objectives among a journey's; see `budgets.journey_state`."""
    return budgets.journey_state(s.state for s in standings if s.objective.state == "agreed")


def held(standing: Standing, fired: Collection[Tier]) -> Standing:
    """A standing that knows which tiers fired the minute before: what keeps firing fires.

    A standing by itself is of a moment, and takes no tier to have fired. Where few events or silence decide
    nothing, a tier that fired goes on.
    """
    tiers = []
    for one in standing.tiers:
        if Tier(one.share, one.long_minutes, one.severity) in fired:
            if one.reason == "few-events":
                one = replace(one, firing=True, reason="goes-on")
            elif one.reason == "no-data":
                one = replace(one, firing=True)
        tiers.append(one)
    burns = any(one.firing for one in tiers) and standing.state != "exhausted"
    return replace(standing, tiers=tuple(tiers), state="burning" if burns else standing.state)
