"""What forms there are, by the templates themselves, and which of them a browser has sent, by the server itself.

While ``marked_forms`` holds, each ``<form>`` of a template carries a hidden field with its name: the template, its
number there and where it goes. So what arrives says which form it came from, however the page was put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from playwright.sync_api import Locator, Page

TEMPLATES = Path(__file__).parents[2] / "src" / "orbweaver"
MARK = "form-of-the-test"
_ATTRIBUTES = r"(?:[^>\"]|\"[^\"]*\")*"
_FORM = re.compile(rf"<form\b{_ATTRIBUTES}>")
_GOES_TO = re.compile(r"\baction=\"{% url '([a-z-]+)'")
_BUTTON_GOES_TO = re.compile(r"\bformaction=\"{% url '([a-z-]+)'")


def forms_in(template: str, text: str) -> list[tuple[str, re.Match[str]]]:
    """Each form of a template that goes to the server, with its name."""
    found = [each for each in _FORM.finditer(text) if 'method="dialog"' not in each[0]]
    return [(f"{template} {number} {_place(each[0])}", each) for number, each in enumerate(found, 1)]


def _place(tag: str) -> str:
    to = _GOES_TO.search(tag)
    return to[1] if to else "itself"


def templates() -> dict[str, str]:
    """Every template: its name → its text."""
    found = TEMPLATES.rglob("templates/**/*.html")
    return {path.as_posix().split("/templates/")[1]: path.read_text(encoding="utf-8") for path in found}


def inventory() -> set[str]:
    """The name of every form in every template."""
    found: set[str] = set()
    for name, text in templates().items():
        forms = [each for each, _ in forms_in(name, text)]
        assert len(forms) + text.count('method="dialog"') == len(re.findall(r"<form\b", text)), (
            f"{name}: not understood"
        )
        found.update(forms)
    return found


def buttons() -> set[tuple[str, str]]:
    """Each template with a button that sends its form elsewhere, and where to."""
    return {(name, to) for name, text in templates().items() for to in _BUTTON_GOES_TO.findall(text)}


def _marked(template: str, text: str) -> str:
    for name, tag in reversed(forms_in(template, text)):
        text = f'{text[: tag.end()]}<input type="hidden" name="{MARK}" value="{name}">{text[tag.end() :]}'
    return text


@contextmanager
def marked_forms() -> Iterator[None]:
    """Every form of every page says which one it is, meanwhile."""
    from django.template import autoreload
    from django.template.base import Template

    original = Template.__init__

    def init(self: Any, template_string: Any, origin: Any = None, name: Any = None, engine: Any = None) -> None:
        text = _marked(name, str(template_string)) if name and str(name).endswith(".html") else template_string
        original(self, text, origin, name, engine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "__init__", init)
        autoreload.reset_loaders()
        yield
    autoreload.reset_loaders()


@dataclass
class Sent:
    """What arrived: by name of the form (none: our script asked) and of the address, with the status of the answer."""

    answers: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def forms(self) -> set[str]:
        """The forms that were sent and well received."""
        return {form for form, _, status in self.answers if status < 400}

    @property
    def places(self) -> set[str]:
        """The names of the addresses that took one."""
        return {to for _, to, status in self.answers if status < 400}

    def count(self, form: str) -> int:
        """How often a form arrived."""
        return sum(each == form for each, _, _ in self.answers)

    def last(self, form: str) -> int:
        """The status that it was answered with."""
        return next(status for each, _, status in reversed(self.answers) if each == form)


@contextmanager
def recording() -> Iterator[Sent]:
    """What a browser sends to the server meanwhile, and how it is answered."""
    from django.core.handlers.base import BaseHandler

    sent = Sent()
    original = BaseHandler.get_response

    def get_response(self: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        response = original(self, request)
        form = next(iter([*request.POST.getlist(MARK), *request.GET.getlist(MARK)]), "")
        by_script = request.method == "POST" and request.headers.get("Sec-Fetch-Mode") == "cors"
        if (form or by_script) and request.headers.get(
            "Sec-Fetch-Site"
        ) == "same-origin":  # no program but a browser says so
            match = request.resolver_match
            sent.answers.append((form, str(match.url_name) if match else "", response.status_code))
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseHandler, "get_response", get_response)
        yield sent


@dataclass
class Desk:
    """Somebody's browser."""

    page: Page
    sent: Sent

    def form(self, to: str, within: str = "main") -> Locator:
        """The forms whose address ends so."""
        return self.page.locator(f'{within} form[action$="{to}"]')

    def press(
        self, form: Locator, button: str = "", *, expect: int = 0, follow: bool = True, **fields: str | bool
    ) -> None:
        """Fill a form in and press its button (by its words, or its first), as a person would; see how it went.

        ``follow`` waits for the page that comes; without it nothing new opens here (a file, a tab, our script).
        """
        form = form.first
        for closed in reversed(form.locator("xpath=ancestor::details[not(@open)]").all()):
            closed.locator("> summary").click()
        for name, value in fields.items():
            _fill(form, name.removesuffix("_"), value)
        name = form.locator(f"[name={MARK}]").first.input_value()
        before = self.sent.count(name)
        target = form.get_by_role("button", name=button).first if button else form.locator("button").first
        self.click(target, follow=follow)
        self.wait_for(name, before)
        status = self.sent.last(name)
        assert status == expect if expect else status < 400, f"{name}: {status}"

    def click(self, target: Locator, *, follow: bool = True) -> None:
        """Press, and wait for the page that comes of it."""
        if follow:
            with self.page.expect_navigation():
                target.click()
        else:
            target.click()

    def wait_for(self, name: str, before: int) -> None:
        """Until the form has arrived once more."""
        for _ in range(200):
            if self.sent.count(name) > before:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{name} never arrived")

    def says(self, words: str) -> None:
        """The page says so, or does within seconds: what a script says comes after the press."""
        for _ in range(100):
            if words in self.page.locator("main").inner_text():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{self.page.url} does not say {words!r}")


def _fill(form: Locator, name: str, value: str | bool) -> None:
    one = form.locator(f'[name="{name}"]').first
    kind = one.evaluate("each => each.type")
    if kind == "select-one":
        one.select_option(str(value))
    elif kind == "file":
        one.set_input_files(str(value))
    elif kind == "radio" or (kind == "checkbox" and isinstance(value, str)):
        form.locator(f'[name="{name}"][value="{value}"]').check()
    elif kind == "checkbox":
        one.set_checked(bool(value))
    else:
        one.fill(str(value))
