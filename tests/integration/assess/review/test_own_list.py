"""What a verdict says to suppliers whose lists have the very bytes: that they are right, once it stands."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.films import jpeg_of_several, pages, shot

from orbweaver.assess.review.own_list import restate_own_list, update_own_list
from orbweaver.detect.exchanges.models import Feedback
from orbweaver.detect.exchanges.services import add_exchange
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, RowHash
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.media.frames import keep_frames
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints import fingerprint

if TYPE_CHECKING:
    from tests.integration.conftest import SetConfig, World


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
