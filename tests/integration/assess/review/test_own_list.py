"""What a verdict says to suppliers whose lists have the very bytes: that they are right, once it stands."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.films import jpeg_of_several, pages, shot

from orbweaver.assess.review.own_list import restate_own_list, update_own_list
from orbweaver.assess.review.telling import told_of_own
from orbweaver.assess.series.rules import LinkReason
from orbweaver.assess.series.services import end_link, link_item, open_series
from orbweaver.detect.exchanges.models import Feedback
from orbweaver.detect.exchanges.services import add_exchange
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, RowHash
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.media.frames import keep_frames
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints import fingerprint

if TYPE_CHECKING:
    from tests.integration.conftest import MakePerson, SetConfig, World


pytestmark = pytest.mark.django_db


@pytest.fixture
def media(world: World, now: dt.datetime, set_config: SetConfig, tmp_path: Path) -> Media:
    """A picture whose MD5 is on the list of an exchange, beside a SHA-1 of another."""
    set_config(data_dir=tmp_path / "data")
    found = world.media()
    exchange = add_exchange(
        "NCMEC",
        protocol="ncmec",
        address="ngo",
        supplier="NCMEC",
        list_name="NCMEC",
        every_minutes=60,
        secrets={"username": "we", "password": "x"},
        by=None,
        now=now,
    )
    row = EntryRow("md5", bytes(found.md5), "a1", "unidentified", "", "NCMEC", False, "7", "42")
    upsert_entries(exchange.hash_list, [row], now)
    other = EntryRow(
        "sha1", b"o" * 20, "a1", "unidentified", "", "NCMEC", False, "8", "42", further=(RowHash("md5", b"o" * 16),)
    )
    upsert_entries(exchange.hash_list, [other], now)
    return found


def test_a_removal_confirms_the_very_hash_and_taking_it_back_says_nothing(
    media: Media, world: World, now: dt.datetime
) -> None:
    verdict = world.verdict(media=media)
    update_own_list(media, verdict, now)
    update_own_list(media, verdict, now)
    (waiting,) = Feedback.objects.all()
    assert (waiting.kind, waiting.confirms, waiting.entry.supplier_id) == ("md5", True, "7")
    assert waiting.next_at == now + dt.timedelta(hours=1)
    verdict.delete()
    restate_own_list(media, now)
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("facts", [{"outcome": "no_action"}, {"sub_type": "b"}])
def test_no_action_and_sub_type_b_say_nothing(
    facts: dict[str, Any], media: Media, world: World, now: dt.datetime
) -> None:
    update_own_list(media, world.verdict(media=media, **facts), now)
    assert not Feedback.objects.exists()


@pytest.fixture
def partner(world: World, now: dt.datetime, set_config: SetConfig, tmp_path: Path) -> Media:
    """A picture that another Orbweaver lists by its SHA-256."""
    set_config(data_dir=tmp_path / "data")
    found = world.media()
    exchange = add_exchange(
        "Partner",
        protocol="orbweaver",
        address="https://scan.example",
        supplier="Hotline B",
        list_name="Theirs",
        every_minutes=60,
        secrets={"key": "owk_x"},
        by=None,
        now=now,
    )
    row = EntryRow("md5", bytes(found.md5), "csam", "unidentified", "", "Hotline B", False, "hle_b",
                   further=(RowHash("sha256", bytes(found.sha256)),))  # fmt: skip
    upsert_entries(exchange.hash_list, [row], now)
    return found


def test_a_partner_is_told_the_verdict_with_its_criteria_also_that_nothing_is_to_be_done(
    partner: Media, world: World, now: dt.datetime
) -> None:
    nothing = world.verdict(media=partner, outcome="no_action", category="")
    update_own_list(partner, nothing, now)
    (waiting,) = Feedback.objects.all()
    assert (waiting.kind, waiting.confirms, waiting.verdict["outcome"]) == ("sha256", False, "no_action"), (
        "each dispute is answered by a person there: one for an entry"
    )
    nothing.delete()
    restate_own_list(partner, now)
    assert not Feedback.objects.exists(), "the answer was taken back: nothing leaves"

    update_own_list(partner, world.verdict(media=partner), now)
    for waiting in Feedback.objects.all():
        assert (waiting.confirms, waiting.verdict["outcome"]) == (True, "remove")
        assert waiting.verdict["criteria"]["version"] == "1"
        assert len(waiting.verdict["criteria"]["sha256"]) == 64
    update_own_list(partner, world.verdict(media=partner, outcome="no_action", category=""), now)
    assert set(Feedback.objects.values_list("kind", "confirms", "verdict__outcome")) == {
        ("sha256", False, "no_action"),
        ("md5", False, "no_action"),
    }, "what was confirmed before is not left standing beside the dispute"


def test_that_nothing_is_to_be_done_at_one_place_says_nothing_of_the_bytes(
    partner: Media, world: World, now: dt.datetime
) -> None:
    item = world.item("https://images.example/1.png", media=partner)
    item.place = item.sightings.get()
    item.save()
    update_own_list(partner, world.verdict(item=item, outcome="no_action", category=""), now)
    assert not Feedback.objects.exists()


def test_whoever_follows_the_list_hears_of_another_verdict_and_of_another_series(
    world: World, now: dt.datetime, make_person: MakePerson
) -> None:
    media = world.media()
    update_own_list(media, world.verdict(media=media), now)
    entry = HashListEntry.objects.get()
    changes = [entry.change]

    def changed() -> bool:
        entry.refresh_from_db()
        changes.append(entry.change)
        return changes[-1] > changes[-2]

    update_own_list(media, world.verdict(media=media), now)
    assert changed()
    series = open_series("A title that stays here", by=None, now=now)
    link = link_item(series, media, reason=LinkReason.PLACE, words="a lake", by=None, now=now)
    assert changed()
    told = told_of_own([entry])[entry.pk]
    assert (told.series, told.verdict["outcome"]) == ([series.public_id], "remove")
    assert "title" not in str(told)
    end_link(link, "another child", by=make_person("Ann"), now=now)
    assert changed()
    assert told_of_own([entry])[entry.pk].series == ()


@pytest.mark.parametrize("reason", [LinkReason.LIST_ENTRY, LinkReason.POLICE])
def test_a_series_that_others_alone_know_of_is_told_to_no_third(
    reason: LinkReason, world: World, now: dt.datetime, make_person: MakePerson
) -> None:
    """A list's supplier said so under its terms, or police did: that two pictures belong together is theirs to tell."""
    media = world.media()
    update_own_list(media, world.verdict(media=media), now)
    entry = HashListEntry.objects.get()
    series = open_series("Hotline B: The lake", by=None, now=now)
    link_item(series, media, reason=reason, words="Hotline B", by=None, now=now)
    assert told_of_own([entry])[entry.pk].series == ()
    link_item(series, media, reason=LinkReason.PLACE, words="the same lake", by=make_person("Ann"), now=now)
    assert told_of_own([entry])[entry.pk].series == [series.public_id], "now people here say so, too"


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_file_of_two_pictures_is_a_picture_and_a_jpeg_of_two_is_known_by_its_first(
    kind: str, world: World, now: dt.datetime, set_config: SetConfig, tmp_path: Path
) -> None:
    """Whoever saves the JPEG anew keeps its first picture alone, and that is no frame of a film."""
    set_config(data_dir=tmp_path / "data")
    prints = fingerprint(jpeg_of_several([shot(1), shot(2)]) if kind == "JPEG" else pages(1, 2))
    found = world.media()
    Media.objects.filter(pk=found.pk).update(mime=prints.mime, pdq=prints.pdq)
    found.refresh_from_db()
    keep_frames(found, prints, 50)
    update_own_list(found, world.verdict(media=found), now)
    entry = HashListEntry.objects.get(media=found)
    looks = {bytes(each.value): each.is_frame for each in entry.live_hashes if each.kind == "pdq"}
    assert entry.media_type == "image"
    assert looks == {prints.pdq: kind == "TIFF", prints.frames[0].pdq: True}
