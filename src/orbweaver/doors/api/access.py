"""API keys: ``Authorization: Bearer owk_…``, each with the scopes it was given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from orbweaver.people.accounts.keys import set_aside
from orbweaver.people.accounts.models import ApiKey
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import authenticate_api_key, works_from
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.visitor import visitor_of


def key_of(request: HttpRequest) -> ApiKey:
    """The key that a call was let in with."""
    return cast(ApiKey, request.auth)  # type: ignore[attr-defined]  # ninja puts there what authenticate returned


class KeyWith(HttpBearer):
    """Lets in a key that has the scope; others get 401."""

    def __init__(self, scope: Permission) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """The key, or None."""
        return usable(request, authenticate_api_key(token, now()), self.scope)


def usable(request: HttpRequest, key: ApiKey | None, scope: Permission) -> ApiKey | None:
    """The key, if it may do this, and from where the request comes."""
    if key is None or scope.value not in key.scopes:
        return None
    address = visitor_of(str(request.META.get("REMOTE_ADDR", "")), request.headers.get("X-Forwarded-For", ""))
    return key if works_from(key, address) else None


WINDOW_S: Final = 10
REPORTS_A_WINDOW: Final = 100
"""Of one key: ten a second, as the Abuse Signal API has it; fewer where the key may scan fewer files."""


@dataclass(frozen=True, slots=True)
class ReportRate:
    """What a key has left of its reports once one more was asked for; ``granted``: that one may be made."""

    granted: bool
    most: int
    left: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """The same as clients read it (draft-ietf-httpapi-ratelimit-headers)."""
        policy, now_left = f'"report";q={self.most};w={WINDOW_S}', f'"report";r={self.left};t={self.seconds}'
        return {"RateLimit-Policy": policy, "RateLimit": now_left}


def take_report(key: ApiKey) -> ReportRate:
    """Count one report of a key, for all processes and both calls that take reports together."""
    most = REPORTS_A_WINDOW
    if key.scans_per_minute is not None:
        most = min(most, max(1, key.scans_per_minute * WINDOW_S // 60))
    found = set_aside(f"reports {key.prefix}", 1, most, WINDOW_S)
    return ReportRate(bool(found.granted), most, found.left, max(1, math.ceil(found.ends_in_s)))
