"""The registry's pages: found, changed, audited; hosts with every hop; policies made and lifted; steps shown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.follow.escalation.models import Step
from orbweaver.notify.notices.models import HoldPolicy, Notice
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.hosts import record_lookup
from orbweaver.notify.providers.models import Contact, HostLookup, Provider
from orbweaver.notify.providers.selectors import contact_for
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture
def manager(sign_in: Any) -> Any:
    return sign_in("Mia", Role.HOTLINE_MANAGER)


def page(client: Any, path: str, **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_provider_is_added_found_and_changed_by_page(manager: Any) -> None:
    manager.post("/providers/", {"name": "Host B.V.", "country": "nl", "kind": "host", "contact": "abuse@host.example"})
    found = Provider.objects.get()
    assert (found.country, contact_for(found) is not None) == ("NL", True)
    at = f"/providers/{found.public_id}/"
    for what, value in (
        ("domain", "host.example"),
        ("network", "203.0.113.0/24 AS64500 DE"),
        ("system", "AS64500"),
        ("name", "HOST-AS"),
    ):
        manager.post(f"{at}add/", {"what": what, "value": value})
    manager.post(f"{at}contacts/", {"channel": "smtp", "address": "second@host.example", "language": "en"})
    other = add_provider("Carrier", now=NOW)
    manager.post(f"{at}link/", {"kind": "upstream", "to": "Carrier"})
    manager.post(f"{at}clause/", {"ground": "child_exploitation", "clause": "§ 4.2"})
    manager.post(f"{at}change/", {"country": "be", "kind": "cdn", "terms_url": "https://host.example/terms"})
    text = page(manager, at)
    for shown in ("host[.]example", "203.0.113.0/24", "AS64500", "HOST-AS", "second@host.example", "§ 4.2", "Carrier"):
        assert shown in text
    found.refresh_from_db()
    assert (found.country, found.kind, found.links.get().to) == ("BE", "cdn", other)
    network = found.networks.get()
    assert (network.asn, network.country) == (64500, "DE")
    manager.post(f"{at}remove/", {"what": "network", "number": network.pk})
    manager.post(f"{at}remove/", {"what": "contact", "number": Contact.objects.get(address__startswith="second").pk})
    assert (found.networks.count(), found.contacts.filter(active=True).count()) == (0, 1)
    actors = list(Event.objects.filter(subject=found.public_id).order_by("pk").values_list("actor", flat=True))
    assert len(actors) >= 8
    assert None not in actors
    for query in ("host b", "host-as", "HOST.example"):
        assert "Host B.V." in page(manager, "/providers/", q=query)
    assert "Host B.V." not in page(manager, "/providers/", q="nobody")


@pytest.mark.parametrize(("kind", "judged"), [("host", True), ("cdn", False)])
def test_the_conduct_of_a_cdn_is_not_shown_as_waiting_to_be_judged(manager: Any, kind: str, judged: bool) -> None:
    provider = add_provider("Edge", now=NOW, kind=kind)
    text = page(manager, f"/providers/{provider.public_id}/")
    assert ("Not assessed yet" in text) is judged
    assert ("Its conduct is not judged" in text) is not judged


def test_what_cannot_be_used_is_said_and_changes_nothing(manager: Any) -> None:
    host, other = add_provider("Host", now=NOW), add_provider("Other", now=NOW, domains=["taken.example"])
    at = f"/providers/{host.public_id}/"
    for what, value in (("domain", "taken.example"), ("network", "203.0.113.1/24"), ("system", "0")):
        answer = manager.post(f"{at}add/", {"what": what, "value": value}, follow=True)
        assert any("error" in message.tags for message in answer.context["messages"])
    assert (host.domains.count(), host.networks.count(), host.contacts.count()) == (0, 0, 0)
    assert other.domains.count() == 1
    assert manager.post("/providers/", {"name": "X", "kind": "host", "contact": "no mail"}).status_code == 400
    assert not Provider.objects.filter(name="X").exists()


CONTACTS = [
    ("smtp", "abuse@host.example", "noc@host.example"),
    ("abuse_signal", "aws", "https://host.example/signal"),
    ("webhook", "https://host.example/hook", "https://host.example/hook2"),
    ("iccam", "https://iccam.example/api", "https://iccam.example/api2"),
    ("web_form", "https://host.example/report-abuse", "https://host.example/report"),
    ("phone", "+1 204 555 0100", "+1 204 555 0102"),
    ("fax", "+1 204 555 0101", "+1 204 555 0103"),
    ("chat", "Trust & Safety", "Help centre"),
]


@pytest.mark.parametrize(("channel", "first", "second"), CONTACTS)
def test_a_contact_of_each_channel_is_entered_changed_and_retired_by_page(
    manager: Any, channel: str, first: str, second: str
) -> None:
    host = add_provider("Host", now=NOW)
    at = f"/providers/{host.public_id}/"
    manager.post(f"{at}contacts/", {"channel": channel, "address": first, "language": "en"})
    one = host.contacts.get()
    assert (one.channel, one.address, one.source, one.active) == (channel, first, "hand", True)
    manager.post(f"/contacts/{one.public_id}/", {"address": first, "language": "fr"})
    assert host.contacts.get().language == "fr"
    manager.post(f"/contacts/{one.public_id}/", {"address": second, "language": "fr"})
    assert [each.address for each in host.contacts.filter(active=True)] == [second]
    assert host.contacts.filter(address=first, active=False).exists()
    manager.post(f"{at}remove/", {"what": "contact", "number": host.contacts.get(active=True).pk})
    assert not host.contacts.filter(active=True).exists()
    manager.post(f"{at}contacts/", {"channel": channel, "address": second, "language": "fr"})
    assert host.contacts.get(active=True).address == second
    kinds = set(Event.objects.filter(kind__startswith="provider.contact").values_list("kind", flat=True))
    assert kinds == {"provider.contact_added", "provider.contact_retired"}


def test_an_address_that_is_none_of_the_channel_is_said_and_changes_nothing(manager: Any) -> None:
    host = add_provider("Host", now=NOW)
    at = f"/providers/{host.public_id}/"
    for channel, wrong in (("smtp", "x"), ("web_form", "host.example"), ("phone", "ring us"), ("pigeon", "coo")):
        given = {"channel": channel, "address": wrong, "language": "en"}
        answer = manager.post(f"{at}contacts/", given, follow=True)
        assert any("error" in message.tags for message in answer.context["messages"]), channel
    assert host.contacts.count() == 0


def test_a_test_message_says_what_came_of_it(manager: Any) -> None:
    host = add_provider("Host", now=NOW)
    mail = add_contact(host, "abuse@host.example", now=NOW)
    form = add_contact(host, "https://host.example/form", now=NOW, channel="web_form")
    text = page(manager, f"/providers/{host.public_id}/")
    assert f"/contacts/{mail.public_id}/test/" in text
    assert f"/contacts/{form.public_id}/test/" not in text
    for contact in (mail, form):
        answer = manager.post(f"/contacts/{contact.public_id}/test/", follow=True)
        assert any("error" in message.tags for message in answer.context["messages"])  # no mail server; nothing to try
    assert Event.objects.filter(kind="provider.contact_tried").count() == 1


def test_contacts_show_their_source_and_their_age(manager: Any) -> None:
    host = add_provider("Host", now=NOW)
    old = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    add_contact(host, "old@host.example", now=old, source="rdap")
    text = page(manager, f"/providers/{host.public_id}/")
    assert "RDAP" in text
    assert "1 Jan 2020" in text
    assert ">old<" in text.replace(" ", "").replace("\n", "")


def test_hosts_show_every_address_they_had(manager: Any) -> None:
    add_provider("Edge", now=NOW, kind="cdn", networks=["198.51.100.0/24"])
    add_provider("Origin", now=NOW, networks=["203.0.113.0/24"], country="NL")
    record_lookup("host.example", HostLookup.Outcome.FOUND, ["203.0.113.4"], NOW)
    record_lookup("host.example", HostLookup.Outcome.FOUND, ["198.51.100.7"], NOW + dt.timedelta(days=1))
    record_lookup("gone.example", HostLookup.Outcome.NO_ADDRESS, [], NOW)
    text = page(manager, "/hosts/", host="host.example")
    for shown in ("203.0.113.4", "198.51.100.7", "Edge", "Origin", "Netherlands", "unknown", "host[.]example"):
        assert shown in text
    assert "gone[.]example" not in text
    assert "It has no address" in page(manager, "/hosts/")
    origin = Provider.objects.get(name="Origin")
    assert "host[.]example" in page(manager, f"/providers/{origin.public_id}/")


def test_a_policy_is_made_seen_on_notice_and_provider_and_lifted(manager: Any, world: Any) -> None:
    host = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(host, "abuse@host.example", now=NOW)
    assert manager.post("/notices/held/", {"provider": "Host", "reason": " "}).status_code == 400
    assert manager.post("/notices/held/", {"provider": "Nobody", "reason": "x"}).status_code == 400
    manager.post("/notices/held/", {"provider": "Host", "sub_type": "c", "reason": "In talks with them"})
    policy = HoldPolicy.objects.get()
    assert (policy.provider, policy.sub_type, policy.made_by is not None) == (host, "c", True)
    world.verdict("https://host.example/1.png", notice_type="harmful_abusive", sub_type="c", category="other_harmful")
    issue_notices(NOW)
    notice = Notice.objects.get()
    assert "when the policy is lifted" in page(manager, f"/notices/{notice.public_id}/")
    assert "Not sent by policy" in page(manager, f"/providers/{host.public_id}/")
    assert "In talks with them" in page(manager, "/notices/held/")
    manager.post(f"/notices/held/{policy.public_id}/lift/")
    assert "No policy is in force" in page(manager, "/notices/held/")


def test_the_steps_past_a_provider_are_shown_on_its_notice_and_its_page(manager: Any, world: Any) -> None:
    host = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(host, "abuse@host.example", now=NOW)
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    notice = Notice.objects.get()
    notice.first_sent_at = NOW
    notice.save()
    text = page(manager, f"/notices/{notice.public_id}/")
    assert "Without any reaction, next:" in text
    assert "1 Dec 2026" in text  # seven days after the first message
    Step.objects.create(notice=notice, name="upstream", route="upstream", outcome="nobody", policy_version="1", at=NOW)
    assert "Nobody is known" in page(manager, f"/notices/{notice.public_id}/")
    assert "Escalation past this provider" in page(manager, f"/providers/{host.public_id}/")


def test_two_names_of_one_look_are_two_providers_and_each_is_found_by_its_own(manager: Any) -> None:
    sharp = add_provider("Sharp", now=NOW, domains=["faß.example"])
    double = add_provider("Double", now=NOW, domains=["fass.example"])
    for typed, wanted, other in (
        ("faß.example", sharp, double),
        ("fass.example", double, sharp),
        ("faß", sharp, double),
        ("Fass", double, sharp),
        ("xn--fa-hia", sharp, double),
        ("FAẞ", sharp, double),
        ("ｆａｓｓ。example", double, sharp),
    ):
        text = page(manager, "/providers/", q=typed)
        assert wanted.public_id in text
        assert other.public_id not in text


def test_a_name_whose_ascii_form_begins_as_that_of_another_is_not_found_by_it(manager: Any) -> None:
    joined = add_provider("Joined", now=NOW, domains=["نامهای.example"])
    apart = add_provider("Apart", now=NOW, domains=["نامه\u200cای.example"])
    final = add_provider("Final", now=NOW, domains=["βόλος.example"])
    medial = add_provider("Medial", now=NOW, domains=["βόλοσ.example"])
    for typed, wanted, other in (
        ("نامهای", joined, apart),
        ("xn--mgba3gch31f", joined, apart),
        ("نامه\u200cای", apart, joined),
        ("نامه\u200cای.example", apart, joined),
        ("βόλος", final, medial),
        ("ΒΌΛΟΣ", medial, final),
    ):
        text = page(manager, "/providers/", q=typed)
        assert wanted.public_id in text
        assert other.public_id not in text


def test_a_name_is_shown_as_people_write_it_and_as_machines_do(manager: Any) -> None:
    sharp = add_provider("Sharp", now=NOW, domains=["faß.example"])
    for address in ("/providers/", f"/providers/{sharp.public_id}/"):
        text = page(manager, address)
        assert "faß[.]example" in text
        assert "xn--fa-hia[.]example" in text
