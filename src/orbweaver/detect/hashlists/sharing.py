"""What other hotlines and companies may fetch: the hotline's own verdicts, in the order in which they changed.

Lists of other suppliers are not handed on: their terms are between them and the hotline.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from orbweaver.detect.hashlists.models import HashList, HashListEntry


def is_withheld(entry: HashListEntry) -> bool:
    """Whether nobody should act on an entry now: it is withdrawn or disputed, or too few analysts agreed (R12)."""
    return entry.state != HashListEntry.State.ACTIVE or not entry.acts_alone


def shared_entries(
    kinds: Sequence[str], since: dt.datetime, until: dt.datetime, *, after: int, most: int
) -> list[HashListEntry]:
    """Entries of these kinds that changed between two instants, withheld ones too, after a number of a change."""
    own = HashListEntry.objects.filter(hash_list__kind=HashList.Kind.OWN, kind__in=list(kinds))
    changed = own.filter(changed_at__gte=since, changed_at__lte=until, change__gt=after)
    return list(changed.order_by("change")[:most])
