"""Load every decoder and compile every kernel once, so that the first real file costs what the others cost."""

from __future__ import annotations

import io

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from orbweaver.fingerprints import decode, stills
from orbweaver.fingerprints.film_track import film_track
from orbweaver.fingerprints.limits import DEFAULT_LIMITS
from orbweaver.fingerprints.pdq_hash import hashes_of, shrink
from orbweaver.fingerprints.plane import Plane

SAMPLES = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "ICO", "AVIF")


def run() -> None:
    """Decode one small picture of each format, and one plane of each pixel type that kernels are compiled for."""
    ramp = np.add.outer(np.arange(64, dtype=np.uint8), np.arange(72, dtype=np.uint8) * 2)
    picture = Image.fromarray(ramp)
    for name in SAMPLES:
        buffer = io.BytesIO()
        picture.save(buffer, name)
        decode.fingerprint(buffer.getvalue())
        stills.still(buffer.getvalue())
    clip = _video(ramp)
    decode.fingerprint(clip)
    stills.still(clip)
    film_track(clip, "video/x-msvideo", DEFAULT_LIMITS)
    for kind in (np.uint8, np.float32):
        hashes_of(Plane(ramp.astype(kind), 72, 64))
        shrink(Plane(ramp.astype(kind), 72, 64))


def _video(ramp: npt.NDArray[np.uint8]) -> bytes:
    """A clip of one frame: PyAV loads parts of itself when it opens the first one, and files are out of reach later."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="avi") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = ramp.shape[1], ramp.shape[0], "yuvj420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(ramp, format="gray")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


if __name__ == "__main__":
    run()
