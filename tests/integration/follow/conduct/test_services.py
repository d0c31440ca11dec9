"""Standings follow from what happened; people may say otherwise; complicit takes two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import NotAllowed
from orbweaver.follow.conduct import services
from orbweaver.follow.conduct.errors import ConductInvalid, OverrideGone, SameSigner
from orbweaver.follow.conduct.models import CommerceSign, Override, ProviderConduct
from orbweaver.follow.conduct.rules import ConductKind
from orbweaver.follow.conduct.selectors import conduct_kinds_of, conduct_kinds_of_all, conduct_of
from orbweaver.follow.recheck.models import Return
from orbweaver.notify.notices.models import Notice, NoticeUrl, PushBack
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.providers.models import Provider, ProviderOrganisation
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import ApiKey
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LATER = NOW + 20 * DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(world: Any) -> Provider:
    """A provider that was told of six addresses, each in a notice of its own with four messages."""
    known = add_provider("Host", domains=["h.example"], now=NOW)
    add_contact(known, "abuse@h.example", now=NOW)
    for number in range(6):
        world.verdict(f"https://h.example/{number}.png")
        issue_notices(NOW)
    Notice.objects.update(first_sent_at=NOW, last_sent_at=NOW, occasions=4)
    return known


def remove(count: int, after: dt.timedelta) -> None:
    pks = NoticeUrl.objects.exclude(state="removed").order_by("pk").values_list("pk", flat=True)[:count]
    NoticeUrl.objects.filter(pk__in=list(pks)).update(state="removed", removed_at=NOW + after)


def test_who_removes_at_once_is_reactive_with_the_evidence(provider: Provider) -> None:
    remove(6, DAY)
    assessed = services.assess(provider, LATER)
    assert assessed.kinds == ["reactive"]
    assert [str(each) for each in conduct_of(provider).kinds[1].because] == ["6 of 6 addresses removed within 7 days."]
    assert assessed.behaviour["median_s"] == pytest.approx(86400, rel=0.1)
    assert conduct_kinds_of(provider) == {ConductKind.REACTIVE}
    assert conduct_kinds_of_all() == {provider.pk: (ConductKind.REACTIVE,)}


def test_who_leaves_it_is_non_compliant_but_not_before_the_days_have_passed(provider: Provider) -> None:
    assert services.assess(provider, NOW + 8 * DAY).kinds == []
    assert services.assess(provider, LATER).kinds == ["non_compliant"]
    assert Event.objects.filter(kind="conduct.changed").count() == 2


def test_who_questions_and_removes_late_is_resistant(provider: Provider) -> None:
    remove(3, 9 * DAY)
    PushBack.objects.create(notice=Notice.objects.earliest("pk"), reason="wants_proof_of_age", made_at=NOW)
    assert services.assess(provider, LATER).kinds == ["resistant", "non_compliant"]
    PushBack.objects.update(outcome="conceded")
    assert services.assess(provider, LATER).behaviour["questioned"] == 0


def test_checking_uploads_by_the_scan_api_is_proactive(provider: Provider, organisation: Any) -> None:
    ProviderOrganisation.objects.create(provider=provider, organisation=organisation, added_at=NOW)
    key = ApiKey.objects.create(
        organisation=organisation,
        name="k",
        prefix="p",
        digest=b"",
        scopes=["scan:use"],
        created_at=NOW,
        last_used_at=NOW,
    )
    assert "proactive" in services.assess(provider, LATER).kinds
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=NOW - 30 * DAY)
    assert "proactive" not in services.assess(provider, LATER).kinds


def test_a_credit_is_kept_with_its_evidence(provider: Provider, make_person: Callable[..., Any]) -> None:
    services.credit(provider, "searches_stock", "Its letter of 3 March.", by=make_person("Ann"), now=NOW)
    assert "proactive" in conduct_kinds_of(provider)
    assert [each.evidence for each in conduct_of(provider).credits] == ["Its letter of 3 March."]


def test_signs_of_commerce_around_sightings_are_kept_by_host_and_propose_complicity(provider: Provider) -> None:
    Sighting.objects.filter(url__endswith="/1.png").update(context={"title": "Full set", "headings": ["Pay by PayPal"]})
    services.assess(provider, LATER)
    services.assess(provider, LATER)
    assert set(CommerceSign.objects.values_list("host", "sign")) == {("h.example", "sale"), ("h.example", "payment")}
    complicit = conduct_of(provider).kinds[-1]
    assert (complicit.kind, complicit.holds, complicit.proposed) == (ConductKind.COMPLICIT, False, True)
    assert [str(each) for each in complicit.because] == ["Signs of sale or advertising at 1 host."]


def test_what_a_site_sells_is_no_sign_against_its_registrar(provider: Provider) -> None:
    Sighting.objects.update(context={"title": "Full set", "headings": ["Pay by PayPal"]})
    Notice.objects.update(route=Notice.Route.REGISTRAR)
    services.assess(provider, LATER)
    assert conduct_kinds_of(provider) == {ConductKind.NON_COMPLIANT}
    assert not CommerceSign.objects.exists()


def test_a_cdn_is_judged_neither_by_what_others_host_nor_by_what_it_was_told_before_it_was_known_as_one(
    provider: Provider,
) -> None:
    urls = list(NoticeUrl.objects.order_by("pk"))
    Return.objects.bulk_create(
        Return(url=url, removed=url, provider=provider, kind="same_url", times=1, at=NOW) for url in urls
    )
    assert services.assess(provider, LATER).kinds == ["resistant", "non_compliant"]
    Provider.objects.filter(pk=provider.pk).update(kind=Provider.Kind.CDN)
    provider.refresh_from_db()
    assert services.assess(provider, LATER).kinds == []
    Notice.objects.filter(pk__in=[url.notice_id for url in urls[:5]]).update(route=Notice.Route.CDN)
    Notice.objects.filter(pk=urls[5].notice_id).update(route=Notice.Route.REGISTRAR)
    behaviour = services.assess(provider, LATER).behaviour
    assert (behaviour["notices"], behaviour["notified"], behaviour["returns"]) == (1, 1, 1)


def test_a_person_may_say_otherwise_with_a_reason_and_take_it_back(
    provider: Provider, make_person: Callable[..., Any]
) -> None:
    ann = make_person("Ann")
    services.override(provider, "non_compliant", False, "Its mail server was down.", by=ann, now=LATER)
    assert conduct_kinds_of(provider) == frozenset()
    first = services.override(provider, "resistant", True, "It argues on the phone.", by=ann, now=LATER)
    assert conduct_kinds_of(provider) == {ConductKind.RESISTANT}
    services.end_override(first.public_id, by=ann, now=LATER)
    assert conduct_kinds_of(provider) == frozenset()
    with pytest.raises(OverrideGone):
        services.end_override(first.public_id, by=ann, now=LATER)


def test_complicit_takes_two_people_and_reduces_notices(provider: Provider, make_person: Callable[..., Any]) -> None:
    ann, mona = make_person("Ann"), make_person("Mona", Role.HOTLINE_MANAGER)
    said = services.override(provider, "complicit", True, "It advertises the sets.", by=ann, now=LATER)
    assert ConductKind.COMPLICIT not in conduct_kinds_of(provider)
    assert conduct_of(provider).kinds[-1].awaits_signature
    with pytest.raises(SameSigner):
        services.sign(said.public_id, by=ann, now=LATER)
    twin = make_person("Twin", Role.HOTLINE_MANAGER)
    twin.made_alone_by = ann  # until somebody else has vouched for it, it may be hers
    twin.save()
    with pytest.raises(SameSigner):
        services.sign(said.public_id, by=twin, now=LATER)
    services.sign(said.public_id, by=mona, now=LATER)
    assert ConductKind.COMPLICIT in conduct_kinds_of(provider)
    provider.refresh_from_db()
    assert provider.reduced_notices
    with pytest.raises(OverrideGone):
        services.sign(said.public_id, by=mona, now=LATER)
    services.end_override(said.public_id, by=mona, now=LATER)
    assert not Provider.objects.get().reduced_notices
    assert Event.objects.filter(kind="conduct.signed").count() == 1


def test_who_has_no_right_or_gives_no_reason_changes_nothing(
    provider: Provider, make_person: Callable[..., Any]
) -> None:
    with pytest.raises(NotAllowed):
        services.override(provider, "reactive", True, "Because.", by=make_person("Sam", Role.SURVIVOR_SUPPORT), now=NOW)
    for word, reason in (("reactive", "  "), ("evil", "Because.")):
        with pytest.raises(ConductInvalid):
            services.override(provider, word, True, reason, by=make_person(word), now=NOW)
    assert not Override.objects.exists()


def test_the_worker_assesses_each_provider_once_a_day(provider: Provider) -> None:
    add_provider("Nobody wrote to it", now=NOW)
    assert services.assess_due(LATER) == 1
    assert services.assess_due(LATER) == 0
    assert services.assess_due(LATER + DAY) == 1
    assert ProviderConduct.objects.get().assessed_at == LATER + DAY


def test_a_hotline_of_another_country_is_not_judged_by_what_it_passes_on(provider: Provider) -> None:
    services.assess(provider, LATER)
    Provider.objects.update(kind=Provider.Kind.HOTLINE)
    assert services.assess_due(LATER + DAY) == 0
    assert conduct_kinds_of_all() == {}
