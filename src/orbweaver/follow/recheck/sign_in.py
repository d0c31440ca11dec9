"""Whether a page asks to sign in, by how it is made and in no language: fields that one signs in with, or ways to where
one does, in its own part. Pure.

What stands in the frame of a page (its head, foot, margins and navigation) stands on all pages of a host and says
nothing: forums have a form to sign in above everything, what is missing too. A host whose other pages ask in their own
part as well is told by how often they do (``visiting``). That one can sign in at all, the frame tells as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orbweaver.follow.recheck.ruleset import Means, SignIn, ruleset

FRAME: Final = ("header", "nav", "footer", "aside")
"""Elements of the frame; what is left open by mistake is none."""
_FIELD: Final = re.compile(
    r"""\btype\s*=\s*["']?(?:password|tel)\b"""
    r"""|\bname\s*=\s*["']?(?:password|passwd|passwort|pwd)\b"""
    r"""|\bautocomplete\s*=\s*["']?[^"'>]{0,60}\b(?:current-password|username|webauthn|one-time-code)\b"""
)
"""A password, a telephone that a code goes to, a user's name, a passkey, a code."""
_LEADS_TO: Final = re.compile(
    r"""\b(?:href|action|formaction|onclick|data-[a-z-]{1,20})\s*=\s*(?:"([^"]{1,2000})|'([^']{1,2000})|([^\s"'>]{1,2000}))"""
)
"""Addresses, and what buttons open: dialogues are named, scripts called, as what they do."""
_PARTS: Final = re.compile(r"""[/?&;#:,()'"\s]+""")
_IN_A_WORD: Final = re.compile(r"(?<!b)login|sign_?in(?!g)")
"""Within one word of an address, as in ``nidlogin``, ``loginmodal``, ``userlogin``; not ``blogin``, ``designing``."""
_NO_PAGE: Final = (".css", ".js", ".png", ".jpg", ".gif", ".svg", ".ico", ".webp", ".woff2")


def ways_to_sign_in(html: str) -> int:
    """How many ways to sign in the own part of a page, HTML in lower case, has: kinds of fields, and addresses."""
    own = own_part(html)
    return len(set(_FIELD.findall(own))) + len(set(_leading_to_it(own, ruleset().sign_in)))


def has_accounts(html: str) -> bool:
    """Whether a page shows anywhere, in its frame too, that one can sign in or register."""
    if _FIELD.search(html):
        return True
    known = ruleset().sign_in
    both = SignIn(known.words | known.registers, known.hosts)
    return next(_leading_to_it(html, both), None) is not None


def own_part(html: str) -> str:
    """A page without its frame. One pass for each kind of element: no page makes it slow."""
    for name in FRAME:
        html = without(html, name)
    return html


def without(html: str, name: str) -> str:
    """A page without the elements of this name."""
    parts, at = [], 0
    while (opening := _opening(html, name, at)) >= 0:
        closing = html.find(f"</{name}", opening)
        if closing < 0:
            break
        parts.append(html[at:opening])
        at = closing + len(name) + 2
    return "".join([*parts, html[at:]])


def _opening(html: str, name: str, at: int) -> int:
    """Where the next element of this name begins; -1: nowhere."""
    opening = html.find(f"<{name}", at)
    while opening >= 0 and html[opening + len(name) + 1 : opening + len(name) + 2].isalnum():
        opening = html.find(f"<{name}", opening + 1)
    return opening


def _leading_to_it(html: str, known: SignIn) -> Iterator[str]:
    paths = frozenset(_plain(each) for rule in ruleset().rules if rule.means is Means.LOGIN for each in rule.paths)
    words = known.words | paths
    for found in _LEADS_TO.finditer(html):
        address = found[1] or found[2] or found[3]
        if _leads_to_it(address, words, known.hosts):
            yield address


def _leads_to_it(address: str, words: frozenset[str], hosts: frozenset[str]) -> bool:
    """Whether the host, a part of the path, or what is asked for after it is named as where one signs in."""
    before, scheme, rest = address.partition("//")
    host, _, rest = rest.partition("/") if scheme and before in ("", "http:", "https:") else ("", "", address)
    if host.partition(".")[0] in hosts:
        return True
    if rest.partition("?")[0].endswith(_NO_PAGE):
        return False
    return any(_names_it(part.rpartition("=")[2], words) for part in _PARTS.split(rest))


def _names_it(part: str, words: frozenset[str]) -> bool:
    stem = part.partition(".")[0]
    return _plain(stem) in words or any(_IN_A_WORD.search(word) for word in stem.split("-"))


def _plain(word: str) -> str:
    """Without what parts its words: ``sign-in``, ``sign_in`` and ``signin`` are one."""
    return word.partition(".")[0].replace("-", "").replace("_", "")
