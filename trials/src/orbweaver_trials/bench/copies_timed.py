"""Queries that show nothing held, by their kinds, whose time is measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from orbweaver_trials.bench.copies_edits import jpeg, page
from orbweaver_trials.bench.copies_negatives import ALIKE

SEED = 20
PICTURES = 60
"""Pictures that are timed; of each kind of pages a fifth."""


def timed(others: Sequence[Image.Image]) -> dict[str, list[bytes]]:
    """Other pictures as they are, pages, and pages and cards of which others of the same site or template are held,
    which are compared in their pixels."""
    rng, some = np.random.default_rng(SEED), others[: PICTURES // 5]
    kinds = {
        "pictures": others[:PICTURES],
        "pages": [page(each, rng).image for each in some],
        "like_held": [ALIKE[kind](each, rng) for kind in ("site", "template", "text_page") for each in some],
    }
    return {kind: [jpeg(image) for image in images] for kind, images in kinds.items()}
