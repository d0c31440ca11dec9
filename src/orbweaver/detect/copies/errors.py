"""What can go wrong with copies."""

from __future__ import annotations

from orbweaver.errors import InvalidInput


class ModelUnusable(InvalidInput):
    """A model of pictures cannot be read or gives nothing that could be used."""

    code = "model_unusable"
