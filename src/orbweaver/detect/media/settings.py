"""Settings of the processes that decode files."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class DecodingSettings(Settings):
    """Decoders: how many processes, and within which limits."""

    decode_workers: int = Field(
        default=2, gt=0, description="Decoder processes for each crawler; a scan has one for each processor."
    )
    decode_memory_mb: int = Field(default=2048, gt=0, description="Memory limit of a decoder process.")
    decode_timeout_s: float = Field(default=20.0, gt=0, description="Longest time to decode one file.")
    decode_unprotected: bool = Field(
        default=False,
        description="Decode foreign files even where the kernel cannot keep decoders to decoding (no seccomp): a "
        "hostile file that takes one over is free then.",
    )
