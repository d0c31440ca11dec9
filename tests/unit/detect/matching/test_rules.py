from __future__ import annotations

from orbweaver.detect.matching.rules import Hit, ListTerms, counting_hits, is_known_good

KNOWN = ListTerms(known_good=False, radius=None, searchable=True)
GOOD = ListTerms(known_good=True, radius=None, searchable=True)
NARROW = ListTerms(known_good=False, radius=10, searchable=True)
WITHDRAWN = ListTerms(known_good=False, radius=None, searchable=False)


def test_hits_count_within_the_installations_radius_or_the_lists_own() -> None:
    terms = {1: KNOWN, 2: NARROW}
    hits = [Hit(1, "pdq", 31), Hit(1, "pdq", 32), Hit(2, "pdq", 10), Hit(2, "pdq", 11), Hit(2, "md5")]
    assert counting_hits(hits, terms, 31) == [hits[0], hits[2], hits[4]]


def test_withdrawn_known_good_and_unknown_entries_never_count() -> None:
    hits = [Hit(1, "sha256"), Hit(2, "sha256"), Hit(3, "sha256")]
    assert counting_hits(hits, {1: WITHDRAWN, 2: GOOD}, 31) == []


def test_known_good_works_by_sha256_alone_and_never_within_a_radius() -> None:
    assert is_known_good([Hit(1, "sha256")], {1: GOOD})
    assert not is_known_good([Hit(1, "pdq", 0)], {1: GOOD})
    assert not is_known_good([Hit(1, "md5")], {1: GOOD})
    assert not is_known_good([Hit(1, "sha256")], {1: KNOWN})
