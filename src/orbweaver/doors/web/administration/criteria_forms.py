"""Forms about the criteria: a draft, a signature, taking into use."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.doors.web.frame.forms import FormAmongOthers

MAX_TEXT = 200_000


class DraftForm(forms.Form):
    """The text of a draft, typed or as a file, and why it is drafted."""

    purpose = forms.CharField(
        label=_("Why this version"), max_length=500, help_text=_("Those who sign it read this first.")
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=MAX_TEXT,
        required=False,
        strip=False,
        help_text=_("Give it a new number (version = …). A text that breaks a fixed rule is refused, with the reason."),
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "code"}),
    )
    file = forms.FileField(label=_("Or a file"), required=False, help_text=_("It replaces the text above."))
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, purpose_kept: bool = False, purpose_needed: bool = True, **kwargs: Any) -> None:
        """``purpose_kept``: it was said when the draft was made; not ``purpose_needed``: nothing is saved yet."""
        super().__init__(*args, **kwargs)
        self.fields["purpose"].required = purpose_needed
        if purpose_kept:
            del self.fields["purpose"]

    def clean(self) -> dict[str, Any]:
        """The file's text, where there is a file; line ends as they are in a file, for the digest is about them."""
        cleaned = super().clean() or {}
        upload = cleaned.get("file")
        if upload is not None:
            try:
                cleaned["text"] = upload.read(MAX_TEXT + 1).decode("utf-8")
            except UnicodeDecodeError:
                self.add_error("file", _("This file is not UTF-8 text."))
                return cleaned
            if len(cleaned["text"]) > MAX_TEXT:
                self.add_error("file", _("This file is too long for criteria."))
        else:
            cleaned["text"] = cleaned.get("text", "").replace("\r\n", "\n")
        if not cleaned.get("text", "").strip():
            self.add_error("text", _("Type the text, or choose a file."))
        return cleaned


class _Named(FormAmongOthers):
    """A confirmation by typing the version's number: what cannot be undone is named."""

    named = forms.CharField(
        label=_("Type the number of the version"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, number: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._number = number

    def clean_named(self) -> str:
        """Must be the version's number."""
        named = str(self.cleaned_data["named"]).strip()
        if named != self._number:
            raise forms.ValidationError(_("This is not the number of this version. Nothing was done."))
        return named


class SignForm(_Named):
    """A signature about the text with this digest."""

    ids = "sign-%s"
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    document = forms.CharField(
        label=_("Your signature"),
        max_length=4_000,
        help_text=_("What the command wrote, whole."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off", "class": "code"}),
    )


class UseForm(_Named):
    """Taking into use: at once, or from an instant to come."""

    ids = "use-%s"

    at = forms.DateTimeField(
        label=_("Takes effect at (UTC)"),
        required=False,
        help_text=_("Leave empty to take it into use now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )

    def clean_at(self) -> dt.datetime | None:
        """The instant with its zone."""
        at: dt.datetime | None = self.cleaned_data["at"]
        return at.astimezone(dt.UTC) if at else None
