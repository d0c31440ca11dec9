from __future__ import annotations

import io
from collections.abc import Callable

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

from orbweaver.fingerprints import fingerprint
from orbweaver.fingerprints.pdq_hash import hashes_of
from orbweaver.fingerprints.pieces import Piece, pieces_of
from orbweaver.fingerprints.plane import Orientation, Plane

Scene = Callable[..., Image.Image]


def plane(image: Image.Image) -> Plane:
    luma = np.array(image.convert("L"))
    return Plane(luma, image.width, image.height)


def bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def nearest(pieces: list[Piece], image: Image.Image) -> tuple[int, Piece]:
    known = hashes_of(plane(image)).pdq
    return min(
        ((min(bits(known, turned) for turned in piece.hashes.dihedral), piece) for piece in pieces),
        key=lambda entry: entry[0],
    )


def noisy(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=75)
    return Image.open(buffer).convert("RGB")


def test_a_photograph_has_no_pieces(scene: Scene) -> None:
    assert pieces_of(plane(scene())) == []


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (20, 120, 60)])
def test_a_border_falls_off(scene: Scene, ground: tuple[int, int, int]) -> None:
    image = scene()
    page = Image.new("RGB", (840, 620), ground)
    page.paste(image, (120, 60))
    distance, piece = nearest(pieces_of(plane(noisy(page))), image)
    assert distance <= 20
    assert abs(piece.left - 120 / 840) < 0.01
    assert abs(piece.bottom - 540 / 620) < 0.01


def test_a_caption_is_cut_off_even_from_a_turned_picture(scene: Scene) -> None:
    image = scene()
    page = Image.new("RGB", (480, 740), (255, 255, 255))
    page.paste(image.rotate(90, expand=True), (0, 0))
    ImageDraw.Draw(page).text((20, 670), "words below it", fill=(0, 0, 0), font_size=40)
    distance, piece = nearest(pieces_of(plane(page)), image)
    assert distance <= 20
    assert piece.top == 0
    assert abs(piece.bottom - 640 / 740) < 0.01


def test_parts_without_a_gap_are_parted_at_their_seams(scene: Scene) -> None:
    parts = [scene(320, 240, seed=number) for number in range(4)]
    page = Image.new("RGB", (640, 480))
    for number, part in enumerate(parts):
        page.paste(part, (number % 2 * 320, number // 2 * 240))
    pieces = pieces_of(plane(page))
    assert max(nearest(pieces, part)[0] for part in parts) <= 20


def test_rectangles_are_those_of_the_picture_as_it_is_shown(scene: Scene) -> None:
    page = Image.new("RGB", (840, 620), (255, 255, 255))
    page.paste(scene(), (200, 0))
    stored = plane(page)._replace(orientation=Orientation(flip_rows=True, transpose=True))
    (piece,) = pieces_of(stored)
    assert piece.bottom == 1
    assert abs(piece.top - 200 / 840) < 0.01
    assert (round(piece.left, 2), piece.right) == (0.23, 1)


def test_a_flat_picture_has_no_pieces() -> None:
    assert pieces_of(plane(Image.new("RGB", (400, 300), (200, 200, 200)))) == []
    assert pieces_of(Plane(np.zeros((300, 400), np.float32), 400, 300)) == []


@pytest.mark.parametrize("size", [(1600, 1200), (320, 240)])
def test_a_decoded_file_has_the_pieces_of_its_picture_whatever_its_size(scene: Scene, size: tuple[int, int]) -> None:
    image = scene().resize(size)
    known = hashes_of(plane(image)).pdq
    page = Image.new("RGB", (size[0] * 3 // 2, size[1] * 3 // 2), "white")
    page.paste(image, (size[0] // 4, size[1] // 4))
    for kind in ("PNG", "JPEG"):
        buffer = io.BytesIO()
        page.save(buffer, kind)
        pieces = fingerprint(buffer.getvalue()).pieces
        piece = min(pieces, key=lambda each: bits(each.pdq, known))
        assert bits(piece.pdq, known) <= 16
        assert np.allclose(piece.region, (1 / 6, 1 / 6, 5 / 6, 5 / 6), atol=0.01)


def test_a_flat_sky_or_floor_is_no_edge_of_a_cell(scene: Scene) -> None:
    """What is known as the page's colour parts first; then what is flat falls off."""
    cells = [scene(320, 240, seed=number) for number in range(4)]
    for number, cell in enumerate(cells):
        cell.paste((90 + 20 * number, 120, 160), (0, 0, 320, 70))
        cell.paste((60, 40 + 20 * number, 30), (0, 200, 320, 240))
    page = Image.new("RGB", (672, 512), "white")
    for number, cell in enumerate(cells):
        page.paste(cell, (8 + number % 2 * 336, 8 + number // 2 * 256))
    pieces = pieces_of(plane(noisy(page)))
    assert max(nearest(pieces, cell)[0] for cell in cells) <= 20


def test_a_film_has_no_pieces(scene: Scene) -> None:
    """A letterbox is trimmed elsewhere, and each frame would be cut."""
    image = scene()
    page = np.full((240, 320, 3), 255, np.uint8)
    page[40:200, 40:240] = np.asarray(image.resize((200, 160)))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        output.mux(stream.encode(av.VideoFrame.from_ndarray(page, format="rgb24")))
        output.mux(stream.encode())
    assert fingerprint(buffer.getvalue()).pdq is not None
    assert fingerprint(buffer.getvalue()).pieces == ()
