"""API keys: ``Authorization: Bearer owk_…``, each with the scopes it was given."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from orbweaver.people.accounts.models import ApiKey
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import authenticate_api_key
from orbweaver.platform.clock import now


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
        key = authenticate_api_key(token, now())
        return key if key is not None and self.scope.value in key.scopes else None
