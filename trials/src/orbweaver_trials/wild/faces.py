"""How hosts look at those who ask: by the name they give, where they come from, and which page sent them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from orbweaver.platform.clock import now
from orbweaver_trials.wild.files import sign
from orbweaver_trials.wild.languages import gone_page
from orbweaver_trials.wild.plan import Fate

HOME_ADDRESS: Final = "127.0.99.9"
"""Who asks from here sits at home; everybody else is in the hotline's network."""
SIGNED: Final = frozenset({Fate.SIGNED_GONE, Fate.SIGNED_RENEWED})
VALID: Final = dt.timedelta(hours=60)
"""How long a signed address is good."""


@dataclass(frozen=True)
class Visitor:
    """Who asks for a file."""

    agent: str
    referer: str
    peer: str
    query: str = ""
    host: str = ""

    @property
    def is_home(self) -> bool:
        """Whether it is a person's network."""
        return self.peer == HOME_ADDRESS

    @property
    def is_browser(self) -> bool:
        """Whether the name given is a browser's."""
        return "Mozilla/5.0" in self.agent and not any(
            word in self.agent.lower() for word in ("bot", "crawl", "orbweaver", "spider")
        )

    @property
    def comes_from_here(self) -> bool:
        """Whether a page of the host sent them."""
        return self.host in self.referer


@dataclass(frozen=True)
class Said:
    """An answer: ``picture`` stands for the file itself."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    picture: bool = False
    to: str = ""


THE_PICTURE: Final = Said(picture=True)
NOT_FOUND: Final = Said(
    404, b"<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center></body></html>"
)


def _html(title: str, words: str, status: int = 200) -> Said:
    text = f"<!doctype html><html><head><title>{title}</title></head><body><div class=box>{words}</div></body></html>"
    return Said(status, text.encode())


def _sign(words: str) -> Said:
    return Said(200, sign(words), "image/png")


SIGN_IN: Final = _html(
    "Log in",
    "<h1>Log in to continue</h1><form method=post action=/login><input name=user><input type=password name=pw>"
    "<button>Log in</button></form><p>Account does not exist? <a href=/register>Register</a></p>",
)
CHALLENGE: Final = _html("Just a moment...", "<h1>Checking your browser before accessing this site</h1>", 403)
S3_EXPIRED: Final = Said(
    403, b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
)
S3_MISSING: Final = Said(
    404, b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>Not there.</Message></Error>"
)

S3_KINDS: Final = "application/xml"

_FACES: Final[dict[Fate, Callable[[Visitor], Said]]] = {
    Fate.NOT_FOUND: lambda _: NOT_FOUND,
    Fate.REPOSTED: lambda _: NOT_FOUND,
    Fate.MOVED: lambda _: NOT_FOUND,
    Fate.GONE: lambda _: _html("410 Gone", "<h1>Gone</h1>", 410),
    Fate.PLACEHOLDER: lambda _: _sign("The image you are requesting\ndoes not exist or is no longer available."),
    Fate.HOME: lambda _: Said(302, to="/"),
    Fate.CLOAKED: lambda who: THE_PICTURE if who.is_browser else NOT_FOUND,
    Fate.CLOAKED_TWICE: lambda who: THE_PICTURE if who.is_browser and who.comes_from_here else NOT_FOUND,
    Fate.HOTLINK: lambda who: THE_PICTURE if who.comes_from_here else _sign("No hotlinking. Visit our site."),
    Fate.MEMBERS: lambda _: _sign("Sign in to view this picture"),
    Fate.EMPTY: lambda who: THE_PICTURE if who.is_home else Said(200, b"", "image/jpeg"),
    Fate.SIGN_IN: lambda _: SIGN_IN,
    Fate.GEO_451: lambda who: THE_PICTURE if who.is_home else _html("Unavailable", "For legal reasons", 451),
    Fate.GEO_403: lambda who: THE_PICTURE if who.is_home else _html("403 Forbidden", "Forbidden", 403),
    Fate.GEO_404: lambda who: THE_PICTURE if who.is_home else NOT_FOUND,
    Fate.BODY_404: lambda _: Said(404, picture=True),
    Fate.CHALLENGE: lambda who: THE_PICTURE if who.is_home else CHALLENGE,
    Fate.SIGNED_GONE: lambda _: S3_MISSING,
}


def face(fate: Fate, who: Visitor, tongue: str) -> Said:
    """What this visitor gets at an address that was struck by this fate."""
    if fate is Fate.SAID_SO:
        return Said(200, gone_page(tongue).encode())
    known = _FACES.get(fate)
    return known(who) if known is not None else THE_PICTURE


def seen_at_home(fate: Fate, tongue: str = "en") -> bool:
    """Whether a person at home, in a browser, on the page of the picture, sees it at this address."""
    person = Visitor("Mozilla/5.0 (Windows NT 10.0)", "http://a.example/", HOME_ADDRESS, host="a.example")
    return face(fate, person, tongue).picture


def signature(path: str, expires: int) -> str:
    """The signature of an address."""
    return hashlib.sha256(f"a secret of the host {path} {expires}".encode()).hexdigest()[:32]


def signed(path: str) -> str:
    """The address as the page gives it today."""
    expires = int((now() + VALID).timestamp())
    return f"{path}?Expires={expires}&Signature={signature(path, expires)}"


def is_valid(path: str, query: dict[str, str]) -> bool:
    """Whether an address was signed here and is still good."""
    expires = query.get("Expires", "")
    good = expires.isdigit() and query.get("Signature") == signature(path, int(expires))
    return good and int(expires) >= now().timestamp()
