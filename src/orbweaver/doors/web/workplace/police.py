"""Referrals to police: what was sent to which force, what they answered and say of pictures, and the forces."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.review.models import ReviewItem
from orbweaver.doors.changing import ask_for
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.police_forms import ForceForm
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.errors import InvalidInput
from orbweaver.notify.police import services, within
from orbweaver.notify.police import words as said
from orbweaver.notify.police.messages import NO_SUCH_FORCE
from orbweaver.notify.police.models import Force, Referral
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

SHOWN = 100
PROBLEMS_SHOWN = 20


class AnswerForm(forms.Form):
    """What police said."""

    answer = forms.CharField(max_length=200)
    refused = forms.BooleanField(required=False)


class _Force(forms.ChoiceField):
    """One of the forces that a person acts for, ended ones too: what they said stays true."""

    def __init__(self) -> None:
        super().__init__(label=gettext_lazy("The force"))

    def of(self, person: User) -> None:
        """Offer the forces of this person."""
        self.choices = list(within.forces(person).order_by("name").values_list("public_id", "name"))


class _SaidForm(forms.Form):
    """What is said for a force of the person who fills it in."""

    def __init__(self, person: User, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        cast("_Force", self.fields["force"]).of(person)


class WordForm(_SaidForm):
    """What a force says of one picture."""

    force = _Force()
    about = forms.CharField(label=gettext_lazy("Number of the item or the referral, or the SHA-256"), max_length=64)
    said = forms.ChoiceField(
        label=gettext_lazy("What they say"),
        choices=lambda: [(each, in_words(f"police_{each}")) for each in said.SAYINGS if each != "unidentified"],
    )
    on = forms.DateField(
        label=gettext_lazy("Since which day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(label=gettext_lazy("Their number for it"), max_length=200, required=False)
    series = forms.CharField(label=gettext_lazy("What they call the series"), max_length=200, required=False)

    def row(self) -> dict[str, str]:
        """The same as a row of a file."""
        given = self.cleaned_data
        about = given["about"].strip()
        column = {"itm_": "item", "prf_": "referral"}.get(about[:4], "sha256")
        return {
            column: about,
            "said": given["said"],
            "on": given["on"].isoformat(),
            "reference": given["reference"],
            "series": given["series"],
        }


class WordsForm(_SaidForm):
    """A file of what a force says."""

    force = _Force()
    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("CSV or JSON, at most 2 MB."))


@require_GET
@needs(Permission.URGENT_HANDLE, when_bound=True)
def police(request: SignedInRequest) -> HttpResponseBase:
    """All referrals, the newest first, and the forces."""
    return _page(request)


def _page(request: SignedInRequest, *, wrong: dict[str, forms.Form] | None = None) -> HttpResponseBase:
    """The page; ``wrong`` holds forms with what is wrong in them."""
    person = request.user
    rows = within.referrals(person).select_related("force", "item").order_by("-pk")[:SHOWN]
    mine = within.forces(person)
    told = set(mine.filter(services.may_be_told(now())).values_list("pk", flat=True))
    forces = [(each, each.pk in told) for each in mine.select_related("organisation").order_by("name")]
    context = {
        "rows": rows,
        "forces": forces,
        "told": told,
        "form": ForceForm(),
        "word_form": WordForm(person, auto_id="word_%s"),
        "words_form": WordsForm(person, auto_id="words_%s"),
        "is_bound": bool(person.bounds),
        **(wrong or {}),
    }
    return render(request, "web/workplace/police.html", context, status=400 if wrong else 200)


@require_POST
@needs(Permission.URGENT_HANDLE)
def refer(request: SignedInRequest) -> HttpResponseBase:
    """Every force is told of an item, once."""
    item = get_object_or_404(ReviewItem, public_id=request.POST.get("item", "").strip())
    new = services.refer(item, Referral.Because.REQUEST, by=request.user, now=now())
    text = _("It goes to police within a minute.") if new else _("Police have it already.")
    messages.success(request, text)
    return redirect("police")


@require_POST
@needs(Permission.URGENT_HANDLE, when_bound=True)
def answer(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Their number for it, or why they refused it."""
    if request.user.bounds:
        get_object_or_404(within.referrals(request.user), public_id=public_id)
    form = AnswerForm(request.POST)
    words = form.cleaned_data["answer"] if form.is_valid() else ""
    refused = bool(form.cleaned_data.get("refused"))
    services.note_answer(public_id, refused=refused, answer=words, by=request.user, now=now())
    messages.success(request, _("Recorded."))
    return redirect("police")


@require_POST
@needs(Permission.URGENT_HANDLE)
def add_force(request: SignedInRequest) -> HttpResponseBase:
    """A force, once a second person has compared its key."""
    form = ForceForm(request.POST)
    if not form.is_valid():
        return _page(request, wrong={"form": form})
    data = form.cleaned_data
    change = ask_for("force.added", "", data["name"], data, by=request.user, now=now())
    waits = _("It waits for a second person's agreement. You find it under “Changes”.")
    messages.success(request, waits if change else _("The force is added."))
    return redirect("police")


@require_POST
@needs(Permission.URGENT_HANDLE)
def end_force(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """A force is told nothing more."""
    services.end_force(public_id, by=request.user, now=now())
    messages.success(request, _("It is told nothing more."))
    return redirect("police")


@require_POST
@needs(Permission.SERIES_IDENTIFY, when_bound=True)
def say(request: SignedInRequest) -> HttpResponseBase:
    """What a force says of one picture."""
    form = WordForm(request.user, request.POST, auto_id="word_%s")
    if form.is_valid():
        taken = said.take([form.row()], _force(form), by=request.user, now=now())
        if not taken.problems:
            messages.success(request, _("Recorded, with source and day."))
            return redirect("police")
        form.add_error(None, in_language(taken.problems[0][1]))
    return _page(request, wrong={"word_form": form})


@require_POST
@needs(Permission.SERIES_IDENTIFY, when_bound=True)
def say_file(request: SignedInRequest) -> HttpResponseBase:
    """A file of what a force says: what can be used of it is, and the page says what cannot."""
    form = WordsForm(request.user, request.POST, request.FILES, auto_id="words_%s")
    if form.is_valid():
        try:
            rows = said.read_file(form.cleaned_data["file"].read(said.MOST_BYTES + 1))
        except InvalidInput as error:
            form.add_error("file", in_language(error.message))
        else:
            _tell(request, said.take(rows, _force(form), by=request.user, now=now()))
            return redirect("police")
    return _page(request, wrong={"words_form": form})


def _force(form: forms.Form) -> Force:
    found = Force.objects.filter(public_id=form.cleaned_data["force"]).first()
    if found is None:
        raise InvalidInput(NO_SUCH_FORCE)
    return found


def _tell(request: SignedInRequest, taken: said.Taken) -> None:
    new = ngettext("%(n)d new word of police is recorded.", "%(n)d new words of police are recorded.", taken.new)
    messages.success(request, new % {"n": taken.new})
    for number, problem in taken.problems[:PROBLEMS_SHOWN]:
        messages.warning(request, _("Row %(row)d: %(problem)s") % {"row": number, "problem": in_language(problem)})
    if (left := len(taken.problems) - PROBLEMS_SHOWN) > 0:
        text = ngettext("%(n)d more row could not be used.", "%(n)d more rows could not be used.", left)
        messages.warning(request, text % {"n": left})
