"""What a person reads of police's work: all of it or, where their role is bound, what is their own forces' (ADR 39).

The key of a force's program is bound in the same way. A bound person's forces are those of their grant's organisation
and countries. Theirs is what was referred to these, or ordered for these, and what these said; with cases named, of
these cases alone. Every page and call of theirs begins with one of these reads, and what has a number is looked for
among them: what is not theirs is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from orbweaver.assess.series.models import PoliceWord, SeriesItem, VictimSeries
from orbweaver.assess.series.rules import OF_OTHERS, LinkReason
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.notify.police.messages import NO_SUCH_CASE
from orbweaver.notify.police.models import Force, Order, Referral
from orbweaver.people.accounts.rules import Bounds


class MayBeBound(Protocol):
    """A person, or a key of a program."""

    @property
    def bounds(self) -> Bounds | None:
        """What they are bound to; None: nothing."""


def forces(person: MayBeBound) -> QuerySet[Force]:
    """The forces that this person acts for, ended ones too."""
    return Force.objects.filter(_forces(person.bounds))


def referrals(person: MayBeBound) -> QuerySet[Referral]:
    """What these were told."""
    bounds = person.bounds
    found = Referral.objects.filter(force__in=forces(person)) if bounds else Referral.objects.all()
    if not (bounds and bounds.cases):
        return found
    of_series = Q(item__media__in=_media_in(bounds.cases))
    return found.filter(Q(public_id__in=bounds.cases) | Q(order__public_id__in=bounds.cases) | of_series)


def orders(person: MayBeBound) -> QuerySet[Order]:
    """Production orders that are handed over to these."""
    bounds = person.bounds
    found = Order.objects.filter(force__in=forces(person)) if bounds else Order.objects.all()
    if not (bounds and bounds.cases):
        return found
    named = Order.objects.filter(
        Q(public_id__in=bounds.cases)
        | Q(referrals__public_id__in=bounds.cases)
        | Q(items__media__in=_media_in(bounds.cases))
    )
    return found.filter(pk__in=named.values("pk"))


def words(person: MayBeBound) -> QuerySet[PoliceWord]:
    """What these said of media; with cases named, of the media of these alone."""
    bounds = person.bounds
    if not bounds:
        return PoliceWord.objects.all()
    found = PoliceWord.objects.filter(source__in=forces(person).values("name"))
    if not bounds.cases:
        return found
    told = referrals(person).values("item__media")
    return found.filter(Q(media__in=told) | Q(media__in=_media_in(bounds.cases)))


def media(person: MayBeBound) -> QuerySet[Media]:
    """What was referred to these, or what they said something of."""
    if not person.bounds:
        return Media.objects.all()
    told, said = referrals(person).values("item__media"), words(person).values("media")
    return Media.objects.filter(Q(pk__in=told) | Q(pk__in=said))


def links(person: MayBeBound) -> QuerySet[SeriesItem]:
    """That such media are part of a series, as our own analysts say or these forces; not where others alone say so, but
    in series that are named as cases."""
    bounds, found = person.bounds, SeriesItem.objects.filter(ended_at=None)
    if not bounds:
        return found
    said_by_own = Q(reason=LinkReason.POLICE, words__in=forces(person).values("name"))
    named = Q(series__public_id__in=bounds.cases)
    found = found.filter(~Q(reason__in=OF_OTHERS) | said_by_own | named, media__in=media(person))
    only_series = bool(bounds.cases) and all(each.startswith("ser_") for each in bounds.cases)
    return found.filter(named) if only_series else found


def series(person: MayBeBound) -> QuerySet[VictimSeries]:
    """Series that such a medium is part of now."""
    found = VictimSeries.objects.all()
    return found.filter(pk__in=links(person).values("series")) if person.bounds else found


def require_cases(numbers: Iterable[str]) -> None:
    """Raise InvalidInput, which names it, for a number of no series, referral or order."""
    for number in numbers:
        kinds = (VictimSeries, Referral, Order)
        if not any(each._default_manager.filter(public_id=number).exists() for each in kinds):
            raise InvalidInput(NO_SUCH_CASE.of(number=number[:24]))


def _forces(bounds: Bounds | None) -> Q:
    found = Q()
    if bounds and bounds.organisation is not None:
        found &= Q(organisation=bounds.organisation)
    if bounds and bounds.countries:
        found &= Q(country__in=bounds.countries)
    return found


def _media_in(cases: Iterable[str]) -> QuerySet[SeriesItem, Any]:
    return SeriesItem.objects.filter(series__public_id__in=list(cases), ended_at=None).values("media")
