"""Folders that hold what does harm to whoever decodes it."""

from __future__ import annotations

import io
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.fingerprints.test_pool import kill_whoever_works_on_it

from orbweaver.detect.copies.decoding import Decoders
from orbweaver.detect.copies.folders import answers, body, collected
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver_trials.bench.copies_edits import jpeg
from orbweaver_trials.bench.copies_photos import drawn


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


@pytest.mark.sweep
def test_a_picture_that_kills_its_decoder_is_an_error_and_the_run_goes_on(tmp_path: Path) -> None:
    good, many_pixels, deadly, last = (tmp_path / name for name in "abcd")
    good.write_bytes(jpeg(drawn(1)))
    last.write_bytes(jpeg(drawn(1)))
    many_pixels.write_bytes(png(Image.new("1", (30_000, 30_000))))
    deadly.write_bytes(png(drawn(2).resize((8000, 8000), Image.Resampling.NEAREST)))
    with Decoders(memory_mb=1024) as decoders, ThreadPoolExecutor(1) as thread:
        held = collected([good], decoders)
        queries = [good, many_pixels, deadly, last]
        told = answers(held.matcher(hashes_only=True), held.films.matcher(), queries, decoders)
        seen = [next(told) for _ in range(2)]
        broken = thread.submit(next, told)
        kill_whoever_works_on_it(decoders.pictures, broken, signal.SIGSEGV)
        seen += [broken.result(), *told]
        assert decoders.pictures.deaths["decoder_crashed"] >= 2
    assert [each.error for each in seen] == [None, "too_many_pixels", "decoder_crashed", None]
    assert [len(each.matches) for each in seen] == [1, 0, 0, 1]


def test_a_pipe_keeps_no_run_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(CannotFingerprint) as refused:
        body(tmp_path / "pipe.jpg")
    assert refused.value.code == "not_a_file"
