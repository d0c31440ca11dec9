"""Requests signed as AWS does (Signature Version 4), and ``Authorization: Bearer owk_…``, for the inbox's calls.

Source: AWS General Reference, "Create a signed AWS API request". botocore signs and cannot verify (ADR 18). The secret
is derived from the API key and stands in no table (``accounts.services.sigv4_credentials``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from urllib.parse import quote

from django.http import HttpRequest
from ninja.security.apikey import APIKeyBase

from orbweaver.doors.api.access import usable
from orbweaver.people.accounts.models import ApiKey
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import authenticate_api_key, find_api_key, sigv4_credentials
from orbweaver.platform.clock import now, real_now

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = dt.timedelta(minutes=5)
"""How far the time of a signature may be off."""
_HEADER = re.compile(
    ALGORITHM + r" Credential=(\w+)/(\d{8})/([\w-]+)/(\w+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


class SignedKeyWith(APIKeyBase):
    """Lets in a key that has the scope, by signature or by bearer token; others get 401."""

    openapi_name = "signature"
    openapi_in = "header"
    param_name = "Authorization"

    def __init__(self, scope: Permission) -> None:
        super().__init__()
        self.scope = scope

    def _get_key(self, request: HttpRequest) -> str | None:
        return request.headers.get("Authorization")

    def authenticate(self, request: HttpRequest, key: str | None) -> ApiKey | None:
        """The API key, or None."""
        header = key or ""
        if header.startswith("Bearer "):
            found = authenticate_api_key(header.removeprefix("Bearer ").strip(), now())
        else:
            found = _signed(request, header)
        return usable(request, found, self.scope)


def access_key_of(header: str) -> str | None:
    """The public half of the key that a signed request names; whether the signature holds is another question."""
    parts = _HEADER.fullmatch(header)
    return parts.group(1) if parts is not None else None


def _signed(request: HttpRequest, header: str) -> ApiKey | None:
    parts = _HEADER.fullmatch(header)
    if parts is None or not _is_fresh(request.headers.get("X-Amz-Date", "")):
        return None
    access, day, region, service, names, given = parts.groups()
    key = find_api_key(access, now())
    if key is None or not {"host", "x-amz-date"} <= set(names.split(";")):
        return None
    _, secret = sigv4_credentials(key)
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join([ALGORITHM, request.headers["X-Amz-Date"], scope, _canonical(request, names)])
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    expected = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    return key if hmac.compare_digest(expected, given) else None


def _is_fresh(stamp: str) -> bool:
    try:
        at = dt.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    return abs(real_now() - at) <= SKEW


def _canonical(request: HttpRequest, names: str) -> str:
    """The digest of the canonical request."""
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names.split(";"))
    query = "&".join(sorted(filter(None, request.META.get("QUERY_STRING", "").split("&"))))
    path = quote(request.path, safe="/~")
    body = hashlib.sha256(request.body).hexdigest()
    canonical = "\n".join([str(request.method), path, query, headers, names, body])
    return hashlib.sha256(canonical.encode()).hexdigest()
