"""A film is judged by its stills: what matched first, each pressed by itself and counted once it shows something."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from tests.films import avif, avif_collection, film, find_film, heic, heif_sequence, jpeg_of_several, pages, shot
from tests.integration.doors.web.conftest import SignIn

if TYPE_CHECKING:
    from django.test import Client

    from orbweaver.assess.review.models import ReviewItem

MakeFilm = Callable[..., "ReviewItem"]


@pytest.fixture
def make_film(hotline: None, db: None, tmp_path: Path, now: dt.datetime) -> MakeFilm:
    """``make_film(film(1, 2, 3), known=[2])``."""
    return lambda body, known: find_film(body, known, tmp_path / "index", now)


@pytest.fixture
def ann(sign_in: SignIn) -> Client:
    from orbweaver.people.accounts.rules import Role

    return sign_in("Ann", Role.ANALYST)


def opened(client: Client, item: ReviewItem) -> str:
    client.post(f"/items/{item.public_id}/take/")
    return client.get(f"/items/{item.public_id}/").content.decode()


def places(page: str) -> list[tuple[int, float]]:
    """What each form of the strip asks for, in its order."""
    from selectolax.lexbor import LexborHTMLParser

    def value(form: Any, name: str) -> str:
        return str(form.css_first(f"[name={name}]").attributes["value"])

    forms = LexborHTMLParser(page).css("form.still")
    return [(int(value(form, "number")), float(value(form, "time"))) for form in forms]


def seen(client: Client, item: ReviewItem, number: int, time: float) -> Image.Image:
    said = {"number": str(number), "time": str(time)}
    answer = client.post(f"/items/{item.public_id}/look/", said, headers={"Accept": "image/*"})
    assert answer.status_code == 200, answer.content.decode()
    assert answer.headers["Content-Type"] == "image/jpeg"
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


def which(picture: Image.Image, seeds: list[int]) -> int:
    """The shot that it shows."""

    def far(seed: int) -> float:
        wanted = np.asarray(shot(seed).resize((32, 24)), float)
        return float(np.abs(wanted - np.asarray(picture.resize((32, 24)), float)).mean())

    return min(seeds, key=far)


def test_the_times_that_matched_come_first_and_each_still_is_a_look_of_its_own(
    ann: Client, make_film: MakeFilm
) -> None:
    from orbweaver.assess.review.models import Look

    item = make_film(film(1, 2, 3, 4), known=[3, 4])
    page = opened(ann, item)
    assert "<img" not in page
    assert Look.objects.count() == 0
    offered = places(page)
    assert [time for _, time in offered[:2]] == pytest.approx([4.0, 6.0], abs=0.5)
    assert [which(seen(ann, item, *place), [1, 2, 3, 4]) for place in offered] == [3, 4, 1, 2]
    assert Look.objects.count() == len(offered)
    assert "at 0:04" in page
    assert "at 0:06" in page


def test_videos_that_are_decided_together_have_their_stills_there_too(ann: Client, make_film: MakeFilm) -> None:
    make_film(film(1, 2, 4), known=[2])
    item = make_film(film(1, 2, 3), known=[2])
    opened(ann, item)
    page = ann.get(f"/items/{item.public_id}/together/").content.decode()
    assert places(page)[0][1] == pytest.approx(2.0, abs=0.5)


def test_a_file_of_pages_has_its_pages(ann: Client, make_film: MakeFilm) -> None:
    item = make_film(pages(5, 6, 7), known=[6])
    page = opened(ann, item)
    assert [number for number, _ in places(page)] == [1, 0, 2]
    assert "Picture 2" in page.split('<section class="panel" aria-labelledby="why">')[1].split("</section>")[0]
    assert "Picture 3" in page
    assert which(seen(ann, item, 2, 0.0), [5, 6, 7]) == 7


@pytest.mark.sampled(2)
@pytest.mark.parametrize("kind", ["heic", "collection", "avif", "sequence", "camera"])
def test_a_file_of_several_pictures_and_an_animation_have_theirs(ann: Client, make_film: MakeFilm, kind: str) -> None:
    shots = [shot(seed) for seed in (5, 6, 7)]
    bodies = {
        "heic": lambda: heic(shots, first=1),
        "avif": lambda: avif(shots),
        "sequence": lambda: heif_sequence(shots),
        "collection": lambda: avif_collection(shots, first=1),
        "camera": lambda: jpeg_of_several(shots),
    }
    item = make_film(bodies[kind](), known=[7])
    page = opened(ann, item)
    offered = [which(seen(ann, item, *place), [5, 6, 7]) for place in places(page)]
    assert offered == ([7, 6, 5] if kind in {"heic", "collection"} else [7, 5, 6])


def test_a_film_from_before_its_frames_were_kept_gets_them_when_it_is_opened(ann: Client, make_film: MakeFilm) -> None:
    item = make_film(film(1, 2, 3), known=[1])
    item.media.frames.all().delete()
    assert len(places(opened(ann, item))) == 3
    assert item.media.frames.count() == 3


def test_an_entry_that_would_tell_of_an_earlier_verdict_marks_no_still(ann: Client, make_film: MakeFilm) -> None:
    from orbweaver.detect.hashlists.models import HashList

    item = make_film(film(1, 2, 3), known=[3])
    HashList.objects.update(kind=HashList.Kind.OWN)
    page = opened(ann, item)
    assert [which(seen(ann, item, *place), [1, 2, 3]) for place in places(page)] == [1, 2, 3]
    assert "National list" not in page


def test_a_still_without_script_has_a_page_of_its_own(ann: Client, make_film: MakeFilm) -> None:
    item = make_film(film(1, 2, 3), known=[2])
    ((number, time), *_) = places(opened(ann, item))
    said = {"number": number, "time": time}
    page = ann.post(f"/items/{item.public_id}/look/", said, headers={"Accept": "text/html"}).content.decode()
    answer = ann.get("/items" + page.split('src="/items')[1].split('"')[0])
    assert which(Image.open(io.BytesIO(answer.content)).convert("RGB"), [1, 2, 3]) == 2


@pytest.mark.parametrize("said", [{"number": "-1"}, {"number": "x"}, {"time": "-2"}, {"time": "nan"}])
def test_what_is_no_place_in_a_film_is_refused(ann: Client, make_film: MakeFilm, said: dict[str, str]) -> None:
    item = make_film(pages(5, 6), known=[5])
    opened(ann, item)
    assert ann.post(f"/items/{item.public_id}/look/", said, headers={"Accept": "image/*"}).status_code == 400


@pytest.mark.parametrize("accept", ["image/*", "text/html"])
@pytest.mark.parametrize("body", [b"\xff\xd8\xff\xe0 broken", b"neither picture nor film"])
def test_a_look_that_shows_nothing_costs_nothing_and_says_what_to_do(
    ann: Client, hotline: None, make_sighting: Any, now: dt.datetime, body: bytes, accept: str
) -> None:
    from orbweaver.assess.review.models import Look, ReviewItem
    from orbweaver.assess.review.services import open_items
    from orbweaver.people.audit.models import Event

    open_items([make_sighting(body, now=now)], now)
    item = ReviewItem.objects.get()
    opened(ann, item)
    answer = ann.post(f"/items/{item.public_id}/look/", headers={"Accept": accept})
    assert answer.status_code == 400
    assert "This is not counted as a look." in answer.content.decode()
    assert "give the item back" in answer.content.decode()
    assert Look.objects.count() == 0
    assert not Event.objects.filter(kind="item.looked_at").exists()


def test_evidence_that_is_gone_costs_no_look(ann: Client, make_film: MakeFilm) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.detect.evidence.stores import evidence_dir

    item = make_film(film(1, 2), known=[1])
    assert item.media.evidence is not None
    opened(ann, item)
    (evidence_dir() / item.media.evidence.file_name).unlink()
    answer = ann.post(f"/items/{item.public_id}/look/", headers={"Accept": "image/*"})
    assert "The encrypted file cannot be read." in answer.content.decode()
    assert "This is not counted as a look." in answer.content.decode()
    assert Look.objects.count() == 0
    item.media.frames.all().delete()
    assert "Your assessment" in opened(ann, item), "the item opens all the same"
