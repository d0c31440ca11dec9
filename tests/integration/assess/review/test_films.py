"""A film is listed by all its distinct frames, none of which unrelated films share: its copies are found."""

from __future__ import annotations

import datetime as dt
import functools
import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.detect.hashlists.services import OWN_LIST
from orbweaver.detect.matching.filtering import Told, what_to_tell
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.rules import EntryHit, Hit
from orbweaver.detect.matching.selectors import known_matches, marks_of
from orbweaver.detect.matching.services import Finding, record_findings
from orbweaver.detect.media.crawled import keep_crawled_films
from orbweaver.detect.media.frames import MOST
from orbweaver.detect.media.models import CrawledFilm, Media
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints import fingerprint as fingerprint_of
from orbweaver.fingerprints.limits import DEFAULT_LIMITS
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver_trials.demo.pictures import edited

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
CSAM = Answers(True, True, Category.CSAM, 3, 5)
HARMLESS = Answers(is_child=False, is_harmed=False)
LOGO = 77

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


@functools.cache
def shot(seed: int | None) -> Image.Image:
    """A picture of its own; black for None."""
    if seed is None:
        return Image.new("RGB", (320, 240))
    with Image.open(io.BytesIO(edited(seed))) as picture:
        return picture.convert("RGB").resize((320, 240))


@functools.cache
def film(
    *shots: int | None, codec: str = "mpeg4", bit_rate: int = 4_000_000, size: tuple[int, int] = (320, 240)
) -> bytes:
    """Each shot for one second."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream(codec, rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt, stream.bit_rate = "yuv420p", bit_rate
        for number, seed in enumerate(seed for seed in shots for _ in range(10)):
            frame = av.VideoFrame.from_ndarray(np.asarray(shot(seed).resize(size)), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()


UNHURRIED = replace(DEFAULT_LIMITS, max_decode_s=300.0)
"""On a busy computer the first film of a process waits for compiled code, and would be read by its key frames alone."""


@functools.cache
def fingerprint(body: bytes) -> Fingerprints:
    return fingerprint_of(body, limits=UNHURRIED)


@pytest.fixture
def pair(make_person: Callable[..., User]) -> list[User]:
    return [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")]


@pytest.fixture
def index(tmp_path: Path) -> ListIndex:
    return ListIndex(tmp_path / "index")


def seen(body: bytes, name: str, hits: Sequence[Hit] = ()) -> Sighting:
    """Reported, so that it is assessed whether it matches or not."""
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.intake.services import submit_report

    url = f"https://films.example/{name}.mp4"
    report = submit_report(url, source=Report.Source.PUBLIC, now=NOW)
    finding = Finding(url, None, body, fingerprint(body), hits, None, Sighting.Origin.REPORT, report.pk)
    return record_findings([finding], NOW)[0]


def judged(people: Sequence[User], body: bytes, name: str, answers: Answers = CSAM) -> Media:
    return judge(people, seen(body, name), answers)


def judge(people: Sequence[User], sighting: Sighting, answers: Answers = CSAM) -> Media:
    (item,) = services.open_items([sighting], NOW)
    for person in people:
        taken = services.take(item.public_id, person, NOW)
        services.record_assessment(item.public_id, person, answers, taken.version, NOW)
    assert ReviewItem.objects.get(pk=item.pk).verdict.outcome == ("remove" if answers is CSAM else "no_action")
    return item.media


def hits(index: ListIndex, body: bytes) -> list[Hit]:
    index.sync()
    return index.lookup([fingerprint(body)])[0]


def listed(media: Media) -> list[float]:
    """Where in the film the frames are that stand for it."""
    own = EntryHash.objects.filter(entry__hash_list__name=OWN_LIST, entry__state="active", entry__media=media)
    frames = own.filter(kind="pdq", withdrawn=False).order_by("time_s")
    return [time_s for time_s in frames.values_list("time_s", flat=True) if time_s is not None]


def test_every_distinct_frame_is_listed_with_its_film_and_time(pair: list[User]) -> None:
    media = judged(pair, film(1, 2, 1, 3), "one")
    assert listed(media) == pytest.approx([0.0, 1.0, 3.0], abs=0.15)


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(lambda: film(3, 4), id="cut at the start"),
        pytest.param(lambda: film(91, 92, 2, 3), id="another intro"),
        pytest.param(lambda: film(None, 1, 2, 3, 4), id="a black frame before it"),
        pytest.param(lambda: film(1, 2, 3, 4, codec="libx264", bit_rate=200_000, size=(256, 192)), id="re-encoded"),
        pytest.param(lambda: film(4, codec="libx264", bit_rate=300_000), id="its last scene alone"),
    ],
)
@pytest.mark.sampled(2)
def test_its_copies_are_found(pair: list[User], index: ListIndex, copy: Callable[[], bytes]) -> None:
    judged(pair, film(1, 2, 3, 4), "one")
    assert hits(index, copy())


def test_what_unrelated_films_share_stands_for_none_of_them(pair: list[User], index: ListIndex) -> None:
    seen(film(LOGO, 21, 22, 23), "holiday")
    media = judged(pair, film(LOGO, 1, 2, 3), "one")
    assert listed(media) == pytest.approx([1.0, 2.0, 3.0], abs=0.15)
    assert hits(index, film(LOGO, 31, 32, 33)) == []
    assert hits(index, film(31, 2, 33))


def crawled(*bodies: bytes) -> None:
    keep_crawled_films(map(fingerprint, bodies), 50)


def told(index: ListIndex, body: bytes) -> Told:
    """What a company's filter is told of an upload."""
    return what_to_tell(fingerprint(body), known_matches(hits(index, body)))


def test_what_films_that_were_only_crawled_share_with_it_stands_for_none_of_them(
    pair: list[User], index: ListIndex
) -> None:
    crawled(film(LOGO, 21, 22, 23), edited(1), film(None, 24))
    assert CrawledFilm.objects.count() == 1, "a still is no film, nor is one picture after a black one"
    media = judged(pair, film(LOGO, 1, 2, 3), "one")
    assert listed(media) == pytest.approx([1.0, 2.0, 3.0], abs=0.15)
    assert told(index, film(LOGO, 31, 32, 33)) == Told()


def test_copies_and_pieces_of_it_that_were_only_crawled_do_not_take_it_from_the_list(pair: list[User]) -> None:
    crawled(film(1, 2, 3, 4, codec="libx264", bit_rate=300_000), film(2, 3))
    assert len(listed(judged(pair, film(1, 2, 3, 4), "copied"))) == 4
    crawled(film(11, 12, 91, 92, 93), film(13, 94, 95, 96))
    assert len(listed(judged(pair, film(11, 12, 13, 14), "in pieces"))) == 4


def test_a_film_that_comes_to_review_is_no_longer_one_that_was_only_crawled(pair: list[User]) -> None:
    body = film(LOGO, 21, 22, 23)
    crawled(body)
    judged(pair, body, "holiday", HARMLESS)
    assert not CrawledFilm.objects.exists()
    crawled(body)
    assert not CrawledFilm.objects.exists()


def test_of_films_that_were_only_crawled_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.media.crawled.FILMS", 2)
    bodies = [film(number, number + 1) for number in range(21, 27, 2)]
    for body in bodies:
        crawled(body)
    crawled(bodies[-1])
    kept = CrawledFilm.objects.order_by("pk").values_list("sha256", flat=True)
    assert [bytes(each) for each in kept] == [fingerprint(body).sha256 for body in bodies[1:]]


@pytest.mark.parametrize(
    "upload",
    [
        pytest.param(lambda: film(LOGO, 31, 32, 33), id="an opening that nobody knew"),
        pytest.param(lambda: film(LOGO, 31), id="as half of a film"),
        pytest.param(lambda: film(LOGO, 78, 31, 32, 33), id="an opening of two pictures"),
        pytest.param(lambda: edited(LOGO), id="the picture itself"),
    ],
)
def test_a_frame_alone_is_a_possible_match_and_no_verdict(
    pair: list[User], index: ListIndex, upload: Callable[[], bytes]
) -> None:
    judged(pair, film(LOGO, 78, 1, 2, 3, 4), "one")
    answer = told(index, upload())
    assert (answer.classification, answer.match_type, answer.is_possible) == ("no-known-match", "near", True)


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(lambda: film(1, 2, 3, 4, codec="libx264", bit_rate=200_000, size=(256, 192)), id="re-encoded"),
        pytest.param(lambda: film(91, 92, 93, 1, 2, 3), id="most of it after another intro"),
        pytest.param(lambda: film(3, 4), id="its end"),
    ],
)
def test_several_frames_that_agree_say_what_a_film_is(
    pair: list[User], index: ListIndex, copy: Callable[[], bytes]
) -> None:
    judged(pair, film(1, 2, 3, 4), "one")
    judged(pair, film(1, 2, 3, 4, 5, codec="libx264", bit_rate=900_000), "a copy, whose frames are the other's")
    answer = told(index, copy())
    assert (answer.classification, answer.match_type) == ("csam", "near")
    same = told(index, film(1, 2, 3, 4))
    assert (same.classification, same.match_type, same.distance) == ("csam", "exact", 0)


@pytest.mark.parametrize("still_first", [True, False])
def test_a_still_that_was_judged_by_itself_is_a_match_though_a_film_shows_it(
    pair: list[User], index: ListIndex, still_first: bool
) -> None:
    still, moving = seen(edited(1), "still"), seen(film(1, 2, 3), "film")
    frame = moving.media.frames.order_by("number")[0]
    Media.objects.filter(pk=still.media_id).update(pdq=frame.pdq)
    still.media.refresh_from_db()
    first, second = (still, moving) if still_first else (moving, still)
    judge(pair, first)
    answer = told(index, edited(1, "half"))
    assert answer.is_possible != still_first
    judge(pair, second)
    assert told(index, edited(1, "half")).classification == "csam"
    assert told(index, edited(2)).is_possible


def test_what_turns_out_to_be_shared_is_withdrawn(pair: list[User], index: ListIndex) -> None:
    media = judged(pair, film(LOGO, 1, 2, 3), "one")
    assert hits(index, film(LOGO, 31, 32, 33)), "nobody knows yet"
    judged(pair, film(LOGO, 21, 22, 23), "holiday", HARMLESS)
    assert listed(media) == pytest.approx([1.0, 2.0, 3.0], abs=0.15)
    assert hits(index, film(LOGO, 31, 32, 33)) == []


def test_its_pieces_in_other_films_do_not_take_it_from_the_list(pair: list[User], index: ListIndex) -> None:
    seen(film(1, 2, 91, 92, 93), "piece")
    seen(film(3, 4, 94, 95, 96), "another piece")
    media = judged(pair, film(1, 2, 3, 4), "one")
    assert len(listed(media)) == 4
    judged(pair, film(1, 2, 3, 97, 98, 99, 100), "removed like it")
    judged(pair, film(3, 4, 101, 102, 103), "removed, too")
    assert len(listed(media)) >= 2
    assert hits(index, film(1, 2, 3, 4, codec="libx264", bit_rate=200_000, size=(256, 192)))


def test_what_is_harmless_takes_its_frames_from_the_list_however_many(pair: list[User]) -> None:
    media = judged(pair, film(LOGO, 78, 1, 2), "one")
    judged(pair, film(LOGO, 78, 80, 81), "holiday", HARMLESS)
    judged(pair, film(1, 82, 83, 84), "another", HARMLESS)
    assert listed(media) == pytest.approx([3.0], abs=0.15)
    again = judged(pair, film(LOGO, 1, 5, 78), "two")
    assert listed(again) == pytest.approx([2.0], abs=0.15)


def test_a_still_that_is_harmless_speaks_against_its_frame_and_a_screenshot_does_not(pair: list[User]) -> None:
    judged(pair, edited(LOGO), "logo", HARMLESS)
    seen(edited(2), "screenshot")
    media = judged(pair, film(LOGO, 1, 2, 3), "one")
    assert listed(media) == pytest.approx([1.0, 2.0, 3.0], abs=0.15)


def test_a_copy_is_no_unrelated_film(pair: list[User]) -> None:
    seen(film(2, 3, codec="libx264"), "cut")
    media = judged(pair, film(1, 2, 3), "one")
    assert len(listed(media)) == 3
    copy = judged(pair, film(1, 2, 3, 4, codec="libx264", bit_rate=300_000, size=(256, 192)), "longer")
    assert (len(listed(media)), len(listed(copy))) == (3, 4)


def test_black_and_flat_frames_are_never_listed(pair: list[User]) -> None:
    media = judged(pair, film(None, 1, None, 2), "one")
    assert listed(media) == pytest.approx([1.0, 3.0], abs=0.15)


def test_no_frame_acts_alone_and_the_bytes_do(pair: list[User], set_config: Callable[..., None]) -> None:
    set_config(review_acts_alone_assessments=2)
    judged(pair, film(1, 2), "one")
    entry = HashListEntry.objects.get(hash_list__name=OWN_LIST)
    hashes = {each.kind: Hit(each.pk, each.kind) for each in entry.live_hashes}
    assert marks_of(EntryHit((hashes["pdq"],), is_frame=True), entry) == "needs_a_look"
    assert marks_of(EntryHit((hashes["sha256"], hashes["pdq"])), entry) == ""


def test_a_later_verdict_withdraws_every_frame(pair: list[User], make_person: Callable[..., User]) -> None:
    media = judged(pair, film(1, 2), "one")
    again = Sighting.objects.create(
        media=media, url="https://x.example/", url_key=b"x", host="x.example", first_seen_at=NOW, last_seen_at=NOW
    )
    (item,) = services.open_items([again], NOW)
    for person in pair:
        taken = services.take(item.public_id, person, NOW)
        services.record_assessment(item.public_id, person, HARMLESS, taken.version, NOW)
    assert listed(media) == []
    assert not HashListEntry.objects.filter(hash_list__name=OWN_LIST, state="active").exists()


def test_the_frames_of_a_film_are_one_match(pair: list[User], index: ListIndex) -> None:
    judged(pair, film(*range(1, 21)), "one")
    body = film(*range(1, 21), codec="libx264")
    found = hits(index, body)
    assert len(found) == 20
    match = seen(body, "copy", found).matches.get()
    assert (match.kinds, match.exact) == (["pdq"], False)


def test_frames_of_a_long_film_are_bounded_and_spread_over_it(pair: list[User]) -> None:
    from dataclasses import replace

    from tests.integration.conftest import prints_of

    from orbweaver.detect.media.frames import keep_frames
    from orbweaver.fingerprints import FramePdq

    rng = np.random.default_rng(1)
    frames = tuple(FramePdq(number, number * 4.0, rng.bytes(32), 100) for number in range(1, 1_800))
    prints: Fingerprints = replace(prints_of(b"two hours"), frames=frames)
    media = Media.objects.create(
        sha256=prints.sha256, sha1=prints.sha1, md5=prints.md5, size=1, mime="video/mp4", first_seen_at=NOW
    )
    keep_frames(media, prints, 50)
    times = list(media.frames.order_by("number").values_list("time_s", flat=True))
    assert len(times) == MOST
    assert times[-1] > 7_000
    assert max(after - before for before, after in itertools.pairwise(times)) < 20


def test_films_that_only_begin_alike_are_decided_apart_and_copies_together() -> None:
    one, copy, other = (
        services.open_items([seen(film(*shots, bit_rate=rate), name)], NOW)[0]
        for shots, rate, name in (
            ((LOGO, 1, 2, 3), 4_000_000, "one"),
            ((LOGO, 1, 2, 3), 2_000_000, "a copy"),
            ((LOGO, 4, 5, 6), 4_000_000, "another"),
        )
    )
    assert one.cluster == copy.cluster != ""
    assert other.cluster != one.cluster
