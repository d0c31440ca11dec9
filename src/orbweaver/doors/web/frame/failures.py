"""Error pages in plain, kind words: what happened, what is safe, what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import Conflict, InvalidInput, NotAllowed, OrbweaverError, Unavailable
from orbweaver.follow.survivors.settings import SurvivorSettings
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.runtime.limits import is_out_of_order

AGAIN_IN_S: Final = 30
"""Seconds after which what is out of order may be asked again."""
CALLS: Final = ("/api/", "/abuse-signal/")
"""Where programs ask, which read no pages."""
OUT_OF_ORDER: Final = "The database or a disk does not answer. Nothing was kept of what was sent; send it again."
NOT_OUR_NAME = gettext_lazy(
    "This installation does not answer to this name. Whoever runs it can add it: ORBWEAVER_OTHER_HOSTS, or "
    "ORBWEAVER_BASE_URL where it is the public one."
)

logger = logging.getLogger(__name__)

STATUS: tuple[tuple[type[OrbweaverError], int], ...] = (
    (NotAllowed, 403),
    (Conflict, 409),
    (InvalidInput, 400),
    (Unavailable, 503),
)


def status_of(error: OrbweaverError) -> int:
    """The HTTP status that fits an error of ours; 500 for those that no input causes."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def failure(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """The page for a status, with the error's own message where there is one."""
    if _is_for_survivors(request):
        return _for_survivors(request, status)
    is_in = getattr(getattr(request, "user", None), "is_authenticated", False)
    layout = "web/frame/signed_in.html" if is_in else "web/frame/base.html"
    context = {"status": status, "message": message, "layout": layout}
    response = render(request, "web/frame/failure.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_for_survivors(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("survivors"))


def _for_survivors(request: HttpRequest, status: int) -> HttpResponse:
    """The same in the words of their pages, with the way out and a title that tells nothing. Needs no database."""
    named = request.GET.get("language", "")
    language = named if named in dict(settings.LANGUAGES) else translation.get_language()
    hotline, exit_url = HotlineSettings.current().hotline_name, SurvivorSettings.current().quick_exit_url
    links_at = request.path if request.method == "GET" else ""  # what a form sent cannot be asked for by a link
    context = {"status": status, "hotline_name": hotline, "quick_exit_url": exit_url, "links_at": links_at}
    context |= {"LANGUAGES": settings.LANGUAGES}
    with translation.override(language):
        body = render_to_string("web/public/survivors/failure.html", context)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    return HttpResponse(body, status=status, headers=headers)


def of_error(request: HttpRequest, error: OrbweaverError) -> HttpResponse:
    """The page for an error of ours; its message is written for people and holds nothing secret."""
    return failure(request, status_of(error), in_language(error.message))


class InWords:
    """Says in a page what would be an empty answer: an address that takes no GET (405), 400 where the database
    refuses words that no field holds, such as a NUL in an address or a form, and 503 where it or a disk is full or
    away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """What would have been answered, and for people a page where that is nothing but a number."""
        response = self.get_response(request)
        is_bare = response.status_code == 405 and not response.content
        if not is_bare or "text/html" not in request.headers.get("Accept", ""):
            return response
        page = failure(request, 405)
        page.headers["Allow"] = response.headers["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """None for every other error."""
        if is_out_of_order(exception):
            logger.warning("The database or a disk is full or away: %s", type(exception).__name__)
            return out_of_order(request)
        if not isinstance(exception, DataError):
            return None
        logger.warning("The database refused what was sent: %s", type(exception.__cause__).__name__)
        return failure(request, 400)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request could not be read, or was for a name that is not this installation's."""
    return failure(request, 400, str(NOT_OUR_NAME) if isinstance(exception, DisallowedHost) else "")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the person's roles do not include it."""
    return failure(request, 403, str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing is here. The address asked for is not repeated: it may be secret."""
    return failure(request, 404)


def out_of_order(request: HttpRequest) -> HttpResponse:
    """503 without the database, which may be what is full or away: whoever asked may ask again."""
    if _is_for_survivors(request):
        answer = _for_survivors(request, 503)
    elif request.path.startswith(CALLS):
        said = {"code": "out_of_order", "detail": OUT_OF_ORDER, "message": OUT_OF_ORDER}
        answer = JsonResponse(said, status=503, headers={"x-amzn-errortype": "ServiceUnavailableException"})
    else:
        context = {"status": 503, "hotline_name": HotlineSettings.current().hotline_name}
        answer = HttpResponse(render_to_string("web/frame/failure.html", context), status=503)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Retry-After"] = str(AGAIN_IN_S)
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """500: with the way on of whoever is signed in; without the database, where that is what failed."""
    if _is_for_survivors(request):
        return _for_survivors(request, 500)
    try:
        return failure(request, 500)
    except Exception as error:
        logger.warning("The page of an error could not be drawn in full: %s", type(error).__name__)
    context = {"status": 500, "hotline_name": HotlineSettings.current().hotline_name}
    return HttpResponse(render_to_string("web/frame/failure.html", context), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose page was too old or came from elsewhere."""
    return failure(
        request,
        403,
        _("The form was too old, or your browser refuses our cookie. Open the page again and send it once more."),
    )
