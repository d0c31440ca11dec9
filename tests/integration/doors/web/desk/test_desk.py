"""The desk: notices, objections, leads and sites."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.detect.crawl.messages import ANALYST_ASKS
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.notify.notices.models import Notice

    SignIn = Callable[..., Any]

URL = "https://images.example/secret/1.png"


@pytest.fixture
def notice(make_item: Callable[..., ReviewItem], make_person: Callable[..., Any], now: dt.datetime) -> Notice:
    """A notice about one URL, its message in the outbox."""
    from orbweaver.assess.criteria import Answers, Category
    from orbweaver.assess.review.services import record_assessment, take
    from orbweaver.notify.notices.models import Notice
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    provider = add_provider("Lakeside", now=now, domains=["images.example"])
    add_contact(provider, "abuse@lakeside.example", now=now)
    item = make_item(url=URL)
    answers = Answers(is_child=True, is_harmed=True, category=Category.CSAM, age_min=9, age_max=12)
    for name in ("Ann", "Ben"):
        person = make_person(name, Role.ANALYST)
        taken = take(item.public_id, person, now)
        record_assessment(item.public_id, person, answers, taken.version, now)
    issue_notices(now)
    return Notice.objects.get()


def test_a_notice_is_shown_as_it_will_be_sent_without_a_live_address_or_the_link_for_answers(
    notice: Notice, sign_in: SignIn
) -> None:
    from orbweaver.notify.notices.letters.tokens import answer_token

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    page = client.get(f"/notices/{notice.public_id}/").content.decode()
    assert "asks you to remove the material at the address listed below" in page
    assert "abuse@lakeside.example" in page
    assert "hxxps://images[.]example/secret/1.png" in page
    assert "xarf_version" in page
    assert URL not in page
    assert answer_token(notice.public_id) not in page
    listing = client.get("/notices/").content.decode()
    assert notice.public_id in listing
    assert notice.public_id not in client.get("/notices/?state=held").content.decode()


def test_a_bounce_that_is_not_believed_is_shown_as_such_and_one_that_is_tells_what_follows(
    notice: Notice, sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.notify.notices.models import Bounce

    client, message = sign_in("Mona", Role.HOTLINE_MANAGER), notice.messages.get()
    Bounce.objects.create(message=message, kind="hard", status="5.1.1", doubt="too_late", at=now)
    page = client.get(f"/notices/{notice.public_id}/").content.decode()
    assert "A bounce that was not accepted as genuine" in page
    assert "It came after the time for which mail servers keep trying." in page
    assert "undeliverable to every contact" not in client.get("/notices/").content.decode()
    type(notice).objects.update(unreached="nobody")
    assert "It was undeliverable to every contact." in client.get(f"/notices/{notice.public_id}/").content.decode()
    assert "Notices that were undeliverable to every contact" in client.get("/notices/").content.decode()


def test_why_a_check_could_not_tell_is_shown_at_the_notice_and_on_the_desk(notice: Notice, sign_in: SignIn) -> None:
    from orbweaver.follow.recheck.models import RecheckTarget

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    words = {
        "unclear": "Its address was valid for a limited time",
        "present": "Visitors see it, though the host hides it",
    }
    for outcome, reason in (("unclear", "signed"), ("present", "hidden_from_us")):
        RecheckTarget.objects.update(outcome=outcome, reason=reason)
        page = client.get(f"/notices/{notice.public_id}/").content.decode()
        assert words[outcome] in page
        listing = client.get("/notices/").content.decode()
        assert ("1 address: our checks cannot tell" in listing) == (outcome == "unclear")
    RecheckTarget.objects.update(outcome="unclear", reason="other_picture")
    client.cookies["orbweaver_language"] = "fr"
    assert "Une autre image s’y trouve" in client.get(f"/notices/{notice.public_id}/").content.decode()


def test_saving_the_exact_message_is_written_to_the_log(notice: Notice, sign_in: SignIn) -> None:
    from orbweaver.people.audit.models import Event

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    answer = client.post(f"/notices/{notice.public_id}/messages/0/")
    assert answer.content == bytes(notice.messages.get().raw)
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert Event.objects.get(kind="notice.downloaded").subject == notice.public_id


def test_a_provider_answers_from_the_link_and_only_the_form_acts(notice: Notice, client: Any, sign_in: SignIn) -> None:
    from orbweaver.notify.notices.letters.tokens import answer_token
    from orbweaver.notify.notices.models import PushBack, Reply

    link = f"/public/answer/{answer_token(notice.public_id)}/"
    page = client.get(link).content.decode()
    assert 'class="panel answer"' in page
    assert "images[.]example/secret/1.png" in page
    assert "images.example/secret" not in page, "nothing on the page opens it"
    assert Reply.objects.count() == 0
    assert client.post(link, {"action": "push_back"}).status_code == 400
    assert Reply.objects.count() == 0
    client.post(link, {"action": "push_back", "reason": "not_illegal", "comment": "<b>We</b> think so."}, follow=True)
    objection = PushBack.objects.get()
    assert objection.reason == "not_illegal"

    manager = sign_in("Mona", Role.HOTLINE_MANAGER)
    shown = manager.get(f"/notices/{notice.public_id}/").content.decode()
    assert "&lt;b&gt;We&lt;/b&gt; think so." in shown
    manager.post(f"/objections/{objection.public_id}/", {"outcome": "upheld"})
    objection.refresh_from_db()
    assert objection.outcome == "upheld"


def test_a_link_for_answers_that_was_changed_does_nothing(notice: Notice, client: Any) -> None:
    from orbweaver.notify.notices.letters.tokens import answer_token

    link = f"/public/answer/{answer_token(notice.public_id)[:-1]}x/"
    assert client.get(link).status_code == 404
    assert client.post(link, {"action": "removed"}).status_code == 404


def test_sending_can_be_paused_and_resumed(notice: Notice, sign_in: SignIn) -> None:
    from orbweaver.notify.notices.services import is_paused

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    client.post("/notices/pause/", {"paused": "yes"})
    assert is_paused()
    assert "Sending is paused" in client.get("/notices/").content.decode()
    client.post("/notices/pause/", {"paused": "no"})
    assert not is_paused()


def test_the_page_of_a_provider_shows_its_contact_and_notices(notice: Notice, sign_in: SignIn) -> None:
    provider = notice.provider
    assert provider is not None
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    page = client.get(f"/providers/{provider.public_id}/").content.decode()
    assert "abuse@lakeside.example" in page
    assert notice.public_id in page
    assert provider.public_id in client.get("/providers/").content.decode()


def test_a_lead_is_added_with_its_reason_and_a_site_can_be_switched_off(sign_in: SignIn) -> None:
    from orbweaver.detect.crawl.models import Lead, Site
    from orbweaver.people.audit.models import Event

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    refused = client.post("/leads/", {"url": "ftp://forum.example/"})
    assert refused.status_code == 400
    client.post("/leads/", {"url": "https://forum.example/start", "note": "from a partner"})
    lead = Lead.objects.get()
    assert (lead.source, lead.note) == ("operator", "from a partner")
    page = client.get("/leads/").content.decode()
    assert "hxxps://forum[.]example/start" in page
    assert "is followed" in client.get(f"/leads/{lead.public_id}/").content.decode()
    site = Site.objects.get()
    client.post(f"/sites/{site.pk}/switch/", {"off": "yes"})
    site.refresh_from_db()
    assert site.switched_off
    assert set(Event.objects.values_list("kind", flat=True)) >= {"lead.added", "site.switched_off"}
    client.post(f"/sites/{site.pk}/switch/", {"off": "no"})
    site.refresh_from_db()
    assert not site.switched_off


def test_a_lead_is_stopped_resumed_and_crawled_again_by_whoever_adds_leads(sign_in: SignIn) -> None:
    from orbweaver.detect.crawl.models import FrontierUrl, Lead, StoppedLead

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    client.post("/leads/", {"url": "https://forum.example/start", "note": "from a partner"})
    lead = Lead.objects.get()
    page = f"/leads/{lead.public_id}/"
    assert "The crawler is at it." in client.get(page).content.decode()
    client.post(f"{page}stop/")
    assert FrontierUrl.objects.get().due_at is None
    stopped = client.get(page).content.decode()
    assert "Stopped: 1 address that it led to is not fetched" in stopped
    assert f"{page}stop/" not in stopped
    client.post(f"{page}resume/")
    assert (FrontierUrl.objects.get().state, StoppedLead.objects.count()) == (FrontierUrl.State.WAITING, 0)
    client.post(f"{page}again/")
    again = Lead.objects.latest("pk")
    assert (again.url, again.note, again.revisit_before == again.created_at) == (lead.url, "from a partner", True)
    assert f"{page}stop/" not in sign_in("Ann", Role.ANALYST).get(page).content.decode()


def test_a_lead_links_to_the_item_that_led_to_it_for_who_may_open_it(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.detect.crawl.services import add_lead

    item = "itm_2222222222222222"
    lead = add_lead("https://forum.example/", source="sighting", note=item, now=now)
    link = f'<a href="/items/{item}/">{item}</a>'
    assert link in sign_in("Ann", Role.ANALYST).get(f"/leads/{lead.public_id}/").content.decode()
    assert link not in sign_in("Ada", Role.ADMINISTRATOR).get(f"/leads/{lead.public_id}/").content.decode()


def test_the_item_that_led_to_a_lead_is_named_so_that_a_person_can_say_it(
    sign_in: SignIn, make_sighting: Any, hotline: None, now: dt.datetime
) -> None:
    from orbweaver.assess.review.services import open_items
    from orbweaver.detect.crawl.services import add_lead

    (item,) = open_items([make_sighting(b"one", url="https://images.example/1.png")], now)
    lead = add_lead("https://forum.example/", source="sighting", note=item.public_id, now=now)
    page = sign_in("Ann", Role.ANALYST).get(f"/leads/{lead.public_id}/").content.decode()
    named = page.partition(f'<a href="/items/{item.public_id}/">')[2].partition("</a>")[0]
    assert "at images[.]example, " in named
    assert f'<span class="quiet small mono">{item.public_id}</span>' in page


def test_the_lead_of_a_senior_analyst_says_so_and_goes_past_robots_txt_by_that_authority(sign_in: SignIn) -> None:
    from orbweaver.detect.crawl.models import FrontierUrl, Lead

    sign_in("Sue", Role.SENIOR_ANALYST).post(
        "/leads/", {"url": "https://forum.example/start", "note": "seen in a case"}
    )
    lead = Lead.objects.get()
    assert (lead.source, lead.note) == ("analyst", "seen in a case")
    assert lead.authority == ANALYST_ASKS
    assert FrontierUrl.objects.get().past_robots


def test_an_analyst_reads_leads_and_adds_none(sign_in: SignIn) -> None:
    from orbweaver.detect.crawl.models import Lead

    client = sign_in("Ann", Role.ANALYST)
    assert 'id="lead"' not in client.get("/leads/").content.decode()
    client.post("/leads/", {"url": "https://forum.example/start"})
    assert Lead.objects.count() == 0


def test_archives_that_were_looked_at_in_part_are_shown_at_their_lead_and_did_not_fail(
    sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.detect.crawl.models import FrontierUrl, Lead
    from orbweaver.detect.crawl.services import add_lead

    lead = add_lead("https://forum.example/a.zip", source=Lead.Source.OPERATOR, now=now)
    client = sign_in("Ann", Role.ANALYST)
    FrontierUrl.objects.update(state=FrontierUrl.State.DONE)
    assert "Read only in part" not in client.get(f"/leads/{lead.public_id}/").content.decode()
    FrontierUrl.objects.update(error="archive_locked")
    page = client.get(f"/leads/{lead.public_id}/").content.decode()
    assert "<dt>1</dt><dd>A part of the archive is encrypted, so it was not looked at.</dd>" in page
    assert "<dt>of these, failed</dt><dd>0</dd>" in page
    french = client.get(f"/leads/{lead.public_id}/", headers={"accept-language": "fr"}).content.decode()
    assert "Une partie de l’archive est chiffrée" in french


def test_what_was_put_off_is_shown_at_its_lead_and_has_not_failed(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.detect.crawl.models import FrontierUrl, Lead
    from orbweaver.detect.crawl.services import add_lead

    lead = add_lead("https://forum.example/", source=Lead.Source.OPERATOR, now=now)
    client = sign_in("Ann", Role.ANALYST)
    FrontierUrl.objects.update(state=FrontierUrl.State.LATER, attempts=1, error="refused", due_at=now)
    assert "Postponed" not in client.get(f"/leads/{lead.public_id}/").content.decode()
    FrontierUrl.objects.update(attempts=3)
    page = client.get(f"/leads/{lead.public_id}/").content.decode()
    assert "<dt>1</dt><dd>Could not be reached for now.</dd>" in page
    assert "<dt>of these, failed</dt><dd>0</dd>" in page


def test_an_analyst_says_at_the_notice_what_stands_at_an_address_and_it_is_shown_with_name_and_reason(
    notice: Notice, sign_in: SignIn
) -> None:
    url = notice.urls.get()
    place = f"/notices/{notice.public_id}/addresses/{url.pk}/"
    client = sign_in("Alba", Role.ANALYST)
    assert place in client.get(f"/notices/{notice.public_id}/").content.decode()
    assert client.post(place, {"said": "gone", "reason": ""}).status_code == 400
    page = client.post(place, {"said": "gone", "reason": "It says so in <b>Thai</b>."}, follow=True).content.decode()
    assert "Saved, with your name. It counts as removed once a second look" in page
    assert "Alba looked at an address: it is gone" in page
    assert "It says so in &lt;b&gt;Thai&lt;/b&gt;." in page
    assert "Gone once, to be confirmed" in page
    assert "A person looked: it was gone." in page
    assert "Last check: it was gone" not in page, "no check said so"
    client.cookies["orbweaver_language"] = "fr"
    assert (
        "Alba a regardé une adresse : elle ne montre plus l’image"
        in client.get(f"/notices/{notice.public_id}/").content.decode()
    )
    observer = sign_in("Olga", Role.GOVERNMENT_OBSERVER)
    assert place not in observer.get(f"/notices/{notice.public_id}/").content.decode()
    assert observer.post(place, {"said": "gone", "reason": "x"}).status_code == 403


def test_an_address_that_is_back_is_not_said_to_be_gone_since(notice: Notice, sign_in: SignIn) -> None:
    from orbweaver.notify.notices.models import NoticeUrl
    from orbweaver.platform.clock import now

    client, gone = sign_in("Alba", Role.ANALYST), now() - dt.timedelta(days=3)

    def says_since() -> bool:
        page = client.get(f"/notices/{notice.public_id}/").content.decode()
        return gone.isoformat(timespec="seconds") in page.split('id="addresses"')[1].split("</table>")[0]

    NoticeUrl.objects.update(state="removed", removed_at=gone)
    assert says_since()
    NoticeUrl.objects.update(state="reappeared", reappearances=1)
    assert not says_since()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("removed", "Closed: everything it lists is gone"),
        ("withdrawn", "Closed: what is not gone was withdrawn"),
        ("offline", "Closed: what is not gone is at a host that is offline"),
    ],
)
def test_what_closed_a_notice_is_not_called_gone_where_it_is_not(
    notice: Notice, sign_in: SignIn, state: str, words: str
) -> None:
    from orbweaver.platform.clock import now

    notice.urls.update(state=state)
    notice.state, notice.closed_at = "closed", now()
    notice.save(update_fields=["state", "closed_at"])
    assert words in sign_in("Alba", Role.ANALYST).get(f"/notices/{notice.public_id}/").content.decode()


def test_each_address_says_when_it_was_checked_and_will_be_and_is_checked_when_somebody_asks(
    notice: Notice, sign_in: SignIn
) -> None:
    from orbweaver.follow.recheck.models import RecheckTarget
    from orbweaver.platform.clock import now

    client, url = sign_in("Alba", Role.ANALYST), notice.urls.get()
    assert "Not checked yet." in client.get(f"/notices/{notice.public_id}/").content.decode()
    later = now() + dt.timedelta(hours=3)
    RecheckTarget.objects.update(outcome="present", checked_at=now() - dt.timedelta(hours=1), due_at=later)
    page = " ".join(client.get(f"/notices/{notice.public_id}/").content.decode().split())
    assert "Last check: it was there" in page
    assert "Next check: <span" in page
    place = f"/notices/{notice.public_id}/addresses/{url.pk}/check/"
    assert place in page
    assert "as soon as its turn comes" in client.post(place, follow=True).content.decode()
    assert RecheckTarget.objects.get().due_at <= now()
    observer = sign_in("Olga", Role.GOVERNMENT_OBSERVER)
    assert place not in observer.get(f"/notices/{notice.public_id}/").content.decode()
    assert observer.post(place).status_code == 403


def answer_mail(notice: Notice, text: str, **headers: str) -> str:
    """A mail about the notice, taken in; its public id."""
    from email.message import EmailMessage

    from orbweaver.notify.notices.answers.incoming import receive
    from orbweaver.notify.notices.models import IncomingAnswer
    from orbweaver.platform.clock import now

    message = EmailMessage()
    message["From"], message["Subject"] = "Kim <kim@lakeside.example>", f"Re: {notice.public_id}"
    message.set_content(text)
    receive(message.as_bytes(), "notices@hotline.example", now())
    return str(IncomingAnswer.objects.latest("pk").public_id)


def test_an_answer_by_mail_is_shown_and_a_manager_says_with_one_key_what_it_means(
    notice: Notice, sign_in: SignIn
) -> None:
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    first = answer_mail(notice, f"Gone <b>now</b>, {URL}\n\nOn 1 May 2026 a@b.example wrote:\n> Please remove\n")
    second = answer_mail(notice, "And the rest, too.\n")
    assert "2 answers wait to be read" in client.get("/notices/").content.decode()
    assert first in client.get("/notices/answers/").content.decode()
    page = client.get(f"/notices/answers/{first}/").content.decode()
    assert "Gone &lt;b&gt;now&lt;/b&gt;, hxxps://images[.]example/secret/1.png" in page
    assert page.index("Gone &lt;b&gt;") < page.index("What it quotes") < page.index("&gt; Please remove")
    assert [f'aria-keyshortcuts="{key}"' in page for key in "1234567890"] == [True] * 10
    assert client.post(f"/notices/answers/{first}/", {}).status_code == 400
    following = client.post(f"/notices/answers/{first}/", {"meaning": "removed"})
    assert following.headers["Location"] == f"/notices/answers/{second}/"
    assert notice.replies.get().action == "removed"
    assert client.post(f"/notices/answers/{second}/", {"meaning": "other"}).headers["Location"] == "/notices/answers/"
    assert "No answer waits to be read." in client.get("/notices/answers/").content.decode()
    assert first in client.get("/notices/answers/?of=read").content.decode()
    assert "Gone &lt;b&gt;now" in client.get(f"/notices/{notice.public_id}/").content.decode()
    saved = client.post(f"/notices/answers/{first}/mail/")
    assert saved.headers["Content-Type"] == "message/rfc822"
    assert b"Gone <b>now</b>" in saved.content


def test_who_may_only_read_notices_neither_says_what_an_answer_means_nor_records_one(
    notice: Notice, sign_in: SignIn
) -> None:
    first = answer_mail(notice, "Gone.\n")
    client = sign_in("Gina", Role.GOVERNMENT_OBSERVER)
    for path, sent in (
        (f"/notices/answers/{first}/", {"meaning": "removed"}),
        (f"/notices/{notice.public_id}/answered/", {}),
    ):
        assert client.post(path, sent).status_code in (403, 404)
    assert notice.replies.count() == 0


def test_an_answer_by_telephone_is_recorded_at_the_notice(notice: Notice, sign_in: SignIn) -> None:
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    page = client.get(f"/notices/{notice.public_id}/").content.decode()
    assert "Record an answer that came another way" in page
    client.post(
        f"/notices/{notice.public_id}/answered/",
        {"via": "phone", "meaning": "not_ours", "words": "Kim: not our network."},
    )
    assert (notice.replies.get().via, notice.push_backs.get().reason) == ("phone", "not_ours")
    assert "Kim: not our network." in client.get(f"/notices/{notice.public_id}/").content.decode()


def test_answers_that_mean_the_same_are_said_at_once_and_what_cannot_be_said_is_named(
    notice: Notice, sign_in: SignIn
) -> None:
    from orbweaver.notify.notices.models import IncomingAnswer

    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    marked = [answer_mail(notice, f"Gone, number {number}.\n") for number in range(2)]
    left = answer_mail(notice, "We looked into it.\n")
    page = client.get("/notices/answers/").content.decode()
    assert all(f'value="{each}" form="say"' in page for each in (*marked, left))
    said = client.post("/notices/answers/say/", {"answer": [*marked, "ans_none"], "meaning": "removed"}, follow=True)
    assert "Saved what 2 answers mean." in said.content.decode()
    assert "1 answer was not saved" in said.content.decode()
    assert [each.action for each in notice.replies.all()] == ["removed", "removed"]
    assert IncomingAnswer.objects.get(meaning="").public_id == left
    nothing = client.post("/notices/answers/say/", {"meaning": "removed"}, follow=True)
    assert "Mark the answers that mean the same" in nothing.content.decode()


def test_the_conduct_of_a_provider_stands_first_on_its_page_and_looks_like_what_it_says(
    notice: Notice, sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.follow.conduct.models import ProviderConduct

    assert notice.provider is not None
    client, address = sign_in("Mona", Role.HOTLINE_MANAGER), f"/providers/{notice.provider.public_id}/"
    page = client.get(address).content.decode()
    assert page.index('id="conduct"') < page.index('id="contacts"')
    assert "Not assessed yet" in page
    ProviderConduct.objects.update_or_create(
        provider=notice.provider,
        defaults={
            "kinds": ["non_compliant"],
            "findings": [],
            "behaviour": {},
            "assessed_at": now,
            "rules_version": "1",
        },
    )
    page = client.get(address).content.decode()
    assert '<li class="harm holds" aria-current="true">' in page
    assert '<p class="verdict harm"><strong>Non-compliant</strong> leaves it where it is</p>' in page
    assert 'class="good holds"' not in page


def test_an_observer_reads_trends_and_takes_them_home(notice: Notice, sign_in: SignIn, now: dt.datetime) -> None:
    type(notice).objects.update(first_sent_at=now, reached_at=now)
    client = sign_in("Olga", Role.GOVERNMENT_OBSERVER)
    page = client.get("/trends/").content.decode()
    assert page.count('<svg class="chart columns-chart"') == 3
    shown, _, folded = page.partition("23 rows in which nothing was counted")
    assert f'<th scope="row">{now:%Y-%m}</th>' in shown
    assert [each.count('<th scope="row">') for each in (shown, folded)] == [1, 23]
    assert "Every figure is an undercount" in page
    table = client.get("/trends.csv")
    assert 'filename="trends.csv"' in table.headers["Content-Disposition"]
    lines = table.content.decode().splitlines()
    assert lines[0].split(",")[:3] == ["month", "reports", "notices"]
    assert len(lines) == 25
    found = client.get("/trends.json").json()
    assert [found["months"][-1][name] for name in ("month", "notices", "notified")] == [f"{now:%Y-%m}", 1, 1]
    assert found["undercount"]


def test_trends_are_read_in_other_languages_too(sign_in: SignIn, db: None) -> None:
    page = sign_in("Olga", Role.GOVERNMENT_OBSERVER).get("/trends/", headers={"Accept-Language": "de"}).content.decode()
    assert "90 % gelöscht in" in page
    assert "%%" not in page
