"""The page on which a person changes the keys of the workplace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orbweaver.assess.review.preferences import preferences_of, remember_keys
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.keys import KEYS
from orbweaver.people.accounts.rules import Permission

RESERVED = frozenset({"?", " "})


class KeysForm(forms.Form):
    """One key for each action; all different."""

    def __init__(self, *args: Any, own: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for usual, words in KEYS.items():
            self.fields[f"key_{usual}"] = forms.CharField(
                label=words,
                initial=own.get(usual, usual),
                min_length=1,
                max_length=1,
                widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "class": "one-key"}),
            )

    def clean(self) -> dict[str, Any]:
        """No key twice, none that the pages need."""
        cleaned = super().clean() or {}
        seen: dict[str, str] = {}
        for name, value in list(cleaned.items()):
            key = str(value).lower()
            if key in RESERVED or not key.isprintable():
                self.add_error(name, _("Choose a letter, a digit or a sign; ? shows the keys."))
            elif key in seen:
                self.add_error(name, _("This key does something else already."))
            seen[key] = name
        return cleaned

    def changes(self) -> dict[str, str]:
        """The keys that differ from the usual ones."""
        chosen = {usual: str(self.cleaned_data[f"key_{usual}"]).lower() for usual in KEYS}
        return {usual: own for usual, own in chosen.items() if own != usual}


@require_http_methods(["GET", "POST"])
@needs(Permission.ITEM_READ)
def my_keys(request: SignedInRequest) -> HttpResponseBase:
    """The keys of this person, to change or to put back."""
    if "usual" in request.POST:
        remember_keys(request.user, {})
        messages.success(request, _("The usual keys are back."))
        return redirect("my-keys")
    form = KeysForm(request.POST if request.method == "POST" else None, own=preferences_of(request.user).keys)
    if form.is_bound and form.is_valid():
        remember_keys(request.user, form.changes())
        messages.success(request, _("Your keys are saved."))
        return redirect("my-keys")
    return render(request, "web/workplace/my_keys.html", {"form": form}, status=400 if form.errors else 200)
