"""One's own account: what one may do and until when, one's results, one's password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from orbweaver.assess.review.known_answers import results_for
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.codes import password_is_right
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.forms import PasswordForm
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts import passwords, second_factor, sessions
from orbweaver.people.accounts.messages import OLD_PASSWORD_WRONG
from orbweaver.people.accounts.rules import Permission, training_lapses_on
from orbweaver.people.accounts.selectors import why_not_assess, with_rights
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now, real_now


@require_safe
@needs(None, without_agreement=True)
def account(request: SignedInRequest) -> HttpResponseBase:
    """Roles, training, agreement, and a form for another password."""
    return _page(request, PasswordForm())


def _page(request: SignedInRequest, form: PasswordForm) -> HttpResponse:
    person = with_rights(request.user)
    trained_on = person.training_completed_on()
    context = {
        "person": person,
        "roles": person.role_grants.select_related("organisation").order_by("pk"),
        "assesses": person.may(Permission.ITEM_ASSESS),
        "why_not": why_not_assess(person, now()) if person.may(Permission.ITEM_ASSESS) else None,
        "trained_on": trained_on,
        "lapses_on": training_lapses_on(trained_on) if trained_on else None,
        "known": results_for(person),
        "has_second_factor": second_factor.has_one(person),
        "sign_ins": sessions.open_of(person),
        "real_now": real_now(),
        "this": sessions.kept_as(request.session.session_key or ""),
        "form": form,
    }
    return render(request, "web/workplace/account.html", context, status=400 if form.errors else 200)


@sensitive_post_parameters("old", "new", "again")
@require_POST
@needs(None, without_agreement=True)
def change_password(request: SignedInRequest) -> HttpResponseBase:
    """Another password; this browser stays signed in, all others are out."""
    form = PasswordForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            if not password_is_right(request.user, given["old"]):
                raise NotAllowed(OLD_PASSWORD_WRONG)
            encoded = passwords.encoded_for(request.user, given["new"])
            with transaction.atomic():
                passwords.change_password(request.user, encoded)
                record("person.password_changed", request.user.public_id, actor=request.user, at=now())
        except NotAllowed as error:
            form.add_error("old", in_language(error.message))
        except InvalidInput as error:
            form.add_error("new", in_language(error.message))
        else:
            update_session_auth_hash(request, request.user)
            messages.success(request, _("The password is changed. You are signed out everywhere else."))
            return redirect("account")
    return _page(request, form)


@require_POST
@needs(None, without_agreement=True)
def end_sign_in(request: SignedInRequest) -> HttpResponseBase:
    """End one of one's own sign-ins elsewhere, or all but this one."""
    person, key = request.user, request.session.session_key or ""
    which = request.POST.get("which", "")
    if which == "others":
        ended = sessions.end_others(person, key)
    else:
        ended = int(which != sessions.kept_as(key) and sessions.end(person, which))
    if ended:
        record("person.sign_ins_ended", person.public_id, actor=person, details={"ended": ended}, at=now())
    text = ngettext("%(n)d sign-in is ended.", "%(n)d sign-ins are ended.", ended) % {"n": ended}
    messages.success(request, text if ended else _("It had ended already."))
    return redirect("account")
