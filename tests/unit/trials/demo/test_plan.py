"""The demo's plan is consistent: every promise of the issue has its place in the world."""

from __future__ import annotations

from orbweaver.assess.criteria import Outcome, decide
from orbweaver_trials.demo.plan import (
    CLUSTERED,
    EXHIBITS,
    FIRST_EXHIBITS,
    HOSTS,
    SUBJECTS,
    VARIANTS,
    Conduct,
    expected_notices,
    pictures_of,
    subject_of,
)


def test_every_conduct_has_a_host_with_something_to_take_down() -> None:
    told = {exhibit.host.conduct for exhibit in expected_notices()}
    assert told == set(Conduct)


def test_the_answers_of_every_subject_pass_the_criteria() -> None:
    for subject in SUBJECTS:
        assert (decide(subject.answers).outcome is Outcome.REMOVE) is subject.removed


def test_all_categories_and_kinds_of_hash_appear_on_the_list() -> None:
    listed = [subject for subject in SUBJECTS if subject.listed]
    assert {kind for subject in listed for kind in subject.listed} == {"md5", "sha1", "sha256", "pdq"}
    assert {subject.classification for subject in listed} == {"csam", "csam_related", "other_harmful"}
    assert {subject.identified for subject in listed} == {True, False}


def test_the_reported_picture_is_on_no_list() -> None:
    assert [subject.seed for subject in SUBJECTS if not subject.listed] == [9]


def test_an_edited_exhibit_is_found_by_its_picture_alone() -> None:
    for exhibit in EXHIBITS:
        subject = subject_of(exhibit.seed)
        assert subject is not None
        assert exhibit.edit == "copy" or not subject.listed or "pdq" in subject.listed


def test_no_two_files_share_an_address() -> None:
    for host in HOSTS:
        files = [exhibit for exhibit in EXHIBITS if exhibit.host == host]
        assert len(pictures_of(host)) == len({exhibit.path for exhibit in files}) + 4 * len(host.albums)
        assert len({exhibit.path for exhibit in files}) == len(files)


def test_three_tenths_of_the_addresses_hold_the_same_bytes_as_another() -> None:
    told = [exhibit for exhibit in expected_notices() if exhibit.seed != 6]
    distinct = {(exhibit.seed, exhibit.edit) for exhibit in told}
    assert 0.28 <= 1 - len(distinct) / len(told) <= 0.34


def test_the_files_of_a_cluster_are_five_and_near_enough_for_one_look() -> None:
    from orbweaver.assess.review.likeness import distance
    from orbweaver.assess.review.settings import ReviewSettings
    from orbweaver.fingerprints import fingerprint
    from orbweaver_trials.demo.pictures import edited

    radius = ReviewSettings.model_fields["review_cluster_radius"].default
    for seed in CLUSTERED:
        held = {exhibit.edit for exhibit in FIRST_EXHIBITS if exhibit.seed == seed}
        assert held == set(VARIANTS)
        prints = [fingerprint(edited(seed, edit)) for edit in VARIANTS]
        for one in prints:
            for other in prints:
                assert distance([one.pdq or b"", *one.dihedral], other.pdq or b"") <= radius
