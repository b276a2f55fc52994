"""What people write of an incident → recorded as acts: drafted, edited, handed in, published; and as it stands now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tabiji import actions, postmortems
from tabiji.actions import Item, Wanted
from tabiji.acts import Act
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.incidents import Incident
from tabiji.language import _, listed
from tabiji.postmortems import CAUSE, KIND, Cause, Postmortem, What, Words
from tabiji.reports.postmortems import field_name
from tabiji.runs import acting, affected, intervening
from tabiji.runs.intervening import Word
from tabiji.store import Store


def every(store: Store, until_second: int | None = None) -> Mapping[int, Postmortem]:
    """All post-mortems, by the number of their incident; as they stood before a time, where one is given."""
    return postmortems.fold(store.acts.of(KIND, until_second=until_second))


def of(store: Store, number: int) -> Postmortem | None:
    """The post-mortem of an incident; None where there is none."""
    return postmortems.fold(store.acts.of(KIND, subject=str(number))).get(number)


def find(store: Store, number: int) -> Postmortem:
    """The same. Raises UsageError where there is none."""
    found = of(store, number)
    if found is None:
        intervening.find(store, number)
        _allowed(None, "edited", number)
    assert found is not None  # noqa: S101 - what is not there can't be edited
    return found


def causes(store: Store, *, drafts: bool = True) -> Mapping[int, Cause]:
    """The kind of cause of the incidents of which it is known; without `drafts` only published post-mortems tell."""
    return postmortems.causes(store.acts.of(CAUSE), every(store).values(), drafts=drafts)


def cause(store: Store, number: int, kind: Cause | None, word: Word) -> bool:
    """Says what kind of cause an incident had, None: nobody knows yet; False where that was said already.

    Where there is a post-mortem it is said in that. Raises UsageError for a part of another incident.
    """
    incident = intervening.find(store, number)
    if incident.merged_into is not None:
        message = _(
            "incident {number} is part of incident {into}; say it of that",
            number=number,
            into=incident.merged_into,
        )
        raise UsageError(message)
    if causes(store).get(number) == kind:
        return False
    now = of(store, number)
    if now is not None:
        edit(store, number, replace(now.words, cause=kind), word)
        return True
    said = {"cause": kind or "", "text": word.text, "journey": incident.journey}
    store.acts.add(Act(CAUSE, str(number), "said", word.now, word.author, said))
    return True


def draft(
    site: Site, store: Store, number: int, word: Word, bytes_max: int = affected.BYTES_MAX
) -> Postmortem:
    """Begins the post-mortem of an incident: whoever is in charge leads it, users are counted by the lines.

    Raises UsageError where there is one, or the incident is part of another; StaleAct where somebody was faster.
    """
    incident = intervening.find(store, number)
    if incident.merged_into is not None:
        message = _(
            "incident {number} is part of incident {into}; write of that",
            number=number,
            into=incident.merged_into,
        )
        raise UsageError(message)
    _allowed(of(store, number), "drafted", number)
    until = store.judging().until_minute or incident.opened_minute
    counted = affected.users(site, store, incident, until, bytes_max)
    roles = intervening.roles_of(store.incident_facts(number))
    body: dict[str, object] = {
        "lead": roles.commander or word.author,
        "users": postmortems.users_body(counted),
        "journey": incident.journey,
    }
    if (kind := causes(store).get(number)) is not None:
        body["cause"] = kind
    return _act(store, number, "drafted", word, body, 0)


def edit(store: Store, number: int, words: Words, word: Word, seen: int | None = None) -> Postmortem:
    """Keeps words; an edit that changes nothing is none.

    Raises UsageError where they can't be kept, StaleAct where somebody has done something since the act `seen`.
    """
    now = find(store, number)
    if found := postmortems.faults(words):
        raise UsageError("; ".join(f"{field}: {fault}" for field, fault in found))
    body = postmortems.difference(now.words, words)
    if not body and (seen is None or seen == now.seen):
        return now
    return _act(store, number, "edited", word, body, now.seen if seen is None else seen)


def submit(store: Store, number: int, word: Word, seen: int | None = None) -> Postmortem:
    """Hands a draft in for review."""
    now = find(store, number)
    _allowed(now, "submitted", number)
    return _act(store, number, "submitted", word, {}, now.seen if seen is None else seen)


def hand_back(store: Store, number: int, word: Word, seen: int | None = None) -> Postmortem:
    """Hands what is in review back to those who write it, with what they should look at."""
    now = find(store, number)
    _allowed(now, "returned", number)
    return _act(store, number, "returned", word, {"reason": word.text}, now.seen if seen is None else seen)


def publish(store: Store, number: int, word: Word, seen: int | None = None) -> Postmortem:
    """Publishes it as it stands: everybody who may look reads it. Its incident must be over."""
    now, incident = find(store, number), intervening.find(store, number)
    _allowed(now, "published", number)
    if missing := postmortems.lacking(now.words):
        fields = listed(field_name(one) for one in missing)
        raise UsageError(_("it can't be published yet; still missing: {fields}", fields=fields))
    if incident.closed_minute is None:
        raise UsageError(
            _("incident {number} goes on; publish what was learnt once it is over", number=number)
        )
    return _act(store, number, "published", word, {}, now.seen if seen is None else seen)


def items(store: Store, number: int) -> list[Item]:
    """The action items that came of the post-mortem of an incident: the open ones first, as they are due."""
    came = ("post-mortem", str(number))
    return actions.sorted_by_due(
        one for one in acting.every(store) if (one.wanted.origin, one.wanted.which) == came
    )


def open_item(site: Site, store: Store, number: int, wanted: Wanted, word: Word) -> Item:
    """Opens an action item that came of a post-mortem: of its journey, and for that journey's team.

    Raises UsageError with every fault of it, and where there is no post-mortem.
    """
    find(store, number)
    incident = intervening.find(store, number)
    journey = next((one for one in site.journeys if one.name == incident.journey), None)
    came = replace(
        wanted,
        team=journey.team if wanted.team is None and journey else wanted.team,
        journey=journey.name if journey else None,
        origin="post-mortem",
        which=str(number),
    )
    return acting.open_(site, store, came, word.author, word.now)


def people(store: Store, incident: Incident) -> tuple[str, ...]:
    """Who had a part in an incident: in charge, helping, or having said something."""
    facts = store.incident_facts(incident.number or 0)
    roles = intervening.roles_of(facts)
    named = [roles.commander or "", *roles.helpers, *(one.author for one in facts)]
    return tuple(dict.fromkeys(one for one in named if one))


def _allowed(now: Postmortem | None, what: What, number: int) -> None:
    try:
        postmortems.check(now, what, number)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _act(
    store: Store, number: int, what: What, word: Word, body: Mapping[str, object], seen: int
) -> Postmortem:
    store.acts.add(Act(KIND, str(number), what, word.now, word.author, body), seen=seen)
    return find(store, number)
