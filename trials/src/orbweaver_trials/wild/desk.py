"""The manager at the desk: pastes texts into web forms, and says what the answers that the desk shows mean."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import urljoin

from orbweaver_trials.demo.browser import Browser, Page
from orbweaver_trials.wild.plan import Letterbox, Plan

FORM_ADDRESS = "https://{}/report-abuse"
"""Where the form of a provider stands that reads no mail."""


@dataclass
class Desk:
    """What one manager does, round after round."""

    browser: Browser
    base: str
    control: str
    plan: Plan
    setbacks: list[str] = field(default_factory=list)
    _pasted: set[str] = field(default_factory=set)

    def enter_forms(self) -> None:
        """Enter the web form of each provider that reads no mail."""
        for party in self.plan.parties:
            if party.box is Letterbox.NO_MAIL:
                self._enter_form(party.name, FORM_ADDRESS.format(party.domains[0]))

    def work(self) -> None:
        """One round at the desk."""
        for url in self._to_send():
            self._pasted.add(url)
            self._send_by_hand(self.browser.get(url))

    def _to_send(self) -> list[str]:
        """The tasks behind the link of the desk that says that something is to be sent by hand, the new ones."""
        desk = self.browser.get(f"{self.base}/notices/")
        lists = {link for link, words in _links(desk) if "by hand" in words}
        tasks = {link for each in lists for link, _ in _links(self.browser.get(each)) if _is_within(link, each)}
        return sorted(tasks - self._pasted)

    def _enter_form(self, name: str, address: str) -> None:
        """Enter the web form as a contact, where the page of the provider offers such a channel."""
        page = self.browser.get(f"{self.base}/providers/?q={name.replace(' ', '+')}")
        link = next((node for node in page.tree.css("a[href*='/providers/prv_']") if name in node.text()), None)
        if link is None:
            self.setbacks.append(f"{name} is not on the page of providers.")
            return
        page = self.browser.get(urljoin(page.url, link.attributes.get("href") or ""))
        for selector in {f"form[action='{node.attributes.get('action')}']" for node in page.tree.css("main form")}:
            form = page.form(selector)
            choice = next(
                ((field_, each) for field_, offered in form.offered.items() for each in offered if _is_form(each)), None
            )
            if choice is None:
                continue
            rest: dict[str, str | bool] = {
                field_: address for field_ in ("value", "address", "contact") if field_ in form.fields
            }
            self.browser.submit(page, selector, {choice[0]: choice[1], **rest})
            return
        self.setbacks.append(f"No page takes a web form as the contact of {name}.")

    def _send_by_hand(self, page: Page) -> None:
        """Paste the text of a task into the provider's form, and say that it was sent."""
        for node in page.tree.css("main form"):
            said = next((each for each in node.css("button[name]") if "sent by hand" in each.text().lower()), None)
            if said is not None and self._paste(page):
                action = node.attributes.get("action") or ""
                button = (said.attributes.get("name") or "", said.attributes.get("value") or "")
                self.browser.submit(page, f"form[action='{action}']", {}, button)
                return

    def _paste(self, page: Page) -> bool:
        text = " ".join(node.text() for node in page.tree.css("textarea, pre"))
        party = next(
            (each for each in self.plan.parties if each.box is Letterbox.NO_MAIL and each.name in page.text), None
        )
        if party is None:
            self.setbacks.append("A notice is to be sent by hand, and no party of the world has a form only.")
            return False
        sent = urllib.request.Request(f"{self.control}/pasted/{party.key}", text.encode(), method="POST")  # noqa: S310
        with urllib.request.urlopen(sent, timeout=30):  # noqa: S310 - our own world
            return True


def _links(page: Page) -> list[tuple[str, str]]:
    """Where a page leads to, with the words of each link in lower case."""
    return [
        (urljoin(page.url, node.attributes.get("href") or "").partition("#")[0], node.text().lower())
        for node in page.tree.css("a[href]")
    ]


def _is_within(link: str, page: str) -> bool:
    return link.startswith(page.rstrip("/") + "/") and link.rstrip("/") != page.rstrip("/") and "?" not in link


def _is_form(choice: str) -> bool:
    return "form" in re.split(r"[^a-z]+", choice.lower())
