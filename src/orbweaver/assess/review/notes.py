"""Notes of analysts about an item. Blind as all answers are: nobody reads another's before their own answer is in."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from orbweaver.assess.review.messages import MAY_NOT_READ, NOTE_EMPTY
from orbweaver.assess.review.models import Note, ReviewItem
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record

LONGEST = 2000


@transaction.atomic
def write_note(item: ReviewItem, words: str, *, by: User, now: dt.datetime) -> Note:
    """Keep a note. It changes nothing about the item. Raises InvalidInput for no words, NotAllowed."""
    if not by.may(Permission.ITEM_READ):
        raise NotAllowed(MAY_NOT_READ)
    words = words.replace("\x00", "").strip()[:LONGEST]
    if not words:
        raise InvalidInput(NOTE_EMPTY)
    note = Note.objects.create(item=item, by=by, words=words, at=now)
    record("item.note_written", item.public_id, actor=by, at=now)
    return note


def notes_for(item: ReviewItem, person: User, *, answered: bool) -> list[Note]:
    """What this person may read of them, the oldest first: their own, and all once they have answered."""
    rows = Note.objects.filter(item=item).select_related("by").order_by("pk")
    return list(rows if answered else rows.filter(by=person))
