"""Which reports are told of to whoever names one: a number that stands in the audit log opens nothing by itself."""

from __future__ import annotations

from django.db.models import QuerySet

from orbweaver.detect.intake.models import Report
from orbweaver.people.accounts.models import Organisation


def reports_of_public() -> QuerySet[Report]:
    """Reports whose state is told to whoever has their number, which only whoever sent one was given.

    Never a survivor's: they follow their own by reference and secret, by the state of the last noon.
    """
    return Report.objects.filter(source=Report.Source.PUBLIC)


def reports_of(organisation: Organisation) -> QuerySet[Report]:
    """Those that keys of this organisation sent: no other key is told of them."""
    return Report.objects.filter(source=Report.Source.PARTNER, organisation=organisation)
