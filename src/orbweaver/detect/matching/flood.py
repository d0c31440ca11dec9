"""An entry that suddenly matches far more than usual goes to quarantine, and a person looks at it.

A duty of the worker. The entry may be of a logo, of what a service shows in place of what is gone, or of nothing; or it
spreads. Its matches are recorded on, and nothing acts on them alone, until somebody lets it match as before, or
disputes or withdraws it. What a person has let go is counted again from then on.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import Count

from orbweaver.detect.hashlists.models import EntryStateChange, HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state
from orbweaver.detect.matching.messages import TOO_MANY_MATCHES
from orbweaver.detect.matching.models import Match
from orbweaver.detect.matching.settings import MatchingSettings

DAY: Final = dt.timedelta(days=1)
USUAL_DAYS: Final = 30
"""Days before the last one whose mean is what is usual; never less than one match a day."""


def quarantine_floods(now: dt.datetime) -> int:
    """Look at the matches of the last day; returns how many entries went to quarantine."""
    settings = MatchingSettings.current()
    if not settings.match_flood_least:
        return 0
    active = Match.objects.filter(found_at__gt=now - DAY, entry__state=HashListEntry.State.ACTIVE)
    many = (
        active.order_by().values_list("entry").annotate(count=Count("pk")).filter(count__gte=settings.match_flood_least)
    )
    return sum(_looked_at(entry, settings, now) for entry in HashListEntry.objects.filter(pk__in=dict(many)))


@transaction.atomic
def _looked_at(entry: HashListEntry, settings: MatchingSettings, now: dt.datetime) -> bool:
    let_go = EntryStateChange.objects.filter(entry=entry, state=HashListEntry.State.ACTIVE).order_by("-pk").first()
    since = max(now - DAY, let_go.at) if let_go else now - DAY
    matches = Match.objects.filter(entry=entry)
    count = matches.filter(found_at__gt=since).count()
    before = matches.filter(found_at__lte=since, found_at__gt=since - USUAL_DAYS * DAY).count()
    usual = max(1.0, before / USUAL_DAYS)
    if count < settings.match_flood_least or count < settings.match_flood_times * usual:
        return False
    reason = str(TOO_MANY_MATCHES.of(count=f"{count:,}", usual=f"{usual:.1f}"))
    set_entry_state([entry], HashListEntry.State.QUARANTINED, reason=reason, by=None, now=now)
    return True
