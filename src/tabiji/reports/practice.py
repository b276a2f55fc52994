"""Stages of practices, levels, milestones, engagements, what grew stale → words, tables' cells and JSON documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from tabiji.language import N_, _, headings, ngettext, pgettext
from tabiji.practice import (
    DUE,
    By,
    Engagement,
    Floor,
    How,
    Level,
    Milestone,
    Mode,
    Occasion,
    Practice,
    Reached,
    Stage,
    Stale,
)
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import number, percent
from tabiji.reports.words import Table

PRACTICE_WORDS: Mapping[Practice, str] = {
    "slo-kept": N_("SLOs kept"),
    "alerts-answered": N_("alerts answered"),
    "reviews-held": N_("weekly reviews held"),
    "post-mortems": N_("post-mortems written"),
    "policy-acted-on": N_("error-budget policy acted on"),
    "targets-reviewed": N_("targets reviewed"),
    "coverage": N_("observability coverage"),
    "load-tests": N_("load tests"),
}
DUE_WORDS: Mapping[Practice, str] = {  # what an occasion is, and when it is taken
    "slo-kept": N_(
        "Each agreed service level objective (SLO); taken where its promise was kept on most days."
    ),
    "alerts-answered": N_("Each incident that paged; taken where somebody took note while it lasted."),
    "reviews-held": N_("Each full week; taken where its review was held within a week after its end."),
    "post-mortems": N_(
        "Each incident that cost a tenth of a budget or more; taken once its post-mortem is published."
    ),
    "policy-acted-on": N_(
        "Each time a policy came into force and asked people for something; taken where they did it."
    ),
    "targets-reviewed": N_("Each agreed objective; taken where somebody decided on it in these 90 days."),
    "coverage": N_("Each event of the team's sources; taken where at least one objective counts it."),
    "load-tests": N_("Each month of 30 days; taken where a load test was in it."),
}
NOTHING_WORDS: Mapping[Practice, str] = {  # why nothing was due
    "slo-kept": N_("No agreed objective has had events. Agree on a first one."),
    "alerts-answered": N_("Nothing paged."),
    "reviews-held": N_("No full week has gone by yet that could have been reviewed."),
    "post-mortems": N_("No incident cost a tenth of a budget."),
    "policy-acted-on": N_("No policy came into force that asks people for something."),
    "targets-reviewed": N_("No objective is agreed yet. Agree on a first one."),
    "coverage": N_("No events came from the team's sources."),
    "load-tests": N_("Logs do not go back for a month yet."),
}
STAGE_WORDS: Mapping[int | None, str] = {
    None: N_("nothing was due"),
    0: N_("not practised"),
    1: N_("with SRE"),
    2: N_("with SRE's support"),
    3: N_("without SRE"),
}
BY_WORDS: Mapping[By, str] = {
    "sre": N_("led by SRE"),
    "supported": N_("by the team, SRE helped"),
    "team": N_("by the team alone"),
}
HOW_WORDS: Mapping[How, str] = {
    "kept": N_("kept on most days"),
    "not-kept": N_("not kept on most days"),
    "answered": N_("{who} took note"),
    "not-answered": N_("nobody took note while it lasted"),
    "held": N_("held, led by {who}"),
    "not-held": N_("not held"),
    "published": N_("post-mortem published, led by {who}"),
    "not-published": N_("no post-mortem published within two weeks"),
    "acted": N_("what it asked for was done"),
    "deployed": N_("deployed although risky deployments were to stop"),
    "no-review": N_("the review that it asked for was not held within two weeks"),
    "no-action": N_("no action item was opened for it within two weeks"),
    "decided": N_("{who} decided on it in a weekly review"),
    "described": N_("it was promised for the first time"),
    "changed": N_("its definition was changed"),
    "signed": N_("{who} signed the policy about it, or asked for a change"),
    "called": N_("{who} said which days were calm, to find its target"),
    "not-reviewed": N_("nobody has decided on it for 90 days"),
    "seen": N_("seen by an objective"),
    "unseen": N_("seen by no objective"),
    "tested": N_("load test by {who}"),
    "not-tested": N_("no load test in this month"),
}
LEVEL_WORDS: Mapping[Level, str] = {
    "monitoring": N_("Monitoring"),
    "incident-response": N_("Incident response"),
    "learning": N_("Learning from incidents"),
    "release": N_("Testing and releasing"),
    "capacity": N_("Planning of capacity"),
}
MILESTONE_WORDS: Mapping[Milestone, str] = {
    "lines-counted": N_("The first log lines are counted"),
    "journey-described": N_("A critical user journey is described"),
    "provisional-objective": N_("A first objective is on trial"),
    "watched-four-weeks": N_("It was watched for four weeks"),
    "objective-agreed": N_("An objective is agreed"),
    "policy-agreed": N_("An error-budget policy is signed by product owner and team"),
    "alert-answered": N_("An alert was answered"),
    "review-held": N_("A weekly review was held"),
    "post-mortem-published": N_("A post-mortem is published"),
    "review-without-sre": N_("A weekly review was held without SRE"),
}
MILESTONE_TODO: Mapping[Milestone, str] = {
    "lines-counted": N_("Add a source, and count its files: `tabiji ingest`."),
    "journey-described": N_("Describe what users come for: `tabiji discover` proposes it from the logs."),
    "provisional-objective": N_("Put a first objective on trial; it notifies nobody."),
    "watched-four-weeks": N_("Look at it every week until four weeks have gone by."),
    "objective-agreed": N_("Agree on a target with the product owner; leave `state: provisional` out then."),
    "policy-agreed": N_("Say what happens when the budget is spent, and sign it."),
    "alert-answered": N_("When an alert fires, press “Take note: I am on it” on the page of its incident."),
    "review-held": N_("Hold a first weekly review: 20 minutes."),
    "post-mortem-published": N_("Write what was learnt of an incident, and publish it."),
    "review-without-sre": N_("Let somebody of the team lead a review, without an SRE."),
}
MODE_WORDS: Mapping[Mode, str] = {"leads": N_("SRE leads"), "supports": N_("SRE supports")}
STALE_WORDS: Mapping[Stale, str] = {
    "never-at-risk": N_("never at risk: three quarters of its budget or more were left on every day"),
    "always-burnt": N_("always burnt: nothing of its budget was left on four of five days or more"),
    "not-reviewed": N_("nobody has decided on it for 90 days"),
}
STALE_TODO: Mapping[Stale, str] = {
    "never-at-risk": N_("Ask whether a stricter target means something to users, or whether it can go."),
    "always-burnt": N_(
        "Mend what burns it, or promise what can be kept: a budget that is always spent warns of nothing."
    ),
    "not-reviewed": N_("Decide on it in the next weekly review: keep, tighten, loosen or drop."),
}  # fmt: skip


ENGAGED: frozenset[Practice] = frozenset({"slo-kept", "coverage"})  # who leads them, engagements say alone


def stage_words(stage: int | None) -> str:
    """A stage: 2 with SRE's support."""
    return _(STAGE_WORDS[stage])


def taken_words(one: Stage) -> str:
    """How many occasions were taken: 9 of 12; of events their share."""
    if one.due == 0:
        return pgettext("no number", "–")
    if one.practice == "coverage":
        return percent(Fraction(one.taken, one.due), 0)
    return _("{taken} of {due}", taken=number(one.taken), due=number(one.due))


def missing_sentence(one: Stage) -> str:
    """What the next stage needs, occasions being as they are; of stage 3 that nothing is missing."""
    match one.missing:
        case None:
            return _("Nothing is missing: the team does it alone.")
        case "occasions":
            return _(NOTHING_WORDS[one.practice])
        case "taken":
            return _taken_missing(one)
        case "led-by-team":
            if one.practice in ENGAGED:
                return _("Stage 2: end the engagement in which SRE leads, once the team sees to it itself.")
            return _("Stage 2: {n} more of these led by the team, SRE helping at most.", n=number(one.more))
        case "without-sre":
            if one.practice in ENGAGED:
                return _("Stage 3: end the engagement in which SRE supports, once the team needs it no more.")
            return _("Stage 3: {n} more of these by the team alone.", n=number(one.more))


def _taken_missing(one: Stage) -> str:
    share, n = percent(DUE[one.practice], 0), number(one.more)
    match one.practice:
        case "slo-kept":
            message = ngettext(
                "Stage 1: {n} more objective kept on most days ({share} of them are needed).",
                "Stage 1: {n} more objectives kept on most days ({share} of them are needed).",
                one.more, n=n, share=share,
            )  # fmt: skip
        case "alerts-answered":
            message = ngettext(
                "Stage 1: {n} more incident that somebody takes note of while it lasts ({share} of them are needed).",
                "Stage 1: {n} more incidents that somebody takes note of while they last ({share} of them are needed).",
                one.more, n=n, share=share,
            )  # fmt: skip
        case "reviews-held":
            message = ngettext(
                "Stage 1: {n} more week with a review ({share} of them are needed).",
                "Stage 1: {n} more weeks with a review ({share} of them are needed).",
                one.more, n=n, share=share,
            )  # fmt: skip
        case "post-mortems":
            message = ngettext(
                "Stage 1: {n} more post-mortem published ({share} of them are needed).",
                "Stage 1: {n} more post-mortems published ({share} of them are needed).",
                one.more, n=n, share=share,
            )  # fmt: skip
        case "policy-acted-on":
            message = ngettext(
                "Stage 1: {n} more time that what the policy asks for is done ({share} of them are needed).",
                "Stage 1: {n} more times that what the policy asks for is done ({share} of them are needed).",
                one.more, n=n, share=share,
            )  # fmt: skip
        case "targets-reviewed":
            message = ngettext(
                "Stage 1: {n} more objective to decide on ({share} of them are needed).",
                "Stage 1: {n} more objectives to decide on ({share} of them are needed).",
                one.more, n=n, share=share,
            )  # fmt: skip
        case "coverage":
            message = _(
                "Stage 1: objectives that see {share} of the events; {now} are seen.",
                share=share, now=taken_words(one),
            )  # fmt: skip
        case "load-tests":
            message = ngettext(
                "Stage 1: {n} load test, entered as a correction of the category `load-test`.",
                "Stage 1: load tests in {n} more months, entered as corrections of the category `load-test`.",
                one.more, n=n,
            )  # fmt: skip
    return message


def ordered(occasions: Iterable[Occasion]) -> list[Occasion]:
    """What was not taken first, of many events first, then the newest: what says most of a stage."""
    return sorted(occasions, key=lambda one: (one.taken, -one.weight, -one.at))


def how_words(one: Occasion) -> str:
    """What was found of an occasion."""
    if one.how is None:
        return ""
    return _(HOW_WORDS[one.how], who=one.who or _("nobody named"))


def thing_words(practice: Practice, one: Occasion) -> str:
    """What an occasion is about, as people call it."""
    match practice:
        case "alerts-answered" | "post-mortems":
            return _("incident {number}", number=one.what)
        case "reviews-held":
            return _("week of {monday}", monday=one.what.rpartition("/")[2])
        case "policy-acted-on":
            policy, step, *objective = one.what.split("/", 2)
            return _(
                "{policy}, step {step}, {objective}", policy=policy, step=step, objective="".join(objective)
            )
        case "coverage":
            return ngettext(
                "{operation}: {n} event", "{operation}: {n} events", one.weight,
                operation=one.what, n=number(one.weight),
            )  # fmt: skip
        case "load-tests":
            return one.what or _("no load test")
        case _:
            return one.what


def floor_sentence(one: Floor) -> str:
    """Whether a level of the hierarchy stands, and what it lacks."""
    if one.stands:
        return _("It stands.")
    if one.lacks:
        lacks = pgettext("between the names of a list", ", ").join(
            _(PRACTICE_WORDS[name]) for name in one.lacks
        )
        return _("It lacks: {practices}.", practices=lacks)
    return _("It waits for the level below it, or nothing of it was due yet.")


def engagement_sentence(one: Engagement) -> str:
    """How SRE is engaged in what, and until when."""
    return _(
        "{mode}: {practice}, until the team has reached stage {stage} ({words})",
        mode=_(MODE_WORDS[one.mode]),
        practice=_(PRACTICE_WORDS[one.practice]),
        stage=one.until_stage,
        words=stage_words(one.until_stage),
    )


# JSON


def stage_json(one: Stage, trend: Sequence[int | None] = ()) -> Json:
    """A practice with its evidence; `what` names the thing, `how` what was found of it."""
    return {
        "practice": one.practice,
        "stage": one.stage,
        "due": one.due,
        "taken": one.taken,
        "by_sre": one.by_sre,
        "supported": one.supported,
        "by_team": one.by_team,
        "missing": one.missing,
        "more": one.more,
        "trend": list(trend),
        "evidence": [
            {
                "at": iso_time(each.at),
                "what": each.what or None,
                "taken": each.taken,
                "how": each.how,
                "by": each.by if each.taken else None,
                "who": each.who or None,
                "via": each.via or None,
                "weight": each.weight,
            }
            for each in one.occasions
        ],
    }


def floor_json(one: Floor) -> Json:
    """A level of the hierarchy."""
    return {"level": one.level, "stands": one.stands, "lacks": list(one.lacks)}


def milestone_json(one: Reached) -> Json:
    """A milestone of the introduction."""
    return {
        "milestone": one.milestone,
        "reached": None if one.at is None else iso_time(one.at),
        "by": one.what or None,
    }


def engagement_json(one: Engagement, is_fulfilled: bool) -> Json:
    """An engagement of SRE; `fulfilled` is whether its end condition is met."""
    return {
        "engagement": one.number,
        "team": one.team,
        "mode": one.mode,
        "practice": one.practice,
        "until_stage": one.until_stage,
        "fulfilled": is_fulfilled,
        "why": one.why,
        "author": one.who,
        "begun": iso_time(one.begun_at),
        "ended": None if one.ended_at is None else iso_time(one.ended_at),
        "ended_by": one.ended_by or None,
        "ended_why": one.ended_why or None,
    }


# Tables


def stages_table(found: Sequence[tuple[str, Sequence[Stage], Sequence[Floor], int]]) -> Table:
    """A row per team: a column per practice, which levels stand, and how many objectives grew stale."""
    practices = range(1, len(PRACTICE_WORDS) + 1)
    return Table(
        (*headings("team"), *(str(place) for place in practices), *headings("stands", "stale")),
        tuple(
            (
                team,
                *(_digit(one.stage) for one in stages),
                _("{n} of {all}", n=sum(one.stands for one in floors), all=len(floors)),
                str(stale),
            )
            for team, stages, floors, stale in found
        ),
        frozenset({*practices, len(PRACTICE_WORDS) + 2}),
    )


def practices_table(stages: Sequence[Stage], trend: Mapping[Practice, Sequence[int | None]]) -> Table:
    """A row per practice: its stage, on how much that rests, and the stages of the months before."""
    return Table(
        headings("practice", "stage", "taken", "six months"),
        tuple(
            (
                _(PRACTICE_WORDS[one.practice]),
                f"{_digit(one.stage)} {stage_words(one.stage)}",
                taken_words(one),
                " ".join(_digit(stage) for stage in trend[one.practice]),
            )
            for one in stages
        ),
        frozenset({2}),
    )


def _digit(stage: int | None) -> str:
    return "–" if stage is None else str(stage)
