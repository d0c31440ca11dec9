"""Where somebody is signed in, and the end of it; the key of a session stands in no table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.doors.web.conftest import PASSWORD

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from django.test import Client

    from orbweaver.people.accounts.models import User

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"


def signed_in(person: User, agent: str = FIREFOX) -> Client:
    from django.test import Client

    client = Client(headers={"User-Agent": agent})
    client.post("/sign-in/", {"email": person.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_each_sign_in_is_listed_and_can_be_ended_and_its_key_is_kept_by_nobody(make_person: Any) -> None:
    from orbweaver.people.accounts.models import SignIn

    ann = make_person("Ann", Role.ANALYST)
    here, stolen = signed_in(ann), signed_in(ann, "curl/8")
    page = here.get("/account/").content.decode()
    assert page.count("Firefox, Linux") == 1
    assert page.count("A browser") == 1
    kept = dict(SignIn.objects.values_list("browser", "pk"))
    keys = [client.cookies["sessionid"].value for client in (here, stolen)]
    assert not set(keys) & set(kept.values())
    here.post("/account/sign-ins/end/", {"which": kept[""]})
    assert (is_in(here), is_in(stolen)) == (True, False)


def test_all_others_end_with_one_press_and_this_one_stays(make_person: Any) -> None:
    ann = make_person("Ann", Role.ANALYST)
    here, *others = (signed_in(ann) for _ in range(3))
    here.post("/account/sign-ins/end/", {"which": "others"})
    assert is_in(here)
    assert not any(map(is_in, others))


def test_nobody_ends_the_sign_in_of_somebody_else(make_person: Any) -> None:
    from orbweaver.people.accounts.models import SignIn

    ann, ben = (signed_in(make_person(name, Role.ANALYST)) for name in ("Ann", "Ben"))
    of_ann = SignIn.objects.get(person__display_name="Ann").pk
    answer = ben.post("/account/sign-ins/end/", {"which": of_ann}, follow=True)
    assert "It had ended already." in answer.content.decode()
    assert is_in(ann)


def test_an_administrator_signs_a_person_out_everywhere(make_person: Any) -> None:
    from orbweaver.people.audit.models import Event

    ann, ada = make_person("Ann", Role.ANALYST), make_person("Ada", Role.ADMINISTRATOR)
    there, admin = signed_in(ann), signed_in(ada)
    assert "Signed in in 1 browser now." in admin.get(f"/people/{ann.public_id}/").content.decode()
    admin.post(f"/people/{ann.public_id}/sign-ins/end/")
    assert not is_in(there)
    assert "Not signed in anywhere now." in admin.get(f"/people/{ann.public_id}/").content.decode()
    assert Event.objects.filter(kind="person.sign_ins_ended", subject=ann.public_id, actor=ada).exists()
