"""A partner's agreement ends while its people are signed in, its keys in use, its work under way: what comes next.

Written from the documents alone: the addresses come from the tables of ``docs/domain/access.md``, every request goes
through a whole browser session or a whole call, and each address is asked about things that are there.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.test import Client
from typer.testing import CliRunner

from orbweaver.assess.review.models import Assessment, ReviewItem
from orbweaver.assess.series.services import open_series
from orbweaver.detect.exchanges.agreed import under_agreement
from orbweaver.detect.exchanges.models import Exchange
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.doors.cli import build
from orbweaver.errors import Conflict, NotAllowed
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.police.models import Force, Order, Referral
from orbweaver.notify.police.services import add_force, queue, send_due
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.agreements import Terms, agree_on
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import KEY_SCOPES, Permission, Role
from orbweaver.people.accounts.services import (
    create_api_key,
    create_organisation,
    create_person,
    record_training,
)
from orbweaver.platform.clock import now as clock_now

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).parents[4] / "docs" / "domain" / "access.md"
DAY = dt.timedelta(days=1)
PASSWORD = "a long enough passphrase"
ROW = re.compile(r"^\| `(/[^`]*)` \| (GET|POST) \|([^\n]*)$", re.MULTILINE)
ROLES = [
    Role.CRITERIA_EDITOR, Role.ANALYST, Role.SENIOR_ANALYST, Role.HOTLINE_MANAGER, Role.INDUSTRY_CLIENT,
    Role.GOVERNMENT_OBSERVER, Role.LAW_ENFORCEMENT_LIAISON, Role.SURVIVOR_SUPPORT, Role.ADMINISTRATOR,
]  # fmt: skip
"""In the order of the document's columns."""

MakePerson = Callable[..., User]
MakeItem = Callable[..., ReviewItem]


def documented() -> list[tuple[str, str, set[Role]]]:
    found = []
    for path, method, columns in ROW.findall(DOCUMENT.read_text(encoding="utf-8")):
        cells = [each.strip() for each in columns.strip("|").split("|")]
        if len(cells) == len(ROLES):
            found.append((path, method, {role for role, cell in zip(ROLES, cells, strict=True) if cell == "yes"}))
    return found


@pytest.fixture
def partner(make_person: MakePerson, now: dt.datetime) -> Organisation:
    """Another hotline, let in until the end of today; ours has an administrator of its own."""
    make_person("Ada", Role.ADMINISTRATOR)
    today = now.date()
    return create_organisation(
        name="Hotline of the Fjord", kind="hotline", country="NO", vetted_on=today - DAY, agreement_ends_on=today
    )


def person_of(home: Organisation, *roles: Role) -> User:
    now = clock_now()
    made = create_person(
        email=f"{roles[0].value}@fjord.example", display_name=f"Fjord {roles[0].value}", organisation=home,
        roles=roles, password=PASSWORD, by=None, now=now,
    )  # fmt: skip
    record_training(made, "Sexual maturation", now.date() - DAY)
    return made


def browser(person: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def over(home: Organisation) -> None:
    home.agreements.update(ends_on=clock_now().date() - DAY)


@pytest.fixture
def there(make_item: MakeItem, partner: Organisation, world: Any, now: dt.datetime) -> dict[str, str]:
    """Things that addresses name, by what an address begins with."""
    item = make_item(1, url="https://secret-place.example/1.png")
    series = open_series("The secret lake", by=None, now=now)
    add_contact(add_provider("Images", now=now, domains=["images.example"]), "abuse@images.example", now=now)
    world.verdict("https://images.example/secret-notice.png")
    issue_notices(now)
    return {
        "items": item.public_id,
        "series": series.public_id,
        "lists": HashList.objects.latest("pk").public_id,
        "notices": Notice.objects.latest("pk").public_id,
        "providers": Provider.objects.get().public_id,
        "organisations": partner.public_id,
        "criteria": "1",
    }


def filled(path: str, there: dict[str, str]) -> str:
    mine = there.get(path.split("/")[1], "xxx_2222222222222222")
    path = path.replace("<public_id>", mine).replace("<number>", "1").replace("<form>", "csv")
    return re.sub(r"<[^>]+>", "x", path)


def ask(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.get(path) if method == "GET" else client.post(path, body or {})


SECRETS = ("secret-place", "The secret lake", "secret-notice", "images.example", "itm_", "ser_", "ntc_")


@pytest.mark.sampled(1)
@pytest.mark.parametrize("role", [role for role in ROLES if role is not Role.ADMINISTRATOR])
def test_an_open_session_of_any_role_gets_nothing_more_at_any_address(
    role: Role, partner: Organisation, there: dict[str, str]
) -> None:
    rows = documented()
    assert len(rows) > 200
    pia = browser(person_of(partner, role))
    theirs = [(method, filled(path, there)) for path, method, roles in rows if role in roles]
    assert theirs
    first = next(path for method, path in theirs if method == "GET" and "<" not in path and "xxx" not in path)
    assert ask(pia, "GET", first).status_code == 200, first
    over(partner)
    got = []
    for path, method, _ in rows:
        answer = ask(pia, method, filled(path, there))
        body = answer.content.decode(errors="replace")
        if answer.status_code != 403 or any(each in body for each in SECRETS):
            got.append((method, path, answer.status_code))
    assert got == []


def test_what_everybody_who_is_signed_in_may_open_says_nothing_of_the_work_either(
    partner: Organisation, there: dict[str, str]
) -> None:
    pia = browser(person_of(partner, Role.ANALYST))
    over(partner)
    for path in ("/alerts/", "/search/?q=secret-place.example", f"/search/?q={there['items']}", "/waits/",
                 "/people/changes/"):  # fmt: skip
        answer = pia.get(path)
        assert not any(each in answer.content.decode() for each in SECRETS[:4]), path
        assert answer.status_code == 403, path
    account = pia.get("/account/")
    assert account.status_code == 200
    assert not any(each in account.content.decode() for each in SECRETS)


def test_a_sign_in_after_the_end_opens_ones_account_alone(partner: Organisation, there: dict[str, str]) -> None:
    pia = person_of(partner, Role.SENIOR_ANALYST)
    over(partner)
    client = Client()
    client.post("/sign-in/", {"email": pia.email, "password": PASSWORD})
    assert client.get("/account/").status_code == 200
    assert client.get("/queue/").status_code == 403
    assert client.get(f"/items/{there['items']}/").status_code == 403


def test_an_answer_on_its_way_is_not_taken_and_the_item_goes_back(
    partner: Organisation, there: dict[str, str], make_person: MakePerson
) -> None:
    pia = browser(person_of(partner, Role.ANALYST))
    at = f"/items/{there['items']}/"
    assert pia.post(f"{at}take/").status_code in {200, 302}
    assert pia.get(at).status_code == 200
    over(partner)
    assert pia.post(f"{at}assess/", {"outcome": "remove", "category": "csam"}).status_code == 403
    assert pia.post(f"{at}look/").status_code == 403
    assert not Assessment.objects.exists()
    ann = browser(make_person("Ann", Role.ANALYST))
    assert ann.get("/queue/").status_code == 200


@pytest.mark.parametrize("how", ["last day", "ended", "not begun", "another scope"])
def test_however_it_ends_each_call_answers_as_for_a_key_that_never_was(
    how: str, partner: Organisation, there: dict[str, str]
) -> None:
    key = create_api_key(partner, "all", KEY_SCOPES, clock_now())
    never = key[:-6] + ("AAAAAA" if not key.endswith("AAAAAA") else "BBBBBB")
    calls = [
        ("POST", "/api/v1/police/words"), ("POST", "/api/v1/reports"), ("GET", "/api/v1/reports/rep_2222222222222222"),
        ("POST", "/api/v1/scan"), ("POST", "/abuse-signal/v1/abuse"), ("GET", "/abuse-signal/v1/abuse/x"),
        ("GET", "/abuse-signal/v1/abusestatuses"), ("GET", "/abuse-signal/v1/notices"),
        ("GET", f"/abuse-signal/v1/notices/{there['notices']}"),
        ("POST", f"/abuse-signal/v1/notices/{there['notices']}/answers"),
    ]  # fmt: skip

    def said(with_key: str, method: str, path: str) -> tuple[int, bytes]:
        answer = Client().generic(
            method, path, json.dumps({}), "application/json", headers={"Authorization": f"Bearer {with_key}"}
        )
        return answer.status_code, answer.content

    assert [path for method, path in calls if said(key, method, path)[0] == 401] == []
    today = clock_now().date()
    if how == "last day":
        over(partner)
    elif how == "ended":
        partner.agreements.update(ended_at=clock_now(), ended_because="over")
    elif how == "not begun":
        partner.agreements.update(begins_on=today + DAY, ends_on=today + 2 * DAY)
    else:
        partner.agreements.update(scope=["assess"])
    wrong = [path for method, path in calls if said(key, method, path) != said(never, method, path)]
    if how == "another scope":
        # An answer to a notice needs any agreement at all, as notices do.
        wrong = [path for path in wrong if "notices" not in path and "abuses" not in path and "abuse/" not in path]
    assert wrong == []


def test_two_agreements_add_up_and_the_last_of_them_is_the_end(partner: Organisation) -> None:
    key = create_api_key(partner, "reports", [Permission.REPORT_SUBMIT], clock_now())
    agree_on(partner, Terms("Another", ends_on=clock_now().date() + DAY), now=clock_now())

    def status() -> int:
        headers = {"Authorization": f"Bearer {key}"}
        return Client().get("/api/v1/reports/rep_2222222222222222", headers=headers).status_code

    over_first = partner.agreements.order_by("pk").first()
    assert over_first is not None
    partner.agreements.filter(pk=over_first.pk).update(ends_on=clock_now().date() - DAY)
    assert status() == 404
    over(partner)
    assert status() == 401


def of_this_database(monkeypatch: pytest.MonkeyPatch, *rooms: str) -> None:
    """Commands of these rooms work on the test's own database."""

    @contextlib.contextmanager
    def opened(*, migrate: bool = True) -> Iterator[None]:
        yield

    for room in rooms:
        monkeypatch.setattr(f"orbweaver.doors.cli.{room}.open_session", opened)


def force_under(home: Organisation, now: dt.datetime) -> Force:
    key = str(pyrage.x25519.Identity.generate().to_public())
    return add_force("Police of the Fjord", "NO", key, now, organisation=home)


def test_what_waits_for_a_force_stays_and_no_order_of_it_is_taken_or_answered(
    partner: Organisation, there: dict[str, str], make_person: MakePerson, set_config: Any, tmp_path: Path,
    now: dt.datetime,
) -> None:  # fmt: skip
    set_config(police_dir=tmp_path / "out")
    Organisation.objects.filter(pk=partner.pk).update(kind="law_enforcement")
    partner.refresh_from_db()
    force, item = force_under(partner, now), ReviewItem.objects.get(public_id=there["items"])
    liaison = make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)
    lea = browser(liaison)
    form = {
        "force": force.public_id, "authority": "Court of the Fjord", "reference": "1/26", "basis": "A law",
        "items": item.public_id, "ordered_on": now.date().isoformat(), "answer_by": (now.date() + DAY).isoformat(),
    }  # fmt: skip
    assert lea.post("/urgent/police/orders/add/", form).status_code == 302
    order = Order.objects.get()
    [waiting] = queue(item, [force], Referral.Because.REQUEST, None, liaison, now)
    over(partner)
    send_due(now)
    waiting.refresh_from_db()
    assert waiting.state != Referral.State.SENT
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    again = lea.post("/urgent/police/orders/add/", form | {"reference": "2/26"})
    assert again.status_code == 400
    lea.post(f"/urgent/police/orders/{order.public_id}/answer/", {"action": "answer"})
    send_due(now)
    assert Order.objects.get().state == Order.State.OPEN
    assert not Referral.objects.filter(state=Referral.State.SENT).exists()
    lea.post("/urgent/police/refer/", {"item": item.public_id, "force": force.public_id, "words": "please"})
    send_due(now)
    assert not Referral.objects.filter(state=Referral.State.SENT).exists()


@pytest.mark.parametrize(
    "name",
    [
        "Hotline of the Fjord", "  hotline OF the fjord ", "Hotline  of the Fjord", "Hotline of the Fjord, unit 5",
        "Hotline of the Fjord (Oslo)", "Hotline\u00a0of the Fjord",
        "Hotline of the Fj\u00f6rd", "Ｈotline of the Fjord",
    ],
)  # fmt: skip
def test_no_export_is_for_them_however_their_name_is_written(
    name: str, partner: Organisation, there: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_this_database(monkeypatch, "evidence", "list_files")
    if "\u00f6" in name:
        Organisation.objects.filter(pk=partner.pk).update(name=unicodedata.normalize("NFD", name))
    over(partner)
    for words in (
        ["evidence", "export", there["items"], str(tmp_path / "case"), "--case", "1", "--to", name],
        ["lists", "export", "Known", "-o", str(tmp_path / "list"), "--to", name],
    ):
        said = CliRunner().invoke(build(), words)
        assert isinstance(said.exception, NotAllowed), (words, said.output, said.exception)
    assert not (tmp_path / "case").exists()
    assert not (tmp_path / "list").exists()


def test_a_supplier_is_theirs_however_its_name_is_written(partner: Organisation, now: dt.datetime) -> None:
    """What was asked of an exchange's supplier before pulling, and before telling it anything, was not the same."""
    for number, name in enumerate(("hotline of the FJORD", "Hotline  of the Fjord", "Hotline of the Fjord (feed)")):
        Exchange.objects.create(
            name=f"theirs {number}", protocol="orbweaver", address="https://x.example", every_minutes=60, next_at=now,
            hash_list=get_or_create_list(f"Theirs {number}", name, now), created_at=now,
        )  # fmt: skip
    assert under_agreement(now).count() == 3
    over(partner)
    assert not under_agreement(now).exists()


def test_another_spelling_makes_no_second_organisation_with_an_agreement_of_its_own(
    partner: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_this_database(monkeypatch, "keys")
    over(partner)
    with pytest.raises(Conflict):
        create_organisation(name="hotline of  the fjord", kind="industry", country="NO")
    said = CliRunner().invoke(build(), ["keys", "create", "k", "--organisation", "HOTLINE of the Fjord", "--country",
                                        "NO", "--scope", "scan:use", "--json"])  # fmt: skip
    assert Organisation.objects.filter(name__icontains="fjord").get() == partner, said.output
