"""Which pictures are held: those with an own entry that is not withdrawn, and evidence that is kept.

The own list has no hash of sub-type b and none of what is no removal (R12a), so neither is held. Nor is what a survivor
asks for: nothing more is made of their pictures.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.held.models import HeldPicture
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media


def to_hold() -> QuerySet[Media]:
    """The pictures that may be held now."""
    own = HashListEntry.objects.filter(hash_list__kind=HashList.Kind.OWN, media=OuterRef("pk"))
    listed = own.exclude(state=HashListEntry.State.WITHDRAWN)
    kept = Media.objects.filter(evidence__erased_at=None, evidence__isnull=False, mime__startswith="image/")
    asked = Sighting.objects.filter(media=OuterRef("pk"), asked__isnull=False)
    return kept.filter(Exists(listed)).exclude(Exists(asked))


def forget() -> int:
    """Forget what is held no longer, with the copies that were found of it; how many."""
    count, _ = HeldPicture.objects.exclude(media__in=to_hold()).delete()
    return count
