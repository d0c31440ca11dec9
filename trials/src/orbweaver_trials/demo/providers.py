"""How the demo's providers behave: each reads the notices in its mailbox and acts after its own fashion."""

from __future__ import annotations

import asyncio
import datetime as dt

from orbweaver.platform.clock import get_clock
from orbweaver_trials.demo.browser import Browser, PageProblem, patiently
from orbweaver_trials.demo.ledger import Ledger
from orbweaver_trials.demo.mail import ReceivedNotice
from orbweaver_trials.demo.plan import DISPUTE_HOURS, EXHIBITS, LATE_HOURS, Conduct
from orbweaver_trials.demo.sites import Site

ANSWER_PATH = "/answer/"
ANSWER_FORM = "form.answer"


class Provider:
    """Runs one site and owns one mailbox."""

    def __init__(self, site: Site, ledger: Ledger) -> None:
        self.site, self.ledger = site, ledger
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: set[str] = set()

    async def receive(self, notice: ReceivedNotice) -> None:
        """Write the mail down, then act in the background."""
        own = [url for url in notice.urls if url.startswith(self.site.address(self.site.host) + "/")]
        self.ledger.add(
            "mails",
            {
                "provider": self.site.host.name,
                "to": notice.recipient,
                "message_id": notice.message_id,
                "subject": notice.subject,
                "urls": notice.urls,
                "foreign_urls": len(notice.urls) - len(own),
                "problems": list(notice.problems),
            },
        )
        news = [url for url in own if url not in self._told]
        self._told.update(news)
        task = asyncio.create_task(self._act(notice, news))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _act(self, notice: ReceivedNotice, news: list[str]) -> None:
        conduct = self.site.host.conduct
        if conduct is Conduct.IGNORES or not news:
            return
        if conduct is Conduct.DISPUTES:
            await self._push_back(notice)
            await self._wait(DISPUTE_HOURS)
        elif conduct is Conduct.LATE:
            await self._wait(LATE_HOURS)
        kept = {self.site.url(each.path) for each in EXHIBITS if each.host == self.site.host and each.kept}
        for url in news:
            if url not in kept:
                self.ledger.add("removals", {"provider": self.site.host.name, "url": url})

    async def _wait(self, hours: float) -> None:
        await asyncio.sleep(get_clock().real_seconds(dt.timedelta(hours=hours)))

    async def _push_back(self, notice: ReceivedNotice) -> None:
        """Answer through the signed link in the mail: "we want proof of age"."""
        try:
            outcome = await asyncio.to_thread(patiently, lambda: dispute(notice))
        except PageProblem as error:
            outcome = str(error)
        self.ledger.add(
            "disputes",
            {"provider": self.site.host.name, "message_id": notice.message_id, "outcome": outcome},
        )


def dispute(notice: ReceivedNotice) -> str:
    """Push back on every address of a notice through the signed link in it; returns "answered". Raises PageProblem."""
    return answer_by_link(notice, "push_back", "wants_proof_of_age")


def answer_by_link(notice: ReceivedNotice, action: str, reason: str = "") -> str:
    """Answer a notice through the signed link in it; returns "answered".

    Raises PageProblem when there is no link, or the page does not take the answer.
    """
    link = notice.link(ANSWER_PATH)
    if link is None:
        raise PageProblem("The notice holds no link to answer it.")
    browser = Browser()
    page = browser.submit(browser.get(link), ANSWER_FORM, {"action": action, "reason": reason})
    if page.tree.css_first(ANSWER_FORM) is not None:
        raise PageProblem("The answer was refused.")
    return "answered"
