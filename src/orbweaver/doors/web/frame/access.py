"""The one decorator of every page of the workplace and the desk: signed in, allowed, never cached, errors kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from orbweaver.doors.web.frame import idle
from orbweaver.doors.web.frame.failures import of_error
from orbweaver.doors.web.frame.held import drop, hold
from orbweaver.doors.web.frame.reads import note_read, note_refusal
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.people.accounts import second_factor
from orbweaver.people.accounts.messages import NO_AGREEMENT, NOT_AGREED_ON
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import agreement_has_ended, may_now
from orbweaver.platform.clock import now
from orbweaver.platform.runtime import visitor

Parameters = ParamSpec("Parameters")


class SignedInRequest(HttpRequest):
    """A request of a person who is signed in."""

    user: User


View = Callable[Concatenate[SignedInRequest, Parameters], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, Parameters], HttpResponseBase]


SHOWN = frozenset((HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT))
"""Answers of a view that hold what its page shows: a form that was not filled in rightly comes back with all of it."""
PASSED = "second_factor_passed"
"""In a session: a code was given at its sign-in, or since."""


def needs(
    permission: Permission | None,
    *,
    to_change: Permission | None = None,
    before_code: bool = False,
    without_agreement: bool = False,
    when_bound: bool = False,
) -> Callable[[View[Parameters]], Guarded[Parameters]]:
    """Let in only people whose roles allow it, or (None) all who are signed in; others are asked to sign in, or told.

    ``to_change`` is what sending the page's form needs besides. Who has to give a code and has not is led to the page
    of the second factor first, but from pages that are ``before_code``. People of an organisation whose agreement ended
    are let in only ``without_agreement``: to their own account and second factor. Whoever's role is bound finds nothing
    but these and pages that narrow what they read to it, ``when_bound`` (ADR 39). Nothing is cached. Who read what that
    needs a permission, or was refused it, stands in the audit log. Errors of ours that the view lets through become a
    page (403, 409, 400 or 503).
    """

    there_when_bound = any((when_bound, without_agreement))

    def decorate(view: View[Parameters]) -> Guarded[Parameters]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponseBase:
            if not isinstance(request.user, User) or idle.has_ended(request):
                return redirect_to_login(_after_sign_in(request))
            if not before_code and second_factor.is_asked_of(request.user) and not request.session.get(PASSED):
                return redirect_to_login(_after_sign_in(request), reverse("second-factor"))
            asked = (permission, to_change if request.method == "POST" else None)
            page = getattr(request.resolver_match, "url_name", None) or ""
            try:
                _hide_from_bound(request.user, asked, is_there=there_when_bound)
                _require(request.user, asked, without_agreement=without_agreement)
                response = view(cast("SignedInRequest", request), *args, **kwargs)
                is_shown = _is_shown(request, response)
            except (PermissionDenied, Http404) as error:
                _note_where_refused(request.user, error, page, dict(kwargs))
                raise
            except OrbweaverError as error:
                response, is_shown = of_error(request, error), False
                if response.status_code == HTTPStatus.FORBIDDEN:
                    note_refusal(request.user, page, dict(kwargs))
            if request.method == "POST":
                drop(request)
            if permission is not None and is_shown:
                note_read(request.user, page, dict(kwargs), request.GET.dict())
            return refuse_cache(response)

        # The page of docs/domain/access.md is written from these two, and tests hold it against the answers.
        guarded.needs, guarded.to_change = permission, to_change  # type: ignore[attr-defined]
        guarded.when_bound = there_when_bound  # type: ignore[attr-defined]
        return guarded

    return decorate


def _note_where_refused(user: User, error: Exception, page: str, about: dict[str, Any]) -> None:
    """Record a refusal; that nothing is there alone where whoever asks is bound, who may be trying numbers."""
    if isinstance(error, PermissionDenied) or user.bounds:
        note_refusal(user, page, about)


def _is_shown(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether an answer holds what its page shows: of what was sent, not the word that it was done."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return response.status_code in SHOWN and (request.method != "POST" or is_page)


def _hide_from_bound(user: User, asked: Sequence[Permission | None], *, is_there: bool) -> None:
    """Raise Http404 for whoever's role is bound, where the page does not keep to what it is bound to, or is one of
    another role: nothing tells the two apart."""
    if user.bounds and not (is_there and all(each is None or user.may(each) for each in asked)):
        raise Http404


def _require(user: User, asked: Sequence[Permission | None], *, without_agreement: bool) -> None:
    """Raise PermissionDenied, which says why, unless this person may do all that is asked, now."""
    if not without_agreement and agreement_has_ended(user, now()):
        raise PermissionDenied(in_language(NO_AGREEMENT))
    if not all(each is None or user.may(each) for each in asked):
        raise PermissionDenied(_("Your roles do not include this page. The administrator can add them."))
    if not all(each is None or may_now(user, each, now()) for each in asked):
        raise PermissionDenied(in_language(NOT_AGREED_ON))


def _after_sign_in(request: HttpRequest) -> str:
    """Where to after the sign-in: here; with what was sent, if it is kept; else to the page that holds the form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    if hold(request):
        return reverse("held")
    if "text/html" in request.headers.get("Accept", ""):
        messages.warning(
            request, _("What you sent was not saved, and nothing of it is kept: sign in and enter it again.")
        )
    page = urlsplit(request.headers.get("Referer", ""))
    return page.path if page.path and page.netloc == request.get_host() else reverse("home")


def refuse_cache(response: HttpResponseBase) -> HttpResponseBase:
    """The same answer, kept by no cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


def keep_address_secret(response: HttpResponseBase) -> HttpResponseBase:
    """The same answer, of a page whose address is a secret: kept by no cache, and in no ``Referer``.

    Our own pages are not told the address either, since what stands in front of them may log it. The policy is
    ``strict-origin`` and not ``no-referrer``: with that, browsers send ``Origin: null`` with the page's own form, which
    is then refused as a forgery.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return refuse_cache(response)


def visitor_of(request: HttpRequest) -> str:
    """The address that a request comes from: as our own reverse proxy tells it, where the settings say there is one."""
    return visitor.visitor_of(str(request.META.get("REMOTE_ADDR", "")), request.headers.get("X-Forwarded-For", ""))
