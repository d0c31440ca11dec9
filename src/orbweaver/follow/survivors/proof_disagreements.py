"""Whoever brought proof of an age does not agree that it is not enough (R58, R70): others look, also at more.

The proof is open again, with the number and secret that the person has; whoever decided before may not. What was sent
first is destroyed, so that a document can come along, or be brought later.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.follow.survivors.age_proofs import clean, last_disagreement, mime_of, refuse_more_than_kept, seal
from orbweaver.follow.survivors.messages import DISAGREED_OFTEN, WORDS_OR_DOCUMENT
from orbweaver.follow.survivors.models import AgeProof, AgeProofDisagreement
from orbweaver.people.audit.services import record
from orbweaver.people.objections import Answered, answer_by, answered

MOST: Final = 3
"""Of one proof: further ones go through a help line, or a new form."""


@transaction.atomic
def disagree(proof: AgeProof, words: str, document: bytes, now: dt.datetime) -> AgeProofDisagreement:
    """Have two others decide, with this document if there is one; the one before, until it is answered.

    Raises InvalidInput: nothing said, a document that cannot be taken; Conflict: not offered (``may_disagree``).
    """
    found, words = AgeProof.objects.select_for_update().get(pk=proof.pk), clean(words)
    if not words and not document:
        raise InvalidInput(WORDS_OR_DOCUMENT)
    last = last_disagreement(found)
    if last is not None and last.decided_at is None:
        return last
    if not may_disagree(found):
        raise Conflict(DISAGREED_OFTEN)
    if document:
        mime_of(document)
    refuse_more_than_kept(document)
    made = AgeProofDisagreement.objects.create(proof=found, words=words, made_at=now, answer_by=answer_by(now))
    record("age_proof.disagreed", found.public_id, details={"number": made.public_id}, at=now)
    _open_again(found)
    if document:
        seal(found, document, None, now)
    return made


def _open_again(found: AgeProof) -> None:
    found.outcome, found.decided_at, found.destroyed_at = "", None, None
    found.save()


def may_disagree(proof: AgeProof) -> bool:
    """Whether the page offers it: where it was decided that what was sent is not enough."""
    return proof.outcome == AgeProof.Outcome.NOT_PROVED and proof.disagreements.count() < MOST


def proof_disagreements_answered(at: dt.datetime) -> Answered:
    """How those that were made before a moment were answered by then."""
    return answered(AgeProofDisagreement.objects.filter(made_at__lt=at), at)
