"""The item page: blind, hidden, counted, and honest about conflicts."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.fingerprints import fingerprint
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from orbweaver.assess.review.models import ReviewItem

    MakeItem = Callable[..., ReviewItem]
    SignIn = Callable[..., Any]

YES = {"is_child": "yes", "is_harmed": "yes", "category": "csam", "age_min": "9", "age_max": "12"}


def at(item: ReviewItem, verb: str = "") -> str:
    return f"/items/{item.public_id}/{verb + '/' if verb else ''}"


def test_the_queue_names_what_waits_and_takes_the_next(make_item: MakeItem, sign_in: SignIn) -> None:
    item = make_item(url="https://images.example/1.png")
    client = sign_in("Ann", Role.ANALYST)
    page = client.get("/queue/").content.decode()
    assert item.public_id in page
    assert "1 item waits for you" in page
    assert "images[.]example" in page
    assert client.post("/queue/next/").headers["Location"] == at(item)


def test_saving_an_answer_reads_what_it_needs_and_not_all_that_the_page_shows(
    make_item: MakeItem, sign_in: SignIn
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    with CaptureQueriesContext(connection) as queries:
        saved = client.post(at(item, "assess"), {"version": item.version, "is_child": "no"})
    assert saved.headers["Location"] == "/queue/"
    shown_only = ("held_foundcopy", "crawl_site", "series_seriesitem", "intake_askedhash", "matching_match")
    assert [name for name in shown_only for each in queries if f'FROM "{name}"' in each["sql"]] == []


def test_an_item_that_is_not_there_cannot_be_answered(sign_in: SignIn) -> None:
    assert sign_in("Ann", Role.ANALYST).post("/items/itm_none/assess/", {"is_child": "no"}).status_code == 404


def test_without_current_training_the_queue_says_why_nothing_can_be_taken(make_item: MakeItem, sign_in: SignIn) -> None:
    make_item()
    client = sign_in("Ann", Role.ANALYST, trained=False)
    page = client.get("/queue/").content.decode()
    assert "training is missing or older than 12 months" in page
    assert "take-next" not in page
    refused = client.post("/queue/next/")
    assert refused.status_code == 403
    assert "training" in refused.content.decode()


def test_neither_the_classification_nor_other_answers_are_shown_before_the_own_answer(
    make_item: MakeItem, sign_in: SignIn
) -> None:
    item = make_item(baseline=True)
    ann, ben = sign_in("Ann", Role.ANALYST), sign_in("Ben", Role.ANALYST)
    for client in (ann, ben):
        client.post(at(item, "take"))
        page = client.get(at(item)).content.decode()
        assert "Interpol baseline" not in page
        assert "Classification" not in page
        assert "Series 7" not in page
        assert "Answers so far" not in page
        assert client.post(at(item, "assess"), {**YES, "version": _version(item)}).status_code == 302
    page = ben.get(at(item)).content.decode()
    assert "Interpol baseline" in page
    assert "Answers so far" in page
    assert "Removal" in page


def test_what_partner_hotlines_decided_stands_beside_once_the_own_answer_is_in(
    make_item: MakeItem, sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.detect.exchanges.models import Opinion
    from orbweaver.detect.exchanges.protocols.protocol import Stated, Terms, Told
    from orbweaver.detect.exchanges.receiving import receive
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.detect.hashlists.rules import EntryRow, key_of
    from orbweaver.detect.hashlists.services import get_or_create_list

    item = make_item()
    sha256 = bytes(item.media.sha256)
    for name, verdict in (
        ("Hotline B", {"outcome": "remove", "category": "csam", "criteria": {"version": "3"}}),
        ("Hotline C", {"outcome": "no_action", "criteria": "7"}),
        ("Hotline D", {"outcome": "watch & wait"}),
    ):
        row = EntryRow("sha256", sha256, "csam", "unidentified", "", name, False)
        told = Told(verdict, ["ser_b"], [Terms(name, "Not to companies")])
        receive(get_or_create_list(name, name, now), [Stated(key_of(row), now, row, told=told)], now)
    ann, ben = sign_in("Ann", Role.ANALYST), sign_in("Ben", Role.ANALYST)
    for client in (ann, ben):
        client.post(at(item, "take"))
        assert "Hotline C" not in client.get(at(item)).content.decode()
        assert client.post(at(item, "assess"), {**YES, "version": _version(item)}).status_code == 302
    own_entry = HashListEntry.objects.get(hash_list__kind="own")
    for kind in ("sha256", "md5"):
        Opinion.objects.create(
            entry=own_entry, kind=kind, who="Hotline E", confirms=False, verdict={"outcome": "no_action"}, at=now
        )
    Opinion.objects.create(entry=own_entry, kind="md5", who="Hotline F", confirms=False, reason="a cat", at=now)
    page = ben.get(at(item)).content.decode()
    shown = re.sub(r"<[^>]+>|\s+", " ", page.partition('id="partners"')[2].partition("</section>")[0])
    rows = {name: next(each for each in shown.split("Hotline ")[1:] if each.startswith(name)) for name in "BCDEF"}
    words = {name: re.sub(r"\s+", " ", text) for name, text in rows.items()}
    assert "Removal (Child sexual abuse material), under criteria 3" in words["B"].replace("  ", " ")
    assert "series ser_b" in words["B"]
    assert "No action, under criteria 7" in words["C"].replace("  ", " ")
    assert "Watch &amp; wait" in words["D"]
    assert "No action" in words["E"]
    assert "It is wrong : a cat" in words["F"] or "It is wrong: a cat" in words["F"]
    assert {name for name in "BCDEF" if "disagrees" in words[name]} == {"C", "D", "E", "F"}
    assert shown.count("Hotline E") == 1
    assert "Under the terms of Hotline B: Not to companies" in shown
    manager = sign_in("Mona", Role.HOTLINE_MANAGER)
    entry = HashListEntry.objects.get(hash_list__name="Hotline C")
    where = f"/lists/{entry.hash_list.public_id}/entries/{entry.public_id}/"
    assert "under criteria 7" in manager.get(where).content.decode()
    assert "No action" in manager.get("/lists/feedback/").content.decode()


def _version(item: ReviewItem) -> int:
    item.refresh_from_db()
    return item.version


def test_text_comes_before_the_picture_and_addresses_cannot_be_opened(make_item: MakeItem, sign_in: SignIn) -> None:
    item = make_item(url="https://images.example/secret/1.png")
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    page = client.get(at(item)).content.decode()
    assert page.index("Why it is here") < page.index("The picture") < page.index("Your assessment")
    assert "hxxps://images[.]example/secret/1.png" in page
    assert "https://images.example" not in page
    assert "<img" not in page


def test_each_look_is_counted_and_shows_the_picture_made_anew(make_item: MakeItem, sign_in: SignIn) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.fingerprints.pdq_kind import Pdq
    from orbweaver.people.audit.models import Event
    from orbweaver_trials.demo.pictures import edited

    def pdq_of(body: bytes) -> bytes:
        return fingerprint(body).pdq or b""

    item = make_item(seed=3)
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    for count in (1, 2):
        answer = client.post(at(item, "look"), headers={"Accept": "image/*"})
        assert answer.content != edited(3)
        assert Pdq().distance(pdq_of(answer.content), pdq_of(edited(3))) <= 4
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert Look.objects.count() == count
        assert Event.objects.filter(kind="item.looked_at", subject=item.public_id).count() == count


def test_without_the_item_there_is_no_picture(make_item: MakeItem, sign_in: SignIn) -> None:
    from orbweaver.assess.review.models import Look

    item = make_item()
    ann, ben = sign_in("Ann", Role.ANALYST), sign_in("Ben", Role.ANALYST)
    ann.post(at(item, "take"))
    assert ben.post(at(item, "look"), headers={"Accept": "image/*"}).status_code == 409
    assert ben.get(at(item, "look")).status_code == 405
    assert "look" not in ben.get(at(item)).content.decode()
    assert Look.objects.count() == 0


def test_without_script_the_picture_has_a_page_whose_address_works_once(make_item: MakeItem, sign_in: SignIn) -> None:
    from orbweaver.assess.review.models import Look

    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    chosen = {"blur": "3", "grey": "on", "part": "top"}
    page = client.post(at(item, "look"), chosen, headers={"Accept": "text/html,*/*"})
    address = page.content.decode().split('src="/items')[1].split('"')[0]
    assert 'class="blur-3 grey part-top"' in page.content.decode()
    assert Look.objects.count() == 0
    assert client.get(f"/items{address}").headers["Content-Type"] == "image/jpeg"
    assert client.get(f"/items{address}").status_code == 404
    assert Look.objects.count() == 1


def test_what_could_hold_script_is_never_drawn(hotline: None, make_sighting: Any, sign_in: SignIn, now: Any) -> None:
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.services import open_items

    open_items([make_sighting(b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', now=now)], now)
    item = ReviewItem.objects.get()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    answer = client.post(at(item, "look"), headers={"Accept": "image/*"})
    assert answer.status_code == 400
    assert b"<script/>" not in answer.content


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "Answer the first question"),
        ({"is_child": "yes"}, "Answer the second question"),
        ({"is_child": "yes", "is_harmed": "yes", "age_min": "1", "age_max": "2"}, "Choose a category"),
        ({**YES, "age_min": ""}, "Estimate the age"),
        ({**YES, "age_min": "11", "age_max": "9"}, "The least age is above the greatest"),
        ({**YES, "age_min": "18"}, "less than or equal to 17"),
        ({**YES, "category": "other_harmful"}, "needs physical abuse"),
        ({**YES, "category": "other_harmful", "nude": "on"}, "needs physical abuse"),
    ],
)
def test_answers_that_contradict_are_not_saved_and_stay_in_the_form(
    make_item: MakeItem, sign_in: SignIn, said: dict[str, str], problem: str
) -> None:
    from orbweaver.assess.review.models import Assessment

    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    answer = client.post(at(item, "assess"), {**said, "version": item.version})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert problem in page
    assert Assessment.objects.count() == 0
    if said.get("category"):
        assert f'value="{said["category"]}"' in page
        assert page.count(" checked") >= 3


def test_a_stale_form_conflicts_keeps_the_answers_and_overwrites_nothing(make_item: MakeItem, sign_in: SignIn) -> None:
    from orbweaver.assess.review.models import Assessment

    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    answer = client.post(at(item, "assess"), {**YES, "version": item.version + 7})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "What is safe" in page
    assert Assessment.objects.count() == 0
    again = client.post(at(item, "take"), {**YES})
    assert 'value="csam" aria-keyshortcuts="5" checked' in again.content.decode()


def test_what_follows_is_said_before_with_who_is_told(make_item: MakeItem, sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.notify.providers.services import add_contact, add_provider

    item = make_item(url="https://images.example/1.png")
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    assert "a notice about 1 URL that waits until a contact is known" in client.get(at(item)).content.decode()
    provider = add_provider("Lakeside", now=now, domains=["images.example"])
    add_contact(provider, "abuse@lakeside.example", now=now)
    page = client.get(at(item)).content.decode()
    assert "If the analysts who are asked agree: This sends 1 notice about 1 URL to Lakeside" in page


def test_the_exact_words_can_be_read_before_answering(make_item: MakeItem, sign_in: SignIn) -> None:
    from orbweaver.notify.notices.models import Notice

    item = make_item(url="https://images.example/1.png")
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    page = client.post(at(item, "preview"), {**YES, "version": item.version}).content.decode()
    assert "asks you to remove the material" in page
    assert "https://images.example" not in page
    assert "/public/answer/…" in page
    nothing = client.post(at(item, "preview"), {"is_child": "no", "version": item.version}).content.decode()
    assert "With these answers nothing is sent" in nothing
    assert Notice.objects.count() == 0


def test_identified_is_shown_with_its_source_and_cannot_be_changed(make_item: MakeItem, sign_in: SignIn) -> None:
    item = make_item(identified="identified")
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    page = client.get(at(item)).content.decode()
    assert "According to NCMEC" in page
    assert 'name="identified"' not in page


def test_a_ticked_marker_is_shown_among_the_answers(make_item: MakeItem, sign_in: SignIn) -> None:
    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    client.post(at(item, "assess"), {**YES, "self_generated": "on", "version": item.version})
    page = client.get(at(item)).content.decode()
    answers = page[page.index('id="answers"') :]
    assert "Apparently self-generated" in answers
    assert "Apparemment prise" in client.get(at(item), headers={"accept-language": "fr"}).content.decode()


def test_an_item_can_be_given_back(make_item: MakeItem, sign_in: SignIn) -> None:
    item = make_item()
    ann, ben = sign_in("Ann", Role.ANALYST), sign_in("Ben", Role.ANALYST)
    ann.post(at(item, "take"))
    assert ben.post(at(item, "take")).status_code == 409
    ann.post(at(item, "release"))
    assert ben.post(at(item, "take")).headers["Location"] == at(item)


def test_with_several_places_the_form_asks_which_one_is_meant_and_says_what_becomes_of_the_others(
    make_item: MakeItem, sign_in: SignIn
) -> None:
    from orbweaver.assess.review.models import Assessment

    stolen, album = "https://stolen.example/1.png", "https://family.example/2.png"
    make_item(url=stolen)
    item = make_item(url=album)
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    page = client.get(at(item)).content.decode()
    removal, one_place = page.partition('data-case="remove"')[2].split('data-case="place"')
    assert "about 2 URLs" in removal or "2 URLs that wait" in removal
    assert "sighting that you choose" not in removal, "what is said of removal everywhere and of one place stand apart"
    assert "the one sighting that you choose, and goes to whoever hosts that one. The other becomes" in one_place
    when = [each for each in re.findall(r'data-when="([^"]*)"', page) if "sexualised_context=on" in each]
    assert [each.rpartition(" ")[2] for each in when] == ["physical_abuse=null"], "c is graver, and about the picture"
    assert "Which sighting?" in page
    said = {**YES, "category": "other_harmful", "nude": "on", "sexualised_context": "on", "version": item.version}
    for verb in ("assess", "preview"):
        refused = client.post(at(item, verb), said)
        assert refused.status_code == 400
        assert "Choose the sighting whose context is sexualised" in refused.content.decode()
    chosen = item.sightings.get(url=album).public_id
    preview = client.post(at(item, "preview"), {**said, "place": chosen}).content.decode()
    assert "forum[.]example/thread/2" in preview  # the page whose context it is: the picture is linked from elsewhere
    assert "thread/1" not in preview
    assert "stolen[.]example" not in preview
    client.post(at(item, "assess"), {**said, "place": chosen})
    assert Assessment.objects.get().place == item.sightings.get(url=album)


def test_one_place_needs_no_choice(make_item: MakeItem, sign_in: SignIn) -> None:
    from orbweaver.assess.review.models import Assessment

    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    assert "Which sighting?" not in client.get(at(item)).content.decode()
    said = {**YES, "category": "other_harmful", "nude": "on", "sexualised_context": "on", "version": item.version}
    client.post(at(item, "assess"), said)
    assert Assessment.objects.get().place == item.sightings.get()


def test_a_held_picture_in_it_is_shown_beside_it_when_asked_and_each_look_counts(
    make_item: MakeItem, sign_in: SignIn
) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.detect.held import finding
    from orbweaver.detect.held.models import HeldPicture
    from orbweaver.platform.clock import now

    item, original = make_item(1), make_item(2)
    HeldPicture.objects.create(media=original.media, data=b"sealed", made_at=now())

    class Found:
        reference, decision, edits, strength = str(original.media_id), "proved", ("crop", "mirrored"), 0.9
        mirrored, inliers, agreement = True, 40, 0.93
        query_quad = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
        reference_quad = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))

    finding.keep(bytes(item.media.sha256), [Found()], now())  # type: ignore[list-item]
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    page = client.get(at(item)).content.decode()
    assert "It is an edited copy of a picture that is held here." in page
    assert "cropped" in page
    assert "10.0,10.0 90.0,10.0 90.0,90.0 10.0,90.0" in page
    assert "<img" not in page
    number = original.media.held.copies.get().pk
    both = client.post(at(item, f"held/{number}")).content.decode()
    sources = [part.split('"')[0] for part in both.split('src="')[1:] if part.startswith("/items/")]
    assert len(sources) == 2
    assert [client.get(source).headers["Content-Type"] for source in sources] == ["image/jpeg"] * 2
    assert Look.objects.filter(item=item).count() == 2
    assert client.get(sources[0]).status_code == 404, "each is shown once"
    assert client.post(at(original, f"held/{number}")).status_code in (400, 409)
