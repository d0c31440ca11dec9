"""Verbs on terms: import a list, switch one off, watch for a term, withdraw one, note and see to hits.

Audit details, logs and errors never hold a term, nor where it stood.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from orbweaver.assess.terms.files import TermFile, read_terms
from orbweaver.assess.terms.flagging import ALGORITHMS
from orbweaver.assess.terms.handovers import TermsChanged, terms_changed
from orbweaver.assess.terms.keys import make_key
from orbweaver.assess.terms.messages import LANGUAGE_CODE, NAME_IN_ANOTHER_LANGUAGE, REFERENCE_MISSING, WORDS_MISSING
from orbweaver.assess.terms.models import Term, TermList, WatchHit, WatchTerm
from orbweaver.assess.terms.watching import hash_term, key_check
from orbweaver.errors import InvalidInput, Message
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.identifiers import public_id
from orbweaver.platform.settings import PlatformSettings


@dataclass(frozen=True)
class ImportedTerms:
    """What came of an import."""

    term_list: TermList
    added: int
    changed: int
    rejected: tuple[tuple[int, Message], ...]


@transaction.atomic
def import_terms(
    data: bytes, file_name: str, *, name: str, language: str, supplier: str, by: User | None, now: dt.datetime
) -> ImportedTerms:
    """Bring a list, or more terms for it; again changes nothing. Raises BadTermList or InvalidInput.

    ``language`` is an ISO 639-1 code; of those that Snowball does not know, terms are found as written.
    """
    language = language.strip().lower()
    if len(language) != 2 or not language.isascii() or not language.isalpha():
        raise InvalidInput(LANGUAGE_CODE)
    read = read_terms(data, file_name)
    term_list, _ = TermList.objects.get_or_create(
        name=name.strip()[:120],
        defaults={"language": language, "supplier": supplier.strip()[:200], "added_at": now, "added_by": by},
    )
    if term_list.language != language:
        raise InvalidInput(NAME_IN_ANOTHER_LANGUAGE)
    added, changed = _write(term_list, read)
    details = {"added": added, "changed": changed, "rejected": len(read.rejected), "stemmed": language in ALGORITHMS}
    record("terms.imported", term_list.public_id, actor=by, details=details, at=now)
    if added or changed:
        terms_changed.announce(TermsChanged(now))
    return ImportedTerms(term_list, added, changed, read.rejected)


def _write(term_list: TermList, read: TermFile) -> tuple[int, int]:
    there = {term.text: term for term in term_list.terms.all()}
    new = [
        Term(term_list=term_list, text=each.text, forms=list(each.forms))
        for each in read.terms
        if each.text not in there
    ]
    changed = []
    for each in read.terms:
        known = there.get(each.text)
        if known is not None and known.forms != list(each.forms):
            known.forms = list(each.forms)
            changed.append(known)
    Term.objects.bulk_create(new)
    Term.objects.bulk_update(changed, ["forms"])
    return len(new), len(changed)


@transaction.atomic
def switch_list(term_list: TermList, *, off: bool, by: User, now: dt.datetime) -> None:
    """Flag by this list no more, or again."""
    TermList.objects.filter(pk=term_list.pk).update(switched_off_at=now if off else None)
    record("terms.switched", term_list.public_id, actor=by, details={"off": off}, at=now)
    terms_changed.announce(TermsChanged(now))


@transaction.atomic
def watch_for(text: str, kind: WatchTerm.Kind, reference: str, *, by: User | None, now: dt.datetime) -> WatchTerm:
    """Watch for a term from now on; what is kept are its keyed hashes. The same one again is the one that is there.

    Raises InvalidInput for a term that would be on every page, without repeating it.
    """
    key = make_key(PlatformSettings.current().keys_path)
    hashed = hash_term(text, key)
    if hashed is None:
        raise InvalidInput(WORDS_MISSING)
    if not reference.strip():
        raise InvalidInput(REFERENCE_MISSING)
    term, created = WatchTerm.objects.get_or_create(
        reference=reference.strip()[:60],
        value=hashed.value,
        defaults={
            "kind": kind,
            "anchor": hashed.anchor,
            "at": hashed.at,
            "words": hashed.words,
            "key_check": key_check(key),
            "added_at": now,
            "added_by": by,
        },
    )
    if not created and term.withdrawn_at is not None:
        WatchTerm.objects.filter(pk=term.pk).update(withdrawn_at=None)
    record("watch_term.added", term.public_id, actor=by, details={"kind": term.kind}, at=now)
    terms_changed.announce(TermsChanged(now))
    return term


@transaction.atomic
def withdraw_watch_term(term: WatchTerm, *, by: User, now: dt.datetime) -> None:
    """Watch for it no more."""
    WatchTerm.objects.filter(pk=term.pk, withdrawn_at=None).update(withdrawn_at=now)
    record("watch_term.withdrawn", term.public_id, actor=by, at=now)


@dataclass(frozen=True, slots=True)
class PageHit:
    """A watch term (by number) that stood ``times`` on a page with ``media`` pictures and videos."""

    term_id: int
    url: str
    url_key: bytes
    host: str
    media: int
    times: int


_NOTE = """
INSERT INTO terms_watchhit AS h (public_id, term_id, url, url_key, host, media, times, first_seen_at, last_seen_at)
SELECT w.public_id, w.term_id, w.url, w.url_key, w.host, w.media, w.times, %s, %s
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::int[], %s::int[])
    AS w (public_id, term_id, url, url_key, host, media, times)
ON CONFLICT (term_id, url_key) DO UPDATE SET
    last_seen_at = greatest(h.last_seen_at, excluded.last_seen_at), times = excluded.times, media = excluded.media
"""


def note_hits(hits: Sequence[PageHit], now: dt.datetime) -> None:
    """Keep where watch terms stood, once for each page, in the caller's transaction."""
    once = {(hit.term_id, hit.url_key): hit for hit in hits}
    ordered = [once[key] for key in sorted(once)]
    if not ordered:
        return
    columns: list[list[object]] = [
        [public_id("wth") for _ in ordered],
        [hit.term_id for hit in ordered],
        [hit.url for hit in ordered],
        [hit.url_key for hit in ordered],
        [hit.host[:260] for hit in ordered],
        [min(hit.media, 32767) for hit in ordered],
        [min(hit.times, 32767) for hit in ordered],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [now, now, *columns])


@transaction.atomic
def see_to(hit: WatchHit, *, by: User, now: dt.datetime) -> None:
    """Somebody looked at the page and did what was to be done."""
    if WatchHit.objects.filter(pk=hit.pk, seen_to_at=None).update(seen_to_at=now, seen_to_by=by):
        record("watch_hit.seen_to", hit.public_id, actor=by, at=now)
