"""Which reports are told of to whoever names one."""

from __future__ import annotations

from django.db.models import QuerySet

from orbweaver.detect.intake.models import Report


def told_of() -> QuerySet[Report]:
    """Reports whose state is told to whoever has their identifier: never a survivor's, which stands in the audit log.

    Survivors follow their own by reference and secret, by the state of the last noon.
    """
    return Report.objects.exclude(source=Report.Source.SURVIVOR)
