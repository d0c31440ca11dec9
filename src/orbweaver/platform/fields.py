"""Model fields that several folders share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.deconstruct import deconstructible

from orbweaver.platform.identifiers import public_id


@deconstructible
class NewPublicId:
    """A default that makes a new public identifier with a fixed prefix (migrations can write it down)."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __call__(self) -> str:
        """A new identifier."""
        return public_id(self.prefix)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NewPublicId) and other.prefix == self.prefix

    def __hash__(self) -> int:
        return hash(self.prefix)


def public_id_field(prefix: str) -> Any:
    """The column of a public identifier: unique, never edited."""
    return models.CharField(max_length=24, unique=True, editable=False, default=NewPublicId(prefix))
