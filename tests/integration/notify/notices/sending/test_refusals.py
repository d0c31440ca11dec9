"""A mail server that will not take a message for its recipient: the next contact at once, then who else hosts it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.follow.escalation.models import Escalation
from orbweaver.follow.escalation.services import escalate_due
from orbweaver.notify.notices.answers.incoming import collect
from orbweaver.notify.notices.models import Bounce, Notice, OutboxMessage
from orbweaver.notify.notices.services import issue_notices, queue_reminders, send_due
from orbweaver.notify.providers.editing import add_link
from orbweaver.notify.providers.models import Contact
from orbweaver.notify.providers.services import add_contact, add_provider

from ..post_office import HOUR, NOW, PostOffice, report

pytestmark = pytest.mark.django_db(transaction=True)

UNKNOWN = "550 5.1.1 no such mailbox here"
FILTER = "554 5.7.1 rejected by content filter"
FULL = "552 5.2.2 over quota"


def go_on(now: dt.datetime) -> None:
    queue_reminders(now)
    send_due(lambda: now)


def addresses(office: PostOffice) -> list[str]:
    return [address for address, _ in office.received]


def test_who_is_unknown_there_is_passed_over_at_once(office: PostOffice, contacts: tuple[Contact, Contact]) -> None:
    office.answers["rcpt"] = [UNKNOWN]
    go_on(NOW)
    notice = Notice.objects.get()
    assert (notice.unreached, notice.told_at) == ("next", None)
    go_on(NOW)
    notice.refresh_from_db()
    assert addresses(office) == ["noc@host.example"]
    assert (notice.unreached, notice.told_at) == ("", NOW)
    assert Contact.objects.get(pk=contacts[0].pk).bounced_at == NOW
    assert list(OutboxMessage.objects.order_by("pk").values_list("state", flat=True)) == ["refused", "sent"]
    assert [(each.kind, each.status) for each in Bounce.objects.all()] == [("hard", "5.1.1")]


@pytest.mark.parametrize("refusal", [FILTER, FULL])
def test_what_may_pass_is_tried_again_before_a_contact_is_given_up(
    office: PostOffice, contacts: tuple[Contact, Contact], refusal: str
) -> None:
    office.answers["rcpt"] = [refusal] * 3
    go_on(NOW)
    go_on(NOW + 0.9 * HOUR)
    assert OutboxMessage.objects.count() == 1
    go_on(NOW + HOUR)
    go_on(NOW + 6.9 * HOUR)
    assert OutboxMessage.objects.count() == 2
    go_on(NOW + 7 * HOUR)
    assert {each.contact_id for each in OutboxMessage.objects.all()} == {contacts[0].pk}
    go_on(NOW + 7 * HOUR)
    assert addresses(office) == ["noc@host.example"]
    assert list(Bounce.objects.order_by("pk").values_list("kind", flat=True)) == ["soft", "soft", "hard"]


def test_a_filter_that_lets_it_through_later_costs_the_contact_nothing(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    office.answers["rcpt"] = [FILTER]
    go_on(NOW)
    go_on(NOW + HOUR)
    assert addresses(office) == ["abuse@host.example"]
    assert Contact.objects.filter(bounced_at__isnull=False).count() == 0


def test_the_whole_message_refused_by_a_filter_is_tried_again(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    office.answers["data"] = [FILTER]
    go_on(NOW)
    assert Bounce.objects.get().kind == "soft"
    go_on(NOW + HOUR)
    assert addresses(office) == ["abuse@host.example"]


def test_where_no_contact_is_taken_whoever_carries_the_provider_is_told_at_once_and_it_counts_as_not_told(
    office: PostOffice, contacts: tuple[Contact, Contact], world: Any
) -> None:
    carrier = add_provider("Carrier", kind="network", now=NOW)
    add_contact(carrier, "abuse@carrier.example", now=NOW)
    add_link(contacts[0].provider, carrier, "upstream", now=NOW)
    office.answers["rcpt"] = [UNKNOWN] * 2
    go_on(NOW)
    go_on(NOW)
    notice = Notice.objects.get()
    assert (notice.unreached, notice.first_sent_at, notice.told_at) == ("nobody", None, None)
    assert escalate_due(NOW) == 1
    go_on(NOW)
    assert addresses(office) == ["abuse@carrier.example"]
    assert Escalation.objects.count() == 1
    assert notice.steps.get().route == "upstream"


def test_a_place_of_two_providers_goes_to_the_holder_of_the_network(
    office: PostOffice, contacts: tuple[Contact, Contact], world: Any
) -> None:
    from orbweaver.notify.providers.models import ProviderNetwork

    holder = add_provider("Holder", kind="network", now=NOW)
    add_contact(holder, "abuse@holder.example", now=NOW)
    ProviderNetwork.objects.create(provider=holder, network="192.0.2.0/24")
    Notice.objects.get().urls.update(address="192.0.2.7")
    office.answers["rcpt"] = [UNKNOWN] * 2
    go_on(NOW)
    go_on(NOW)
    go_on(NOW)
    assert addresses(office) == ["abuse@holder.example"]
    assert issue_notices(NOW) == 0


def test_a_server_that_puts_it_off_for_ever_counts_as_one_that_refuses(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    office.answers["rcpt"] = ["451 4.7.1 try again later"] * 9
    for hour in range(0, 96, 24):
        go_on(NOW + hour * HOUR)
        OutboxMessage.objects.update(retry_at=None)
    assert OutboxMessage.objects.get().state == "failed"
    go_on(NOW + 96 * HOUR)
    assert OutboxMessage.objects.get(number=0).state == "refused"
    assert Notice.objects.get().told_at is None
    assert Contact.objects.get(pk=contacts[0].pk).bounced_at is not None
    office.answers["rcpt"] = []
    go_on(NOW + 96 * HOUR)
    assert addresses(office) == ["noc@host.example"]
    assert Notice.objects.get().told_at == NOW + 96 * HOUR


def test_what_came_back_does_not_count_from_its_first_message(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    office.returns["abuse@host.example"] = report()
    go_on(NOW)
    notice = Notice.objects.get()
    assert notice.told_at == NOW
    collect(office.maildir, NOW + HOUR)
    notice.refresh_from_db()
    assert (notice.unreached, notice.told_at) == ("next", None)
    go_on(NOW + HOUR)
    notice.refresh_from_db()
    assert (notice.first_sent_at, notice.told_at) == (NOW, NOW + HOUR)
