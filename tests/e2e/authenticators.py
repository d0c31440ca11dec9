"""A phone's authenticator made of software, which Chromium brings for tests of passkeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Authenticator:
    """Of one page; its owner is there and puts a finger on it."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        self._name = self._send("WebAuthn.addVirtualAuthenticator", options=options)

    def finger_fits(self, fits: bool) -> None:
        """Whether it knows the finger from now on."""
        self._send("WebAuthn.setUserVerified", **self._name, isUserVerified=fits)

    def moved_to(self, page: Page) -> Authenticator:
        """The same phone before another browser; used here again it would count behind, as a copy does."""
        there = Authenticator(page)
        for kept in self._send("WebAuthn.getCredentials", **self._name)["credentials"]:
            there._send("WebAuthn.addCredential", **there._name, credential=kept)
        return there

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.send(method, parameters)
        return answer
