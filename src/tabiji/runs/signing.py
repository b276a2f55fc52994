"""A policy's terms in force, and what people say of them → acts that are kept; how each policy stands by them."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace

from tabiji import agreements
from tabiji.acts import Act
from tabiji.agreements import KIND, Agreement, Granted, Part, Standing
from tabiji.definitions import Site
from tabiji.definitions.terms import Terms, terms
from tabiji.errors import UsageError
from tabiji.language import _, listed
from tabiji.policies import Exemption, Policy
from tabiji.store import StaleAct, Store


@dataclass(frozen=True, slots=True)
class Signed:
    """A policy, its terms in force, what was said of it, and how it stands by that."""

    policy: Policy
    terms: Terms
    agreement: Agreement
    standing: Standing


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody had seen who decides: the digest of the terms, and the number of the last act. None: not asked."""

    digest: str | None = None
    last: int | None = None


def all_of(site: Site, store: Store, until_second: int | None = None) -> tuple[Signed, ...]:
    """Every policy of the site, by what was said of it before a moment."""
    if not site.policies:
        return ()
    acts: dict[str, list[Act]] = {}
    for act in store.acts.of(KIND, until_second=until_second):
        acts.setdefault(act.subject, []).append(act)
    written = terms(site.files)
    found = []
    for policy in site.policies:
        text = written.get(policy.name, Terms("", "", ""))
        said = agreements.fold(acts.get(policy.name, ()))
        found.append(Signed(_excepted(policy, said), text, said, agreements.standing(said, text.digest)))
    return tuple(found)


def with_exceptions(site: Site, store: Store) -> Site:
    """The site, whose policies have the exceptions of their files and those that people have granted."""
    if not site.policies:
        return site
    return replace(site, policies=tuple(one.policy for one in all_of(site, store)))


def _excepted(policy: Policy, said: Agreement) -> Policy:
    granted = [
        Exemption(one.who, one.why, one.start, one.until, one.steps, one.journeys, one.number)
        for one in said.exceptions
    ]
    return replace(policy, exceptions=(*policy.exceptions, *granted)) if granted else policy


def one_of(site: Site, store: Store, name: str, until_second: int | None = None) -> Signed:
    """The policy of a name. Raises UsageError where there is none, with what may have been meant."""
    found = next((one for one in all_of(site, store, until_second) if one.policy.name == name), None)
    if found is not None:
        return found
    known = [policy.name for policy in site.policies]
    if not known:
        raise UsageError(_("`{name}` is not a policy; there are none", name=name))
    near = difflib.get_close_matches(name, known, 1)
    raise UsageError(
        _("`{name}` is not a policy; did you mean `{near}`?", name=name, near=near[0])
        if near
        else _("`{name}` is not a policy; there are {names}", name=name, names=listed(known))
    )


def sign(site: Site, store: Store, name: str, part: Part, who: str, now: int, seen: Seen = Seen()) -> Act:
    """Somebody signs the terms in force. Raises UsageError where that makes no sense, as all of these do.

    Raises StaleAct where terms or signatures are others than those that were seen; nothing is kept then.
    """
    return _kept(
        site,
        store,
        name,
        seen,
        lambda one: agreements.sign(name, one.agreement, one.terms.digest, one.terms.text, who, part, now),
    )


def ask(site: Site, store: Store, name: str, who: str, why: str, now: int, seen: Seen = Seen()) -> Act:
    """Somebody asks that the terms be changed, and says why."""
    return _kept(site, store, name, seen, lambda one: agreements.ask(name, one.terms.digest, who, why, now))


def withdraw(site: Site, store: Store, name: str, who: str, why: str, now: int, seen: Seen = Seen()) -> Act:
    """Somebody takes back their signature and what they asked."""
    return _kept(site, store, name, seen, lambda one: agreements.withdraw(name, one.agreement, who, why, now))


def except_(site: Site, store: Store, name: str, wanted: Granted, now: int, seen: Seen = Seen()) -> Act:
    """Somebody grants an exception, which ends by itself."""

    def act(one: Signed) -> Act:
        steps = [step.name for step in one.policy.steps]
        return agreements.except_(name, wanted, steps, one.policy.journeys, now)

    return _kept(site, store, name, seen, act)


def resume(
    site: Site, store: Store, name: str, number: int, who: str, why: str, now: int, seen: Seen = Seen()
) -> Act:
    """Somebody ends an exception that was granted."""
    return _kept(
        site, store, name, seen, lambda one: agreements.resume(name, one.agreement, number, who, why, now)
    )


def _kept(site: Site, store: Store, name: str, seen: Seen, act: Callable[[Signed], Act]) -> Act:
    found = one_of(site, store, name)
    if seen.digest is not None and seen.digest != found.terms.digest:
        raise StaleAct(_("the terms have changed meanwhile; read them again, then decide"))
    if seen.last is not None and seen.last != found.agreement.last:
        raise StaleAct(_("somebody else was faster; look again, then decide"))
    try:
        made = act(found)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return store.acts.add(made, seen=found.agreement.last)
