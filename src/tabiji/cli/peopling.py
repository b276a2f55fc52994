"""What the people of the demo's site said and decided → recorded in its workspace, as if they had done so then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

from tabiji.demo import learnt, meetings, people, workshop
from tabiji.demo.site import DAY_S, ZONE_S

if TYPE_CHECKING:
    from tabiji.boards import Deed
    from tabiji.definitions import Site
    from tabiji.demo import Written
    from tabiji.incidents import Role
    from tabiji.reviews import Decision, Outcome
    from tabiji.store import Store

WORKSHOP_HOURS = 72


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is recorded; the month ends at `ended` (epoch seconds), and all is said in `language`."""

    site: Site
    store: Store
    ended: int
    language: Literal["en", "ja"]

    def say(self, words: people.Words) -> str:
        """A text in the language of the site."""
        return words.ja if self.language == "ja" else words.en


Deeds = Iterator[tuple[int, Callable[[], object]]]


def tell(place: Place, written: Written) -> str:
    """What customers did, and what people said, decided and learnt, in the order of time; gives a workshop's link."""
    _customers(place, written)
    deeds = [
        *_stated(place),
        *_agreed(place),
        *_planned(place),
        *_aimed(place),
        *_engaged(place),
        *_met(place),
        *_learnt(place),
    ]
    for at, deed in sorted(deeds, key=lambda one: one[0]):
        if at < place.ended:
            deed()
    return _workshop(place)


def _customers(place: Place, written: Written) -> None:
    """What customers said and did, from the files that a help desk would have exported."""
    from tabiji import signals

    titles = {journey.name: journey.name for journey in place.site.journeys}
    for kind, path in written.sheets:
        found = signals.read(
            path.read_bytes(),
            kind,
            columns={},
            journeys=titles,
            rules=place.site.enquiries,
            author=path.name,
            zone=place.site.timezone,
            now=place.ended,
        )
        place.store.signals.add(found.signals, place.ended)


def _stated(place: Place) -> Deeds:
    """The mission, version by version."""
    from tabiji import missions
    from tabiji.runs import stating

    def stated(one: people.Wording, at: int) -> None:
        added = [(section, place.say(words)) for section, words in one.added]
        lines = missions.edited(stating.versions(place.store), added)
        stating.write(place.store, lines, one.who, at, place.say(one.agreed_with), place.say(one.why))

    for one in people.MISSION:
        at = one.at.second(place.ended)
        yield at, partial(stated, one, at)


def _agreed(place: Place) -> Deeds:
    """Policies signed, or not yet."""
    from tabiji.runs import signing

    def signed(one: people.Signature, at: int) -> None:
        if one.part is not None:
            signing.sign(place.site, place.store, one.policy, one.part, one.who, at)
        elif one.why is not None:
            signing.ask(place.site, place.store, one.policy, one.who, place.say(one.why), at)

    for one in people.SIGNATURES:
        at = one.at.second(place.ended)
        yield at, partial(signed, one, at)


def _planned(place: Place) -> Deeds:
    """Action items that nobody's meeting asked for."""
    from tabiji.actions import Wanted, Word
    from tabiji.runs import acting

    def planned(one: people.Task) -> None:
        item = acting.open_(
            place.site,
            place.store,
            Wanted(
                place.say(one.title),
                sort=one.sort,
                team=one.team,
                owner=one.owner,
                supporter=one.supporter,
                due=None if one.due is None else _day(place.ended + one.due * DAY_S),
                line=one.serves,
                journey=one.journey,
            ),
            one.by,
            one.opened.second(place.ended),
        )
        if one.done is not None:
            clock, outcome = one.done
            word = Word(one.owner or one.by, clock.second(place.ended), place.say(outcome))
            acting.change(place.site, place.store, item.number, "done", None, word)

    for one in people.TASKS:
        yield one.opened.second(place.ended), partial(planned, one)


def _aimed(place: Place) -> Deeds:
    """Key results: from a day of the month on, until after it."""
    from tabiji.results import Wanted
    from tabiji.runs import achieving

    at = people.AIMED.second(place.ended)
    for one in people.AIMS:
        wanted = Wanted(
            title=place.say(one.title),
            owner=one.owner,
            team=one.team,
            objective=one.objective,
            measure=one.measure,
            start=achieving.share(one.start),
            target=achieving.share(one.target),
            first=_day(place.ended + one.begins * DAY_S),
            last=_day(place.ended + one.ends * DAY_S),
            zone=place.site.timezone,
        )
        start = wanted.start
        yield at, partial(achieving.open_, place.site, place.store, wanted, one.owner, at, start=start)


def _engaged(place: Place) -> Deeds:
    """Where the SRE leads or helps, and until when."""
    from tabiji.practice import Wanted
    from tabiji.runs.practising import engaging

    for one in people.ENGAGED:
        at = one.at.second(place.ended)
        wanted = Wanted(one.team, one.mode, one.practice, one.until_stage, place.say(one.why))
        yield at, partial(engaging.begin, place.site, place.store, wanted, people.SRE, at)


# ------------------------------------------------------------------------------------ weekly meetings


def _met(place: Place) -> Deeds:
    this_week = meetings.week_of(place.ended - 1)
    for series in meetings.MEETINGS:
        for back in range(series.weeks, 0, -1):
            week = this_week - 7 * back
            at = (week + 7) * DAY_S - ZONE_S + series.clock[0] * 3600 + series.clock[1] * 60
            if at + series.minutes * 60 < place.ended:
                yield at, partial(_meet, place, series, week, at)


def _meet(place: Place, series: meetings.Meetings, week: int, at: int) -> None:
    """A meeting from beginning to end: what became of earlier decisions, what was found, what is decided."""
    from tabiji import reviews
    from tabiji.reviews import Decided, Finding, Followed, Word
    from tabiji.runs import reviewing

    site, store = place.site, place.store
    review = reviewing.find(site, store, series.team, _day(week * DAY_S - ZONE_S).isoformat())
    word = Word(series.leader, at)
    review = reviewing.begin(store, review, series.leader, series.led_by, series.present, word)
    for one in reviewing.waiting(store, review):
        if (came := _came(place, one)) is not None and one.word.at >= at - 8 * DAY_S:
            outcome, text = came
            review = reviewing.follow(
                store, review, Followed(one.name, outcome, place.say(text), Word(series.leader, at + 120))
            )
    spoken = [
        one
        for one in meetings.SUBJECTS
        if one.team == series.team
        and meetings.week_of(people.Clock(one.days_before, 12).second(place.ended)) == week
    ]
    for subject in spoken:
        if (found := subject.found) is not None:
            finding = Finding(
                found.objective, place.say(found.cause), found.suffered, place.say(found.evidence)
            )
            reviewing.note(site, store, review, finding, Word(series.leader, at + 300))
        for choice in subject.choices:
            due = _day(at + choice.days * DAY_S)
            decided = Decided(choice.objective, choice.choice, place.say(choice.why), choice.owner, due)
            reviewing.decide(site, store, review, decided, Word(series.leader, at + 720))
        if subject.concern is not None:
            text, owner = subject.concern
            reviewing.raise_(store, review, place.say(text), owner, None, Word(owner, at + 900))
    reviewing.reach(store, review, reviews.STEPS[-1], Word(series.leader, at + 960))
    reviewing.hold(store, review, Word(series.leader, at + series.minutes * 60))


def _came(place: Place, decision: Decision) -> tuple[Outcome, people.Words] | None:
    """What became of a decision, as the story tells it."""
    for subject in meetings.SUBJECTS:
        for choice in subject.choices:
            if (choice.objective, place.say(choice.why)) == (
                decision.decided.objective,
                decision.decided.why,
            ):
                return choice.came
    return None


# ------------------------------------------------------------------------------------ incidents


def _learnt(place: Place) -> Deeds:
    found = place.store.incidents()
    for one in learnt.LEARNT:
        first, last = (clock.second(place.ended) // 60 for clock in one.lasted)
        lasting = [  # of few events an alert tells late, or of a part of it
            incident
            for incident in found
            if incident.journey == one.journey
            and incident.merged_into is None
            and min(incident.started_minute, incident.opened_minute) < last
            and (
                incident.closed_minute is None  # it can be over before it is closed
                or first < max(incident.closed_minute, incident.over_minute or 0)
            )
        ]
        if lasting:
            newest = max(lasting, key=lambda incident: incident.started_minute)
            yield from _of_incident(place, one, newest.number or 0)
        else:  # of few events no alert may tell; those who are written to do
            told = one.noticed or one.taken_note or one.drafted
            yield from _of_incident(place, one, _opened(place, one.journey, *told))


def _opened(place: Place, journey: str, who: str, clock: people.Clock) -> int:
    """An incident that somebody opens who was told of it; gives its number."""
    from tabiji.runs import intervening
    from tabiji.runs.intervening import Word

    at = clock.second(place.ended)
    return intervening.open_by_hand(place.site, place.store, journey, at // 60, "enquiry", Word(who, at))


def _of_incident(place: Place, one: learnt.Learnt, number: int) -> Deeds:
    """What people did while it lasted, and wrote afterwards."""
    from tabiji.runs import intervening
    from tabiji.runs.intervening import Word

    site, store = place.site, place.store
    if one.taken_note is not None:
        who, clock = one.taken_note
        fact = Word(who, clock.second(place.ended)).of(number, "acknowledged", None)
        yield fact.at, partial(store.record_incidents, [], [fact])
    begin = (one.taken_note or one.drafted)[1].second(place.ended)
    parts: list[tuple[Role, str]] = [
        ("commander", one.commander),
        *(("helper", name) for name in one.helpers),
    ]
    for role, name in parts:
        word = Word(name, begin + 60)
        yield word.now, partial(intervening.own, store, number, name, role, word)
    for clock, who, text in one.notes:
        word = Word(who, clock.second(place.ended), place.say(text))
        yield word.now, partial(intervening.note, store, number, word)
    if one.noticed is not None:
        who, clock = one.noticed
        word = Word(who, clock.second(place.ended))
        yield word.now, partial(intervening.detect, site, store, number, word.now // 60, "enquiry", word)
    yield from _written(place, one, number)


def _written(place: Place, one: learnt.Learnt, number: int) -> Deeds:
    """Its post-mortem: drafted, worded, handed in, published."""
    from tabiji.actions import Wanted
    from tabiji.postmortems import SECTIONS, Words
    from tabiji.runs import learning
    from tabiji.runs.intervening import Word

    site, store = place.site, place.store
    who, clock = one.drafted
    at = clock.second(place.ended)
    sections = {name: place.say(one.texts[name]) for name in SECTIONS if name in one.texts}
    words = Words(place.say(one.title), sections, one.cause, one.commander)  # type: ignore[arg-type]
    yield at, partial(learning.draft, site, store, number, Word(who, at))
    yield at + 1800, partial(learning.edit, store, number, words, Word(who, at + 1800))
    handed_in = one.handed_in.second(place.ended)
    yield handed_in, partial(learning.submit, store, number, Word(who, handed_in))
    if one.published is not None:
        by, clock = one.published
        published = clock.second(place.ended)
        yield published, partial(learning.publish, store, number, Word(by, published))
    for text, owner, days in one.tasks:
        due = _day(handed_in + days * DAY_S)
        wanted = Wanted(place.say(text), owner=owner, due=due)
        yield handed_in, partial(learning.open_item, site, store, number, wanted, Word(who, handed_in))


# ------------------------------------------------------------------------------------ a workshop under way


def _workshop(place: Place) -> str:
    """The board as it stands in the middle of a workshop; gives its link."""
    from tabiji.boards import AGENDA, POINTS, Point
    from tabiji.runs import workshops

    store, began = place.store, place.ended - workshop.BOARD_BEGAN_MINUTES * 60
    agenda = [Point(topic, AGENDA[topic]) for topic in POINTS]
    title = place.say(workshop.BOARD_TITLE)
    board, link = workshops.open_(
        place.site, store, title, workshop.BOARD_TEAM, agenda, WORKSHOP_HOURS, began, people.SRE
    )
    guests = [
        workshops.join(store, board.number, name, role, began + 60 * at)[0]
        for at, (name, role) in enumerate(workshop.GUESTS)
    ]
    at = began + 300

    def do(deed: Deed, guest: int, **fields: str) -> int:
        nonlocal at
        at += 20
        done = workshops.do(store, board.number, deed, guests[guest], at, fields)
        return done.acts[0].number if done.acts else 0

    numbers: list[int] = []
    for card in workshop.BOARD:
        do(
            "add",
            card.by,
            kind=card.kind,
            text=place.say(card.text),
            sign=card.sign,
            under="" if card.under is None else str(numbers[card.under]),
        )
        numbers.append(workshops.find(store, board.number).cards[-1].number)
    for number, card in zip(numbers, workshop.BOARD, strict=True):
        if card.measured is not None:
            do("measure", card.by, card=str(number), source=card.measured[0], operation=card.measured[1])
    do("start", 0, point=str(workshop.VOTING))
    for number, card in zip(numbers, workshop.BOARD, strict=True):
        for guest, votes in card.votes.items():
            do("vote", guest, card=str(number), **{name: str(vote) for name, vote in votes.items()})
    return link


def _day(second: int) -> date:
    return (datetime.fromtimestamp(second, UTC) + timedelta(seconds=ZONE_S)).date()
