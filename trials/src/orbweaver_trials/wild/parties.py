"""Those who are told: what they read, what they do about it and when, how they answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final
from urllib.parse import urlsplit

from orbweaver.platform.clock import get_clock, now
from orbweaver_trials.demo.browser import PageProblem, patiently
from orbweaver_trials.demo.mail import ReceivedNotice, read_notice
from orbweaver_trials.demo.providers import answer_by_link
from orbweaver_trials.wild.book import Book
from orbweaver_trials.wild.letters import Notice, automatic, bounce, reply
from orbweaver_trials.wild.plan import Answer, Letterbox, Party, Place, Plan
from orbweaver_trials.wild.post import Post

REFERENCE: Final = re.compile(r"ntc_[a-z0-9]{8,}")
ADDRESS: Final = re.compile(r"https?://[^\s<>\"')\]]+")
IDENTIFIED: Final = re.compile(r"identified by law enforcement:\s*(.+)", re.IGNORECASE)
FULL_FOR: Final = dt.timedelta(hours=48)
BOUNCES_AFTER_H: Final = 1.0
ANSWERS_AFTER_H: Final = 5.0
READS_PER_PARTY: Final = 3
"""Automatic replies of one party, at most."""

Strike = Callable[[Place], Awaitable[None]]


def refanged(text: str) -> str:
    """Addresses in a letter as they are."""
    return text.replace("[.]", ".").replace("hxxp", "http").replace("[:]", ":")


def named_places(plan: Plan, text: str) -> list[Place]:
    """The places of the world that a text names, each once."""
    found: dict[tuple[str, str], Place] = {}
    for url in ADDRESS.findall(refanged(text)):
        place = place_of(plan, url)
        if place is not None:
            found.setdefault(place.key, place)
    return list(found.values())


def place_of(plan: Plan, url: str) -> Place | None:
    """The place of an address, where it was moved or posted again too."""
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if not name.isascii():
        name = ".".join(
            label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in name.split(".")
        )
    path = parts.path
    for prefix in ("/again", "/moved"):
        path = path.removeprefix(prefix)
    return plan.place(name, path)


class Parties:
    """All of them. ``strike`` lets the fate of a place come true."""

    def __init__(self, plan: Plan, book: Book, strike: Strike) -> None:
        self._plan, self._book, self._strike = plan, book, strike
        self.post: Post | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: set[tuple[str, str]] = set()
        self._answered: dict[str, int] = {}
        self._first_mail: dict[str, dt.datetime] = {}

    async def receive(self, raw: bytes, mailbox: str, sender: str) -> None:
        """A mail came to a mailbox of theirs."""
        party = self._plan.of_mailbox(mailbox)
        message = message_from_bytes(raw, policy=policy.default)
        if party is None or not isinstance(message, EmailMessage):
            return
        read = read_notice(raw, mailbox)
        notice = Notice(message, read.text, sender, mailbox)
        if self._comes_back(party, mailbox):
            self._book.add("returned", mailbox=mailbox, how=str(party.box), notice=reference_of(read))
            self._soon(BOUNCES_AFTER_H, self._bounce, notice, party.box)
            return
        places = self._write_down(party, read)
        self._act(party, notice, read, places)

    def _comes_back(self, party: Party, mailbox: str) -> bool:
        if mailbox != party.mailboxes[0]:
            return False
        if party.box is Letterbox.FULL:
            return now() - self._first_mail.setdefault(mailbox, now()) < FULL_FOR
        return party.box.lost

    def _write_down(self, party: Party, read: ReceivedNotice) -> list[Place]:
        """What the letter names, in its reports and in its words."""
        exact = " ".join(read.urls)
        places = named_places(self._plan, exact)
        said = IDENTIFIED.search(read.text)
        self._book.add(
            "mails",
            party=party.key,
            mailbox=read.recipient,
            notice=reference_of(read),
            message_id=read.message_id,
            places=[list(each.key) for each in places],
            addresses=[[urlsplit(url).hostname, urlsplit(url).path] for url in read.urls],
            words_name=[list(each.key) for each in named_places(self._plan, read.text)],
            identified=said.group(1).strip() if said else "",
        )
        return places

    def _act(self, party: Party, notice: Notice, read: ReceivedNotice, places: list[Place]) -> None:
        for place in places:
            mine = self._plan.host(place.host).party == party.key
            if mine and place.key not in self._told:
                self._told.add(place.key)
                self._soon(8.0 + place.seed % 5 * 4, self._strike, place)
        if party.answer is Answer.AUTO or (party.answer is Answer.TICKET and places):
            self._count(party, "auto", READS_PER_PARTY, self._automatic, 0.5, party, notice, read)
        if places and party.answer not in {Answer.NEVER, Answer.AUTO}:
            self._count(party, "person", 1, self._answer, ANSWERS_AFTER_H, party, notice, read)

    def _count(
        self, party: Party, what: str, most: int, deed: Callable[..., Awaitable[None]], hours: float, *rest: object
    ) -> None:
        key = f"{party.key} {what}"
        self._answered[key] = self._answered.get(key, 0) + 1
        if self._answered[key] <= most:
            self._soon(hours, deed, *rest)

    def _soon(self, hours: float, deed: Callable[..., Awaitable[None]], *arguments: object) -> None:
        async def later() -> None:
            await asyncio.sleep(get_clock().real_seconds(dt.timedelta(hours=hours)))
            await deed(*arguments)

        task = asyncio.create_task(later())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def by_form(self, key: str, text: str) -> None:
        """A text came by the form on the web of a party that reads no mail."""
        party = self._plan.party(key)
        places = named_places(self._plan, text)
        found = REFERENCE.search(text)
        self._book.add(
            "mails",
            party=party.key,
            mailbox="form",
            notice=found.group(0) if found else "",
            message_id="",
            places=[list(each.key) for each in places],
            addresses=[list(each.key) for each in places],
            words_name=[],
            identified="",
        )
        for place in places:
            if self._plan.host(place.host).party == party.key:
                self._soon(8.0, self._strike, place)

    async def _bounce(self, notice: Notice, box: Letterbox) -> None:
        self._deliver(bounce(notice, box), notice.sender, "")

    async def _automatic(self, party: Party, notice: Notice, read: ReceivedNotice) -> None:
        raw = automatic(notice, party, ticket=party.answer is Answer.TICKET)
        self._book.add("automatic", party=party.key, notice=reference_of(read))
        self._deliver(raw, notice.reply_to, notice.mailbox)

    async def _answer(self, party: Party, notice: Notice, read: ReceivedNotice) -> None:
        marker = f"Q{abs(hash_of(party.key)):07d}"
        outcome = "sent"
        if party.answer.by_mail:
            self._deliver(reply(notice, party, marker), notice.reply_to, notice.mailbox)
        else:
            action = ("removed", "") if party.answer is Answer.LINK_DONE else ("push_back", "wants_proof_of_age")
            try:
                outcome = await asyncio.to_thread(patiently, lambda: answer_by_link(read, *action))
            except PageProblem as problem:
                outcome = str(problem)
        self._book.add(
            "answers",
            party=party.key,
            notice=reference_of(read),
            manner=str(party.answer),
            tongue=party.tongue,
            marker=marker if party.answer.by_mail else "",
            to=notice.reply_to,
            outcome=outcome,
        )

    def _deliver(self, raw: bytes, recipient: str, sender: str) -> None:
        assert self.post is not None
        self.post.deliver(raw, recipient, sender)


def reference_of(read: ReceivedNotice) -> str:
    """The hotline's reference of a letter, as a reader finds it."""
    found = REFERENCE.search(read.subject) or REFERENCE.search(read.text) or REFERENCE.search(read.message_id)
    return found.group(0) if found else ""


def hash_of(text: str) -> int:
    """A number of a text, the same in every process."""
    return sum((place + 7) * ord(letter) * 7_919 for place, letter in enumerate(text)) % 9_999_991
