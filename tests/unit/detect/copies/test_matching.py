from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps
from tests.unit.detect.copies.conftest import picture, text_page

from orbweaver.detect.copies import matching
from orbweaver.detect.copies.fitting import Fit, Size, fit
from orbweaver.detect.copies.geometry import as_quad, regions
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.picture import Picture, Pixels
from orbweaver.detect.copies.points import Points
from orbweaver.detect.copies.references import COUNT, Reference, reference_of
from orbweaver.detect.copies.results import Answer, CopyMatch
from orbweaver.fingerprints.pieces import Piece
from orbweaver_trials.bench.copies_edits import copy_of
from orbweaver_trials.bench.copies_photos import drawn


@pytest.fixture(scope="module")
def matcher(held: list[Reference]) -> Matcher:
    return Matcher(held)


def asked(matcher: Matcher, image: Image.Image) -> Answer:
    return matcher.match(picture(image), Answer("query"))


def proved(answer: Answer) -> dict[str, CopyMatch]:
    return {match.reference: match for match in answer.matches if match.decision == "proved"}


def far(one: object, other: object) -> float:
    return float(np.abs(np.array(one) - np.array(other)).max())


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("resaved", "resaved"),
        ("crop_half", "crop"),
        ("crop_quarter", "crop"),
        ("border", "border"),
        ("caption", "caption"),
        ("turn", "turned"),
        ("mirror", "mirrored"),
        ("page", "page"),
        ("emoji", "emoji"),
        ("box", "box"),
    ],
)
def test_a_copy_is_proved_with_its_regions_and_its_edit(
    matcher: Matcher, originals: list[Image.Image], row: str, name: str
) -> None:
    copy = copy_of(row, [originals[1]], np.random.default_rng(3))
    found = proved(asked(matcher, copy.image))
    assert list(found) == ["1"]
    match = found["1"]
    assert name in match.edits
    query_quad, reference_quad = regions(copy.places[0][1])
    assert far(match.query_quad, query_quad) < 0.05
    assert far(match.reference_quad, reference_quad) < 0.05
    assert match.agreement > 0.5
    assert match.mirrored == (row == "mirror")


def test_a_screen_that_is_photographed_from_the_front_has_a_frame_with_a_cameras_noise(
    matcher: Matcher, originals: list[Image.Image]
) -> None:
    shown = originals[1]
    frame = Image.new("RGB", (shown.width + 160, shown.height + 120), (30, 30, 30))
    frame.paste(shown, (80, 60))
    noise = np.random.default_rng(5).normal(0, 4, (frame.height, frame.width, 3))
    photo = Image.fromarray(np.clip(np.asarray(frame, np.float32) + noise, 0, 255).astype(np.uint8))
    assert "border" in proved(asked(matcher, frame))["1"].edits
    assert "screen" in proved(asked(matcher, photo))["1"].edits


def test_what_is_pasted_on_a_picture_is_no_cell_of_a_collage(matcher: Matcher, originals: list[Image.Image]) -> None:
    told = []
    for seed in range(6):
        copy = copy_of("pasted", [originals[1], originals[0]], np.random.default_rng(seed))
        told += [match.edits for name, match in proved(asked(matcher, copy.image)).items() if name == "1"]
    assert len(told) >= 5
    assert sum("pasted" in edits for edits in told) > len(told) / 2, told
    cells = copy_of("collage_2x2", originals[:4], np.random.default_rng(3))
    assert {edit for match in proved(asked(matcher, cells.image)).values() for edit in match.edits} >= {"collage"}


def test_a_mirrored_crop_is_found_and_said_to_be_mirrored(matcher: Matcher, originals: list[Image.Image]) -> None:
    half = originals[2].crop((100, 60, 800, 600)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    match = proved(asked(matcher, half))["2"]
    assert match.mirrored
    assert {"mirrored", "crop"} <= set(match.edits)
    assert far(match.query_quad[0], (1.0, 0.0)) < 0.05, "the reference's upper left is at the copy's upper right"


def in_a_room(room: Image.Image, somebody: Image.Image) -> Image.Image:
    """The room with somebody before it, who hides two fifths of it."""
    mask = Image.new("L", room.size)
    across, down = room.size
    ImageDraw.Draw(mask).ellipse((across * 0.15, down * 0.13, across * 0.85, down * 0.9), fill=255)
    return Image.composite(somebody.resize(room.size), room, mask)


def test_another_picture_of_the_same_room_is_not_proved(originals: list[Image.Image]) -> None:
    """What stands still agrees in half of the blocks, as in a copy of which half is hidden; a person tells."""
    room, one, other = originals[:3]
    held = Matcher([reference_of("room", picture(in_a_room(room, one)))])
    answer = asked(held, in_a_room(room, other))
    assert [match.decision for match in answer.matches] == ["suspected"]
    assert answer.matches[0].agreement > 0.5


def test_a_cell_that_was_cropped_to_fill_it_is_proved_although_its_neighbours_differ(
    originals: list[Image.Image],
) -> None:
    cells = [ImageOps.fit(image, (300, 300)) for image in originals[:4]]
    collage = Image.new("RGB", (600, 600))
    for number, cell in enumerate(cells):
        collage.paste(cell, (300 * (number % 2), 300 * (number // 2)))
    answer = asked(Matcher([reference_of("1", picture(originals[1]))]), collage)
    assert list(proved(answer)) == ["1"]


def test_a_cell_that_shows_most_of_a_picture_under_a_box_is_proved_by_its_own_pixels(
    originals: list[Image.Image],
) -> None:
    cells = [ImageOps.fit(originals[number], (250, 300)) for number in (5, 2, 6, 7)]
    ImageDraw.Draw(cells[1]).rectangle((40, 60, 150, 150), fill=(0, 0, 0))
    collage = Image.new("RGB", (530, 630), (255, 255, 255))
    for number, cell in enumerate(cells):
        collage.paste(cell, (10 + 260 * (number % 2), 10 + 310 * (number // 2)))
    answer = asked(Matcher([reference_of("2", picture(originals[2]))]), collage)
    assert list(proved(answer)) == ["2"]
    assert answer.matches[0].agreement > 0.7


CELLS = [(0.0, 0.0, 0.5, 0.5), (0.5, 0.0, 1.0, 0.5), (0.0, 0.5, 0.5, 1.0), (0.5, 0.5, 1.0, 1.0)]


def collage_that_is_cut(originals: list[Image.Image], boxes: list[tuple[float, float, float, float]]) -> Picture:
    """Four originals, the first one whole and three cropped to fill their cells, cut into these pieces."""
    collage = Image.new("RGB", (600, 600))
    for number, image in enumerate(originals[:4]):
        cell = ImageOps.fit(image, (300, 300)) if number else image.resize((300, 300))
        collage.paste(cell, (300 * (number % 2), 300 * (number // 2)))
    shown = picture(collage)
    vars(shown)["pieces"] = [Piece(*box, shown.part(*box).hashes) for box in boxes]
    return shown


def test_two_pieces_that_are_nearly_the_same_do_not_hide_one_another(
    matcher: Matcher, originals: list[Image.Image]
) -> None:
    inner = [(left + 0.001, top + 0.001, right, bottom) for left, top, right, bottom in CELLS]
    answer = matcher.match(collage_that_is_cut(originals, CELLS + inner), Answer(""))
    assert set(proved(answer)) == {"0", "1", "2", "3"}


def test_a_cell_that_is_found_by_its_hash_does_not_hide_those_that_were_not_parted(
    matcher: Matcher, originals: list[Image.Image]
) -> None:
    answer = matcher.match(collage_that_is_cut(originals, CELLS[:1]), Answer(""))
    assert answer.gate == "points"
    assert set(proved(answer)) == {"0", "1", "2", "3"}


@pytest.mark.parametrize("row", ["collage_2x2", "collage_3x3"])
def test_every_part_of_a_collage_is_found(matcher: Matcher, originals: list[Image.Image], row: str) -> None:
    copy = copy_of(row, originals, np.random.default_rng(5))
    found = proved(asked(matcher, copy.image))
    assert set(found) == {str(number) for number, _ in copy.places}
    for number, place in copy.places:
        assert far(found[str(number)].query_quad, regions(place)[0]) < 0.03


def test_other_pictures_are_no_copies(matcher: Matcher) -> None:
    for number in range(20, 26):
        assert asked(matcher, drawn(number)).matches == []


def test_one_logo_on_unlike_pictures_proves_nothing(originals: list[Image.Image]) -> None:
    def signed(image: Image.Image) -> Image.Image:
        image = image.copy()
        image.paste(originals[0].resize((240, 180)), (20, 20))
        return image

    matcher = Matcher([reference_of("signed", picture(signed(originals[3])))])
    assert asked(matcher, signed(drawn(31))).matches == []


def soft(seed: int) -> Image.Image:
    """A picture without detail."""
    few = np.random.default_rng(seed).integers(60, 200, (3, 4, 3), dtype=np.uint8)
    return Image.fromarray(few).resize((800, 600), Image.Resampling.BICUBIC)


def test_one_logo_on_pictures_without_other_detail_proves_nothing(originals: list[Image.Image]) -> None:
    """A sixteenth of both agrees, and the rest has another brightness."""

    def signed(seed: int) -> Image.Image:
        image = soft(seed)
        image.paste(originals[0].resize((240, 180)), (20, 20))
        return image

    assert asked(Matcher([reference_of("signed", picture(signed(1)))]), signed(2)).matches == []


def test_a_box_of_one_colour_over_half_of_what_there_is_to_see_says_nothing_against_a_copy(
    originals: list[Image.Image],
) -> None:
    whole = soft(1)
    whole.paste(originals[0].resize((400, 400)), (200, 100))
    hidden, other = whole.copy(), whole.copy()
    ImageDraw.Draw(hidden).rectangle((300, 180, 540, 430), fill=(90, 60, 20))
    other.paste(originals[1].resize((240, 250)), (300, 180))
    matcher = Matcher([reference_of("whole", picture(whole))])
    assert [match.decision for match in asked(matcher, other).matches] == ["suspected"]
    answer = asked(matcher, hidden)
    assert list(proved(answer)) == ["whole"]
    assert answer.matches[0].agreement < 0.65


def test_a_part_of_one_picture_in_a_part_of_another_is_a_sign_that_both_have_and_no_copy(
    originals: list[Image.Image],
) -> None:
    """A third of each is the same, beside which each goes on with a picture of its own."""
    one, other = soft(1), soft(2)
    sign = originals[0].resize((440, 360))
    one.paste(sign, (0, 0))
    other.paste(sign, (360, 240))
    answer = asked(Matcher([reference_of("signed", picture(one))]), other)
    assert [match.decision for match in answer.matches] == ["suspected"]
    assert answer.matches[0].agreement > 0.8
    whole = asked(Matcher([reference_of("sign", picture(originals[0]))]), other)
    assert list(proved(whole)) == ["sign"], "what is held is shown whole"


INKS = ["green", "navy", "brown", "black", "purple", "teal"]
PLACES = [(40, 30, 280), (370, 60, 250), (680, 20, 230), (90, 370, 310), (470, 400, 270), (770, 330, 180)]


def lettered(letters: str, seed: int) -> Image.Image:
    """Toy blocks, a letter on each, as somebody arranged them: of two pictures the letters
    differ and, by a hundredth of the width at most, the places."""
    image, rng = soft(5).resize((960, 720)), np.random.default_rng(seed)
    draw = ImageDraw.Draw(image)
    for letter, place, ink in zip(letters, PLACES, INKS, strict=True):
        left, top, side = (int(each) for each in place + rng.integers(-8, 9, 3))
        draw.rectangle((left, top, left + side, top + side), fill=(232, 228, 224), outline=ink, width=side // 8)
        draw.text((left + side * 0.25, top + side * 0.12), letter, fill=ink, font=ImageFont.load_default(side * 0.65))
    return image


def test_things_that_are_arranged_alike_are_not_proved_by_their_outlines() -> None:
    pictures = {"letters": picture(lettered("ABCDEF", 1))}
    matcher = Matcher([reference_of("letters", pictures["letters"])], pictures.get)
    half = (20, 10, 960, 560)
    assert list(proved(asked(matcher, lettered("ABCDEF", 1).crop(half)))) == ["letters"]
    answer = asked(matcher, lettered("OQCGSJ", 2).crop(half))
    assert [match.decision for match in answer.matches] == ["suspected"]


def test_pages_of_one_template_are_not_one_page() -> None:
    matcher = Matcher([reference_of("page", picture(text_page(1)))])
    for seed in (2, 3, 4):
        assert asked(matcher, text_page(seed)).matches == []


def test_a_pattern_is_never_proved() -> None:
    across = np.arange(800)[None, :] + np.zeros((600, 1), int)
    stripes = Image.fromarray(np.where(across // 20 % 2, 220, 30).astype(np.uint8)).convert("RGB")
    wider = Image.fromarray(np.where(across // 21 % 2, 200, 50).astype(np.uint8)).convert("RGB")
    for hashes_only in (False, True):
        matcher = Matcher([reference_of("stripes", picture(stripes))], hashes_only=hashes_only)
        assert proved(asked(matcher, stripes)) == {}
        assert proved(asked(matcher, wider)) == {}


def test_hashes_alone_find_what_stands_whole_in_a_border_or_collage(
    held: list[Reference], originals: list[Image.Image]
) -> None:
    matcher = Matcher(held, hashes_only=True)
    for row in ("border", "caption", "page", "collage_2x2"):
        copy = copy_of(row, originals, np.random.default_rng(8))
        answer = asked(matcher, copy.image)
        assert set(proved(answer)) == {str(number) for number, _ in copy.places}, row
        assert answer.gate == "hashes"
        assert {match.proof for match in answer.matches} == {"pieces"}


def test_what_shows_nothing_is_not_looked_at(matcher: Matcher) -> None:
    assert asked(matcher, Image.new("RGB", (500, 400), (90, 90, 90))).gate == "flat"
    assert asked(matcher, Image.new("RGB", (20, 500), (90, 90, 90))).gate == "tiny"


def test_close_calls_are_compared_with_the_archived_picture(
    held: list[Reference], originals: list[Image.Image]
) -> None:
    asked_for = []

    def load(name: str) -> None:
        asked_for.append(name)

    tenth = originals[1].crop((300, 200, 600, 430))
    assert list(proved(asked(Matcher(held, load), tenth))) == ["1"]
    assert asked_for == ["1"]


def test_a_reference_stays_below_sixteen_kilobytes(held: list[Reference]) -> None:
    assert max(reference.bytes for reference in held) < 16_000


def clouds(seed: int) -> Pixels:
    """uint8[480, 640, 3]: structure at all scales."""
    rng = np.random.default_rng(seed)
    total = np.zeros((480, 640, 3))
    for octave in range(2, 8):
        noise = rng.integers(0, 256, (2**octave, 2**octave, 3), dtype=np.uint8)
        layer = Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC)
        total += np.asarray(layer, dtype=np.float64) / 2**octave
    low, high = np.percentile(total, (1, 99))
    return np.asarray(np.clip((total - low) / (high - low) * 255, 0, 255), np.uint8)


def test_a_hash_proves_nothing_where_no_more_of_the_pixels_agree_than_in_parts_of_one_texture() -> None:
    whole = clouds(3)
    covered, rng = whole.astype(np.int16), np.random.default_rng(1)
    for y in range(0, 480, 32):
        for x in range(0, 640, 32):
            if rng.random() < 0.42:
                block = covered[y : y + 32, x : x + 32]
                covered[y : y + 32, x : x + 32] = block.mean(axis=(0, 1)) + rng.integers(-12, 12, block.shape)
    query = Image.fromarray(np.clip(covered, 0, 255).astype(np.uint8))
    answer = asked(Matcher([reference_of("whole", picture(Image.fromarray(whole)))]), query)
    (match,) = answer.matches
    assert 0.5 < match.agreement < 0.75
    assert (match.proof, match.decision) == ("hash", "suspected")


def test_corners_are_plain_numbers_for_programs() -> None:
    assert "-0.0" not in repr(as_quad(np.array([[0.0, -1e-9], [1.0, -0.00001], [1.0, 1.0], [-0.0, 1.0]])))


def test_where_few_points_agree_more_of_the_archived_picture_are_compared(
    held: list[Reference], originals: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []

    def poor(query: Points, query_size: Size, reference: Points, reference_size: Size) -> Fit | None:
        found = fit(query, query_size, reference, reference_size)
        compared.append(len(reference.bits))
        return found._replace(inliers=5) if found is not None and len(reference.bits) <= COUNT else found

    monkeypatch.setattr(matching, "fit", poor)
    pictures = {str(number): picture(image) for number, image in enumerate(originals)}
    half = originals[1].crop((100, 60, 800, 600))
    assert asked(Matcher(held), half).matches == []
    assert list(proved(asked(Matcher(held, pictures.get), half))) == ["1"]
    assert sum(count > COUNT for count in compared) == 1, "of those that nothing speaks for, no more are asked for"
