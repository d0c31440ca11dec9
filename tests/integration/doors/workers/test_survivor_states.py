"""What a person reads of each state, brought about by the program itself: crawl, people, mail, company, rechecks, daily
updates. Each page is read in three languages, and what it promises is looked for where it has to happen."""

from __future__ import annotations

import asyncio
import datetime as dt
import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from ...notify.notices.conftest import Mailbox, mail, mailbox
from .conftest import WebSite, picture

if TYPE_CHECKING:
    from orbweaver.assess.criteria import Answers
    from orbweaver.follow.survivors.models import Request
    from orbweaver.people.accounts.models import User

__all__ = ["mail", "mailbox"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline")]

DAY = dt.timedelta(days=1)
THREAD = "https://forum.example/thread/9"
TOLD = "We asked the company to remove it."


class Clock:
    """The hour that the pages for survivors go by: so many days from now."""

    days = 0.0

    def __call__(self) -> dt.datetime:
        from orbweaver.platform.clock import now

        return now() + self.days * DAY


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("orbweaver.doors.web.public.survivors.now", made)
    return made


@pytest.fixture(autouse=True)
def _hotline_that_sends(mail: Mailbox, set_config: Any, db: None) -> None:
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.platform.clock import now

    set_config(
        hotline_name="Lake Hotline", hotline_domain="lake-hotline.org", hotline_contact="notices@lake-hotline.org",
        network_allow="127.0.0.1:*,127.0.0.2:*", crawl_host_delay_s=0, decode_workers=1, survivor_visit_hours=0,
        discover_contacts="false",
    )  # fmt: skip
    for name, known in (
        ("host", "127.0.0.1/32"),
        ("other", "127.0.0.2/32"),
    ):
        add_contact(add_provider(name, now=now(), networks=[known]), f"abuse@{name}.example", now=now())
    add_contact(add_provider("forum", now=now(), domains=["forum.example"]), "abuse@forum.example", now=now())


class Person:
    """Somebody who asked, with their number and secret code."""

    def __init__(self, clock: Clock, path: str = "/info/ask/", **said: Any) -> None:
        self.clock, self.client = clock, Client()
        clock.days = 0
        usual = {"capacity": "adult", "danger": "no", "aim": "picture", "form": "1"}
        answer = self.client.post(path, usual | said).content.decode()
        found = re.findall(r'class="mono keep" id="(?:reference|secret)">([^<]+)<', answer)
        self.reference, self.secret = found[0].replace(" ", ""), found[1]

    @property
    def request(self) -> Request:
        from orbweaver.follow.survivors.models import Request

        return Request.objects.get(reference=self.reference)

    def opens(self, days: float, path: str = "/info/follow/", **more: Any) -> str:
        """Their page so many days from now."""
        self.clock.days = days
        [shown] = re.findall(r'name="form" value="([^"]+)"', self.client.get("/info/follow/").content.decode())
        sent = {"reference": self.reference, "secret": self.secret, "form": shown}
        return str(self.client.post(path, {**sent, **more}).content.decode())

    def reads(self, days: float, *sentences: str, not_those: tuple[str, ...] = ()) -> None:
        """Each of these stands on the page, in the words of each language, and nothing that nobody may see."""
        from django.utils import translation
        from django.utils.translation import gettext

        for language in ("en", "fr", "de"):
            page = html.unescape(self.opens(days, language=language))
            with translation.override(language):
                for sentence in sentences:
                    assert gettext(sentence) in page, (language, sentence)
                for sentence in not_those:
                    assert gettext(sentence) not in page, (language, sentence)
            for hidden in ("<img", "127.0.0", "forum.example", "vdt_", "ntc_"):
                assert hidden not in page, (language, hidden)


def crawl() -> None:
    from orbweaver.doors.workers.crawl import Crawler

    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(once=True).run()

    asyncio.run(go())


def work() -> None:
    """What is due, and what follows from that."""
    from orbweaver.doors.workers.due import Worker

    for _ in range(3):
        Worker().run_once()


@pytest.fixture
def analysts(make_person: Any) -> list[User]:
    return [make_person("Ann"), make_person("Ben")]


def removed() -> Answers:
    from orbweaver.assess.criteria import Answers, Category

    return Answers(True, True, Category.CSAM, 5, 7)


def decide(people: list[User], answers: Answers) -> None:
    """All that waits for them, by each."""
    from orbweaver.assess.review.services import record_assessment, take_next
    from orbweaver.platform.clock import now

    for person in people:
        while (item := take_next(person, now())) is not None:
            record_assessment(item.public_id, person, answers, item.version, now())


def find(analysts: list[User], answers: Answers | None = None) -> None:
    """What was asked for is visited, seen by two people, decided, and told."""
    work()
    crawl()
    decide(analysts, answers or removed())
    work()


def check(days: float) -> None:
    from orbweaver.follow.recheck.checking import Checker
    from orbweaver.platform.clock import now

    with Checker(lambda: now() + days * DAY) as checker:
        checker.check_due()


def remind(days: float) -> None:
    """What is to be sent so many days from now."""
    from orbweaver.notify.notices.sending.outbox import send_due
    from orbweaver.notify.notices.sending.reminders import queue_reminders
    from orbweaver.platform.clock import now

    queue_reminders(now() + days * DAY)
    send_due(lambda: now() + days * DAY)


def letters(mail: Mailbox, to: str) -> list[str]:
    return [raw.decode("utf-8", "replace") for address, raw in mail.received if address == to]


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.sweep
def test_of_a_company_that_refuses_of_what_is_gone_and_of_what_came_back(
    make_site: Callable[..., WebSite], analysts: list[User], clock: Clock, mail: Mailbox
) -> None:
    from orbweaver.notify.notices.models import NoticeUrl, PushBack

    site = make_site()
    site.page("/", "<h1>Welcome</h1>")
    site.picture("/me.jpg", picture(1))
    person = Person(clock, urls=site.url("/me.jpg"))
    not_yet = ("We have not finished.", "Our system goes on. You do not have to do anything.")
    person.reads(2, "We are looking there.", *not_yet)
    find(analysts)
    person.reads(2, TOLD, "We look again. Is it still there? Then we remind the company. This can take days or weeks.")
    [letter] = letters(mail, "abuse@host.example")
    [link] = set(re.findall(r"/public/answer/[^/\s]+/", letter.replace("=\r\n", "")))
    assert Client().post(link, {"action": "push_back", "reason": "not_illegal"}).status_code == 302
    assert PushBack.objects.get().outcome == "open"
    kept = (
        "That does not mean that it is right. It is not your fault. We go on asking. Sometimes we can also ask others "
    )
    kept += "that the company needs, for example for its internet connection."
    person.reads(3, "The company says that it does not remove it.", kept)
    late = Person(clock, urls=site.url("/me.jpg"), form="late")
    late.reads(2, TOLD, not_those=(kept,))  # else it would say that the company was asked before
    assert NoticeUrl.objects.get().state == "live", "a refusal pauses nothing"
    remind(8)
    assert len(letters(mail, "abuse@host.example")) == 2, "as the page says: the company is reminded"
    body = site.answers.pop("/me.jpg")
    for days in (9, 10, 11):
        check(days)
    person.reads(13, "It is gone.", not_those=(TOLD,))
    site.answers["/me.jpg"] = body
    told_before = len(letters(mail, "abuse@host.example"))
    check(20)
    assert NoticeUrl.objects.get().state == "reappeared"
    it_happens = "That happens, and it is not your fault. We ask the company again."
    person.reads(22, "It came back.", it_happens, "You do not have to do anything.")
    remind(30)
    assert len(letters(mail, "abuse@host.example")) > told_before, "as the page says: the company is asked again"


@pytest.mark.sweep
def test_of_a_website_that_answers_nobody_and_of_a_picture_about_which_nothing_is_done(
    make_site: Callable[..., WebSite], analysts: list[User], clock: Clock
) -> None:
    from orbweaver.assess.criteria import Answers
    from orbweaver.notify.notices.models import NoticeUrl

    site, other = make_site("127.0.0.2"), make_site()
    site.picture("/me.jpg", picture(1))
    other.picture("/else.jpg", picture(2))
    person = Person(clock, urls=site.url("/me.jpg"))
    Person(clock, urls=other.url("/else.jpg"), form="2")
    find(analysts)
    person.reads(2, TOLD)
    site.close()
    for days in range(1, 7):
        check(days)
    assert NoticeUrl.objects.get(url=site.url("/me.jpg")).state == "offline"
    person.reads(8, "The website does not answer.", not_those=("It is gone.",))
    other.picture("/grown.jpg", picture(3))
    grown = Person(clock, urls=other.url("/grown.jpg"), form="3")
    find(analysts, Answers(False, False))
    grown.reads(2, "We could not ask for its removal.", "What else you can do")


def test_of_texts_that_a_company_keeps_leaves_unanswered_and_shows_again(
    make_person: Any, clock: Clock, mail: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbweaver.follow.survivors import safety
    from orbweaver.people.accounts.rules import Role
    from orbweaver.platform.clock import now

    person = Person(clock, urls=THREAD, aim="text")
    support = signed_in(make_person("Sol", Role.SURVIVOR_SUPPORT))
    number = str(person.request.parts.get().pk)
    at = Clock()
    monkeypatch.setattr("orbweaver.doors.web.workplace.requests.now", at)

    def does(days: float, action: str) -> None:
        at.days = days
        page = f"/requests/{person.request.public_id}/"
        assert support.post(page, {"action": action, "number": number}).status_code == 302
        safety.send_due(now() + days * DAY)

    person.reads(2, "Somebody in our team reads the page.")
    does(2, "ask-company")
    assert THREAD in letters(mail, "abuse@forum.example")[0]
    person.reads(3, "We asked the company to remove the texts.",
                 "We told it the internet address of the page. We told it nothing about you.")  # fmt: skip
    for known in (person.reference, person.request.public_id):
        assert known not in letters(mail, "abuse@forum.example")[0], "as the page says"
    person.reads(17, "The company has not answered so far.")
    assert safety.to_look_at(now() + 17 * DAY).exists(), "as the page says, somebody is to look again"
    does(18, "words-there")
    does(18, "ask-company")
    assert len(letters(mail, "abuse@forum.example")) == 2, "as the page says, the company is asked again"
    does(19, "words-refused")
    person.reads(21, "The company says that it does not remove the texts.",
                 "That does not mean that it is right. It is not your fault.", "What else you can do")  # fmt: skip
    does(22, "words-not-there")
    person.reads(24, "The texts are gone.")
    does(25, "words-there")
    person.reads(27, "The texts are there again.")
    assert safety.may_ask(person.request.parts.get()), "as the page says, the company can be asked again"


@pytest.mark.sweep
def test_of_words_alone_of_which_a_page_is_found_and_of_which_none_is(
    make_site: Callable[..., WebSite], make_person: Any, analysts: list[User], clock: Clock
) -> None:
    from orbweaver.people.accounts.rules import Role

    site = make_site()
    site.picture("/me.jpg", picture(1))
    person = Person(clock, words="In the album of the club.")
    support = signed_in(make_person("Sol", Role.SURVIVOR_SUPPORT))
    reads = "You told us in your own words. Somebody in our team reads them. Did you give us a safe way to reach you? "
    person.reads(2, reads + "Then we can answer you there. If not, you see here what we did.")
    page = f"/requests/{person.request.public_id}/"
    assert support.post(page, {"action": "add-address", "url": site.url("/me.jpg")}).status_code == 302
    find(analysts)
    person.reads(2, "A page that we found with the help of your words", TOLD)
    assert site.url("/me.jpg") not in person.opens(2, addresses="on"), "an address that is not theirs is never shown"
    other = Person(clock, words="In a chat.", form="2")
    support.post(f"/requests/{other.request.public_id}/", {"action": "done"})
    other.reads(2, "Somebody in our team has read what you wrote.")


@pytest.mark.sampled(1)
@pytest.mark.parametrize("proved", [True, False])
def test_of_a_proof_that_two_people_decided(
    make_site: Callable[..., WebSite], make_person: Any, analysts: list[User], clock: Clock, proved: bool
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from orbweaver.assess.review.models import Verdict
    from orbweaver.follow.survivors import age_proofs
    from orbweaver.follow.survivors.models import AgeProof
    from orbweaver.notify.notices.models import NoticeUrl
    from orbweaver.people.accounts.rules import Role

    site = make_site()
    site.picture("/me.jpg", picture(1))
    Person(clock, urls=site.url("/me.jpg"))
    find(analysts)
    photo = SimpleUploadedFile("photo.jpg", b"\xff\xd8\xff\xe1" + bytes(4 * 2**20))
    person = Person(clock, "/info/proof/", brought_by="person", urls=site.url("/me.jpg"), document=photo)
    person.reads(0, "Your document is locked away until they have decided.", "Nothing has changed so far.")
    proof, verdict = AgeProof.objects.get(), Verdict.objects.get()
    page = f"/proofs/{proof.public_id}/"
    signed_in(make_person("Sol", Role.SURVIVOR_SUPPORT)).post(page, {"action": "tie", "verdict": verdict.public_id})
    for name, role, says in (
        ("Sen", Role.SENIOR_ANALYST, "yes"),
        ("Mona", Role.HOTLINE_MANAGER, "yes" if proved else "no"),
    ):
        decider = signed_in(make_person(name, role))
        saved = decider.post(f"{page}document/")
        assert saved.content == b"\xff\xd8\xff\xe1" + bytes(4 * 2**20)
        decider.post(page, {"action": "answer", "proved": says, "why": "The year on it", "reason": "time"})
    verdict.refresh_from_db()
    assert not list(age_proofs.documents_dir().glob("*")), "as the page says: destroyed"
    if proved:
        person.reads(0, "Your proof is enough.", "We have destroyed your document.")
        assert verdict.superseded_by is not None
        assert NoticeUrl.objects.get().state == "withdrawn", "as the page says, its removal is not asked for any more"
    else:
        why = "We cannot see when the picture or video was made."
        person.reads(0, "What you sent is not enough proof for us.", why, "We have destroyed your document.")
        assert verdict.superseded_by is None
        assert NoticeUrl.objects.get().state == "live", "as the page says, nothing has changed"
        letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.7 of that summer")
        person.opens(0, "/info/follow/proof/", words="I was 25.", document=letter)
        person.reads(0, "Two people in our team look at what you sent. They had nothing to do with it before.")
        for name in ("Sue", "Sam"):
            decider = signed_in(make_person(name, Role.SENIOR_ANALYST))
            assert "I was 25." in decider.get(page).content.decode()
            decider.post(page, {"action": "answer", "proved": "no", "why": "No year", "reason": "other"})
        why = "What you sent does not show clearly that the person was 18 or older."
        person.reads(0, "We looked again, and our decision stays the same.", why, "Other people decided than before.")


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("changed", "We looked again, and we decide differently now."),
        ("kept", "We looked again, and our decision stays the same."),
    ],
)
def test_of_an_answer_to_who_does_not_agree(
    make_site: Callable[..., WebSite], make_person: Any, analysts: list[User], clock: Clock, outcome: str, said: str
) -> None:
    from orbweaver.assess.criteria import Answers
    from orbweaver.people.accounts.rules import Role

    site = make_site()
    site.picture("/me.jpg", picture(1))
    person = Person(clock, urls=site.url("/me.jpg"))
    find(analysts, Answers(False, False))
    person.reads(2, "We could not ask for its removal.", "Do you not agree, or do you want to tell us more?")
    person.opens(2, "/info/follow/again/", words="I was twelve.")
    person.reads(2, "We have your words.", not_those=(said,))
    support = signed_in(make_person("Sol", Role.SURVIVOR_SUPPORT))
    page = f"/requests/{person.request.public_id}/"
    if outcome == "changed":
        support.post(page, {"action": "review-pictures"})
        decide([make_person("Sen", Role.SENIOR_ANALYST)], removed())
        work()
    answered = {"action": "answer-disagreement", "outcome": outcome, "answer": "Two others of us looked again."}
    assert support.post(page, answered).status_code == 302
    person.reads(3, said, TOLD if outcome == "changed" else "We could not ask for its removal.")
    assert "Two others of us looked again." in person.opens(3)
