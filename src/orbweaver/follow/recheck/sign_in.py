"""Whether a page asks to sign in, by how it is made and in no language: a field for a password, or a way to sign in, in
its own part. Pure.

What stands in the frame of a page (its head, foot, margins and navigation) stands on all pages of a host and says
nothing: forums have a form to sign in above everything, what is missing too. A host whose other pages ask in their own
part as well is told by those (``visiting``).
"""

from __future__ import annotations

import re
from typing import Final

from orbweaver.follow.recheck.ruleset import Means, ruleset

FRAME: Final = ("header", "nav", "footer", "aside")
"""Elements of the frame; what is left open by mistake is none."""
PASSWORD: Final = (
    'type="password"', "type='password'", "type=password", 'name="password"', "name='password'", "name=password",
    'autocomplete="current-password"',
)  # fmt: skip
_LEADS_TO: Final = re.compile(r"""\b(?:href|action)\s*=\s*["']?([^"'\s>]{1,2000})""")


def asks_to_sign_in(html: str) -> bool:
    """Whether the own part of a page, HTML in lower case, has a field for a password or leads to where one signs in."""
    own = own_part(html)
    if any(mark in own for mark in PASSWORD):
        return True
    known = frozenset[str]().union(*(rule.paths for rule in ruleset().rules if rule.means is Means.LOGIN))
    return any(known.intersection(_path(each).split("/")) for each in _LEADS_TO.findall(own))


def own_part(html: str) -> str:
    """A page without its frame. One pass for each kind of element: no page makes it slow."""
    for name in FRAME:
        html = _without(html, name)
    return html


def _without(html: str, name: str) -> str:
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


def _path(address: str) -> str:
    _, _, rest = address.rpartition("://")
    return rest.partition("?")[0].partition("#")[0]
