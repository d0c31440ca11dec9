"""What is erased stays erased, whatever backup comes back; what a court or an open notice needs is not erased."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest
from django.db import connection
from django.db.models import QuerySet
from tests.databases import connected_to, drop_database

from orbweaver.detect.evidence.erasing import Permit, erase, erase_expired, expired
from orbweaver.detect.evidence.errors import EvidenceErased
from orbweaver.detect.evidence.holding import held, hold, lift
from orbweaver.detect.evidence.keys import master_identities
from orbweaver.detect.evidence.models import EvidenceObject, ObjectKey
from orbweaver.detect.evidence.restored import KEYS_OUT, KEYS_TABLE, put_keys_back
from orbweaver.detect.evidence.services import KEPT_FILES, read, store
from orbweaver.detect.evidence.stores import evidence_files
from orbweaver.detect.media.models import Media
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.selectors import evidence_in_use
from orbweaver.notify.notices.services import issue_notices
from orbweaver.people.audit.models import Event
from orbweaver.platform.backup.making import Source, make_backup
from orbweaver.platform.backup.restoring import restore_database, restore_objects
from orbweaver.platform.backup.storage import FolderStorage
from orbweaver.platform.settings import PlatformSettings

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
NEXT_YEAR = NOW + dt.timedelta(days=400)


@pytest.fixture
def nothing_in_use() -> QuerySet[EvidenceObject]:
    return EvidenceObject.objects.none()


def stored(text: bytes = b"what was archived") -> EvidenceObject:
    return store(text, kind=EvidenceObject.Kind.MEDIA, mime="image/png", now=NOW)


def keys_now() -> bytes:
    with connection.cursor() as cursor, cursor.copy(KEYS_OUT) as rows:
        return b"".join(map(bytes, rows))


@pytest.fixture
def new_database(database_url: str) -> Iterator[str]:
    with psycopg.connect(database_url.replace("/orbweaver?", "/postgres?"), autocommit=True) as server:
        server.execute("CREATE DATABASE restored")
        yield database_url.replace("/orbweaver?", "/restored?")
        drop_database(server, "restored")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("hotline")
def test_a_backup_of_yesterday_and_the_master_key_do_not_open_what_was_erased_since(
    database_url: str, new_database: str, tmp_path: Path, nothing_in_use: QuerySet[EvidenceObject]
) -> None:
    gone, kept = stored(b"to be erased"), stored(b"to be kept")
    config = PlatformSettings.current().model_copy(update={"database_url": database_url})
    storage = FolderStorage(tmp_path / "backup")
    source = Source(config, database_url, "0.1.0", evidence_files(), KEPT_FILES, (KEYS_TABLE,))
    yesterday = make_backup(source, storage, NOW, lambda *_: None)
    assert not erase(gone, Permit(NOW, nothing_in_use), EvidenceObject.Because.RETENTION)  # its time has not come
    assert not erase(gone, Permit(NOW, nothing_in_use), EvidenceObject.Because.NEIGHBOUR)  # it is none, whoever says so
    assert erase(gone, Permit(NEXT_YEAR, nothing_in_use), EvidenceObject.Because.RETENTION)
    copy_of_today = keys_now()

    restore_objects(storage, yesterday, FolderStorage(tmp_path / "back"), lambda *_: None)
    file = (tmp_path / "back" / gone.file_name).read_bytes()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(file, master_identities(config.keys_path))
    there = config.model_copy(update={"database_url": new_database})
    restore_database(there, new_database, storage, yesterday, config.keys_path)
    with connected_to(new_database):
        assert ObjectKey.objects.count() == 0  # the dump holds no key
        assert EvidenceObject.objects.get(pk=gone.pk).erased_at is None  # and knows nothing of the erasure
        assert put_keys_back(io.BytesIO(copy_of_today), NOW) == 1
        assert read(EvidenceObject.objects.get(pk=kept.pk)) == b"to be kept"
        with pytest.raises(EvidenceErased):
            read(EvidenceObject.objects.get(pk=gone.pk))
        assert EvidenceObject.objects.get(pk=gone.pk).erased_because == EvidenceObject.Because.KEY_GONE


@pytest.mark.django_db
@pytest.mark.usefixtures("hotline")
def test_a_legal_hold_beats_retention_until_it_is_lifted(nothing_in_use: QuerySet[EvidenceObject]) -> None:
    one, other = stored(), stored()
    hold(one.public_id, "Court of Example, file 12/26", NOW)
    assert [each.public_id for each in held()] == [one.public_id]
    assert erase_expired(Permit(NEXT_YEAR, nothing_in_use)) == 1
    assert not erase(one, Permit(NEXT_YEAR, nothing_in_use), EvidenceObject.Because.RETENTION)
    assert read(one) == b"what was archived"
    lift(one.public_id, NEXT_YEAR)
    lift(one.public_id, NEXT_YEAR)
    assert erase_expired(Permit(NEXT_YEAR, nothing_in_use)) == 1
    kinds = Event.objects.filter(subject=one.public_id).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["evidence.held", "evidence.hold_lifted", "evidence.erased"]
    with pytest.raises(Conflict):
        hold(other.public_id, "too late", NEXT_YEAR)
    with pytest.raises(InvalidInput):
        hold(other.public_id, " ", NEXT_YEAR)
    with pytest.raises(InvalidInput):
        hold("evd_nothing", "no such", NEXT_YEAR)


@pytest.mark.django_db
@pytest.mark.usefixtures("hotline")
def test_a_hold_with_an_end_keeps_to_the_end_of_its_last_day(nothing_in_use: QuerySet[EvidenceObject]) -> None:
    one = stored()
    last = NEXT_YEAR.date()
    hold(one.public_id, "file 12/26", NOW, authority="Court of Example", until=last)
    assert [(each.held_for, each.held_until) for each in held()] == [("Court of Example", last)]
    assert erase_expired(Permit(NEXT_YEAR, nothing_in_use)) == 0, "it counts to the end of its last day"
    hold(one.public_id, "file 12/26", NOW, authority="Court of Example", until=last + dt.timedelta(days=1))
    assert erase_expired(Permit(NEXT_YEAR + dt.timedelta(days=1), nothing_in_use)) == 0, "it was prolonged"
    with pytest.raises(InvalidInput):
        hold(one.public_id, "file 12/26", NEXT_YEAR, until=NOW.date())
    over = NEXT_YEAR + dt.timedelta(days=2)
    assert expired(over, nothing_in_use).count() == 1, "so that a sweep after a long pause waits for a person"
    assert erase_expired(Permit(over, nothing_in_use)) == 1
    events = Event.objects.filter(subject=one.public_id).order_by("pk")
    kinds = ["evidence.held", "evidence.held", "evidence.hold_ended", "evidence.erased"]
    assert list(events.values_list("kind", flat=True)) == kinds
    assert events[0].details == {"authority": "Court of Example", "until": last.isoformat()}
    assert events[2].actor_label == "system", "nobody ended it: its day was over"


@pytest.mark.django_db
@pytest.mark.usefixtures("hotline")
def test_evidence_of_an_open_notice_is_not_erased_however_old(world: Any) -> None:
    verdict = world.verdict("https://host.example/1.png")
    Media.objects.filter(pk=verdict.media_id).update(evidence=stored())
    issue_notices(NOW)
    assert Notice.objects.count() == evidence_in_use().count() == 1
    assert erase_expired(Permit(NEXT_YEAR, evidence_in_use())) == 0
    Notice.objects.update(closed_at=NEXT_YEAR)
    assert erase_expired(Permit(NEXT_YEAR, evidence_in_use())) == 1
