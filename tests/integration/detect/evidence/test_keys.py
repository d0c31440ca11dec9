"""Evidence is opened by a process of its own; its master key is rotated and sealed by commands, and nothing is lost."""

from __future__ import annotations

import base64
import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyrage
import pytest
from tests.integration.conftest import SetConfig

from orbweaver.detect.evidence import opening, rotating, sealing
from orbweaver.detect.evidence.checks import gap_checks
from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.keys import MASTER, RECIPIENT, SEALED_MASTER, master_identities
from orbweaver.detect.evidence.models import EvidenceObject, ObjectKey
from orbweaver.detect.evidence.services import read, store
from orbweaver.detect.evidence.shares import split
from orbweaver.detect.evidence.stores import evidence_dir
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.machines.models import Machine
from orbweaver.platform.backup.keys import copy_keys, restore_keys
from orbweaver.platform.settings import PlatformSettings

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
BODY = b"what was archived"


def stored(body: bytes = BODY) -> EvidenceObject:
    return store(body, kind=EvidenceObject.Kind.MEDIA, mime="image/png", now=NOW)


@pytest.fixture
def keys(hotline: None, set_config: SetConfig, tmp_path: Path) -> Iterator[Path]:
    """A keys folder of this test's own."""
    set_config(keys_dir=tmp_path / "keys")
    yield PlatformSettings.current().keys_path
    sealing.stop_opener(PlatformSettings.current().data_dir)
    opening.forget_opener()


def said_of_the_key() -> list[str]:
    return [check.found for check in gap_checks() if check.name == "archive's key"]


def an_hour_passes(keys: Path) -> None:
    earlier = time.time() - 2 * 3600
    os.utime(keys / RECIPIENT, (earlier, earlier))


def test_whoever_shows_evidence_never_holds_its_keys(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, large = stored(), stored(bytes(range(256)) * 2**14)

    def refuse(*_: object) -> None:
        pytest.fail("decrypted in the process that shows it")

    for module in (pyrage, pyrage.x25519):
        monkeypatch.setattr(module, "decrypt" if module is pyrage else "Identity", refuse)
    assert read(one) == BODY
    assert read(large) == bytes(range(256)) * 2**14
    found = opening._mine["opener"]
    assert str(found.walled.process.pid) != str(os.getpid())
    held = Path(f"/proc/{found.walled.process.pid}/status").read_text()
    assert "Seccomp:\t2" in held
    assert "NoNewPrivs:\t1" in held


def test_an_opener_that_is_gone_is_replaced_and_what_is_damaged_is_said(keys: Path) -> None:
    one, other = stored(), stored()
    assert read(one) == BODY
    opening._mine["opener"].walled.process.kill()
    assert read(one) == BODY
    (evidence_dir() / other.file_name).write_bytes(b"age-encryption.org/v1\nnonsense")
    with pytest.raises(EvidenceUnreadable, match="cannot be read"):
        read(other)
    assert read(one) == BODY
    (keys / MASTER).rename(keys / "elsewhere")
    with pytest.raises(EvidenceUnreadable, match="master key"):
        read(one)


def test_another_master_key_takes_the_place_of_the_old_one(
    keys: Path, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    before = [stored(b"object %d" % number) for number in range(3)]
    [old] = master_identities(keys)
    assert read(before[0]) == b"object 0"
    rotating.begin(keys, NOW)
    meanwhile = stored(b"written meanwhile")
    assert [read(each) for each in (*before, meanwhile)][-1] == b"written meanwhile"
    assert rotating.rewrap_all() == (4, 0)
    assert rotating.rewrap_all() == (4, 0)
    for key in ObjectKey.objects.all():
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(bytes(key.wrapped), [old])
    assert said_of_the_key() == ["an old one is still beside the newest"]
    with pytest.raises(Conflict, match="less than an hour"):
        rotating.finish(keys, NOW, unopened=0)
    an_hour_passes(keys)
    with pytest.raises(Conflict, match="open with none"):
        rotating.finish(keys, NOW, unopened=1)
    assert rotating.finish(keys, NOW, unopened=0) == 1
    assert len(master_identities(keys)) == 1
    assert [read(each) for each in before] == [b"object 0", b"object 1", b"object 2"]


def test_the_old_key_stays_while_a_machine_of_the_fleet_writes_with_it(keys: Path) -> None:
    stored()
    Machine.objects.create(
        part="crawl", role="orbweaver_crawl_1", invited_at=NOW, expires_at=NOW, joined_at=NOW - dt.timedelta(days=9)
    )
    rotating.begin(keys, NOW)
    an_hour_passes(keys)
    with pytest.raises(Conflict, match="Machines of the fleet"):
        rotating.finish(keys, NOW, unopened=0)


def test_objects_are_encrypted_anew_in_files_of_their_own(
    keys: Path, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    one, lost = stored(), stored()
    first, old_key = one.file_name, bytes(one.key.wrapped)
    (evidence_dir() / lost.file_name).unlink()
    sealed = (evidence_dir() / first).read_bytes()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert rotating.renew_all() == (1, 1)
    one = EvidenceObject.objects.get(pk=one.pk)
    assert one.file_name != first
    assert not (evidence_dir() / first).exists()
    assert read(one) == BODY
    with pytest.raises(EvidenceUnreadable):
        opening.opened(bytes(one.key.wrapped), sealed)
    assert opening.opened(old_key, sealed) == BODY  # a stolen copy of both opens as before: of that nothing protects


def test_a_sealed_archive_opens_with_enough_shares_and_takes_in_more_meanwhile(keys: Path) -> None:
    one = stored()
    shares = sealing.seal(keys, 5, 3)
    assert not (keys / MASTER).exists()
    assert (keys / SEALED_MASTER).stat().st_mode & 0o077 == 0
    with pytest.raises(EvidenceUnreadable, match="sealed"):
        read(one)
    other = stored(b"archived while it was sealed")
    with pytest.raises(InvalidInput):
        sealing.unseal(keys, shares[:2])
    with pytest.raises(Conflict):
        sealing.seal(keys, 5, 3)
    with pytest.raises(Conflict):
        rotating.begin(keys, NOW)
    data_dir = PlatformSettings.current().data_dir
    sealing.start_opener(data_dir, sealing.unseal(keys, shares[2:]))
    assert (read(one), read(other)) == (BODY, b"archived while it was sealed")
    assert (data_dir / opening.SOCKET).stat().st_mode & 0o077 == 0
    assert said_of_the_key() == ["sealed, and open until the machine stops"]
    assert sealing.stop_opener(data_dir)
    assert not sealing.stop_opener(data_dir)
    assert said_of_the_key() == ["sealed: nothing is shown"]
    with pytest.raises(EvidenceUnreadable, match="sealed"):
        read(one)
    sealing.end_sealing(keys, sealing.unseal(keys, [shares[0], shares[4], shares[2]]))
    assert read(other) == b"archived while it was sealed"


def test_enough_shares_open_it_however_busy_the_machine_is(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase's age was refused as too slow where the machine was busier than when it was sealed."""

    def too_slow(*_: object) -> None:
        raise pyrage.DecryptError("Excessive work parameter for passphrase.")

    monkeypatch.setattr(pyrage.passphrase, "decrypt", too_slow)
    one = stored()
    before = master_identities(keys)
    shares = sealing.seal(keys, 3, 2)
    found = sealing.unseal(keys, shares[1:])
    assert [str(each) for each in found] == [str(each) for each in before]
    sealing.end_sealing(keys, found)
    assert read(one) == BODY


def test_sealing_that_was_killed_at_the_last_moment_is_begun_again(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = stored()
    before = (keys / MASTER).read_text()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            sealing.seal(keys, 3, 2)
    assert (keys / SEALED_MASTER).exists()
    assert (read(one), (keys / MASTER).read_text()) == (BODY, before)
    shares = sealing.seal(keys, 3, 2)
    assert not (keys / MASTER).exists()
    assert [str(each) for each in sealing.unseal(keys, shares[:2])] == before.split()


def test_what_was_sealed_by_a_passphrase_opens_still(keys: Path) -> None:
    stored()
    text = (keys / MASTER).read_text()
    secret = bytes(range(32))
    sealed = pyrage.passphrase.encrypt(text.encode(), secret.hex())
    (keys / SEALED_MASTER).write_text(base64.encodebytes(sealed).decode())
    (keys / MASTER).unlink()
    shares = [each.written() for each in split(secret, 3, 2)]
    found = sealing.unseal(keys, shares[:2])
    assert [str(each) for each in found] == text.split()


def test_the_copy_of_the_keys_follows_a_rotation_and_a_sealing(keys: Path, tmp_path: Path) -> None:
    stored()
    copy, name = tmp_path / "copy", "20261124T120000Z-1"
    (keys / "backup-identity").write_text(str(pyrage.x25519.Identity.generate()))
    copy_keys(keys, copy, name, NOW, [])
    rotating.begin(keys, NOW)
    copy_keys(keys, copy, name, NOW, [])
    assert (copy / MASTER).read_text() == (keys / MASTER).read_text()
    sealing.seal(keys, 3, 2)
    copy_keys(keys, copy, name, NOW, [])
    assert not (copy / MASTER).exists()
    restore_keys(copy, tmp_path / "elsewhere")
    assert sealing.is_sealed(tmp_path / "elsewhere")
    (keys / "django-secret").write_text("another installation's")
    (copy / "django-secret").write_text("ours")
    with pytest.raises(Conflict):
        copy_keys(keys, copy, name, NOW, [])
