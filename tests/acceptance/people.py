"""People in front of the pages: a client that fills forms as a browser does, by their labels."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

PASSWORD = "a sentence that nobody guesses"


@dataclass
class Page:
    """One answer of the server."""

    status: int
    url: str
    text: str
    headers: dict[str, str]

    @property
    def tree(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.text)

    @property
    def words(self) -> str:
        """What a reader sees, in one line."""
        body = self.tree.body
        return " ".join((body.text(separator=" ") if body else self.text).split())

    def form(self, *, action: str = "", has: str = "") -> Form:
        """The form whose address holds ``action`` and that has a field of the name ``has``."""
        for node in self.tree.css("form"):
            form = Form(node, self.url)
            if action in (node.attributes.get("action") or self.url) and (not has or form.has(has)):
                return form
        raise AssertionError(f"no form {action!r} {has!r} on {self.url}: {self.status} {self.words[:1500]}")

    def links(self, part: str) -> list[str]:
        found = [node.attributes.get("href") or "" for node in self.tree.css("a[href]")]
        return list(dict.fromkeys(urllib.parse.urljoin(self.url, one) for one in found if part in one))


class Form:
    """A form with the values that a browser would send."""

    def __init__(self, node: LexborNode, page: str) -> None:
        self.node = node
        self.address = urllib.parse.urljoin(page, node.attributes.get("action") or page)
        self.page = page

    def has(self, name: str) -> bool:
        return self.node.css_first(f'[name="{name}"]') is not None

    def values(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for node in self.node.css("input[name], textarea[name], select[name]"):
            name, kind = node.attributes.get("name") or "", node.attributes.get("type") or "text"
            if kind in {"submit", "button", "file"} or "disabled" in node.attributes:
                continue
            if kind in {"checkbox", "radio"}:
                if "checked" in node.attributes:
                    found.append((name, node.attributes.get("value") or "on"))
            elif node.tag == "select":
                chosen = node.css("option[selected]") or node.css("option")[:1]
                found += [(name, option.attributes.get("value") or "") for option in chosen]
            else:
                found.append((name, (node.attributes.get("value") or "") if node.tag == "input" else node.text()))
        return found


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def _ask(self, request: urllib.request.Request) -> Page:
        request.add_header("Accept-Language", "en")
        try:
            answer = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            text = answer.read().decode(errors="replace")
            return Page(answer.status or 0, answer.url, text, dict(answer.headers.items()))

    def open(self, path: str) -> Page:
        return self._ask(urllib.request.Request(urllib.parse.urljoin(self.base, path)))

    def send(self, form: Form, **values: str | list[str]) -> Page:
        """Send the form with these values in place of its own; an empty list takes a field out."""
        pairs = [(name, value) for name, value in form.values() if name not in values]
        for name, value in values.items():
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
        request = urllib.request.Request(form.address, urllib.parse.urlencode(pairs).encode())
        where = urllib.parse.urlsplit(form.page)
        request.add_header("Origin", f"{where.scheme}://{where.netloc}")
        request.add_header("Referer", form.page)
        return self._ask(request)

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        return self.send(self.open("/sign-in/").form(has="password"), email=email, password=password)
