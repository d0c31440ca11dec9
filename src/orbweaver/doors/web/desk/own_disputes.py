"""What a partner's organisation disputes of entries here, for its own people: numbered, answered by a day (R70)."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from orbweaver.detect.exchanges import submitting
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.people.accounts.agreements import own_organisations
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

SHOWN = 200


class DisputeForm(forms.Form):
    """An entry that is wrong, and why."""

    entry = forms.CharField(
        label=gettext_lazy("Number of the entry"),
        max_length=40,
        help_text=gettext_lazy("Such as hle_…, as the list that you fetch names it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "code"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why it is wrong"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


@require_http_methods(["GET", "POST"])
@needs(Permission.LIST_READ)
def own_disputes(request: SignedInRequest) -> HttpResponseBase:
    """What the organisation disputes and how each was answered; its own alone. The hotline's own people have none."""
    organisation = request.user.organisation
    is_ours = own_organisations().filter(pk=organisation.pk).exists()
    form = DisputeForm(request.POST or None)
    if request.method == "POST" and not is_ours and form.is_valid():
        try:
            given = form.cleaned_data
            said = submitting.dispute(organisation.name, given["entry"], given["reason"], now())
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            record("entry.disputed_by_person", said.public_id, actor=request.user, at=now())
            messages.success(request, _("Your dispute is saved. Below you see by when it is answered."))
            return redirect("own-disputes")
    context = {"rows": submitting.disputes_of(organisation.name, most=SHOWN), "form": form, "is_ours": is_ours}
    return render(request, "web/desk/own_disputes.html", context, status=400 if form.errors else 200)
