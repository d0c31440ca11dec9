"""Model fields that several folders share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.deconstruct import deconstructible

from orbweaver.errors import Message, message_from_json
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


class MessageField(models.JSONField):
    """A message, kept as its code and parameters, so that each reader gets it in their language; NULL for none.

    The room of the model declares the message, so that it is known wherever a row is read.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **(options | {"null": True, "blank": True}))

    def get_prep_value(self, value: Any) -> Any:
        """The message as JSON."""
        return super().get_prep_value(value.as_json() if isinstance(value, Message) else value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The message that a row keeps; None where what it keeps is none, as a stolen machine may write it."""
        kept = super().from_db_value(value, expression, connection)
        if not isinstance(kept, dict):
            return kept
        try:
            return message_from_json(kept)
        except (KeyError, TypeError, AttributeError):
            return None
