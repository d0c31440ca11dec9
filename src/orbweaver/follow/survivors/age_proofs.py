"""Proof that somebody was 18 or older in what was removed (R58): brought by them or their agent, decided by two people.

Its own way in: no notice, answer or objection of a provider leads here, and nothing pauses meanwhile. The document is
sealed in a file of its own, which no backup holds; decided, the file and its key are gone and the digest stays. Who
decides was not involved: answered nothing about the picture, did not add the document, did not tie the removal, and did
not decide before, where the person does not agree (``proof_disagreements``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyrage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.review.models import Assessment, Verdict
from orbweaver.assess.review.proved import withdraw_as_proved
from orbweaver.detect.evidence.keys import master_recipient
from orbweaver.detect.evidence.opener import REWRAP
from orbweaver.detect.evidence.opening import asked, opened
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.follow.survivors.messages import (
    DOCUMENT_KIND,
    DOCUMENT_LARGE,
    DOCUMENTS_FULL,
    NO_DOCUMENT,
    NO_REMOVAL_TIED,
    NO_SUCH_REMOVAL,
    NOTHING_BROUGHT,
    PROOF_DECIDED,
    REASON_FOR_PERSON,
    WAS_INVOLVED,
    WHY_MISSING,
)
from orbweaver.follow.survivors.models import AgeProof, AgeProofAnswer, AgeProofDisagreement
from orbweaver.follow.survivors.rules import bare, digest_of, new_reference, secret_of
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.people.policy.periods import days_kept
from orbweaver.platform.clock import real_now
from orbweaver.platform.network.signed import file_key
from orbweaver.platform.network.urls import InvalidUrl, parse
from orbweaver.platform.runtime.secrets import django_secret_key
from orbweaver.platform.settings import PlatformSettings

MOST_BYTES: Final = 10 * 2**20
"""A photo of a document, as a telephone takes it."""
MOST_KEPT: Final = 200 * MOST_BYTES
"""All that are sealed, together: nobody fills the disk with them."""
MOST_ADDRESSES: Final = 200
MOST_REMOVALS: Final = 20
KINDS: Final = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
HEIC: Final = "image/heic"
HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""What stands behind ``ftyp`` in photos of telephones (ISO/IEC 23008-12)."""


@dataclass(frozen=True)
class Brought:
    """What a person or their agent sent. ``document`` may come later; ``form`` is a number by chance in their form."""

    by: AgeProof.BroughtBy
    urls: str
    words: str = ""
    mandate: str = ""
    safe_contact: str = ""
    language: str = "en"
    document: bytes = b""
    form: str = ""

    @property
    def sending(self) -> bytes:
        """32 bytes for this form with all that it says."""
        told = replace(self, document=hashlib.sha256(self.document).digest())
        return hashlib.sha256(b"proof" + repr(told).encode()).digest()


def bring(brought: Brought, now: dt.datetime) -> tuple[AgeProof, str]:
    """Take it in; returns it with its secret. Nothing is looked up: the answer is the same whatever was removed.

    The same form sent again is the same one. Raises InvalidInput: nothing said; a document of another kind, or too
    big; as many documents wait as are kept at once.
    """
    if not brought.urls.strip() and not brought.words.strip():
        raise InvalidInput(NOTHING_BROUGHT)
    if brought.document:
        mime_of(brought.document)
    secret = secret_of(brought.sending, django_secret_key(PlatformSettings.current().keys_path))
    known = AgeProof.objects.filter(sent_as=hashlib.sha256(brought.sending).digest()).first()
    if known is not None:
        return known, secret
    refuse_more_than_kept(brought.document)
    with transaction.atomic():
        made = AgeProof.objects.create(
            reference=new_reference(),
            secret=digest_of(secret),
            sent_as=hashlib.sha256(brought.sending).digest(),
            brought_by=brought.by,
            urls=clean(brought.urls),
            words=clean(brought.words),
            mandate=clean(brought.mandate),
            safe_contact=clean(brought.safe_contact),
            language=brought.language,
            created_at=now,
        )
        record("age_proof.brought", made.public_id, details={"by": made.brought_by}, at=now)
        if brought.document:
            seal(made, brought.document, None, now)
    return made, secret


def clean(text: str) -> str:
    """What somebody wrote, as it can be kept."""
    return text.replace("\x00", " ").strip()


def refuse_more_than_kept(document: bytes) -> None:
    """Raises InvalidInput where all documents would take more than is kept; nothing is never too much."""
    if document and _bytes_kept() + len(document) > MOST_KEPT:
        raise InvalidInput(DOCUMENTS_FULL)


def mime_of(document: bytes) -> str:
    """What it is by its first bytes. Raises InvalidInput."""
    if len(document) > MOST_BYTES:
        raise InvalidInput(DOCUMENT_LARGE.of(megabytes=MOST_BYTES // 2**20))
    found = next((mime for head, mime in KINDS if document.startswith(head)), "")
    if document[4:8] == b"ftyp" and document[8:12] in HEIC_BRANDS:
        found = HEIC
    if not found:
        raise InvalidInput(DOCUMENT_KIND)
    return found


@transaction.atomic
def add_document(proof: AgeProof, document: bytes, *, by: User, now: dt.datetime) -> None:
    """Somebody of survivor support adds what was brought by post or in person; it takes the place of an earlier one.

    Raises InvalidInput, Conflict once it is decided.
    """
    if not document:
        raise InvalidInput(NO_DOCUMENT)
    found = _open(proof)
    before = found.file_name
    seal(found, document, by, now)
    _remove_after_commit(before)


def seal(proof: AgeProof, document: bytes, by: User | None, now: dt.datetime) -> None:
    """Keep a document with its own key. ``by`` is empty for the person: who added an earlier one stays involved."""
    identity, name = pyrage.x25519.Identity.generate(), f"{secrets.token_hex(16)}.age"
    keys = PlatformSettings.current().keys_path
    wrapped = pyrage.encrypt(str(identity).encode(), [master_recipient(keys)])
    _write(name, pyrage.encrypt(document, [identity.to_public()]))
    proof.file_name, proof.key, proof.mime = name, wrapped, mime_of(document)
    proof.digest, proof.added_by, proof.added_at = hashlib.sha256(document).digest(), by or proof.added_by, now
    proof.save(update_fields=["file_name", "key", "mime", "digest", "added_by", "added_at"])
    record("age_proof.document_added", proof.public_id, actor=by, details={"sha256": proof.digest.hex()}, at=now)


def documents_dir() -> Path:
    """Where sealed documents lie. No backup has them: what is destroyed is so everywhere."""
    return PlatformSettings.current().data_dir / "age-proofs"


def _bytes_kept() -> int:
    """Of all sealed documents. One that is destroyed meanwhile counts or does not."""
    total = 0
    for each in documents_dir().glob("*.age"):
        with suppress(FileNotFoundError):
            total += each.stat().st_size
    return total


def _write(name: str, sealed: bytes) -> None:
    documents_dir().mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(documents_dir() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())


def read_document(proof: AgeProof, *, by: User, now: dt.datetime) -> bytes:
    """The document, in memory, for somebody who decides or prepares it; in the audit log. Raises InvalidInput: gone."""
    if not proof.file_name or proof.key is None:
        raise InvalidInput(NO_DOCUMENT)
    try:
        sealed = (documents_dir() / proof.file_name).read_bytes()
    except OSError:
        raise InvalidInput(NO_DOCUMENT) from None
    plain = opened(bytes(proof.key), sealed)
    record("age_proof.document_read", proof.public_id, actor=by, at=now)
    return plain


@transaction.atomic
def rewrap_keys() -> int:
    """After another master key was put in place: encrypt the keys of documents to it; how many. Raises
    EvidenceUnreadable."""
    proofs = list(AgeProof.objects.select_for_update().filter(key__isnull=False).order_by("pk"))
    for proof in proofs:
        proof.key = asked(REWRAP, bytes(proof.key or b""))[0]
        proof.save(update_fields=["key"])
    return len(proofs)


def _remove_after_commit(name: str) -> None:
    """A crash in between leaves a file that nothing opens: its key is gone with the commit."""
    if name:
        transaction.on_commit(lambda: (documents_dir() / name).unlink(missing_ok=True))


def find_proof(reference: str, secret: str) -> AgeProof | None:
    """The one with this reference and secret; None for a wrong one of either."""
    found, given = AgeProof.objects.filter(reference=bare(reference)).first(), digest_of(bare(secret))
    kept = bytes(found.secret) if found is not None else bytes(len(given))
    return found if hmac.compare_digest(kept, given) else None


def _open(proof: AgeProof) -> AgeProof:
    found = AgeProof.objects.select_for_update().get(pk=proof.pk)
    if found.decided_at is not None:
        raise Conflict(PROOF_DECIDED)
    return found


def removals_named(proof: AgeProof) -> list[Verdict]:
    """Removals that stand, of what was seen at the addresses that were brought, or on those pages; newest first."""
    files, pages = [], []
    for line in proof.urls.splitlines()[:MOST_ADDRESSES]:
        with suppress(InvalidUrl):
            url = parse(line)
            files.append(file_key(url))
            pages.append(url.key)
    if not files:
        return []
    seen = Sighting.objects.filter(Q(url_key__in=files) | Q(page_url_key__in=pages))
    removals = Verdict.objects.filter(outcome=Verdict.Outcome.REMOVE, superseded_by=None)
    found = removals.filter(item__sightings__in=seen.values("pk")).distinct()
    return list(found.prefetch_related("item__sightings").order_by("-pk")[:MOST_REMOVALS])


@transaction.atomic
def tie_removal(proof: AgeProof, verdict_id: str, *, by: User, now: dt.datetime) -> None:
    """Say which removal it is about. Raises InvalidInput: no such removal that stands; Conflict once it is decided."""
    found = _open(proof)
    verdict = Verdict.objects.filter(
        public_id=verdict_id.strip(), outcome=Verdict.Outcome.REMOVE, superseded_by=None
    ).first()
    if verdict is None:
        raise InvalidInput(NO_SUCH_REMOVAL)
    found.verdict, found.tied_by = verdict, by
    found.save(update_fields=["verdict", "tied_by"])
    answers_of(found).delete()  # they were about something else
    record("age_proof.tied", found.public_id, actor=by, details={"verdict": verdict.public_id}, at=now)


def was_involved(proof: AgeProof, person: User) -> bool:
    """Whether this person, by any account of theirs, prepared it, answered about the picture, or decided before: they
    may not decide."""
    theirs = accounts_of(person)
    if not theirs.isdisjoint((proof.tied_by_id, proof.added_by_id)):
        return True
    if proof.answers.filter(by__in=theirs).exclude(disagreement=last_disagreement(proof)).exists():
        return True
    media = proof.verdict.media_id if proof.verdict is not None else None
    return Assessment.objects.filter(analyst__in=theirs, item__media=media).exists()


def last_disagreement(proof: AgeProof) -> AgeProofDisagreement | None:
    """The last with which the person did not agree; None: they never said so."""
    return proof.disagreements.order_by("pk").last()


def answers_of(proof: AgeProof) -> QuerySet[AgeProofAnswer]:
    """What was found since the person did not agree last; the first time, all."""
    return proof.answers.filter(disagreement=last_disagreement(proof))


def reasons_of(proof: AgeProof) -> list[str]:
    """Why it is not enough, as the person reads it; each once, none while nobody has decided."""
    if proof.outcome != AgeProof.Outcome.NOT_PROVED:
        return []
    found = answers_of(proof).filter(proved=False).order_by("pk").values_list("reason", flat=True)
    return list(dict.fromkeys(each or AgeProofAnswer.Reason.OTHER.value for each in found))


def to_prepare() -> QuerySet[AgeProof]:
    """Those whose removal nobody named, or whose removal fell while another one of the same bytes stands.

    Where none of these bytes stands any more there is nothing to name: two people decide, and the person is answered.
    """
    return AgeProof.objects.filter(decided_at=None).filter(Q(verdict=None) | _fell())


def _fell() -> Q:
    """The removal that was named fell while another one of the same bytes stands."""
    same = Verdict.objects.filter(media=OuterRef("verdict__media"), outcome=Verdict.Outcome.REMOVE, superseded_by=None)
    return Q(Exists(same), verdict__superseded_by__isnull=False)


def promised() -> QuerySet[AgeProofDisagreement]:
    """Of those, what people were told a day for: nobody can decide it before the removal is named."""
    return AgeProofDisagreement.objects.filter(decided_at=None, proof__in=to_prepare().values("pk"))


def ready() -> QuerySet[AgeProof]:
    """Those that two people can decide: with a document, or where the person waits for an answer by a day."""
    waits = AgeProofDisagreement.objects.filter(decided_at=None).values("proof")
    prepared = AgeProof.objects.filter(decided_at=None, verdict__isnull=False).exclude(_fell())
    return prepared.filter(~Q(file_name="") | Q(pk__in=waits))


@transaction.atomic
def answer(proof: AgeProof, *, proved: bool, why: str, by: User, now: dt.datetime, reason: str = "") -> AgeProof:
    """What one uninvolved person finds. The second one decides it: removal falls only where both find it proved.

    ``why`` is for people of ours; ``reason`` is what the person reads where it is not enough.
    Accounts that may be one person's (``one_person``) are no second one; what each of them found is kept and counts.
    Raises NotAllowed, InvalidInput, Conflict.
    """
    found, why = _open(proof), " ".join(why.replace("\x00", " ").split())
    if not by.may(Permission.AGE_PROOF_DECIDE) or was_involved(found, by):
        raise NotAllowed(WAS_INVOLVED)
    if not why:
        raise InvalidInput(WHY_MISSING)
    if not proved and reason not in AgeProofAnswer.Reason.values:
        raise InvalidInput(REASON_FOR_PERSON)
    if proved and to_prepare().filter(pk=found.pk).exists():
        raise InvalidInput(NO_REMOVAL_TIED)
    if proved and not found.file_name:
        raise InvalidInput(NO_DOCUMENT)
    said = {"proved": proved, "why": why[:400], "reason": "" if proved else reason, "at": now}
    AgeProofAnswer.objects.update_or_create(proof=found, by=by, disagreement=last_disagreement(found), defaults=said)
    record("age_proof.answered", found.public_id, actor=by, at=now)
    answers = answers_of(found)
    if not answers.exclude(by__in=accounts_of(by)).exists():
        return found
    return _decide(found, not answers.filter(proved=False).exists(), now)


def _decide(found: AgeProof, proved: bool, now: dt.datetime) -> AgeProof:
    found.outcome = AgeProof.Outcome.PROVED if proved else AgeProof.Outcome.NOT_PROVED
    found.decided_at = now
    if proved and found.verdict is not None and found.verdict.superseded_by_id is None:
        withdraw_as_proved(found.verdict, now)
    found.disagreements.filter(decided_at=None).update(outcome=found.outcome, decided_at=now)
    _end_document(found, now)
    record("age_proof.decided", found.public_id, details={"outcome": found.outcome}, at=now)
    return found


def _end_document(found: AgeProof, now: dt.datetime) -> None:
    if found.file_name:
        _remove_after_commit(found.file_name)
        found.file_name, found.key, found.destroyed_at = "", None, now
        record("age_proof.document_destroyed", found.public_id, at=now)
    found.save()


def overdue(now: dt.datetime) -> QuerySet[AgeProof]:
    """Those with a document that nobody decided within its time."""
    before = now - dt.timedelta(days=days_kept("age_proof_days"))
    return AgeProof.objects.filter(added_at__lt=before).exclude(file_name="")


@transaction.atomic
def destroy_overdue(rows: QuerySet[AgeProof]) -> int:
    """Destroy their documents; how many. The request stays open: another document can be brought."""
    found = list(rows.select_for_update().order_by("pk"))
    for proof in found:
        _end_document(proof, real_now())
    return len(found)
