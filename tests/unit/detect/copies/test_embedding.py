"""A model that the operator has proposes references; what it proposes is proved by pixels, or not said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.detect.copies.conftest import picture
from tests.unit.detect.copies.models import SIDE, model

from orbweaver.detect.copies.embedding import TILES, Embedded, Model, tiles_of
from orbweaver.detect.copies.errors import ModelUnusable
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.onnx_input import FLOAT, UINT8, taken_by
from orbweaver.detect.copies.proposing import Proposer
from orbweaver.detect.copies.references import reference_of
from orbweaver.detect.copies.results import Answer
from orbweaver_trials.bench.copies_photos import drawn


@pytest.fixture(params=[True, False], ids=["of bytes", "of numbers"])
def of_pixels(request: pytest.FixtureRequest, tmp_path: Path) -> Model:
    path = tmp_path / "pixels.onnx"
    path.write_bytes(model(of_bytes=request.param))
    return Model(path)


def test_a_file_says_what_its_model_takes() -> None:
    assert taken_by(model(of_bytes=True)) == (UINT8, (1, SIDE, SIDE, 3))
    assert taken_by(model(of_bytes=False)) == (FLOAT, (1, 3, SIDE, SIDE))


@pytest.mark.parametrize("data", [b"", b"no model", b"\x3a\xff\xff\xff\xff\x0f", model(of_bytes=True)[:-9]])
def test_what_is_no_model_is_refused_in_words(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelUnusable, match=r"odd\.onnx"):
        Model(path)
    with pytest.raises(ModelUnusable):
        Model(tmp_path / "none.onnx")


@pytest.mark.sampled(1)
def test_what_looks_alike_is_near_and_the_nearest_tile_counts(of_pixels: Model, originals: list[Image.Image]) -> None:
    pictures = [picture(image) for image in originals[:4]]
    embedded = Embedded(of_pixels, {number + 5: tiles_of(each, of_pixels) for number, each in enumerate(pictures)})
    assert embedded.propose(pictures[2].colour, 1) == [7]
    assert embedded.propose(pictures[1].part(*TILES[9]).colour, 1) == [6]
    assert embedded.propose(pictures[0].colour, 0) == []
    assert Embedded(of_pixels, {}).propose(pictures[0].colour, 3) == []
    assert of_pixels.codes([]).shape == (0, 4)


@pytest.mark.sampled(1)
def test_what_a_model_proposes_is_proved_by_its_pixels(
    of_pixels: Model, originals: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Proposer, "propose", lambda *_: [])
    pictures = {str(number): picture(image) for number, image in enumerate(originals[:3])}
    held = [reference_of(name, each, of_pixels) for name, each in pictures.items()]
    wide, tall = originals[1].size
    quarter = picture(originals[1].crop((wide // 4, tall // 4, wide * 3 // 4, tall * 3 // 4)))
    assert Matcher(held, pictures.get).match(quarter, Answer("")).matches == []
    (match,) = Matcher(held, pictures.get, model=of_pixels).match(quarter, Answer("")).matches
    assert (match.reference, match.decision, match.proof) == ("1", "proved", "geometry")
    assert np.abs(np.array(match.reference_quad[0]) - 0.25).max() < 0.05
    other = Matcher(held, pictures.get, model=of_pixels).match(picture(drawn(40)), Answer(""))
    assert other.matches == []


def test_a_reference_with_codes_stays_below_sixteen_kilobytes(of_pixels: Model, originals: list[Image.Image]) -> None:
    assert max(reference_of("", picture(image), of_pixels).bytes for image in originals[:4]) <= 16 * 1024
