"""Bad minutes and alerts → when an incident began, was noticed and was over; drops that nothing told of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tabiji.alerts import Alert
from tabiji.incidents.facts import CALM_MINUTES, Detection, Incident, Times

GAP_MINUTES = 2  # between bad minutes of one run, at most


@dataclass(frozen=True, slots=True)
class Burn:
    """An objective minute by minute from `start` on: a byte of 1 where it is bad, and where there is data."""

    objective: str
    start: int
    bad: bytes
    data: bytes = field(repr=False)


def run_before(burn: Burn, minute: int) -> tuple[int, bool] | None:
    """The first minute of the run of bad minutes that leads to a minute; None where none is known.

    Gaps of up to 2 minutes are bridged. False beside it: the run reaches the first of the minutes, so that it may
    begin before.
    """
    last = burn.bad.rfind(1, 0, max(minute - burn.start, 0))
    if last < 0:
        return None
    gap = burn.bad.rfind(bytes(GAP_MINUTES + 1), 0, last)
    first = gap + GAP_MINUTES + 1 if gap >= 0 else burn.bad.find(1)
    return burn.start + first, gap >= 0


def runs(bad: bytes, start: int) -> list[tuple[int, int]]:
    """The runs of bad minutes, gaps of up to 2 bridged, each from its first to behind its last."""
    found = []
    first = bad.find(1)
    while first >= 0:
        gap = bad.find(bytes(GAP_MINUTES + 1), first)
        end = gap if gap >= 0 else bad.rfind(1) + 1
        found.append((start + first, start + end))
        first = bad.find(1, end)
    return found


def together(burns: Sequence[Burn]) -> Burn:
    """Minutes in which any of several objectives is bad, or has data; all begin at the same minute."""
    bad, data = (_either([getattr(one, name) for one in burns]) for name in ("bad", "data"))
    return Burn("", burns[0].start, bad, data)


def _either(several: Sequence[bytes]) -> bytes:
    united = 0
    for one in several:
        united |= int.from_bytes(one, "big")
    return united.to_bytes(len(several[0]), "big")


def recovered(burn: Burn, started: int) -> tuple[int | None, int | None]:
    """The first minute after which none is bad for 15 minutes; and where they would begin, as things stand.

    Silence is no recovery: it begins with a minute that has data.
    """
    at = max(started - burn.start, 0)
    while True:
        calm = burn.bad.find(bytes(CALM_MINUTES), at)
        if calm < 0:
            calm = burn.bad.rfind(1) + 1
        calm = burn.data.find(1, max(calm, at))
        if calm < 0:
            return None, None
        stretch = burn.bad[calm : calm + CALM_MINUTES]
        if 1 not in stretch:
            return (burn.start + calm if len(stretch) == CALM_MINUTES else None), burn.start + calm
        at = calm + stretch.index(1)


def times(
    incident: Incident,
    alerts: Sequence[Alert],
    burns: Sequence[Burn],
    previous_closed: int | None = None,
    next_started: int | None = None,
) -> tuple[Times, bool]:
    """When an incident began, was noticed and was over.

    `alerts` are those of the incident, `burns` the journey's agreed objectives. `started` is the beginning of the
    run of bad minutes that leads to the first page; to the opening, where there is none; and not before the journey's
    previous incident closed. One that pages again has not recovered yet; one that has not when the next one starts is
    over then. False beside it: it may have begun before the minutes given.
    """
    if incident.cause == "drop" and incident.closed_minute is not None:
        first, end = incident.opened_minute, incident.closed_minute
        about = tuple(one.objective for one in burns if 1 in one.bad[first - one.start : end - one.start])
        detection = min(incident.detections, key=lambda one: one.minute, default=None)
        minute, by = (detection.minute, detection.by) if detection else (None, None)
        return Times(first, minute, by, end, end, about), True
    pages = [alert for alert in alerts if alert.tier.severity == "page"] or list(alerts)
    first_alert = min((alert.opened_minute for alert in pages), default=None)
    leading = {alert.objective for alert in pages if alert.opened_minute == first_alert}
    lead = incident.opened_minute if first_alert is None else first_alert
    found = [
        run
        for one in burns
        if (not leading or one.objective in leading) and (run := _run_to(one, lead, near=not leading))
    ]
    started, certain = min(found, default=(lead, True))
    for floor in (incident.floor, previous_closed):
        if floor is not None and started <= floor <= lead:
            started, certain = floor, True
    told = [Detection(one.opened_minute, "alert") for one in alerts if one.opened_minute >= started]
    detection = min((*told, *incident.detections), key=lambda one: one.minute, default=None)
    concerned = {alert.objective for alert in alerts}
    concerning = [one for one in burns if not concerned or one.objective in concerned]
    named = {one.objective: one for one in concerning}
    again = [
        run[0]
        for page in pages
        if page.objective in named and (run := run_before(named[page.objective], page.opened_minute))
    ]
    over, calm = recovered(together(concerning), max([started, *again])) if concerning else (None, None)
    last = min((minute for minute in (incident.ceiling, next_started) if minute is not None), default=None)
    if last is not None and (over is None or over > last):
        over = calm = max(last, started)
    if not concerned:
        if not any(1 in _between(one, started, started + CALM_MINUTES) for one in concerning):
            over = calm = incident.closed_minute  # what no event shows is over when a person says so
        concerning = [one for one in concerning if 1 in _between(one, started, over)] or concerning
    if detection is not None and detection.minute < started:
        # somebody knew before the run that an alert came of: what they saw has a beginning of its own
        before = [run for one in concerning if (run := _run_to(one, detection.minute, near=True))]
        earlier, known = min(before, default=(detection.minute, True))
        started, certain = min(earlier, detection.minute), certain and known
    about = tuple(one.objective for one in concerning)
    minute, by = (detection.minute, detection.by) if detection else (None, None)
    return Times(started, minute, by, over, calm, about), certain


def _run_to(burn: Burn, minute: int, *, near: bool) -> tuple[int, bool] | None:
    """The run that leads to a minute; where it is a person's word, one that ended not longer than 15 minutes before."""
    if near:
        after = max(minute + 1 - burn.start, 0)
        if 1 not in burn.bad[max(after - 1 - CALM_MINUTES, 0) : after]:
            return None
        return run_before(burn, minute + 1)
    return run_before(burn, minute)


def _between(burn: Burn, first: int, end: int | None) -> bytes:
    return burn.bad[max(first - burn.start, 0) : None if end is None else max(end - burn.start, 0)]


def drops(
    burns: Sequence[Burn], told: Iterable[tuple[int, int | None]], until: int
) -> tuple[list[tuple[int, int]], int]:
    """Runs of bad minutes of a journey's objectives that nothing told of; and the first minute not judged yet.

    `told` are the times of alerts and incidents; None: it goes on. A run is judged once 15 minutes have passed
    since, in which an alert could still have come. Whether a run is a drop is a question of the budget that was
    spent in it (`MISSED_MIN`).
    """
    spans = sorted(told, key=lambda span: span[0])
    burn = together(burns)
    found: list[tuple[int, int]] = []
    place, latest = 0, 0  # spans that began, and the end of the last of them to end
    for first, end in runs(burn.bad[: max(until - burn.start, 0)], burn.start):
        if end + CALM_MINUTES > until:
            return found, first
        while place < len(spans) and spans[place][0] < end + CALM_MINUTES:
            over = spans[place][1]
            latest = max(latest, until if over is None else over)
            place += 1
        if latest <= first:
            found.append((first, end))
    return found, until
