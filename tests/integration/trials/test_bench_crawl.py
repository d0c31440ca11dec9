"""The list of the measured crawl is one that the program itself reads."""

from __future__ import annotations

from orbweaver.detect.hashlists.models import EntryHash
from orbweaver.detect.matching.index import open_index
from orbweaver_trials.bench.crawl_run import fill_list, known_pictures


def test_the_index_holds_each_hash_of_the_list_that_is_crawled_against(db: None) -> None:
    fill_list(entries=300, pages=1_000)
    hashes = {(each.kind, bytes(each.value)) for each in EntryHash.objects.all()}
    assert len(hashes) == 300 + len(known_pictures(1_000))
    index = open_index()
    try:
        index.sync()
        for kind in ("pdq", "sha256"):
            values = [value for each, value in sorted(hashes) if each == kind]
            assert len(index.find(kind, values)) == len(values)
    finally:
        index.close()
