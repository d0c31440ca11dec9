"""A browser without a window: cookies, pages, and forms filled in as a person would.

What the demo's people do, they do through this: the same pages, the same forms, the same tokens against forgery. A
value for a field that the form does not show is an error, so that the demo fails when a page stops offering it.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

from selectolax.lexbor import LexborHTMLParser, LexborNode

from orbweaver.errors import OrbweaverError

T = TypeVar("T")

TIMEOUT_S = 30.0
MAX_PAGE = 16 * 2**20

PATIENCE_S = 60.0
WORLD_S = 900.0
"""Longest time until the world answers, which draws what it shows. On a busy machine all takes longer."""
RETRY_S = 0.5

Values = Mapping[str, str | bool | Sequence[str]]


class PageProblem(OrbweaverError):
    """A page is not as a person would need it to be: an error, or a form or field that is missing."""

    code = "page_problem"


class NoAnswer(PageProblem):
    """Nothing answers there now; a person would try again in a moment."""

    code = "no_answer"


def patiently(action: Callable[[], T], meanwhile: Callable[[], None] = lambda: None, within_s: float = PATIENCE_S) -> T:
    """What the action gives, tried again while nothing answers. Raises NoAnswer after so long (a minute)."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            return action()
        except NoAnswer:
            if time.monotonic() > deadline:
                raise
        meanwhile()
        time.sleep(RETRY_S)


@dataclass
class Form:
    """One form: where it goes, how, and what its fields hold before anybody touches them."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[str, set[str]] = field(default_factory=dict)
    """Choices of radios, check boxes and selects, by name."""
    buttons: list[tuple[str, str]] = field(default_factory=list)
    """Name and value of each button that sends the form."""

    def filled(self, values: Values) -> list[tuple[str, str]]:
        """The pairs that are sent when ``values`` are entered. Raises PageProblem for what the form does not show."""
        result = {name: list(given) for name, given in self.fields.items()}
        for name, value in values.items():
            if name not in self.fields:
                raise PageProblem(f"The form has no field named {name}; it has {', '.join(sorted(self.fields))}.")
            result[name] = self._entered(name, value)
        return [(name, each) for name, given in result.items() for each in given]

    def _entered(self, name: str, value: str | bool | Sequence[str]) -> list[str]:
        choices = self.offered.get(name)
        if isinstance(value, bool):
            return sorted(choices or {"on"})[:1] if value else []
        entered = [value] if isinstance(value, str) else list(value)
        if choices is not None and not set(entered) <= choices:
            raise PageProblem(f"The field {name} offers {', '.join(sorted(choices))} and nothing else.")
        return entered


@dataclass(frozen=True)
class Page:
    """What a server answered, after redirects."""

    url: str
    status: int
    mime: str
    body: bytes

    @property
    def tree(self) -> LexborHTMLParser:
        """The page as a tree."""
        return LexborHTMLParser(self.body)

    @property
    def text(self) -> str:
        """The words that a person reads."""
        body = self.tree.body
        return " ".join(body.text(separator=" ").split()) if body else ""

    def link(self, selector: str) -> str | None:
        """The absolute address of the first link that the selector finds."""
        node = self.tree.css_first(selector)
        target = node.attributes.get("href") if node else None
        return urllib.parse.urljoin(self.url, target) if target else None

    def form(self, selector: str = "form") -> Form:
        """The first form that the selector finds. Raises PageProblem when there is none."""
        node = self.tree.css_first(selector)
        if node is None:
            raise PageProblem(f"The page at {_path(self.url)} has no form {selector}.")
        return read_form(node, self.url)


def _path(url: str) -> str:
    return urllib.parse.urlsplit(url).path


def read_form(node: LexborNode, page_url: str) -> Form:
    """A form of a page at this address."""
    form = Form(
        action=urllib.parse.urljoin(page_url, node.attributes.get("action") or page_url),
        method=(node.attributes.get("method") or "get").upper(),
    )
    for control in _controls(node):
        if "disabled" not in control.attributes:
            _read_control(form, control)
    return form


def _controls(form: LexborNode) -> list[LexborNode]:
    """What belongs to a form: all within it, and what names it from elsewhere on the page."""
    kinds = ("input", "select", "textarea", "button")
    found = form.css(", ".join(kinds))
    name, root = form.attributes.get("id"), form
    while root.parent is not None:
        root = root.parent
    if name and name.isidentifier():
        found += root.css(", ".join(f'{kind}[form="{name}"]' for kind in kinds))
    return found


def _read_control(form: Form, control: LexborNode) -> None:
    name, kind = control.attributes.get("name") or "", (control.attributes.get("type") or "").lower()
    value = control.attributes.get("value")
    if control.tag == "button" or kind in ("submit", "image"):
        if kind != "button":
            form.buttons.append((name, value or ""))
    elif not name or kind in ("file", "reset", "button"):
        return
    elif control.tag == "select":
        _read_select(form, name, control)
    elif kind in ("radio", "checkbox"):
        held = form.fields.setdefault(name, [])
        form.offered.setdefault(name, set()).add(value or "on")
        if "checked" in control.attributes:
            held.append(value or "on")
    elif control.tag == "textarea":
        form.fields.setdefault(name, []).append(control.text())
    else:
        form.fields.setdefault(name, []).append(value or "")


def _read_select(form: Form, name: str, control: LexborNode) -> None:
    options = control.css("option")
    values = [option.attributes.get("value", option.text()) or "" for option in options]
    chosen = [value for option, value in zip(options, values, strict=True) if "selected" in option.attributes]
    form.offered[name] = set(values)
    form.fields[name] = chosen or ([] if "multiple" in control.attributes else values[:1])


class Browser:
    """One person's browser; their session lives in its cookies."""

    def __init__(self) -> None:
        # Loopback addresses are no domains: the default policy would refuse their cookies in part.
        policy = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainLiberal)
        self.cookies = CookieJar(policy)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )

    def get(self, url: str) -> Page:
        """Open an address. Raises PageProblem for an answer of 400 and above, and where nothing answers."""
        return self._open(urllib.request.Request(url))  # noqa: S310 - _open lets http and https pass alone

    def press(self, page: Page, selector: str) -> Page:
        """Press a button that sends a form elsewhere (``formaction``), with what the form holds as it stands."""
        button = page.tree.css_first(selector)
        target = button.attributes.get("formaction") if button else None
        owner = button.attributes.get("form") if button else None
        if not target or not owner:
            raise PageProblem(f"The page at {_path(page.url)} has no button {selector}.")
        form = page.form(f"#{owner}")
        return self.post(page, urllib.parse.urljoin(page.url, target), form.filled({}))

    def submit(self, page: Page, selector: str, values: Values, button: tuple[str, str] | None = None) -> Page:
        """Fill in the form that the selector finds and send it, with a button's name and value where it has one."""
        form = page.form(selector)
        pairs = form.filled(values)
        if button is not None:
            if button not in form.buttons:
                raise PageProblem(f"The form at {_path(page.url)} has no such button.")
            pairs.append(button)
        if form.method == "GET":
            return self.get(f"{form.action.partition('?')[0]}?{urllib.parse.urlencode(pairs)}")
        return self.post(page, form.action, pairs)

    def post(self, page: Page, action: str, pairs: Sequence[tuple[str, str]]) -> Page:
        """Send these pairs from a page, as its form would."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": page.url,
            "Origin": "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(page.url)),
        }
        encoded = urllib.parse.urlencode(pairs).encode()
        filled = urllib.request.Request(action, encoded, headers, method="POST")  # noqa: S310 - as above
        return self._open(filled)

    def _open(self, request: urllib.request.Request) -> Page:
        if not request.full_url.startswith(("http://", "https://")):
            raise PageProblem("Only web addresses are opened.")
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return Page(answer.url, answer.status, answer.headers.get_content_type(), answer.read(MAX_PAGE))
        except urllib.error.HTTPError as error:
            with error:
                kind = NoAnswer if error.code >= 500 else PageProblem  # such as while the database starts again
                raise kind(f"{_path(request.full_url)} answered {error.code}.") from None
        except OSError as error:
            raise NoAnswer(f"{_path(request.full_url)} does not answer ({type(error).__name__}).") from None


def ask(address: str, meanwhile: Callable[[], None] = lambda: None, within_s: float = WORLD_S) -> Any:
    """What the world says there, in JSON, asked again while it is busy drawing. Raises NoAnswer after so long."""
    return json.loads(patiently(lambda: Browser().get(address), meanwhile, within_s).body)
