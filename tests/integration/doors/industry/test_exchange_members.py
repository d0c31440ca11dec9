"""What members of our exchange do: submit, retract, confirm, dispute; by clients of ``threatexchange``, unchanged."""

from __future__ import annotations

import datetime as dt
import io
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import requests
from tests.integration.conftest import SetConfig, World
from threatexchange.exchanges.clients.ncmec.hash_api import (
    FeedbackType,
    FingerprintType,
    GetEntriesResponse,
    NCMECEndpoint,
    NCMECHashAPI,
    _XMLWrapper,
)
from threatexchange.exchanges.clients.stopncii.api import (
    StopNCIIAPI,
    StopNCIICSPFeedbackValue,
    StopNCIIEndpoint,
    StopNCIISignalType,
)

from orbweaver.assess.review.own_list import update_own_list
from orbweaver.assess.series.rules import LinkReason
from orbweaver.assess.series.services import link_item, open_series
from orbweaver.detect.exchanges.giving import send_due
from orbweaver.detect.exchanges.models import Member, Opinion, StatedTerms
from orbweaver.detect.exchanges.protocols.protocol import Stated, Terms, Told, Vote
from orbweaver.detect.exchanges.pulling import pull
from orbweaver.detect.exchanges.receiving import receive
from orbweaver.detect.exchanges.services import add_exchange
from orbweaver.detect.exchanges.submitting import UNBOUND
from orbweaver.detect.hashlists.exporting import export_list
from orbweaver.detect.hashlists.formats import format_named
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, RowHash, key_of
from orbweaver.detect.hashlists.services import add_own_entry, set_acts_alone, set_entry_state, set_terms
from orbweaver.people.accounts.rules import Permission

from .conftest import MakeKey
from .test_exchange import own
from .things import NOW

pytestmark = pytest.mark.django_db(transaction=True)
XMLNS = "https://hashsharing.ncmec.org/hashsharing/v2"
PDQ = "f8f8f0cee0f4a84f06370a22028f67f0b36e2ed596621e1d33e6b39c4e9c9b22"


@pytest.fixture
def ncmec(address: str, key: MakeKey) -> Any:
    place: Any = SimpleNamespace(value=address + "/hashsharing")
    return NCMECHashAPI("hotline", key(Permission.LIST_READ), place)


@pytest.fixture
def editor(address: str, key: MakeKey) -> Iterator[httpx.Client]:
    basic = ("any", key(Permission.LIST_READ, Permission.LIST_EDIT))
    with httpx.Client(base_url=address + "/hashsharing/v2", auth=basic, timeout=20) as client:
        yield client


def document(*ones: str) -> str:
    return f'<entrySubmission xmlns="{XMLNS}"><images>{"".join(ones)}</images></entrySubmission>'


def image(name: str, number: int, classification: str = "A1") -> str:
    prints = f"<fingerprints><md5>{number:032x}</md5><netclean>x</netclean></fingerprints>"
    return f"<image><id>{name}</id><classification>{classification}</classification>{prints}</image>"


def test_feedback_of_members_is_kept_shown_to_others_and_changes_nothing_by_itself(ncmec: Any) -> None:
    own(1)
    entry = HashListEntry.objects.get()
    reasons = ncmec.feedback_reasons(FingerprintType.pdq)
    assert "Wrong classification" in reasons.values()
    wrong = next(number for number, name in reasons.items() if name == "Wrong classification")
    ncmec.submit_upvote(1, entry.public_id, FingerprintType.md5)
    for _ in range(2):
        ncmec.submit_feedback(1, entry.public_id, FingerprintType.pdq, FeedbackType.downvote, wrong)
    said = set(Opinion.objects.values_list("entry", "kind", "who", "confirms", "reason"))
    assert said == {
        (entry.pk, "md5", "Test hotline", True, ""),
        (entry.pk, "pdq", "Test hotline", False, "Wrong classification"),
    }
    assert HashListEntry.objects.get().state == "active"
    (update,) = [update for page in ncmec.get_entries_iter(start_timestamp=0) for update in page.updates]
    votes = {kind: [(each.feedback_type.value, each.member.esp_name, each.reason) for each in given]
             for kind, given in update.feedback.items()}  # fmt: skip
    assert votes == {
        "Md5": [("upvote", "Test hotline", "")],
        "Pdq": [("downvote", "Test hotline", "Wrong classification")],
    }


def test_feedback_on_what_is_not_there_or_without_a_reason_is_refused(ncmec: Any) -> None:
    own(1)
    entry = HashListEntry.objects.get()
    for member, name in ((1, "hle_another"), (7, entry.public_id), (99999999999, entry.public_id)):
        with pytest.raises(requests.HTTPError, match="404"):
            ncmec.submit_upvote(member, name, FingerprintType.md5)
    with pytest.raises(requests.HTTPError, match="400"):
        ncmec.submit_feedback(1, entry.public_id, FingerprintType.pdq, FeedbackType.downvote, "no such reason")
    assert not Opinion.objects.exists()


def test_an_unknown_classification_is_refused_with_those_that_are_known(editor: httpx.Client) -> None:
    answer = editor.post("/entries", content=document(image("a", 1), image("b", 2, "Q9")))
    assert answer.status_code == 400
    assert "Entry number 1 has an unknown classification. Known: A1, A2, B1, B2." in answer.text
    assert not HashListEntry.objects.exists()


def test_what_a_member_submits_is_on_its_own_list_to_review_and_retracting_withdraws(
    editor: httpx.Client, ncmec: Any
) -> None:
    me = ncmec.status().esp_id
    assert [each.esp_id for each in ncmec.members()] == [1, me]
    answer = editor.post("/entries", content=document(image("a", 1), image("b", 2, ""), image("c", 3)))
    assert answer.status_code == 200
    assert f'<member id="{me}">Test hotline</member>' in answer.text
    submitted = HashList.objects.get(member__pk=me - 1)
    assert (submitted.supplier, submitted.allowed, submitted.doors) == ("Test hotline", "review", ["crawler"])
    assert dict(submitted.entries.values_list("supplier_id", "classification")) == {
        "a": "a1",
        "b": "unclassified",
        "c": "a1",
    }
    assert [page.updates for page in ncmec.get_entries_iter()] == [[]], "nobody fetches it until somebody says so"
    again = document(
        image("a", 9), "<deletedImage><id>b</id></deletedImage>", "<deletedImage><id>x</id></deletedImage>"
    )
    assert editor.put("/entries", content=again).status_code == 200
    assert editor.delete(f"/entries/{me}/c").status_code == 200
    assert editor.delete(f"/entries/{me}/c").status_code == 404
    assert editor.delete("/entries/1/c").status_code == 404
    states = {each.supplier_id: (each.state, bytes(each.live_hashes[0].value)[-1]) for each in submitted.entries.all()}
    assert states == {"a": ("active", 9), "b": ("withdrawn", 2), "c": ("withdrawn", 3)}
    editor.post("/entries", content=document(image("c", 3)))
    assert submitted.entries.get(supplier_id="c").state == "active"
    HashList.objects.update(allowed="act", doors=["crawler", "exchange"])
    soon = int(time.time()) + 5
    pages = ncmec.get_entries_iter(start_timestamp=0, end_timestamp=soon)
    found = {each.id: each for page in pages for each in page.updates}
    assert {(name, each.member_id, each.deleted) for name, each in found.items()} == {
        ("a", me, False),
        ("b", me, True),
        ("c", me, False),
    }
    ncmec.submit_upvote(me, "a", FingerprintType.md5)
    assert Opinion.objects.get().entry.supplier_id == "a"
    for name, is_gone in (("a", False), ("b", True)):
        answered = _XMLWrapper(ncmec._get(NCMECEndpoint.entries, path=f"{me}/{name}"))
        (alone,) = GetEntriesResponse.from_xml(answered, 0).updates
        assert (alone.id, alone.member_id, alone.deleted) == (name, me, is_gone)
    assert [editor.get(f"/entries/{member}/a").status_code for member in (1, 99, "x")] == [404] * 3


def test_a_submission_that_is_not_whole_and_right_takes_nothing(
    editor: httpx.Client, address: str, key: MakeKey
) -> None:
    for content in (
        "no xml",
        document(image("a", 1))[:-9],
        document(image("a", 1), "<image><id>b</id></image>"),
        document(image("", 1)),
        document("<deletedImage><id/></deletedImage>"),
        '<!DOCTYPE q [<!ENTITY a "ha">]>' + document(image("&a;", 1)),
    ):
        assert editor.post("/entries", content=content).status_code == 400, content
    reader = ("any", key(Permission.LIST_READ))
    assert httpx.post(f"{address}/hashsharing/v2/entries", auth=reader, content=document()).status_code == 403
    assert not HashListEntry.objects.exists()
    for path in ("/feedback/SHA9/reasons", "/nothing", "/entries/1"):
        assert editor.get(path).status_code == 404
    assert editor.delete("/status").status_code == 405


def test_categorizations_come_in_groups_and_stand_beside_entries(editor: httpx.Client) -> None:
    own(1, classification="csam")
    listed = editor.get("/categorizations").text
    assert '<group name="Category" allowMultiple="false">' in listed
    for name in ("CSAM", "Not known to be identified"):
        assert f'name="{name}"' in editor.get("/entries").text
        assert f'name="{name}"' in listed


def test_stopncii_clients_submit_retract_and_say_what_they_think(address: str, key: MakeKey) -> None:
    ours, text = own(1), key(Permission.LIST_READ, Permission.LIST_EDIT)
    keys = dict.fromkeys(StopNCIIEndpoint, text)
    client = StopNCIIAPI("any", text, keys, base_url_override=address + "/stopncii/v1")
    client.submit_hash(StopNCIISignalType.ImagePDQ, PDQ)
    submitted = HashListEntry.objects.exclude(hash_list__kind="own").get()
    assert bytes(submitted.live_hashes[0].value).hex() == PDQ
    client.submit_hash(StopNCIISignalType.ImagePDQ, PDQ, reported_state=StopNCIICSPFeedbackValue.Withdrawn)
    submitted.refresh_from_db()
    assert submitted.state == "withdrawn"
    client.submit_feedback(StopNCIISignalType.ImagePDQ, ours, StopNCIICSPFeedbackValue.PendingReview)
    client.submit_feedback(StopNCIISignalType.ImagePDQ, ours, StopNCIICSPFeedbackValue.NotBlocked, {"a cat"})
    assert [(each.who, each.confirms, each.reason) for each in Opinion.objects.all()] == [
        ("Test hotline", False, "a cat")
    ]
    (record,) = client.fetch_hashes().hashRecords
    assert [(each.feedbackValue.value, each.source) for each in record.CSPFeedbacks] == [("NotBlocked", "Test hotline")]
    with pytest.raises(requests.HTTPError, match="400"):
        client.submit_hash(StopNCIISignalType.ImagePDQ, "zz")
    bodies: list[object] = [[], {"hashRecords": 1}, {"hashRecords": [1]}]
    for body in bodies:
        answer = httpx.post(f"{address}/stopncii/v1/SubmitHashes", json=body, headers={"x-functions-key": text})
        assert answer.status_code == 400


TX = """
import sys
from pathlib import Path
from threatexchange.cli.main import inner_main
from threatexchange.exchanges.clients.ncmec.hash_api import NCMECEnvironment
address, state, hashes = sys.argv[1:]
ours = NCMECEnvironment.test_NGO  # its command line knows NCMEC's own addresses alone
ours._value_ = address + "/hashsharing"
NCMECEnvironment._value2member_map_[ours._value_] = ours
for words in (
    ["config", "collab", "edit", "ncmec", "--create", "ours", "--environment", "test_NGO"],
    ["config", "collab", "edit", "stop_ncii", "--create", "ours too"],
    ["fetch"],
    ["match", "-H", "photo", hashes],
    ["dataset", "-P"],
):
    inner_main(words, Path(state))
"""


def test_the_command_line_of_threatexchange_fetches_and_matches(address: str, key: MakeKey, tmp_path: Path) -> None:
    values, secret = [own(number) for number in (1, 2)], key(Permission.LIST_READ)
    env = os.environ | {
        "TZ": "UTC",
        "TX_NCMEC_CREDENTIALS": f"hotline:{secret}",
        "TX_STOPNCII_KEYS": f"{secret},any,{address}/stopncii/v1",
    }
    asked = tmp_path / "hash.txt"
    asked.write_text(values[0])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TX, address, str(tmp_path / "tx"), str(asked)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "pdq 0 (ours) POSITIVE_CLASS A1" in done.stdout
    assert "pdq 0 (ours too) INVESTIGATION_SEED" in done.stdout
    assert all(value in done.stdout for value in values)
    assert Member.objects.count() == 0


@pytest.mark.parametrize("protocol", ["ncmec", "stopncii", "orbweaver"])
@pytest.mark.sampled(1)
def test_one_orbweaver_pulls_from_another_and_tells_it_what_it_thinks(
    protocol: str, address: str, key: MakeKey, set_config: SetConfig, tmp_path: Path
) -> None:
    set_config(network_allow="127.0.0.1:*", data_dir=tmp_path / "data", exchange_feedback_delay_minutes=0)
    values, secret = [own(number) for number in (1, 2, 3)], key(Permission.LIST_READ)
    gone = HashListEntry.objects.get(hashes__value=bytes.fromhex(values[2]))
    set_entry_state([gone], HashListEntry.State.WITHDRAWN, reason="an error", by=None, now=NOW)
    base, names = {
        "ncmec": ("/hashsharing", ("username", "password")),
        "stopncii": ("/stopncii/v1", ("subscription_key", "fetch_key", "feedback_key")),
        "orbweaver": ("", ("key",)),
    }[protocol]
    exchange = add_exchange(
        "Peer",
        protocol=protocol,
        address=address + base,
        supplier="A peer",
        list_name="Theirs",
        every_minutes=60,
        secrets=dict.fromkeys(names, secret),
        by=None,
        now=NOW,
    )
    assert pull(exchange, NOW).taken == 2
    theirs = exchange.hash_list.entries.order_by("pk")
    assert [bytes(each.live_hashes[0].value).hex() for each in theirs] == values[:2]
    assert {each.classification for each in theirs} == {"unclassified" if protocol == "stopncii" else "a1"}
    set_entry_state([theirs[0]], HashListEntry.State.DISPUTED, reason="Wrong classification", by=None, now=NOW)
    assert send_due(NOW) == 1
    said = Opinion.objects.get(entry__hash_list__kind="own")
    assert (said.confirms, said.who, said.kind) == (False, "Test hotline", "pdq")
    assert said.reason == ("" if protocol == "stopncii" else "Wrong classification")


def test_verdicts_go_out_with_criteria_series_and_terms_and_a_partner_answers_with_its_own(
    address: str, key: MakeKey, world: World, set_config: SetConfig, tmp_path: Path
) -> None:
    set_config(hotline_name="Hotline A", data_dir=tmp_path / "data")
    HashList.objects.create(name="Own verdicts", kind="own", supplier="Hotline A", terms="For hotlines alone",
                            doors=["exchange"], created_at=NOW)  # fmt: skip
    media = world.media()
    verdict = world.verdict(media=media)
    update_own_list(media, verdict, NOW)
    own_entry = HashListEntry.objects.get()
    set_acts_alone([own_entry], True, NOW)
    series = open_series("A title that stays here", by=None, now=NOW)
    link_item(series, media, reason=LinkReason.PLACE, words="a lake", by=None, now=NOW)
    theirs = add_exchange(
        "Elsewhere", protocol="orbweaver", address="https://c.example", supplier="Hotline C", list_name="C",
        every_minutes=60, secrets={"key": "owk_x"}, allowed="act", by=None, now=NOW,
    )  # fmt: skip
    row = EntryRow("md5", b"c" * 16, "csam", "unidentified", "ser_c", "Hotline C", False, supplier_id="hle_c")
    bound = Told(
        {"outcome": "remove", "criteria": "2", "odd": [1]}, ["ser_c"], [Terms("Hotline C", "Not to companies")]
    )
    receive(theirs.hash_list, [Stated(key_of(row), NOW, row, told=bound)], NOW)
    set_terms(theirs.hash_list, {"terms": "As C says", "doors": [HashList.Door.EXCHANGE]}, by=None, now=NOW)
    secret = key(Permission.LIST_READ)
    headers = {"Authorization": f"Bearer {secret}"}
    page = httpx.get(address + "/exchange/v1/entries", headers=headers).json()
    ours, passed_on = page["entries"]
    assert (ours["verdict"]["by"], ours["verdict"]["outcome"], ours["series"]) == (
        "Hotline A", "remove", [series.public_id],
    )  # fmt: skip
    assert ours["verdict"]["criteria"]["version"] == "1"
    assert "title" not in str(page)
    assert [page["terms"][each]["text"] for each in ours["terms"]] == ["For hotlines alone"]
    assert passed_on["verdict"] == {"by": "Hotline C", "outcome": "remove", "criteria": "2", "odd": [1]}
    assert [(page["terms"][each]["by"], page["terms"][each]["text"]) for each in passed_on["terms"]] == [
        ("Hotline C", "As C says"),
        ("Hotline C", "Not to companies"),
    ]
    for path in ("/hashsharing/v2/entries?from=2026-01-01T00:00:00Z", "/api/v1/entries"):
        assert "hle_c" not in httpx.get(address + path, headers=headers).text, "there is no place for its terms"

    file = io.StringIO()
    left = export_list(theirs.hash_list, format_named("csv"), file, only=UNBOUND)
    assert (left.entries, left.entries_under_terms, "hle_c" in file.getvalue()) == (0, 1, False), "nor in a file"
    StatedTerms.objects.update(until=dt.date(2020, 1, 1))
    ended = httpx.get(address + "/exchange/v1/entries", headers=headers).json()["entries"][1]
    assert set(ended) == {"id", "at", "withdrawn"}, "the terms under which it came are over: it goes to nobody"

    said = {"entry": ours["id"], "kind": "sha256", "confirms": False, "verdict": {"by": "B", "outcome": "no_action"}}
    for _ in range(2):
        httpx.post(f"{address}/exchange/v1/feedback", headers=headers, json=said).raise_for_status()
    opinion = Opinion.objects.get()
    assert (opinion.decided.outcome, opinion.who) == ("no_action", "Test hotline")
    httpx.post(f"{address}/exchange/v1/feedback", headers=headers, json=said | {"verdict": "odd"}).raise_for_status()
    assert Opinion.objects.get().verdict == {}
    again = httpx.get(address + "/exchange/v1/entries", headers=headers).json()["entries"][0]
    assert again["said"] == [{"kind": "sha256", "who": "Test hotline", "confirms": False, "reason": ""}], (
        "the verdict of one member is told to no other"
    )

    update_own_list(media, world.verdict(media=media, outcome="no_action", category=""), NOW)
    gone = httpx.get(address + "/exchange/v1/entries", headers=headers, params={"after": page["after"]}).json()
    (withdrawn,) = gone["entries"]
    assert (withdrawn["withdrawn"], withdrawn["verdict"]["outcome"]) == (True, "no_action")
    assert "hashes" not in withdrawn


OF_VERSION_1 = {"id": str, "at": str, "source": str, "classification": str, "identified": str, "baseline": bool,
                "media": str, "hashes": list, "said": list}  # fmt: skip
"""What an Orbweaver reads that was made before verdicts went along; what else is there it passes over."""


def test_an_older_partner_finds_all_that_it_reads(address: str, key: MakeKey) -> None:
    own(1)
    headers = {"Authorization": f"Bearer {key(Permission.LIST_READ)}"}
    page = httpx.get(address + "/exchange/v1/entries", headers=headers).json()
    (entry,) = page["entries"]
    assert {name: type(entry[name]) for name in OF_VERSION_1} == OF_VERSION_1
    assert (type(page["after"]), type(page["newest"]), type(page["more"])) == (int, int, bool)
    feedback = {"entry": entry["id"], "kind": "pdq", "confirms": True}
    assert httpx.post(f"{address}/exchange/v1/feedback", headers=headers, json=feedback).status_code == 200


def test_another_orbweaver_gets_all_hashes_and_frames_by_a_key_that_may(address: str, key: MakeKey) -> None:
    row = EntryRow(
        "sha256", b"t" * 32, "csam", "identified", "", "us", True, media_type="video",
        further=(RowHash("pdq", b"f" * 32, 1.5),),
    )  # fmt: skip
    set_acts_alone([add_own_entry(row, None, "us", NOW)], True, NOW)
    headers = {"Authorization": f"Bearer {key(Permission.LIST_READ)}"}
    (entry,) = httpx.get(address + "/exchange/v1/entries", headers=headers).json()["entries"]
    assert {(each["kind"], each["time"]) for each in entry["hashes"]} == {("sha256", None), ("pdq", 1.5)}
    assert (entry["media"], entry["identified"], entry["baseline"]) == ("video", "identified", True)
    for query in ("after=x", "after=-1", "after=99999999999999999999"):
        assert httpx.get(f"{address}/exchange/v1/entries?{query}", headers=headers).status_code == 400
    feedback = f"{address}/exchange/v1/feedback"
    right = {"entry": entry["id"], "kind": "sha256", "confirms": True}
    assert httpx.post(feedback, headers=headers, json=right | {"entry": "hle_x"}).status_code == 404
    wrongs: list[dict[str, object]] = [{"kind": "x"}, {"kind": []}, {"confirms": 1}, {"reason": 1}]
    for wrong in wrongs:
        assert httpx.post(feedback, headers=headers, json=right | wrong).status_code == 400
    assert httpx.post(feedback, headers=headers, json=right).json() == {"entry": entry["id"]}
    wrong_one = right | {"confirms": False, "reason": "A doll."}
    dispute = httpx.post(feedback, headers=headers, json=wrong_one).json()
    assert dispute["answer_by"] > dispute["at"]
    assert httpx.get(address + "/exchange/v1/disputes", headers=headers).json() == {"disputes": [dispute]}
    assert httpx.post(address + "/exchange/v1/disputes", headers=headers).status_code == 405
    scanner = {"Authorization": f"Bearer {key(Permission.SCAN_USE)}"}
    assert httpx.get(address + "/exchange/v1/entries", headers=scanner).status_code == 403
    assert httpx.get(address + "/exchange/v1/nothing", headers=headers).status_code == 404


def test_members_further_up_keep_their_names_and_one_number_each_at_our_doors(
    address: str, ncmec: Any, key: MakeKey, set_config: SetConfig, tmp_path: Path
) -> None:
    """What they gave and what they say of it stands beside them, as if they took part here."""
    set_config(data_dir=tmp_path / "data")
    exchange = add_exchange(
        "NCMEC", protocol="ncmec", address="ngo", supplier="NCMEC", list_name="Theirs", every_minutes=60,
        secrets={"username": "we", "password": "x"}, allowed="act", by=None, now=NOW,
    )  # fmt: skip
    set_terms(exchange.hash_list, {"terms": "May go on", "doors": [HashList.Door.EXCHANGE]}, by=None, now=NOW)
    row = EntryRow("md5", b"m" * 16, "a1", "unidentified", "", "Member Nine", False, supplier_id="i1", member="9")
    said = (Vote("md5", "Member Seven", True),)
    receive(exchange.hash_list, [Stated(key_of(row), NOW, row, said)], NOW)
    for _ in range(2):
        (update,) = [update for page in ncmec.get_entries_iter(start_timestamp=0) for update in page.updates]
    numbers = {name: number for number, name in members_at(address, key)}
    assert update.member_id == int(numbers["Member Nine"])
    (vote,) = update.feedback["Md5"]
    assert (vote.member.esp_name, str(vote.member.esp_id)) == ("Member Seven", numbers["Member Seven"])
    assert "0" not in numbers.values()
    ncmec.submit_upvote(update.member_id, update.id, FingerprintType.md5)
    assert set(Opinion.objects.values_list("who", flat=True)) == {"Member Seven", "Test hotline"}
    headers = {"Authorization": f"Bearer {key(Permission.LIST_READ)}"}
    (entry,) = httpx.get(address + "/exchange/v1/entries", headers=headers).json()["entries"]
    assert (entry["source"], entry["member"]) == ("NCMEC", "Member Nine"), "another Orbweaver hears whose it is"


def test_entries_of_some_members_alone_come_page_by_page(
    address: str,
    editor: httpx.Client,
    ncmec: Any,
    set_config: SetConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orbweaver.doors.industry.hashsharing.door.MOST", 1)
    set_config(data_dir=tmp_path / "data")
    for number in range(1, 3):
        own(number)
    me = ncmec.status().esp_id
    editor.post("/entries", content=document(image("a", 1), image("b", 2), "<deletedImage><id>x</id></deletedImage>"))
    exchange = add_exchange(
        "NCMEC", protocol="ncmec", address="ngo", supplier="NCMEC", list_name="Theirs", every_minutes=60,
        secrets={"username": "we", "password": "x"}, allowed="act", by=None, now=NOW,
    )  # fmt: skip
    for each in (HashList.objects.get(member__pk=me - 1), exchange.hash_list):
        set_terms(each, {"terms": "May go on", "doors": [HashList.Door.EXCHANGE], "allowed": "act"}, by=None, now=NOW)
    rows = [EntryRow("md5", bytes([name]) * 16, "a1", "unidentified", "", who, False, supplier_id=str(name), member="9")
            for name, who in ((7, "Member Nine"), (8, ""))]  # fmt: skip
    receive(exchange.hash_list, [Stated(key_of(row), NOW, row) for row in rows], NOW)
    everything = [update for page in ncmec.get_entries_iter(start_timestamp=0) for update in page.updates]
    by_member = {number: {update.id for update in everything if update.member_id == number}
                 for number in {update.member_id for update in everything}}  # fmt: skip
    assert sorted(len(ids) for ids in by_member.values()) == [1, 2, 3], "Member Nine's; what was submitted; ours"
    for number, ids in by_member.items():
        assert entries_of(editor, str(number)) == sorted(ids)
    assert entries_of(editor, ",".join(map(str, by_member))) == sorted(update.id for update in everything)
    assert entries_of(editor, "99") == []
    for odd in ("x", "1,", "-1", "9" * 20):
        assert editor.get(f"/entries?member={odd}").status_code == 400


def entries_of(client: httpx.Client, members: str) -> list[str]:
    """The ids of entries asked for by member, through all pages."""
    found, path = [], f"/v2/entries?member={members}"
    while path:
        root = ET.fromstring(client.get(str(client.base_url).removesuffix("/v2/") + path).raise_for_status().content)
        found += [each.text or "" for each in root.iterfind(f"*/*/{{{XMLNS}}}id")]
        path = root.findtext(f"{{{XMLNS}}}paging/{{{XMLNS}}}next") or ""
    return sorted(found)


def members_at(address: str, key: MakeKey) -> list[tuple[str, str]]:
    answer = httpx.get(f"{address}/hashsharing/v2/members", auth=("any", key(Permission.LIST_READ)), timeout=20)
    root = ET.fromstring(answer.content)
    return [(each.get("id", ""), each.text or "") for each in root.iter(f"{{{XMLNS}}}member")]
