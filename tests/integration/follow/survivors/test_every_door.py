"""Every page and call that can be read without naming a thing is the same before and after somebody asked (R57).

Doors are those that the site has, not a list of ours: a new one is tried by itself. The API's own port is tried by
`tests/integration/doors/industry/test_no_oracle_at_the_port.py`, time by `test_no_oracle.py` and `test_attack_day.py`.

A sweep; `test_no_oracle.py` holds a sample.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from orbweaver.account_for.transparency import datasets
from orbweaver.account_for.transparency.folding import keep_up
from orbweaver.detect.hashlists.exporting import export_rows
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import add_own_entry
from orbweaver.detect.intake.models import AskedHash
from orbweaver.fingerprints import fingerprint
from orbweaver.people.accounts.rules import KEY_SCOPES, Role
from orbweaver.people.accounts.services import create_api_key
from orbweaver.platform.clock import now
from orbweaver_trials.demo.pictures import edited

from ...conftest import World

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import Organisation

pytestmark = [pytest.mark.sweep, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline")]

FILLED = {
    "public/data/<name>.<form>": [f"public/data/{name}.{form}" for name in datasets.ALL for form in ("csv", "json")],
    "public/reports/<number>.<form>": [f"public/reports/2026.{form}" for form in ("csv", "json", "md")],
    "public/reports/<int:number>/": ["public/reports/2026/"],
}
"""Addresses with a part that anybody knows."""
BY_CHANCE = re.compile(
    r"chart-\d+|csrf\w*[\"'] value=\"[^\"]*\"|name=\"form\" value=\"[^\"]*\"|nonce-[\w+/=]+|\"[\w-]{40,}\"|SHA256:[^<]*"
)
"""What is drawn for each visit: numbers of charts, tokens of forms."""
OF_THIS_PROCESS = ("metrics",)
"""Read on this machine alone, or with a token; it counts what was asked of this process."""
OUTSIDERS = (Role.INDUSTRY_CLIENT, Role.GOVERNMENT_OBSERVER)
"""Whose own people may be the abuser."""


def doors(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every address without a part that would have to be known."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", str(each.pattern)).strip("^$").replace("\\", "")
        if isinstance(each, URLResolver):
            yield from doors(each.url_patterns, route)
        elif isinstance(each, URLPattern) and route not in OF_THIS_PROCESS:
            yield from FILLED.get(route, [] if "<" in route else [route])


def read_all(who: dict[str, Client]) -> dict[tuple[str, str], tuple[int, str]]:
    """Status and text of each door, to each who may try it."""
    keep_up()
    found = {}
    for name, client in who.items():
        for door in doors():
            answer = client.get("/" + door)
            body = b"".join(answer) if answer.streaming else answer.content
            found[name, door] = answer.status_code, BY_CHANCE.sub("?", body.decode(errors="replace"))
    return found


def exported() -> dict[str, list[dict[str, str]]]:
    """Every list as it is exported, ours among them."""
    return {each.name: list(export_rows(each)) for each in HashList.objects.all()}


@pytest.fixture
def who(organisation: Organisation, make_person: Any) -> dict[str, Client]:
    """Nobody, every key there is, and roles of people outside the hotline."""
    key = create_api_key(organisation, "an abuser's", list(KEY_SCOPES), now())
    found = {"nobody": Client(), "a key": Client(headers={"Authorization": f"Bearer {key}"})}
    for role in OUTSIDERS:
        client = Client()
        client.force_login(make_person(role.value, role))
        found[role.value] = client
    return found


def test_no_door_is_different_after_somebody_asked(
    who: dict[str, Client], world: World, set_config: Callable[..., None]
) -> None:
    set_config(clock_speed=0, clock_epoch=now())  # pages name the day
    world.verdict("https://images.example/albums/500/me.png")
    keep_up()
    before, lists = read_all(who), exported()
    assert len({door for _, door in before}) > 50
    prints = fingerprint(edited(4))
    assert prints.pdq is not None
    hashes = f"sha256:{prints.sha256.hex()}\nmd5:{prints.md5.hex()}\npdq:{prints.pdq.hex()}"
    said = {"capacity": "child", "danger": "no", "aim": "picture", "form": "1", "words": "Mine", "hashes": hashes}
    urls = "https://images.example/albums/500/me.png\nhttps://images.example/albums/501/no.png"
    assert Client().post("/info/ask/", {**said, "urls": urls}).status_code == 200
    assert AskedHash.objects.count() == 3
    after = read_all(who)
    assert [door for door, told in after.items() if told != before[door]] == []
    assert exported() == lists


def test_what_would_be_told_is_seen(world: World, set_config: Callable[..., None]) -> None:
    """The same measure where something is told: of what people decided, and of a list."""
    set_config(clock_speed=0, clock_epoch=now())
    nobody = {"nobody": Client()}
    before, lists = read_all(nobody), exported()
    world.verdict("https://images.example/albums/502/other.png")
    add_own_entry(EntryRow("md5", bytes(16), "csam", "unidentified", "", "us", False), None, "us", now())
    after = read_all(nobody)
    assert [door for door, told in after.items() if told != before[door]]
    assert exported() != lists
