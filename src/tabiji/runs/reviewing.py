"""What is said in a weekly review → recorded, with the action items that it opens, moves and ends, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from tabiji import actions, reviews
from tabiji.actions import Item
from tabiji.acts import Act
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.journeys import Journey
from tabiji.language import _, listed
from tabiji.reviews import ALL, Choice, Decided, Decision, Finding, Followed, Review, Word
from tabiji.store import StaleAct, Store

TRIES = 5  # of what somebody said while others said something, too
# Choices after which somebody has something to do; what is watched comes back by itself
_ITEMS: frozenset[Choice] = frozenset({"mend", "loosen", "tighten", "correct", "agree", "drop"})


def teams(site: Site) -> list[str]:
    """Whose reviews there are: of each team that has journeys, and of all journeys together."""
    return [*sorted({one.team for one in site.journeys if one.team}), ALL]


def journeys(site: Site, team: str) -> list[Journey]:
    """What a review looks at."""
    return [one for one in site.journeys if team in (ALL, one.team)]


def every(store: Store, until_second: int | None = None) -> list[Review]:
    """All reviews, by week and team; or as they stood at a moment."""
    return reviews.reviews(store.acts.of(reviews.KIND, until_second=until_second))


def find(site: Site, store: Store, team: str, week: str) -> Review:
    """A team's review of the week of a Monday. Raises UsageError where there is no such team, or no such week."""
    if team not in teams(site):
        raise UsageError(
            _("`{name}` holds no reviews; there are {known}", name=team[:60], known=listed(teams(site)))
        )
    try:
        monday = reviews.week_of(week)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return _read(store, team, monday)


def _read(store: Store, team: str, monday: date) -> Review:
    acts = store.acts.of(reviews.KIND, subject=reviews.subject(team, monday))
    return reviews.review(team, monday, acts)


def items(store: Store) -> dict[str, Item]:
    """The action items that reviews opened, by what they came from: `learning/2026-06-01#2`."""
    found = actions.items(store.acts.of(actions.KIND))
    return {one.wanted.which: one for one in found if one.wanted.origin == "review"}


def waiting(store: Store, review: Review) -> list[Decision]:
    """What earlier reviews left open, with which this one begins; also what it has said something of already."""
    return reviews.open_before(every(store), review.team, review.week)


def decision(review: Review, ordinal: int) -> Decision:
    """A decision by its number in its review. Raises UsageError where there is none."""
    for one in review.decisions:
        if one.ordinal == ordinal:
            return one
    raise UsageError(_("there is no decision {number} that holds", number=ordinal))


# What people say


def begin(
    store: Store, review: Review, leader: str, led_by: str, present: Sequence[str], word: Word
) -> Review:
    """Somebody leads it."""
    return _written(store, review, lambda one: [reviews.begun(one, leader, led_by, present, word)])


def reach(store: Store, review: Review, step: str, word: Word) -> Review:
    """All go on to a step."""
    return _written(store, review, lambda one: [reviews.reached(one, step, word)])


def note(site: Site, store: Store, review: Review, finding: Finding, word: Word) -> Review:
    """What is known of a drop."""
    _journey(site, review, finding.objective)
    return _written(store, review, lambda one: [reviews.noted(one, finding, word)])


def decide(site: Site, store: Store, review: Review, what: Decided, word: Word) -> Review:
    """Something is decided; what somebody has to see to opens an action item."""
    journey = _journey(site, review, what.objective)

    def made(one: Review) -> list[Act]:
        acts = [reviews.decided(one, what, word)]
        if what.choice in _ITEMS:
            name = f"{one.subject}#{len(one.decisions) + 1}"
            acts.append(_opened(journey, what.why, what.owner, what.due, name, "action", word))
        return acts

    return _written(store, review, made)


def change(
    site: Site, store: Store, review: Review, ordinal: int, what: Decided, reason: str, word: Word
) -> Review:
    """A decision is another one; its action item is opened, moved or dropped with it."""
    journey = _journey(site, review, what.objective)

    def made(one: Review) -> list[Act]:
        acts = [reviews.changed(one, ordinal, what, reason, word)]
        name = f"{one.subject}#{ordinal}"
        item, said = items(store).get(name), actions.Word(word.who, word.at, reason.strip())
        if what.choice not in _ITEMS:
            return acts + ([] if item is None or item.ended else [actions.dropped(item, said)])
        if item is None or item.ended:
            return [*acts, _opened(journey, what.why, what.owner, what.due, name, "action", word)]
        if item.wanted.owner != what.owner.strip():
            acts.append(actions.owned(item, what.owner, said))
        if item.wanted.due != what.due:
            acts.append(actions.postponed(item, what.due, said))
        if item.wanted.title not in what.why:
            acts.append(actions.noted(item, actions.Word(word.who, word.at, what.why.strip())))
        return acts

    return _written(store, review, made)


def withdraw(store: Store, review: Review, ordinal: int, reason: str, word: Word) -> Review:
    """A decision does not hold any more; its action item is dropped with it."""

    def made(one: Review) -> list[Act]:
        acts = [reviews.withdrawn(one, ordinal, reason, word)]
        item = items(store).get(f"{one.subject}#{ordinal}")
        if item is not None and not item.ended:
            acts.append(actions.dropped(item, actions.Word(word.who, word.at, reason.strip())))
        return acts

    return _written(store, review, made)


def raise_(store: Store, review: Review, text: str, owner: str, due: date | None, word: Word) -> Review:
    """Something worries somebody: it is kept as a concern among the action items."""

    def made(one: Review) -> list[Act]:
        act = reviews.raised(one, text, owner, due, word)
        name = f"{one.subject}#c{len(one.concerns) + 1}"
        team = None if one.team == ALL else one.team
        return [act, _item(text, owner, due, name, "concern", team, None, word)]

    return _written(store, review, made)


def follow(store: Store, review: Review, what: Followed) -> Review:
    """What became of what was decided earlier; its action item ends with it, or moves to another day."""

    def made(one: Review) -> list[Act]:
        acts = [reviews.followed(one, waiting(store, one), what)]
        item = items(store).get(what.name)
        if item is None or item.ended:
            return acts
        said = actions.Word(what.word.who, what.word.at, what.text.strip() or one.subject)
        if what.outcome != "carried":
            acts.append((actions.done if what.outcome == "done" else actions.dropped)(item, said))
        elif what.due not in (None, item.wanted.due):
            acts.append(actions.postponed(item, what.due, said))
        return acts

    return _written(store, review, made)


def hold(store: Store, review: Review, word: Word) -> Review:
    """It is over."""
    return _written(store, review, lambda one: [reviews.held(one, word)])


def reopen(store: Store, review: Review, reason: str, word: Word) -> Review:
    """It is not over after all."""
    return _written(store, review, lambda one: [reviews.reopened(one, reason, word)])


def _written(store: Store, review: Review, made: Callable[[Review], Sequence[Act]]) -> Review:
    """What was said is kept, of how the review stands by then: several people speak at a meeting."""
    for tries in range(1, TRIES + 1):
        one = _read(store, review.team, review.week)
        try:
            store.acts.add_all(made(one), seen=one.last)
        except ValueError as error:
            raise UsageError(str(error)) from None
        except StaleAct:
            if tries == TRIES:
                raise
            continue
        break
    return _read(store, review.team, review.week)


def _journey(site: Site, review: Review, objective: str) -> Journey:
    """The journey of an objective that a review looks at. Raises UsageError."""
    for journey in journeys(site, review.team):
        if any(one.id == objective for one in journey.objectives):
            return journey
    raise UsageError(_("`{name}` is no objective of this review", name=objective[:120]))


def _opened(
    journey: Journey, text: str, owner: str, due: date | None, name: str, sort: actions.Sort, word: Word
) -> Act:
    return _item(text, owner, due, name, sort, journey.team, journey.name, word)


def _item(
    text: str,
    owner: str,
    due: date | None,
    name: str,
    sort: actions.Sort,
    team: str | None,
    journey: str | None,
    word: Word,
) -> Act:
    """The act that opens an item: its title is the first line of what was said, all of it its detail."""
    said = text.strip()
    title = said.splitlines()[0][: actions.TITLE_LONGEST]
    wanted = actions.Wanted(
        title=title,
        detail="" if said == title else said,
        sort=sort,
        team=team,
        owner=owner.strip() or None,
        due=due,
        origin="review",
        which=name,
        journey=journey,
    )
    return actions.opening(wanted, word.who, word.at)
