"""A decoder process drops root before the first file, and Python's own files may be out of its reach from then on."""

from __future__ import annotations

import io
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np

PROGRAM = """
import sys
from orbweaver.fingerprints import decode, pictures, warmup
from orbweaver.fingerprints.limits import Limits
warmup.run()
before = set(sys.modules)
assert decode.fingerprint(sys.stdin.buffer.read(), Limits()).error is None
print(sorted(set(sys.modules) - before))
"""


def clip_with_sound() -> bytes:
    """A short film with sound: another container, other codecs and more streams than the warm-up's."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        picture = container.add_stream("mpeg4", rate=5)
        picture.width, picture.height, picture.pix_fmt = 96, 64, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), number * 40, np.uint8), format="rgb24")
            container.mux(picture.encode(frame))
        audio = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        audio.sample_rate, audio.pts, audio.time_base = 8000, 0, Fraction(1, 8000)
        container.mux(sound.encode(audio))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return buffer.getvalue()


def test_after_the_warm_up_a_film_needs_no_further_module() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=clip_with_sound(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().strip() == "[]"
