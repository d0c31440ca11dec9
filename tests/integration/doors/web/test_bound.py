"""Whoever's role is bound to a country finds nothing of another country's police: no name, number, count, or existence.

Three ways to see it: what a bound person may open at all is written down here by hand; whatever another country's
police and the desk do, no page of theirs changes by a byte; and with the other country's numbers in hand every address
says that nothing is there, and nothing happens.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.doors.web.test_access import ALLOWED, CALLS, CHANGED_BY, REFUSED

from orbweaver.people.accounts.rules import Bounds, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.notify.police.models import Force, Order, Referral
    from orbweaver.people.accounts.models import User

    MakePerson = Callable[..., User]
    MakeItem = Callable[..., ReviewItem]

pytestmark = pytest.mark.django_db
OWN = {
    "police", "police-said", "police-said-file", "police-answer", "police-orders", "police-order-answer",
    "police-series", "police-series-shown", "police-series-look", "police-series-picture",
    "queue", "queue-waiting", "queue-next", "item", "item-take", "item-renew", "item-release", "item-look",
    "item-picture", "item-assess", "item-undo",
    "alerts", "alerts-mail", "search", "held",
    "account", "account-sign-in-end", "account-password", "second-factor", "second-factor-off",
    "passkey-add", "passkey-ask", "passkey-prove", "passkey-remove",
}  # fmt: skip
"""All that a bound person may open: police's work or, of a partner's analyst, the queue, both narrowed
(``test_bound_analysts``), and their own account."""


@dataclass
class Country:
    """What one country's police have here."""

    force: Force
    items: list[ReviewItem] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)


def force_of(name: str, country: str, now: dt.datetime) -> Force:
    import pyrage

    from orbweaver.notify.police.services import add_force
    from orbweaver.people.accounts.services import create_organisation

    under = create_organisation(
        name=f"Ministry over {name}", kind="law_enforcement", country=country, vetted_on=now.date() - dt.timedelta(9)
    )
    return add_force(name, country, str(pyrage.x25519.Identity.generate().to_public()), now, organisation=under)


def tell(country: Country, item: ReviewItem, by: User, now: dt.datetime) -> None:
    """The force was sent this item and answered under a number of its own."""
    from orbweaver.notify.police.models import Referral
    from orbweaver.notify.police.services import note_answer, queue

    [made] = queue(item, [country.force], Referral.Because.REQUEST, None, by, now)
    Referral.objects.filter(pk=made.pk).update(state=Referral.State.SENT, sent_at=now)
    answer = f"answer {country.force.country} {item.pk}"
    country.referrals.append(note_answer(made.public_id, refused=False, answer=answer, by=by, now=now))
    country.items.append(item)


def say(country: Country, item: ReviewItem, said: str, now: dt.datetime, **more: str) -> None:
    from orbweaver.notify.police.words import take

    row = {"item": item.public_id, "said": said, "on": now.date().isoformat(), **more}
    taken = take([row], country.force, by=None, now=now)
    assert (taken.new, taken.problems) == (1, [])


def order(country: Country, item: ReviewItem, number: str, by: User, now: dt.datetime) -> None:
    from orbweaver.notify.police.orders import Ordered, record_order

    said = Ordered(
        country.force.public_id, f"Court {number}", number, "A law", [item.public_id], now.date(), now.date()
    )
    country.orders.append(record_order(said, by=by, now=now))


@pytest.fixture
def unbound(make_person: MakePerson) -> User:
    return make_person("Una", Role.LAW_ENFORCEMENT_LIAISON)


@pytest.fixture
def bound(make_person: MakePerson, now: dt.datetime) -> User:
    from orbweaver.people.accounts.services import grant_role

    person = make_person("Bruno")
    bounds = Bounds(countries=frozenset({"DE"}))
    grant_role(person, Role.LAW_ENFORCEMENT_LIAISON, by=None, now=now, bounds=bounds)
    return person


@pytest.fixture
def own(make_item: MakeItem, unbound: User, now: dt.datetime) -> Country:
    """Germany's police were told of two items of a series, which analysts opened, and have an order."""
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series

    made = Country(force_of("Police of the Linden", "DE", now))
    series = open_series("The lake", by=None, now=now)
    for seed in (1, 2):
        tell(made, make_item(seed, url=f"https://own.example/{seed}.png"), unbound, now)
        link_item(series, made.items[-1].media, reason=LinkReason.CLOTHING, words="a red coat", by=None, now=now)
    say(made, made.items[0], "recovered", now, reference="LINDEN-1")
    order(made, made.items[0], "LINDEN-2", unbound, now)
    return made


def elsewhere(own: Country, make_item: MakeItem, by: User, now: dt.datetime) -> tuple[Country, list[str]]:
    """France's police were told of one more item and of one that Germany has, and say much; analysts put the item into
    Germany's series, the desk marks it urgent. Also what of that nobody bound to Germany may read."""
    from orbweaver.assess.linking.marking import set_marker
    from orbweaver.assess.linking.models import Marker, UrgentReferral
    from orbweaver.assess.series.models import VictimSeries
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import add_victim, become_known, link_item, set_identified
    from orbweaver.people.accounts.models import Organisation

    made = Country(force_of("Gendarmerie of the Lavender", "FR", now))
    item, shared = make_item(3, url="https://lavender.example/3.png"), own.items[1]
    for each in (item, shared):
        tell(made, each, by, now)
        say(made, each, "identified", now, reference=f"LAVENDER-{each.pk}")
        say(made, each, "series", now, series="Lavender field", reference="LAVENDER-77")
    order(made, item, "LAVENDER-9", by, now)
    series = VictimSeries.objects.get(title__startswith="The lake")
    link_item(series, item.media, reason=LinkReason.PLACE, words="a lavender field", by=None, now=now)
    become_known(series.public_id, "LAVENDER-80", by=by, now=now)
    victim = add_victim(series, "the lavender child", 6, 8, by=by, now=now)
    set_identified(victim, identified=True, source="Lavender office", on=now.date(), by=by, now=now)
    set_marker(item.media, Marker.Kind.ACCESS_TO_CHILD, "a lavender car", item=item, by=by, now=now)
    VictimSeries.objects.filter(pk=series.pk).update(title="The lake of Lavender")
    secrets = [
        made.force.public_id,
        Organisation.objects.get(name__contains="Lavender").public_id,
        item.public_id,
        item.media.public_id,
    ]
    secrets += [each.public_id for each in made.referrals] + [each.public_id for each in made.orders]
    secrets += [UrgentReferral.objects.get().public_id, VictimSeries.objects.exclude(pk=series.pk).get().public_id]
    return made, secrets


def browser(person: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(person)
    return client


def read(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, address
    return _plain(answer)


def _plain(answer: Any) -> str:
    """The page without what differs each time it is drawn."""
    text: str = answer.content.decode()
    return re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"|(?<=class="ago">)[^<]*', "", text)


def pages_of(client: Client) -> dict[str, str]:
    from orbweaver.assess.series.models import VictimSeries

    series = VictimSeries.objects.get(title__startswith="The lake").public_id
    at = f"/urgent/police/series/{series}/"
    found = {
        each: read(client, each) for each in ("/urgent/police/", "/urgent/police/orders/", at, "/alerts/", "/account/")
    }
    found |= {f"{at} {words}": read(client, at, words=words) for words in ("coat", "lavender", "Gendarmerie")}
    for words in ("The lake of Lavender", "Lavender field", "LAVENDER-80", series, "lavender.example"):
        found[f"search {words}"] = read(client, "/search/", q=words)
    return found


def test_only_what_narrows_its_reads_is_there_for_whoever_is_bound() -> None:
    from orbweaver.doors.urls import urlpatterns

    there = {name for name, view in views_of(urlpatterns).items() if getattr(view, "when_bound", False)}
    assert there == OWN


def views_of(patterns: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            found |= views_of(pattern.url_patterns)
        else:
            view = pattern.callback
            while not hasattr(view, "when_bound") and hasattr(view, "__wrapped__"):
                view = view.__wrapped__
            found[str(pattern.name)] = view
    return found


def test_no_page_of_a_bound_person_changes_by_what_another_countrys_police_do(
    own: Country, bound: User, unbound: User, make_item: MakeItem, now: dt.datetime
) -> None:
    client, whole = browser(bound), browser(unbound)
    before, before_whole = pages_of(client), pages_of(whole)
    assert "LINDEN-1" in "".join(before.values()), "what is theirs they see"
    assert "forces of DE" in before["/account/"], "and to what they are bound"
    elsewhere(own, make_item, unbound, now)
    after, after_whole = pages_of(client), pages_of(whole)
    for name, page in before.items():
        assert after[name].splitlines() == page.splitlines(), name
    shown = "".join(after_whole.values())
    assert {each for each in ("LAVENDER-9", "LAVENDER-80", "LAVENDER-77", "Gendarmerie") if each not in shown} == set()
    assert before_whole != after_whole, "who is not bound sees all of it"


@pytest.mark.parametrize(
    "with_each",
    [pytest.param(False, id="one number an address"), pytest.param(True, id="each number", marks=pytest.mark.sweep)],
)
def test_with_the_other_countrys_numbers_every_address_says_that_nothing_is_there(
    own: Country, bound: User, unbound: User, make_item: MakeItem, now: dt.datetime, with_each: bool
) -> None:
    """Every page, with numbers of the other country wherever a number goes, to be read and to be sent."""
    from django.urls import reverse

    from orbweaver.people.audit.models import Event

    _, secrets = elsewhere(own, make_item, unbound, now)
    client = browser(bound)
    tried = 0
    for name, (method, arguments, _) in ALLOWED.items():
        texts = [each for each, value in arguments.items() if isinstance(value, str) and "_" in value]
        for secret in secrets if texts and with_each else [secrets[tried % len(secrets)]]:
            address = reverse(name, kwargs=arguments | dict.fromkeys(texts, secret))
            for sent in {method, "post"} if name in CHANGED_BY else {method}:
                was = Event.objects.exclude(kind__in=("page.refused", "search.asked")).count()
                answer = getattr(client, sent)(address)
                if name not in OWN or texts:
                    assert answer.status_code == 404, f"{name} {secret}: {answer.status_code}"
                    assert Event.objects.exclude(kind__in=("page.refused", "search.asked")).count() == was, name
                body = b"".join(answer) if answer.streaming else answer.content
                echo = secret if texts else ""
                assert not [each for each in secrets if each != echo and each.encode() in body], name
                tried += 1
    assert tried >= len(ALLOWED)
    for name, (method, arguments, _) in CALLS.items():
        assert getattr(client, method)(reverse(name, kwargs=arguments)).status_code in REFUSED, name


def test_what_is_of_the_other_country_beside_ones_own_series_is_not_there(
    own: Country, bound: User, unbound: User, make_item: MakeItem, now: dt.datetime
) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.assess.series.models import VictimSeries

    other, _ = elsewhere(own, make_item, unbound, now)
    client = browser(bound)
    at = f"/urgent/police/series/{VictimSeries.objects.get(title__startswith='The lake').public_id}/"
    theirs, mine = other.items[0].media.public_id, own.items[0].media.public_id
    assert client.post(f"{at}look/{theirs}/").status_code == 404
    page = client.post(f"{at}look/{mine}/").content.decode()
    token = page.split(f"{mine}/")[1].split("/")[0]
    assert client.get(f"{at}look/{theirs}/{token}/").status_code == 404
    assert client.get(f"{at}look/{mine}/{token}/").status_code == 200
    assert Look.objects.count() == 1


@pytest.mark.parametrize("about", ["item", "media", "referral"])
def test_a_bound_person_speaks_for_their_own_forces_of_their_own_media_alone(
    about: str, own: Country, bound: User, unbound: User, make_item: MakeItem, now: dt.datetime
) -> None:
    from orbweaver.assess.series.models import PoliceWord
    from orbweaver.notify.police.models import Order, Referral

    other, _ = elsewhere(own, make_item, unbound, now)
    client = browser(bound)

    def number(country: Country) -> str:
        item, told = country.items[0], country.referrals[0]
        numbers = {"item": item.public_id, "media": bytes(item.media.sha256).hex(), "referral": told.public_id}
        return str(numbers[about])

    def said(force: Force, named: str) -> Any:
        form = {"force": force.public_id, "about": named, "said": "baseline", "on": now.date().isoformat()}
        return client.post("/urgent/police/said/", form)

    before = PoliceWord.objects.count()
    for force, named in ((other.force, number(other)), (other.force, number(own)), (own.force, number(other))):
        answer = said(force, named)
        assert answer.status_code == 400
        assert "Lavender" not in answer.content.decode()
    unknown = {"item": "itm_2222222222222222", "media": "00" * 32, "referral": "prf_2222222222222222"}[about]
    words = [_plain(said(own.force, each)).replace(each, "") for each in (number(other), unknown)]
    assert words[0] == words[1], "what is another's reads like what is not there"
    assert PoliceWord.objects.count() == before
    assert said(own.force, number(own)).status_code == 302
    assert PoliceWord.objects.count() == before + 1
    states = list(Referral.objects.values_list("state", "answer")), list(Order.objects.values_list("state"))
    assert client.post(f"/urgent/police/{other.referrals[0].public_id}/answer/", {"answer": "x"}).status_code == 404
    theirs = f"/urgent/police/orders/{other.orders[0].public_id}/answer/"
    for form in ({"action": "refuse", "because": "x"}, {"action": "answer"}):
        assert client.post(theirs, form).status_code == 404
    assert states == (list(Referral.objects.values_list("state", "answer")), list(Order.objects.values_list("state")))
    mine = f"/urgent/police/orders/{own.orders[0].public_id}/answer/"
    assert client.post(mine, {"action": "refuse", "because": "It is void."}).status_code == 302


def test_an_organisation_and_a_case_bind_as_a_country_does(
    own: Country, make_person: MakePerson, unbound: User, make_item: MakeItem, now: dt.datetime
) -> None:
    from orbweaver.assess.series.models import VictimSeries
    from orbweaver.notify.police import within
    from orbweaver.people.accounts.services import grant_role

    other, _ = elsewhere(own, make_item, unbound, now)
    lake = VictimSeries.objects.get(title__startswith="The lake")

    def of(name: str, bounds: Bounds) -> tuple[Any, ...]:
        person = make_person(name)
        grant_role(person, Role.LAW_ENFORCEMENT_LIAISON, by=None, now=now, bounds=bounds)
        kinds = (within.referrals(person), within.orders(person), within.words(person), within.media(person))
        return *(each.count() for each in kinds), set(within.series(person).values_list("title", flat=True))

    assert of("By-organisation", Bounds(organisation=other.force.organisation_id)) == (
        2, 1, 4, 2, {"The lake of Lavender", "Lavender field"},
    )  # fmt: skip
    assert of("By-referral", Bounds(cases=frozenset({own.referrals[1].public_id}))) == (
        1, 0, 2, 1, {"The lake of Lavender", "Lavender field"},
    )  # fmt: skip
    assert of("By-order", Bounds(cases=frozenset({own.orders[0].public_id}))) == (0, 1, 0, 0, set())
    by_both = Bounds(countries=frozenset({"FR"}), cases=frozenset({lake.public_id}))
    assert of("By-series", by_both)[4] == {"The lake of Lavender"}
    assert of("Of-nobody", Bounds(countries=frozenset({"AT"}))) == (0, 0, 0, 0, set())
    assert within.referrals(unbound).count() == 4


def test_alert_mails_count_what_is_ones_own(
    own: Country, bound: User, unbound: User, make_item: MakeItem, now: dt.datetime
) -> None:
    from orbweaver.doors.alerting import alerts_for, waiting_in_bar

    elsewhere(own, make_item, unbound, now)
    assert [(each.kind.name, each.count) for each in alerts_for(bound, now)] == [("orders", 1)]
    assert waiting_in_bar(bound, now) == 1
    assert {each.kind.name: each.count for each in alerts_for(unbound, now)} == {"urgent": 1, "orders": 2}


def test_a_bound_role_takes_a_second_person_and_both_read_what_it_is_bound_to(
    own: Country, make_person: MakePerson, now: dt.datetime
) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.people.accounts.models import RoleGrant
    from orbweaver.people.audit.models import Event
    from orbweaver.people.changes.models import Change

    admin, hal = make_person("Ada", Role.ADMINISTRATOR), make_person("Hal")
    Look.objects.create(item=own.items[0], person=admin, at=now)  # there is something to guard
    ada, mona = browser(admin), browser(make_person("Mona", Role.HOTLINE_MANAGER))
    at = f"/people/{hal.public_id}/"
    form = {"role": "law_enforcement_liaison", "organisation": str(own.force.organisation_id), "countries": "de, at"}

    def ask(**more: str) -> str:
        return ada.post(f"{at}role/", form | more, follow=True).content.decode()

    assert "is no series, referral or order" in ask(cases="ser_2222222222222222")
    assert "cannot be bound" in ask(role="hotline_manager")
    assert not Change.objects.exists()
    assert "waits for a second person" in ask(cases=own.referrals[0].public_id)
    assert not RoleGrant.objects.filter(user=hal).exists()
    page = mona.get("/people/changes/").content.decode()
    assert {
        each
        for each in ("Ministry over Police of the Linden", "AT, DE", own.referrals[0].public_id)
        if each not in page
    } == set()
    assert mona.post(f"/people/changes/{Change.objects.get().public_id}/agree/").status_code == 302
    grant = RoleGrant.objects.get(user=hal)
    assert (grant.countries, grant.cases) == (["AT", "DE"], [own.referrals[0].public_id])
    page = ada.get(at).content.decode()
    assert "Bound: finds nothing but what concerns" in page
    assert "forces of AT, DE" in page
    assert "(bound)" in ada.get("/people/").content.decode()
    assert Event.objects.get(kind="role.granted", subject=hal.public_id).details["countries"] == ["AT", "DE"]
    assert "no other role" in ask(role="analyst", organisation="", countries="")
    assert "Take it away first" in ask(countries="")
