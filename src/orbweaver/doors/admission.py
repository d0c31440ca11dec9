"""Which bodies are taken in at which address: small ones from anybody, larger ones from whom we know, where needed.

The web server asks ``rule_of`` when the head of a request is there and nothing of its body has been read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from orbweaver.assess.terms.files import MAX_BYTES
from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.detect.hashlists import uploads
from orbweaver.doors.api.signing import access_key_of
from orbweaver.doors.web.administration.criteria_forms import MAX_TEXT
from orbweaver.doors.web.frame.failures import failure
from orbweaver.follow.survivors.age_proofs import MOST_BYTES
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import authenticate_api_key, find_api_key
from orbweaver.platform.clock import now
from orbweaver.platform.rule_tables import MOST_BYTES as TABLE_BYTES
from orbweaver.platform.runtime.bodies import BEGINNING, TOO_LARGE, BodyRule, Environ

BESIDE_FILE = 64 * 2**10
"""What the other fields of a form with a file may take."""
CRITERIA = 9 * MAX_TEXT
"""A form sends what is no letter of ASCII as up to nine bytes."""
PHOTOS = 128 * 2**20
"""A document that is larger than we take: up to here, whoever sends it reads so beside its field and keeps
their words. As large as scans and what cameras keep: without a script only we can say it."""
SIGNED_CALL = 2 * 2**20
"""A report in XARF may bring its evidence along."""


def rule_of(path: str) -> BodyRule | None:
    """The rule of a path where more than a form is sent."""
    try:
        name = resolve(path).view_name
    except Resolver404:
        return None
    make = _RULES.get(name)
    return make() if make is not None else None


def _has_key(scope: Permission, environ: Environ) -> bool:
    """Whether the request brings a key that has the scope. The call itself checks it again, with the signature."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    return bool(header) and _is_key(scope, header, int(time.monotonic()))


@lru_cache(1000)
def _is_key(scope: Permission, header: str, _second: int) -> bool:
    """Remembered for a second, so that whoever scans a lot does not ask the database twice for each picture."""
    kind, _, text = header.partition(" ")
    close_old_connections()
    if kind.lower() == "bearer":
        key = authenticate_api_key(text.strip(), now())
    else:
        access = access_key_of(header)
        key = find_api_key(access, now()) if access else None
    return key is not None and scope.value in key.scopes


def _is_signed_in(environ: Environ) -> bool:
    request = WSGIRequest(environ)
    close_old_connections()
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    return bool(get_user(request).is_authenticated)


def _of_proof() -> BodyRule:
    return BodyRule(MOST_BYTES + BESIDE_FILE, lambda _: True, heard_out=PHOTOS, of_anybody=True)


def _file_of(most: int) -> BodyRule:
    return BodyRule(most + BESIDE_FILE, _is_signed_in)


_RULES: Mapping[str, Callable[[], BodyRule]] = {
    "api-v1:scan_upload": lambda: BodyRule(
        FetchingSettings.current().crawl_max_bytes, partial(_has_key, Permission.SCAN_USE)
    ),
    "abuse-signal:create_abuse_report": lambda: BodyRule(SIGNED_CALL, partial(_has_key, Permission.REPORT_SUBMIT)),
    "survivors-proof": _of_proof,
    "survivors-proof-again": _of_proof,
    "age-proof": partial(_file_of, MOST_BYTES),
    "list-upload": partial(_file_of, uploads.MAX_BYTES),
    "terms-bring": partial(_file_of, MAX_BYTES),
    "rule-table-import": partial(_file_of, 9 * TABLE_BYTES),
    "criteria-draft": partial(_file_of, CRITERIA),
    "criteria-edit": partial(_file_of, CRITERIA),
}


class TooLarge:
    """Answers requests whose body was refused for its size, as the client of that address reads errors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """413, or what would have been answered."""
        most = request.META.get(TOO_LARGE)
        if most is None or request.META.get(BEGINNING):
            return self.get_response(request)
        return _refusal(request, most)


def _refusal(request: HttpRequest, most: int) -> HttpResponse:
    refusal = f"Bodies above {most} bytes are not taken here."
    if request.path.startswith("/api/"):
        return JsonResponse({"code": "too_large", "detail": refusal}, status=413)
    if request.path.startswith("/abuse-signal/"):
        return JsonResponse({"message": refusal}, status=413, headers={"x-amzn-errortype": "ValidationException"})
    return failure(request, 413, _("What you sent is larger than this page takes. Nothing of it was kept."))
