"""National law stands next to item and notice and changes nothing: no outcome of an answer, no consequence of Save, no
verdict, no letter (R67).
"""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import orbweaver
from orbweaver.assess.criteria import Answers, Category, NoticeType, decide
from orbweaver.notify.jurisdictions import duty_note, hotline_for, law
from orbweaver.notify.jurisdictions.model import KINDS
from orbweaver.notify.jurisdictions.tables import LAWS
from orbweaver.people.accounts.rules import Role
from orbweaver.platform import rule_tables
from orbweaver.platform.rule_tables import Laid, Own

if TYPE_CHECKING:
    from orbweaver.assess.review.models import ReviewItem

HEAD = 'version = "own-1"\nas_of = 2026-11-29\nsource = "Drawn"\nowner = "A test"\n'
YES = {"is_child": "yes", "is_harmed": "yes", "category": "csam", "age_min": "9", "age_max": "12"}
RELATED = {**YES, "category": "csam_related"}
FACTS = (
    *("outcome", "category", "notice_type", "sub_type", "age_class", "age_min", "age_max", "identified", "reasons"),
    *("criteria_version", "decided_by"),
)
COUNTRIES = ("CA", "DE", "NL", "US", "ZA")
TOKENS = re.compile(rb"[\w.:-]{16,}|\d+ (?:seconds?|minutes?) ago|\bnow\b|\d+|seconds?|minutes?")
"""Tokens and numbers that are drawn anew for each page, instants, seconds left: what the law says is in short words."""


@pytest.fixture(autouse=True)
def ours_afterwards() -> Iterator[None]:
    yield
    rule_tables.forget()


def table(rows: dict[tuple[str, str], str]) -> Own:
    """A whole table of laws that says so of each country and kind, and nothing of any other."""
    text = "".join(
        f'[[laws]]\ncountry = "{country}"\nkind = "{kind}"\nillegal = "{answer}"\nlaw = "Law of {country}"\n'
        'source = "Drawn"\nas_of = 2026-11-29\n'
        for (country, kind), answer in rows.items()
    )
    return Own(Laid.WHOLE, HEAD + (text or "laws = []\n"))


def all_say(answer: str) -> Own:
    return table(dict.fromkeys(product(COUNTRIES, KINDS), answer))


TABLES = [None, all_say("yes"), all_say("no"), all_say("unknown"), table({})]


def in_force(own: Own | None) -> None:
    rule_tables.adopt({} if own is None else {"laws": own})


answers = st.builds(
    Answers,
    is_child=st.booleans(),
    is_harmed=st.booleans(),
    category=st.sampled_from([Category.CSAM, Category.CSAM_RELATED]),
    age_min=st.integers(0, 8),
    age_max=st.integers(8, 17),
)
laws = st.dictionaries(
    st.tuples(st.sampled_from(COUNTRIES), st.sampled_from(KINDS)), st.sampled_from(["yes", "no", "unknown"])
)


@given(laws, answers, st.sampled_from(COUNTRIES), st.sampled_from(NoticeType))
def test_whatever_the_table_says_decision_duty_and_addressee_are_the_same(
    rows: dict[tuple[str, str], str], said: Answers, country: str, notice_type: NoticeType
) -> None:
    in_force(None)
    before = (decide(said), duty_note(country, notice_type), hotline_for(country, notice_type))
    in_force(table(rows))
    assert LAWS.version() == "own-1"
    assert (decide(said), duty_note(country, notice_type), hotline_for(country, notice_type)) == before
    assert {kind: law(country, kind).illegal.value for kind in KINDS} == {
        kind: rows.get((country, kind), "unknown") for kind in KINDS
    }


def _reads(node: ast.ImportFrom, names: set[str]) -> bool:
    of_room = (node.module or "").startswith("orbweaver.notify.jurisdictions")
    return of_room and bool(names & {each.name for each in node.names})


def test_nothing_but_the_pages_that_show_it_reads_national_law() -> None:
    """By the imports of every module: the room itself, the list of tables, and the tag of the pages."""
    names = {"LAWS", "law", "laws_in", "version_of_laws", "NationalLaw", "kind_of_notice", "tables"}
    source = Path(orbweaver.__file__).parent
    readers = set()
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and _reads(node, names):
                readers.add(str(path.relative_to(source)))
    assert {each for each in readers if not each.startswith("notify/jurisdictions/")} == {
        "doors/rule_tables.py",
        "doors/web/templatetags/orbweaver.py",
    }


@pytest.fixture
def hosted(db: None, now: dt.datetime, set_config: Callable[..., None]) -> None:
    from orbweaver.notify.providers.services import add_contact, add_provider

    set_config(discover_contacts="false")
    host = add_provider("Host", domains=["images.example"], country="ZA", now=now)
    add_contact(host, "abuse@images.example", now=now)


def at(item: ReviewItem, verb: str = "") -> str:
    return f"/items/{item.public_id}/{verb + '/' if verb else ''}"


def read(client: Any, address: str) -> bytes:
    return TOKENS.sub(b"", client.get(address).content)


@pytest.mark.django_db
@pytest.mark.usefixtures("hosted")
def test_before_ones_own_answer_no_page_changes_by_a_byte_and_nor_does_what_would_be_sent(
    make_item: Callable[..., ReviewItem], sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.doors.web.frame.rules_followed.follow", lambda: 0)
    item = make_item(url="https://images.example/1.png")
    ann = sign_in("Ann", Role.ANALYST)
    ann.post(at(item, "take"))
    item.refresh_from_db()
    seen = set()
    for own in TABLES:
        in_force(own)
        previews = [ann.post(at(item, "preview"), {**said, "version": item.version}) for said in (YES, RELATED)]
        assert [each.status_code for each in previews] == [200, 200]
        seen.add((read(ann, at(item)), *(TOKENS.sub(b"", each.content) for each in previews)))
    assert len(seen) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("hosted")
def test_verdict_and_letter_are_the_same_under_every_table_and_the_law_is_shown_afterwards(
    make_item: Callable[..., ReviewItem],
    sign_in: Callable[..., Any],
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from orbweaver.assess.review.models import Verdict
    from orbweaver.notify.notices.models import Notice
    from orbweaver.notify.notices.routing.issuing import issue_notices
    from orbweaver.notify.notices.services import preview

    monkeypatch.setattr("orbweaver.doors.web.frame.rules_followed.follow", lambda: 0)
    people = [sign_in(name, Role.ANALYST) for name in ("Ann", "Ben")]
    desk = sign_in("Mo", Role.HOTLINE_MANAGER)
    came_of_it = []
    for number, own in enumerate(TABLES, 1):
        in_force(own)
        item = make_item(number, url=f"https://images.example/{number}.png")
        for client in people:
            client.post(at(item, "take"))
            item.refresh_from_db()
            assert client.post(at(item, "assess"), {**YES, "version": item.version}).status_code == 302
        verdict = Verdict.objects.get(item=item)
        facts = {name: getattr(verdict, name) for name in FACTS}
        issue_notices(now + dt.timedelta(minutes=5))
        notice = Notice.objects.latest("pk")
        text = str(preview(notice, now))
        for changing in (notice.public_id, f"{number}.png", verdict.public_id):
            text = text.replace(changing, "")
        sent = (notice.route, notice.country, notice.notice_type, notice.sub_type, notice.provider_id)
        came_of_it.append((facts, sent))
        page = people[0].get(at(item)).content.decode()
        assert "What national law says" in page
        assert "South Africa" in page
        shown = desk.get(f"/notices/{notice.public_id}/").content.decode()
        assert "What national law says" in shown
        if own in TABLES[1:3]:
            words = "To distribute it is an offence" if own is TABLES[1] else "To distribute it is no offence"
            assert shown.count(words) == 1, "a notice shows the law of its own kind"
            assert page.count(words) == len(KINDS)
            for one in (page, shown):
                assert "Law of ZA" in one
                assert "Drawn" in one
                assert "version own-1 of our table" in one
        else:
            assert "Not known here" in shown
        assert "Law of" not in text, "no letter says it"
    assert all(each == came_of_it[0] for each in came_of_it)


@pytest.mark.django_db
def test_where_the_country_is_not_known_it_says_so(
    make_item: Callable[..., ReviewItem], sign_in: Callable[..., Any]
) -> None:
    item = make_item(url="https://nowhere.example/1.png")
    ann = sign_in("Ann", Role.ANALYST)
    ann.post(at(item, "take"))
    item.refresh_from_db()
    assert "national law" not in ann.get(at(item)).content.decode()
    ann.post(at(item, "assess"), {**YES, "version": item.version})
    assert "Where it is hosted is not known" in ann.get(at(item)).content.decode()
