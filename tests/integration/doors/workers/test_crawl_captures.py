"""What went over the wire is captured as it is seen, stamped later, never in the way, and exported for a court."""

from __future__ import annotations

import asyncio
import errno
import gzip
import hashlib
import io
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.settings_given import settings_given
from tests.stamp_authority import Authority, Manner, openssl_agrees
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.captures import keeping
from orbweaver.detect.captures.custody import Case, about
from orbweaver.detect.captures.exporting import captures_of, export
from orbweaver.detect.captures.models import Capture, LostCapture
from orbweaver.detect.captures.stamping import stamp_captures
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.evidence.services import read
from orbweaver.detect.fetching.exchanges import Exchange
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints import pdq
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

from .conftest import Answer, WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]
PAGE = "<title>Gallery</title><img src='/moved.jpg'><img src='/again.jpg'>"


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    made = Authority(tmp_path / "authority")
    with made.served():
        yield made


@pytest.fixture(autouse=True)
def _authorised(set_config: Callable[..., None], tmp_path: Path) -> None:
    set_config(
        data_dir=tmp_path / "data",
        keys_dir=tmp_path / "keys",
        authorised_hotline=True,
        legal_authority="A law for tests",
        network_allow="127.0.0.1:*",
    )


@pytest.fixture
def site(make_site: MakeSite) -> WebSite:
    """A page, packed, with a known picture behind a redirect and once more at another address."""
    site, known = make_site(), picture(2)
    row = EntryRow("pdq", bytes.fromhex(pdq(known)[0]), "csam", "unidentified", "", "NCMEC", False)
    upsert_entries(get_or_create_list("Known", "NCMEC", now()), [row], now())
    site.answers["/"] = Answer(gzip.compress(PAGE.encode()), headers={"Content-Encoding": "gzip"})
    site.answers["/moved.jpg"] = Answer("", status=302, headers={"Location": "/p.jpg"})
    site.picture("/p.jpg", known)
    site.picture("/again.jpg", known)
    return site


ITEM = "itm_2222222222222222"


def crawl(site: WebSite) -> None:
    lead = add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())

    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(lead_ids=[lead.pk], once=True).run()

    with settings_given(crawl_host_delay_s=0.0, decode_workers=1):
        asyncio.run(go())


def records(warc: bytes) -> list[tuple[str, str, bytes]]:
    """Kind, path and content of each record, as another program reads them."""
    found = []
    for each in ArchiveIterator(io.BytesIO(warc)):
        url = each.rec_headers.get_header("WARC-Target-URI") or "/"
        found.append((each.rec_type, "/" + url.rpartition("/")[2], each.content_stream().read()))
    return found


def is_accepted(file: Path) -> bool:
    """Whether warcio's own command finds every digest in it right."""
    with pytest.raises(SystemExit) as ended:
        warcio(["check", str(file)])
    return ended.value.code == 0


def test_what_was_seen_is_captured_from_the_wire_and_replays(site: WebSite, tmp_path: Path) -> None:
    crawl(site)
    known = site.answers["/p.jpg"].body
    assert Sighting.objects.count() == Capture.objects.count() == 2
    whole, revisit = Capture.objects.get(refers_to=None), Capture.objects.get(refers_to__isnull=False)
    assert revisit.refers_to == whole
    warc = read(whole.stored)
    assert hashlib.sha256(warc).digest() == bytes(whole.sha256)
    found = records(warc)
    answers = [body for kind, _, body in found if kind == "response"]
    assert (answers[0], answers[-1]) == (PAGE.encode(), known)  # the page unpacked by the reader
    assert {path for kind, path, _ in found if kind == "request"} >= {"/", "/" + whole.target.rpartition("/")[2]}
    again = read(revisit.stored)
    assert len(again) < len(warc)
    assert [(kind, body) for kind, _, body in records(again) if kind == "revisit"] == [("revisit", b"")]
    both = [*found, *records(again)]
    assert ("response", "/moved.jpg", b"") in both  # the redirect, which led to one of them
    for name, content in (("whole", warc), ("again", again)):
        (tmp_path / f"{name}.warc.gz").write_bytes(content)
        assert is_accepted(tmp_path / f"{name}.warc.gz")
    head = next(each for each in ArchiveIterator(io.BytesIO(warc)) if each.rec_type == "response")
    assert head.rec_headers.get_header("WARC-IP-Address") == "127.0.0.1"
    assert head.http_headers.get_header("Content-Encoding") == "gzip"
    crawl(site)
    assert Capture.objects.count() == 2  # seen again is not captured again
    assert Event.objects.filter(kind="evidence.captured").count() == 2


def test_a_full_disk_a_dead_authority_and_a_capture_that_fails_stop_nothing(
    site: WebSite, authority: Authority, set_config: Callable[..., None]
) -> None:
    def full(*_: object, **__: object) -> EvidenceObject:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "store", full)
        crawl(site)
    assert ReviewItem.objects.count() == 1  # on its way to people all the same
    assert Sighting.objects.count() == 2
    assert not Capture.objects.exists()
    sighting = Sighting.objects.order_by("pk").first()
    assert sighting is not None
    asked, answered = b"GET /p.jpg HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    exchange = Exchange(site.url("/p.jpg"), now(), None, None, asked, answered)
    assert set(LostCapture.objects.values_list("why", flat=True)) == {"disk"}
    assert keeping.keep_one(keeping.Wire(sighting, [exchange]), now())
    set_config(stamp_authorities=authority.url, stamp_roots=authority.roots, stamp_seconds=1.0)
    authority.manner = Manner.BROKEN
    assert stamp_captures() == 0
    authority.manner = Manner.HONEST
    assert (stamp_captures(), stamp_captures()) == (1, 0)


def test_an_authority_that_is_dead_for_days_holds_up_no_stamp_of_another(
    site: WebSite, authority: Authority, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    crawl(site)
    dead = "http://127.0.0.2:9/stamp"
    set_config(stamp_authorities=f"{dead},{authority.url}", stamp_roots=authority.roots, stamp_seconds=1.0)
    monkeypatch.setattr("orbweaver.detect.captures.stamping.AT_ONCE", 1)
    assert [stamp_captures() for _ in range(3)] == [1, 1, 0]  # both captures, though neither has the dead one's
    assert Capture.objects.filter(stamped_at=None).count() == 2


def test_a_case_is_exported_with_stamps_and_custody_and_verified_without_us(
    site: WebSite, authority: Authority, set_config: Callable[..., None], tmp_path: Path
) -> None:
    crawl(site)
    set_config(stamp_authorities=authority.url, stamp_roots=authority.roots)
    assert stamp_captures() == 2
    assert not Capture.objects.filter(stamped_at=None).exists()
    captures = captures_of(Sighting.objects.filter(capture__refers_to__isnull=False))
    assert len(captures) == 2  # with the one that holds its bytes
    folder = tmp_path / "case"
    medium = captures[0].sighting.media
    for item in (ITEM, "itm_3333333333333333"):
        record("item.looked_at", item, label="Ann", at=now())
    record("series.looked_at", "ser_2222222222222222", label="Ben", details={"media": medium.public_id}, at=now())
    export(captures, folder, Case("2026/17", "Police of Example"), now(), about=about(medium, ITEM))
    subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, check=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    for each in manifest["captures"]:
        warc, [stamp] = folder / each["file"], each["stamps"]
        assert hashlib.sha256(warc.read_bytes()).hexdigest() == each["sha256"]
        assert openssl_agrees(folder / stamp["file"], warc, folder / "stamp-roots.pem")
        assert is_accepted(warc)
        warc.write_bytes(warc.read_bytes()[:-20] + bytes(20))
        assert not openssl_agrees(folder / stamp["file"], warc, folder / "stamp-roots.pem")
    custody = json.loads((folder / "custody.json").read_text())["events"]
    kinds = [event["kind"] for event in custody if event["kind"] != "evidence.stored"]
    looks = ["item.looked_at", "series.looked_at"]
    assert kinds == ["evidence.captured"] * 2 + looks + ["evidence.exported"] * 2
    assert [event["by"] for event in custody if event["kind"] in looks] == ["Ann", "Ben"]
    assert {event["details"].get("case") for event in custody[-2:]} == {"2026/17"}
    assert all(event["position"] for event in custody)
    with pytest.raises(InvalidInput):
        export(captures, folder, Case("2026/17", "Police of Example"), now())
    with pytest.raises(InvalidInput):
        export(captures, tmp_path / "other", Case("2026/17", " "), now())
    with pytest.raises(InvalidInput):
        export([], tmp_path / "other", Case("2026/17", "Police of Example"), now())
