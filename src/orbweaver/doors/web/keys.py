"""Keys: what each does, and the page on which a person changes them.

Pages name the usual keys (``aria-keyshortcuts``); the script puts a person's own in their place. No key alone shows a
picture: that one is pressed together with Shift.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from orbweaver.assess.review.preferences import preferences_of, remember_keys
from orbweaver.doors.web.access import SignedInRequest, needs
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission

KEYS: dict[str, Any] = {
    "n": gettext_lazy("Take the next item"),
    "t": gettext_lazy("Take this item"),
    "r": gettext_lazy("Keep it longer"),
    "b": gettext_lazy("Give it back"),
    "u": gettext_lazy("Take my last answer back"),
    "g": gettext_lazy("Decide look-alikes together"),
    "x": gettext_lazy("See the exact notice"),
    "1": gettext_lazy("First question: yes"),
    "2": gettext_lazy("First question: no"),
    "3": gettext_lazy("Second question: yes"),
    "4": gettext_lazy("Second question: no"),
    "a": gettext_lazy("Age"),
    "5": gettext_lazy("First category"),
    "6": gettext_lazy("Second category"),
    "7": gettext_lazy("Third category"),
    "8": gettext_lazy("First circumstance"),
    "9": gettext_lazy("Second circumstance"),
    "0": gettext_lazy("Third circumstance"),
    "p": gettext_lazy("Fourth circumstance"),
    "m": gettext_lazy("Marker"),
}
"""Usual key → what it does. Each is one key, ignored while typing."""

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


def changes_of(user: User) -> str:
    """A person's own keys for the script, as JSON; empty where all are the usual ones."""
    own = preferences_of(user).keys
    return json.dumps(own) if own else ""


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
    return render(request, "web/my_keys.html", {"form": form}, status=400 if form.errors else 200)
