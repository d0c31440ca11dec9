"""Who carries whose traffic, from CAIDA's files: the whole picture each time, and never wiped out by a wrong file."""

from __future__ import annotations

import datetime as dt

import pytest

from orbweaver.errors import InvalidInput
from orbweaver.notify.providers.models import AsRelation
from orbweaver.notify.providers.relations import import_relations

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=30)


def kept() -> set[tuple[int, int]]:
    return set(AsRelation.objects.values_list("upstream", "customer"))


def test_both_forms_are_read_peers_and_comments_are_none_and_a_bad_line_costs_itself_alone() -> None:
    done = import_relations(
        ["# source", "64500|64501|-1", "64500|64502|-1|bgp", "64501|64502|0", "64500|x|-1", ""], NOW
    )
    assert kept() == {(64500, 64501), (64500, 64502)}
    assert (done.kept, done.peers, done.rejected, [line for line, _ in done.rejections]) == (2, 1, 1, [5])


def test_a_later_file_is_the_whole_picture_and_the_same_one_changes_nothing() -> None:
    import_relations(["64500|64501|-1", "64500|64502|-1"], NOW)
    again = import_relations(["64500|64501|-1", "64500|64502|-1"], NOW + dt.timedelta(minutes=1))
    assert (again.removed, len(kept())) == (0, 2)
    done = import_relations(["64500|64501|-1", "64500|64501|-1", "64503|64501|-1"], LATER)
    assert done.removed == 1
    assert kept() == {(64500, 64501), (64503, 64501)}


@pytest.mark.parametrize("lines", [[], ["# nothing"], ["<html>"], ["64500|64501|0"]])
def test_a_file_without_a_relation_leaves_what_is_there(lines: list[str]) -> None:
    import_relations(["64500|64501|-1"], NOW)
    with pytest.raises(InvalidInput):
        import_relations(lines, LATER)
    assert kept() == {(64500, 64501)}
