"""A list is opened to the exchange and closed again: every cursor that is past its entries hears of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from orbweaver.detect.exchanges.protocols.ncmec_xml import root_of
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.services import set_terms
from orbweaver.people.accounts.rules import Permission

from .conftest import MakeKey
from .test_exchange import own
from .things import NOW, put_on_list

pytestmark = pytest.mark.django_db(transaction=True)
VALUES = [bytes([number]) * 32 for number in (1, 2, 3)]
OPENED, REVIEWED, CLOSED, LATER = (NOW + dt.timedelta(hours=number) for number in (1, 2, 3, 4))
Page = tuple[dict[str, str], Any]
"""States by entries, or by hashes where the protocol names no entries, and the cursor of the next fetch."""


def _of_ncmec(client: httpx.Client, cursor: Any) -> Page:
    answer = client.get("/hashsharing/v2/entries", params={"from": cursor} if cursor else {})
    root = root_of(answer.content, "queryResult")
    ones = root.findall("images/*")
    latest = dt.datetime.fromisoformat(root.findall("images")[0].get("maxTimestamp", ""))
    found = {each.findtext("id", ""): "withdrawn" if "deleted" in each.tag else "active" for each in ones}
    assert all(each.find("fingerprints") is None for each in ones if "deleted" in each.tag)
    return found, (latest + dt.timedelta(seconds=1)).isoformat()


def _of_stopncii(client: httpx.Client, cursor: Any) -> Page:
    said = client.get("/stopncii/v1/FetchHashes", params={"startTimestamp": cursor or 0}).json()
    states = {"Active": "active", "Received": "withheld", "Withdrawn": "withdrawn"}
    return {each["hashValue"]: states[each["hashStatus"]] for each in said["hashRecords"]}, said["nextSetTimestamp"]


def _of_peers(client: httpx.Client, cursor: Any) -> Page:
    said = client.get("/exchange/v1/entries", params={"after": cursor or 0}).json()
    return {each["id"]: "withdrawn" if each.get("withdrawn") else "active" for each in said["entries"]}, said["after"]


def _of_ours(client: httpx.Client, cursor: Any) -> Page:
    said = client.get("/api/v1/entries", params={"after": cursor or 0}).json()
    assert all(each["hashes"] == [] for each in said["entries"] if each["state"] == "withdrawn")
    return {each["entry"]: each["state"] for each in said["entries"]}, said["next"]


@pytest.mark.parametrize(
    ("fetch", "by_hash", "in_doubt"),
    [
        (_of_ncmec, False, "withdrawn"),
        (_of_stopncii, True, "withheld"),
        (_of_peers, False, "withdrawn"),
        (_of_ours, False, "withheld"),
    ],
)
def test_every_cursor_hears_that_a_list_is_opened_or_closed(
    address: str, key: MakeKey, fetch: Callable[[httpx.Client, Any], Page], by_hash: bool, in_doubt: str
) -> None:
    entries = [put_on_list("pdq", value) for value in VALUES]
    known = entries[0].hash_list
    own(9)  # a later change, which a member is past
    names = [value.hex() for value in VALUES] if by_hash else [each.public_id for each in entries]
    auth = ("any", key(Permission.LIST_READ))
    with httpx.Client(base_url=address, auth=auth, timeout=20) as client:
        before, cursor = fetch(client, None)
        assert len(before) == 1
        assert not set(names) & set(before)
        set_terms(known, {"terms": "May go on", "doors": [HashList.Door.EXCHANGE]}, by=None, now=OPENED)
        opened, cursor = fetch(client, cursor)
        assert {name: opened.get(name) for name in names} == dict.fromkeys(names, "active")
        set_terms(known, {"allowed": HashList.Allowed.REVIEW}, by=None, now=REVIEWED)
        reviewed, cursor = fetch(client, cursor)
        assert {name: reviewed.get(name) for name in names} == dict.fromkeys(names, in_doubt)
        set_terms(known, {"doors": [HashList.Door.CRAWLER]}, by=None, now=CLOSED)
        put_on_list("pdq", b"n" * 32)  # what comes to a closed list is nobody's
        closed, cursor = fetch(client, cursor)
        assert closed == dict.fromkeys(names, "withdrawn")
        anew, _ = fetch(client, None)
        assert not (by_hash and set(names) & set(anew)), "the hashes of a closed list are named to no newcomer"
        set_terms(
            known,
            {"terms": "May go on", "doors": [HashList.Door.EXCHANGE], "allowed": HashList.Allowed.ACT},
            by=None,
            now=LATER,
        )
        again, _ = fetch(client, cursor)
        assert set(names) < set(again)
        assert set(again.values()) == {"active"}
        assert len(again) == 4
