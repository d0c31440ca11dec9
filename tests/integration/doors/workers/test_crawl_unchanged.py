"""What did not change is not decoded again, and yet found when a list names it later, by whatever kind of hash."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.settings_given import settings_given

from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.rules import Proof
from orbweaver.doors.workers.crawl import Crawler, CrawlSummary
from orbweaver.fingerprints import Fingerprints, pdq
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import parse

from .conftest import Answer, WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]
BODY = picture(2)
VALIDATORS = [{"ETag": '"v1"'}, {"Last-Modified": "Mon, 01 Jun 2026 00:00:00 GMT"}, {}]
NAMES = ["ETag", "Last-Modified", "same SHA-256"]


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every body that a decoder gets."""
    bodies: list[bytes] = []
    submit = DecoderPool.submit

    def noted(pool: DecoderPool, data: bytes) -> Future[Fingerprints]:
        bodies.append(data)
        return submit(pool, data)

    monkeypatch.setattr(DecoderPool, "submit", noted)
    return bodies


def crawl(site: WebSite) -> CrawlSummary:
    lead = add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())

    async def go() -> CrawlSummary:
        async with asyncio.timeout(240):
            return await Crawler(lead_ids=[lead.pk], once=True).run()

    with settings_given(network_allow="127.0.0.1:*", crawl_host_delay_s=0.0, decode_workers=1):
        return asyncio.run(go())


def know(kind: str, value: bytes) -> None:
    row = EntryRow(kind, value, "csam", "unidentified", "", "test", False)
    upsert_entries(get_or_create_list("Test list", "test", now()), [row], now())


def shows(make_site: MakeSite, headers: dict[str, str], body: bytes = BODY) -> WebSite:
    site = make_site()
    site.page("/", '<img src="/a.jpg">')
    site.answers["/a.jpg"] = Answer(body, "image/jpeg", headers=headers)
    return site


def row(site: WebSite) -> FrontierUrl:
    return FrontierUrl.objects.get(url_key=parse(site.url("/a.jpg")).key)


@pytest.mark.parametrize("headers", VALIDATORS, ids=NAMES)
@pytest.mark.sampled(1)
def test_what_did_not_change_is_not_decoded(make_site: MakeSite, decodes: list[bytes], headers: dict[str, str]) -> None:
    site = shows(make_site, headers)
    crawl(site)
    before = row(site)
    for _ in range(2):
        summary = crawl(site)
        assert (summary.images, summary.unchanged) == (0, 1)
    assert decodes == [BODY]
    after = row(site)
    assert after.status == (304 if headers else 200)
    assert (after.sha256, after.pdq, after.other_prints) == (before.sha256, before.pdq, before.other_prints)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("headers", [VALIDATORS[0], VALIDATORS[2]], ids=[NAMES[0], NAMES[2]])
@pytest.mark.parametrize("kind", ["sha256", "sha1", "md5", "pdq", "mirrored", "turned", "plugged"])
def test_it_is_found_once_a_list_names_it(
    make_site: MakeSite, decodes: list[bytes], headers: dict[str, str], kind: str
) -> None:
    site = shows(make_site, headers)
    crawl(site)
    assert crawl(site).unchanged == 1
    if kind in ("pdq", "mirrored", "turned"):
        know("pdq", bytes.fromhex(pdq(changed(kind))[0]))
    elif kind == "plugged":
        know("another-kind", b"whatever")
    else:
        know(kind, hashlib.new(kind, BODY).digest())
    found = crawl(site)
    assert len(decodes) == 2
    assert found.matches == Sighting.objects.count() == (0 if kind == "plugged" else 1)


def changed(kind: str) -> bytes:
    with Image.open(io.BytesIO(BODY)) as image:
        out = io.BytesIO()
        turned = image.transpose(Image.Transpose.ROTATE_90) if kind == "turned" else image
        (ImageOps.mirror(image) if kind == "mirrored" else turned).save(out, "PNG")
    return out.getvalue()


def bordered(body: bytes) -> bytes:
    """On a white page, which leaves another hash."""
    page = Image.new("RGB", (800, 640), "white")
    with Image.open(io.BytesIO(body)) as image:
        page.paste(image, (100, 50))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.mark.parametrize("headers", [VALIDATORS[0], VALIDATORS[2]], ids=[NAMES[0], NAMES[2]])
def test_a_piece_of_it_is_found_once_a_list_names_it(
    make_site: MakeSite, decodes: list[bytes], headers: dict[str, str]
) -> None:
    site = shows(make_site, headers, bordered(BODY))
    crawl(site)
    assert (crawl(site).unchanged, len(decodes)) == (1, 1), "it is one picture, and keeps its validators"
    know("pdq", bytes.fromhex(pdq(changed("mirrored"))[0]))
    assert crawl(site).matches == 1
    match = Match.objects.get()
    assert (match.proof, match.exact, match.mirrored) == (Proof.PIECES, False, True)
    assert np.allclose(match.query_quad or [], [0.625, 0.08, 0.125, 0.08, 0.125, 0.55, 0.625, 0.55], atol=0.01)


def test_other_bytes_are_decoded(make_site: MakeSite, decodes: list[bytes]) -> None:
    site = shows(make_site, {})
    crawl(site)
    site.picture("/a.jpg", picture(3))
    assert crawl(site).images == 1
    assert decodes == [BODY, picture(3)]


def test_a_file_of_several_pictures_is_decoded_each_time(make_site: MakeSite, decodes: list[bytes]) -> None:
    """A list that names a later one of them would not be noticed otherwise."""
    frames = [Image.open(io.BytesIO(picture(seed))) for seed in (4, 5)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    site = shows(make_site, VALIDATORS[0], out.getvalue())
    crawl(site)
    assert crawl(site).images == 1
    assert len(decodes) == 2


def test_what_is_reported_is_decoded_though_it_did_not_change(make_site: MakeSite, decodes: list[bytes]) -> None:
    site = shows(make_site, {})
    crawl(site)
    submit_report(site.url("/a.jpg"), source=Report.Source.PUBLIC, now=now())
    crawl(site)
    assert decodes == [BODY, BODY]
    assert Sighting.objects.count() == 1
