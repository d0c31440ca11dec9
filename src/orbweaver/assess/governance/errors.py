"""What can come between a draft and its being in force."""

from __future__ import annotations

from orbweaver.errors import Conflict, InvalidInput


class DraftChanged(Conflict):
    """The text is no longer the one that was read."""

    code = "draft_changed"


class NotADraft(Conflict):
    """The version was taken into use: its text is kept as it was signed."""

    code = "not_a_draft"


class SignaturesMissing(InvalidInput):
    """A version cannot be taken into use before a government and a hotline have signed its text."""

    code = "signatures_missing"
