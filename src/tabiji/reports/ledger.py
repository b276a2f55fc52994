"""What policies did, by episode → sentences, a table and a JSON document, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tabiji.language import N_, _, headings, listed, pgettext
from tabiji.policies import Action, Change, Condition, Episode, Policy, Reason
from tabiji.reports.agreements import ACTIONS, condition_words, end_words
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local, minutes
from tabiji.reports.words import Table

SHORT: Mapping[Action, str] = {
    "notify": N_("tell"),
    "ticket-next-sprint": N_("ticket"),
    "stop-risky-deployments": N_("stop"),
    "review": N_("review"),
}
REASONS: Mapping[Reason, str] = {
    "budget-below": N_("too little of the budget is left"),
    "exhausted": N_("nothing of the budget is left"),
    "page": N_("a page fires"),
    "ticket": N_("a ticket alert fires"),
    "drop": N_("a drop was found that never alerted"),
    "exception": N_("its condition is true"),
    "exception-over": N_("its condition is true"),
    "recovered": N_("its condition was true"),
    "withdrawn": N_("its condition was true"),
}
SENTENCES: Mapping[str, str] = {
    "over": N_("From {began} to {ended}, for {length}: {why}."),
    "lasting": N_("Since {began}, for {length} so far: {why}."),
    "acts": N_("Due on {at}: {actions}. Owners: {owners}."),
    "suspended": N_("On {at} an exception until {until} held it back ({by}: {reason})."),
    "resumed": N_("On {at} the exception was over, and it was in force again."),
    "recovered": N_("It ended: {end}."),
    "recovered-unknown": N_("It ended: the condition is no longer true."),
    "withdrawn": N_("It ended: this is no longer agreed."),
    "agreed": N_("Agreed by {by} on {on}."),
    "agreed-unknown": N_("Who agreed to it can't be read any more."),
    "lasts": "{length} +",
    "held": "({actions})",
    "short-note": "{short}: {words}",
    "lasting-note": N_("+ It lasts still."),
    "held-note": N_("( ) Held back by an exception."),
    "zone-note": N_("Times are those of {zone}."),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A change in the ledger: its number, when it was written (seconds), and the policy as agreed then."""

    number: int
    recorded_at: int
    change: Change
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class Told:
    """An episode with all that the ledger has of it, in the order of writing: at least one entry."""

    entries: tuple[Entry, ...]

    @property
    def episode(self) -> Episode:
        """As it was left."""
        return self.entries[-1].change.episode

    @property
    def policy(self) -> Policy | None:
        """As it was agreed when the episode began."""
        return self.entries[0].policy

    @property
    def actions(self) -> tuple[Action, ...]:
        return self.entries[0].change.actions

    @property
    def owners(self) -> tuple[str, ...]:
        return self.entries[0].change.owners

    @property
    def condition(self) -> Condition | None:
        """Of its step, as it was agreed when it began."""
        steps = self.policy.steps if self.policy is not None else ()
        return next((step.when for step in steps if step.name == self.episode.step), None)


def episodes(entries: Iterable[Entry]) -> tuple[Told, ...]:
    """The episodes of a ledger, in the order in which they began."""
    found: dict[tuple[str, str, str, int], list[Entry]] = {}
    for entry in entries:
        episode = entry.change.episode
        found.setdefault((*episode.key, episode.began), []).append(entry)
    return tuple(sorted((Told(tuple(some)) for some in found.values()), key=lambda one: one.episode.began))


def history_json(told: Iterable[Told]) -> Json:
    """`tabiji gate --history --json`."""
    return {"episodes": [_episode_json(one) for one in told]}


def _episode_json(told: Told) -> Json:
    episode, policy = told.episode, told.policy
    return {
        "policy": episode.policy,
        "step": episode.step,
        "journey": episode.objective.partition("/")[0],
        "objective": episode.objective,
        "agreed": None if policy is None else {"by": list(policy.agreed_by), "on": policy.agreed_on},
        "actions": list(told.actions),
        "owners": list(told.owners),
        "began": iso_time(episode.began * 60),
        "acted": _time(episode.acted),
        "suspended_until": _time(episode.suspended_until),
        "ended": _time(episode.ended),
        "changes": [
            {
                "number": entry.number,
                "at": iso_time(entry.change.minute * 60),
                "kind": entry.change.kind,
                "reason": entry.change.reason,
                "recorded_at": iso_time(entry.recorded_at),
                "exception": None
                if entry.change.exception is None
                else {
                    "by": entry.change.exception.by,
                    "reason": entry.change.exception.reason,
                    "until": iso_time(entry.change.exception.until * 60),
                },
            }
            for entry in told.entries
        ],
    }


def _time(minute: int | None) -> str | None:
    return None if minute is None else iso_time(minute * 60)


def history_table(told: Iterable[Told], until: int, zone: str) -> Table:
    """One row per episode, to be read with `history_notes`; those that are open last until `until`."""
    rows = []
    for one in told:
        episode = one.episode
        length = minutes((until if episode.ended is None else episode.ended) - episode.began)
        actions = listed(_(SHORT[action]) for action in one.actions)
        rows.append(
            (
                episode.objective,
                episode.step,
                local(episode.began, zone),
                _(SENTENCES["lasts"], length=length) if episode.ended is None else length,
                actions if episode.acted is not None else _(SENTENCES["held"], actions=actions),
            )
        )
    return Table(headings("objective", "step", "began", "lasted", "due"), tuple(rows), frozenset({3}))


def history_notes(told: Sequence[Told], zone: str) -> tuple[str, ...]:
    """What the words and marks of the table mean, as far as they are used."""
    used = dict.fromkeys(action for one in told for action in one.actions)
    words = [_(SENTENCES["short-note"], short=_(SHORT[one]), words=_(ACTIONS[one])) for one in used]
    between = pgettext("between the parts of a sentence", "; ")
    notes = [_("{parts}.", parts=between.join(words))] if words else []
    marks = (
        ("lasting-note", any(one.episode.ended is None for one in told)),
        ("held-note", any(one.episode.acted is None for one in told)),
    )
    notes += [_(SENTENCES[note]) for note, is_used in marks if is_used]
    return (*notes, _(SENTENCES["zone-note"], zone=zone))


def history_sentences(told: Told, until: int, zone: str) -> tuple[str, ...]:
    """What happened in an episode, who agreed to it, and who sees to it."""
    episode, condition = told.episode, told.condition
    said = [
        _(
            SENTENCES["lasting" if episode.ended is None else "over"],
            began=local(episode.began, zone),
            ended=None if episode.ended is None else local(episode.ended, zone),
            length=minutes((until if episode.ended is None else episode.ended) - episode.began),
            why=_(REASONS[told.entries[0].change.reason])
            if condition is None
            else condition_words(condition),
        )
    ]
    said += [_change_sentence(entry.change, condition, zone) for entry in told.entries]
    if told.policy is None:
        return (*said, _(SENTENCES["agreed-unknown"]))
    by = listed(told.policy.agreed_by)
    return (*said, _(SENTENCES["agreed"], by=by, on=told.policy.agreed_on))


def _change_sentence(change: Change, condition: Condition | None, zone: str) -> str:
    exception = change.exception
    if change.kind == "ended":
        if change.reason == "withdrawn":
            return _(SENTENCES["withdrawn"])
        if condition is None:
            return _(SENTENCES["recovered-unknown"])
        return _(SENTENCES["recovered"], end=end_words(condition))
    return _(
        SENTENCES[change.kind],
        at=local(change.minute, zone),
        actions=listed(_(ACTIONS[action]) for action in change.actions),
        owners=listed(change.owners),
        until=None if exception is None else local(exception.until, zone),
        by=None if exception is None else exception.by,
        reason=None if exception is None else exception.reason,
    )
