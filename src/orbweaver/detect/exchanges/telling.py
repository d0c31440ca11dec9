"""What other hotlines tell of entries beside hashes, kept as it came and told on under the same terms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from orbweaver.detect.exchanges.models import StatedTerms, StatedVerdict
from orbweaver.detect.exchanges.protocols.protocol import Terms, Told
from orbweaver.detect.exchanges.verdicts import keepable
from orbweaver.detect.hashlists.models import HashList, HashListEntry


def keep_told(hash_list: HashList, told: Mapping[bytes, Told | None]) -> None:
    """Keep what is told of entries of a list, by their keys; of those of which nothing is told any more, nothing."""
    entries = dict(hash_list.entries.filter(key__in=list(told)).values_list("key", "pk"))
    numbers = {pk: told[bytes(key)] for key, pk in entries.items()}
    StatedVerdict.objects.filter(entry__in=[pk for pk, each in numbers.items() if each is None]).delete()
    given = {pk: each for pk, each in numbers.items() if each is not None}
    if not given:
        return
    digests = _keep_terms(each for one in given.values() for each in one.terms)
    rows = [
        StatedVerdict(
            entry_id=pk,
            verdict=keepable(each.verdict),
            series=list(each.series),
            terms=[digests[one] for one in each.terms],
        )
        for pk, each in given.items()
    ]
    fields = ["verdict", "series", "terms"]
    StatedVerdict.objects.bulk_create(rows, update_conflicts=True, unique_fields=["entry"], update_fields=fields)


def _keep_terms(terms: Iterable[Terms]) -> dict[Terms, str]:
    """Digests by terms, each kept once."""
    digests = {each: digest_of(each) for each in terms}
    StatedTerms.objects.bulk_create(
        [StatedTerms(digest=digest, by=each.by, text=each.text, until=each.until) for each, digest in digests.items()],
        ignore_conflicts=True,
    )
    return digests


def digest_of(terms: Terms) -> str:
    """By which the same terms are known, on a page of entries and here."""
    told = json.dumps([terms.by, terms.text, terms.until.isoformat() if terms.until else None])
    return blake2b(told.encode(), digest_size=16).hexdigest()


def terms_of(hash_list: HashList) -> list[Terms]:
    """Under which terms we hand a list on; none where nothing is said of them."""
    if not hash_list.terms.strip() and hash_list.expires_on is None:
        return []
    return [Terms(hash_list.supplier, hash_list.terms.strip(), hash_list.expires_on)]


def told_of(entries: Sequence[HashListEntry], own: Mapping[int, Told]) -> dict[int, Told]:
    """What is told of entries to whoever fetches them, by their numbers: of ``own`` ones our verdicts; of others what
    came, by whom, under the terms of that list and all those under which it came."""
    stated = {each.entry_id: each for each in StatedVerdict.objects.filter(entry__in=entries)}
    named = {digest for each in stated.values() for digest in each.terms}
    terms = {
        each.digest: Terms(each.by, each.text, each.until) for each in StatedTerms.objects.filter(digest__in=named)
    }
    found = {}
    for entry in entries:
        came, ours = stated.get(entry.pk), own.get(entry.pk, Told())
        under = terms_of(entry.hash_list)
        if came is None:
            found[entry.pk] = Told(ours.verdict, ours.series, under)
            continue
        verdict = ({"by": entry.hash_list.supplier} | came.verdict) if came.verdict else {}
        further = [terms[digest] for digest in came.terms if digest in terms]
        found[entry.pk] = Told(verdict, came.series, [*under, *(each for each in further if each not in under)])
    return found
