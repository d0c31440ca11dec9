"""The language of the pages: what a person chose, else what their browser asks for (``LocaleMiddleware``).

The choice is a cookie that ends with the browser, so that a survivor leaves no trace of having been here; who signs in
has it on their account, too.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orbweaver.doors.web.frame.failures import bad_request
from orbweaver.doors.web.frame.targets import own_page
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.services import choose_language


@csrf_exempt
@require_POST
def choose(request: HttpRequest) -> HttpResponseBase:
    """Show the pages in this language from now on, and go back to the page that asked.

    Needs no token, so that reading the public pages sets no cookie. Another site cannot change an account with it: the
    session's cookie is not sent with a form from elsewhere (``SameSite=Lax``).
    """
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return bad_request(request)
    response = redirect(own_page(request, request.POST.get("next", "")) or "home")
    if isinstance(request.user, User):
        choose_language(request.user, language)
    speak(response, language)
    return response


def speak(response: HttpResponseBase, language: str) -> None:
    """Let this browser have its pages in a language until it is closed; "" changes nothing."""
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            secure=bool(settings.SESSION_COOKIE_SECURE),
            httponly=True,
            samesite="Lax",
        )
