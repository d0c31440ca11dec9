"""What an analyst of a partner finds, whose role is bound to an organisation, or to countries: what that organisation,
or those of these countries, reported (ADR 39).

They assess in the same queue and by the same rules as everybody, under their own organisation's agreement. An item is
theirs where one of the sightings was led to by a report of theirs, and of it they find these sightings alone: not what
others saw, linked, marked or answered, nor what lists say. Everybody else finds everything.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Sighting
from orbweaver.people.accounts.models import User


def items_of(person: User) -> QuerySet[ReviewItem]:
    """The items that this person may find at all."""
    if not person.bounds:
        return ReviewItem.objects.all()
    seen = sightings_for(person, Sighting.objects.filter(review_items=OuterRef("pk")))
    return ReviewItem.objects.filter(Exists(seen), known_answer=None)


def sightings_for(person: User, sightings: QuerySet[Sighting]) -> QuerySet[Sighting]:
    """Of these sightings those that this person finds."""
    if not person.bounds:
        return sightings
    later = Sighting.later_reports.through.objects.filter(sighting=OuterRef("pk"), report__in=reports_for(person))
    return sightings.filter(Q(report__in=reports_for(person)) | Exists(later))


def reports_for(person: User) -> QuerySet[Report]:
    """The reports whose words this person may read."""
    bounds = person.bounds
    if not bounds:
        return Report.objects.all()
    found = Report.objects.exclude(organisation=None)
    if bounds.organisation is not None:
        found = found.filter(organisation=bounds.organisation)
    return found.filter(organisation__country__in=bounds.countries) if bounds.countries else found
