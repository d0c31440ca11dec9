"""The protocols of exchanges: what all promise, and what is particular to one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.integration.detect.exchanges.exchange_conformance import (
    LATER,
    NOW,
    ExchangeConformance,
    ListConformance,
    digest,
    pull,
)
from tests.integration.detect.exchanges.faulty import Faulty
from tests.integration.detect.exchanges.suppliers import (
    IccamSupplier,
    NcmecSupplier,
    One,
    OrbweaverSupplier,
    StopNciiSupplier,
    instant,
)

from orbweaver.assess.review.partners import partner_words
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.exchanges import pulling
from orbweaver.detect.exchanges.calls import Calls
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.giving import queue, send_due
from orbweaver.detect.exchanges.models import Exchange, Opinion, StatedTerms, StatedVerdict
from orbweaver.detect.exchanges.protocols.iccam import WORDS
from orbweaver.detect.hashlists.models import EntryHash
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import NotAllowed
from orbweaver.people.accounts.agreements import Terms, agree_on, end
from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.services import create_organisation

pytestmark = pytest.mark.django_db


class TestNcmec(ListConformance):
    name = "ncmec"
    secrets = {"username": "user", "password": "pass"}
    wrong = {"username": "user", "password": "another"}

    @pytest.fixture
    def supplier(self) -> NcmecSupplier:
        return NcmecSupplier()

    def give(self, supplier: Any, number: int, second: int) -> None:
        supplier.entries.insert(0, One(f"n{number}", second, digest(number)))  # the newest first: in no order of time

    def withdraw(self, supplier: Any, number: int, second: int) -> None:
        supplier.entries.insert(0, One(f"n{number}", second, gone=True))

    def given_back(self, supplier: Any) -> int:
        return len(supplier.feedback)


class TestStopNcii(ListConformance):
    name = "stopncii"
    secrets = {"subscription_key": "s", "fetch_key": "f", "feedback_key": "b"}
    wrong = {"subscription_key": "s", "fetch_key": "no", "feedback_key": "b"}

    @pytest.fixture
    def supplier(self) -> StopNciiSupplier:
        return StopNciiSupplier()

    def give(self, supplier: Any, number: int, second: int) -> None:
        record = {"lastModtimestamp": 1_000 + second, "signalType": "VideoMD5", "hashValue": digest(number)}
        supplier.records.append(record | {"hashStatus": "Active", "caseNumbers": {}, "CSPFeedbacks": []})

    def withdraw(self, supplier: Any, number: int, second: int) -> None:
        self.give(supplier, number, second)
        supplier.records[-1]["hashStatus"] = "Withdrawn"

    def given_back(self, supplier: Any) -> int:
        return len(supplier.feedback)

    def test_votes_of_companies_are_kept_whatever_their_words_hold(self, supplier: Any, exchange: Exchange) -> None:
        self.give(supplier, 1, 1)
        self.give(supplier, 2, 1)
        supplier.records[0]["CSPFeedbacks"] = [
            {"feedbackValue": "NotBlocked", "source": "a\0b\ud800", "tags": ["t\0"]},
            {"feedbackValue": "PendingReview", "source": "c", "tags": []},
        ]
        supplier.records[1] |= {"lastModtimestamp": 10**30}
        run = pull(exchange, NOW)
        assert (run.taken, run.refused) == (1, 1)
        assert [(each.who, each.confirms, each.reason) for each in Opinion.objects.all()] == [("ab?", False, "t")]


class TestIccam(ExchangeConformance):
    name = "iccam"
    secrets = {"username": "user", "password": "pass"}
    wrong = {"username": "user", "password": "another"}
    asked_before = 8  # the token, a list, two addresses with their reports, and two references

    @pytest.fixture
    def supplier(self) -> IccamSupplier:
        return IccamSupplier()

    def give(self, supplier: Any, number: int, second: int) -> None:
        supplier.assign(number, f"https://images.example/{digest(number)}")

    @property
    def came(self) -> set[str]:
        return {each.url.rpartition("/")[2] for each in Report.objects.all()}

    def test_what_is_assigned_becomes_a_report_of_its_supplier_and_gets_a_reference(
        self, supplier: Any, exchange: Exchange
    ) -> None:
        they = create_organisation(name="They", kind="hotline", country="NL")
        supplier.assign(1, "https://images.example/1.png", memo="seen on a forum")
        supplier.assign(2, "https://images.example/2.png")
        assert pull(exchange, NOW).taken == 2
        first, second = Report.objects.order_by("url")
        assert (first.source, first.organisation, first.comment) == ("partner", they, "seen on a forum")
        assert second.comment == "of the report"
        assert Lead.objects.filter(report_id__in=(first.pk, second.pk)).count() == 2, "the crawler opens both"
        assert supplier.references == {1: "orbweaver-1", 2: "orbweaver-2"}
        assert pull(exchange, LATER).taken == 0

    def test_what_broke_off_before_its_reference_comes_again_and_is_one_report(
        self, supplier: Any, exchange: Exchange, host: Faulty
    ) -> None:
        self.give(supplier, 1, 1)
        host.faults = [None, None, None, None, 500]
        with pytest.raises(ExchangeFailed):
            pull(exchange, NOW)
        assert (len(self.came), supplier.references) == (1, {})
        supplier.contents[1]["url"]["urlString"] += "?moved"
        pull(exchange, LATER + dt.timedelta(days=9))
        assert Report.objects.count() == 1
        assert supplier.references == {1: "orbweaver-1"}

    def test_what_cannot_be_used_is_counted_and_ends_nothing(self, supplier: Any, exchange: Exchange) -> None:
        supplier.size = 9
        self.give(supplier, 1, 1)
        supplier.assign(2, "no address")
        supplier.contents[3] = {"contentId": 3, "url": None}
        supplier.assign(4, "https://images.example/4", memo="a\0b\ud800", assessments=["theirs"])
        supplier.assign(5, f"https://images.example/{digest(5)}", memo={"a": ["b"]}, reportId=True, assessments=[])
        run = pull(exchange, NOW)
        assert (run.taken, run.refused) == (3, 2)
        assert {each for each, words in supplier.references.items() if "unusable" not in words} == {1, 4, 5}
        assert self.came == {digest(1), "4", digest(5)}

    def test_when_the_agreement_ends_in_the_middle_nothing_more_is_taken_or_said_there(
        self, supplier: Any, exchange: Exchange, host: Faulty, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        agreement = agree_on(Organisation.objects.create(name="They", kind="hotline"), Terms("ICCAM"), now=NOW)
        for number in range(1, 6):
            self.give(supplier, number, number)

        def answered(calls: Calls, *given: Any) -> bytes:
            found = get(calls, *given)
            if len(host.requests) == self.asked_before + 3:  # in the midst of the second list's addresses
                end(agreement, "over", now=NOW)
            return found

        get = Calls.get
        monkeypatch.setattr(Calls, "get", answered)
        with pytest.raises(NotAllowed):
            pull(exchange, NOW)
        assert (len(self.came), len(supplier.references)) == (2, 2)

    def test_what_another_hotline_said_stands_beside_ones_own_answer_and_disagrees(
        self, supplier: Any, exchange: Exchange, world: Any
    ) -> None:
        said = {"genderCategorization": 1, "assessmentDate": "2026-11-20T10:00:00Z"}
        for number, code in enumerate((1, 4, 2), 1):
            self.give(supplier, number, number)
            supplier.contents[number]["assessments"] = [{"classification": 9}, said | {"classification": code}]
        pull(exchange, NOW)
        for number, outcome, differs in ((1, "remove", False), (2, "remove", True), (3, "no_action", True)):
            report = Report.objects.get(url__endswith=digest(number))
            assert "baseline" not in report.comment, "who assesses blind does not read it"
            ours = world.verdict(report.url, outcome=outcome, category="csam" if outcome == "remove" else "no_action")
            Sighting.objects.filter(media=ours.media).update(report=report)
            (word,) = partner_words(ours.media, ours)
            assert (word.who, word.differs) == ("ICCAM, hotline 7", differs)
            assert word.said.criteria == f"ICCAM: {WORDS[(1, 4, 2)[number - 1]]}"
            assert word.at == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


class TestOrbweaver(ListConformance):
    name = "orbweaver"
    secrets = {"key": "owk_key"}
    wrong = {"key": "owk_another"}

    @pytest.fixture
    def supplier(self) -> OrbweaverSupplier:
        return OrbweaverSupplier()

    def give(self, supplier: Any, number: int, second: int) -> None:
        said = {"source": "They", "classification": "csam", "identified": "identified", "baseline": True}
        hashes = [{"kind": "md5", "value": digest(number), "time": None}]
        one = {"id": f"n{number}", "at": instant(second), "media": "image", "hashes": hashes, "said": []}
        supplier.entries.append(said | one)

    def withdraw(self, supplier: Any, number: int, second: int) -> None:
        supplier.entries.append({"id": f"n{number}", "at": instant(second), "withdrawn": True})

    def given_back(self, supplier: Any) -> int:
        return len(supplier.feedback)

    def test_a_supplier_that_went_back_is_asked_for_all_of_it(self, supplier: Any, exchange: Exchange) -> None:
        for number in range(1, 6):
            self.give(supplier, number, number)
        pull(exchange, NOW)
        del supplier.entries[1:]
        self.give(supplier, 9, 3600)
        assert pull(exchange, LATER).taken == 1
        assert digest(9) in self.came

    def test_verdicts_come_with_their_criteria_series_and_terms_and_what_we_have_no_word_for(
        self, supplier: Any, exchange: Exchange
    ) -> None:
        verdict = {"by": "Hotline A", "outcome": "remove", "criteria": {"version": "3"}, "severity": ["theirs"]}
        for number in (1, 2, 3):
            self.give(supplier, number, number)
        supplier.entries[0] |= {"verdict": verdict, "series": ["ser_a"], "terms": ["t1"]}
        supplier.entries[1] |= {"verdict": None, "series": ["ser_a", "ser_b"], "terms": []}
        supplier.terms = {"t1": {"by": "Hotline A", "text": "For hotlines alone", "until": "2027-01-31"}, "t2": 1}
        pull(exchange, NOW)
        first, second = StatedVerdict.objects.select_related("entry").order_by("entry")
        assert (first.verdict, first.series, first.entry.series_name) == (verdict, ["ser_a"], "ser_a")
        assert (first.decided.outcome, first.decided.criteria) == ("remove", "3")
        assert (second.verdict, second.series, second.entry.series_name) == ({}, ["ser_a", "ser_b"], "")
        (terms,) = StatedTerms.objects.filter(digest__in=first.terms)
        assert (terms.by, terms.text, str(terms.until)) == ("Hotline A", "For hotlines alone", "2027-01-31")

        supplier.entries.append(supplier.entries[0] | {"at": instant(3600), "verdict": None, "series": [], "terms": []})
        self.withdraw(supplier, 2, 3601)
        self.withdraw(supplier, 3, 3602)
        supplier.entries[-1]["verdict"] = {"outcome": "no_action"}
        pull(exchange, LATER)
        stated = {each.entry.supplier_id: each for each in StatedVerdict.objects.select_related("entry")}
        assert set(stated) == {"n2", "n3"}, "of the first nothing is told any more"
        assert (stated["n2"].series, stated["n2"].entry.state) == (["ser_a", "ser_b"], "withdrawn")
        assert (stated["n3"].decided.outcome, stated["n3"].entry.state) == ("no_action", "withdrawn")

    def test_the_member_further_up_that_gave_an_entry_is_its_source_here(
        self, supplier: Any, exchange: Exchange
    ) -> None:
        for number in (1, 2):
            self.give(supplier, number, number)
        supplier.entries[0]["member"] = "Member Nine"
        supplier.entries[1]["member"] = None
        pull(exchange, NOW)
        assert [each.source for each in exchange.hash_list.entries.order_by("supplier_id")] == ["Member Nine", "They"]

    def test_an_entry_whose_terms_do_not_come_with_it_is_not_taken(self, supplier: Any, exchange: Exchange) -> None:
        for number in (1, 2):
            self.give(supplier, number, number)
        supplier.entries[0]["terms"] = ["t9"]
        run = pull(exchange, NOW)
        assert (run.taken, run.refused) == (1, 1)
        assert self.came == {digest(2)}

    @pytest.mark.parametrize("on_the_way", [False, True])
    def test_an_agreement_that_ends_between_two_pages_or_while_one_is_on_its_way_ends_the_pull(
        self, on_the_way: bool, supplier: Any, exchange: Exchange, host: Faulty, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing more is asked for, and what was on its way is not kept; nothing is said, either."""
        agreement = agree_on(Organisation.objects.create(name="They", kind="hotline"), Terms("Exchange"), now=NOW)
        for number in range(1, 8):
            self.give(supplier, number, number)

        def answered(calls: Calls, *given: Any) -> bytes:
            found = get(calls, *given)
            if len(host.requests) == 2:
                end(agreement, "they broke it", now=NOW)
            return found

        def written(*given: Any) -> None:
            write(*given)
            end(agreement, "they broke it", now=NOW)

        get, write = Calls.get, pulling._write
        with monkeypatch.context() as patched:
            if on_the_way:
                patched.setattr(Calls, "get", answered)
            else:
                patched.setattr(pulling, "_write", written)
            with pytest.raises(NotAllowed, match="They"):
                pull(exchange, NOW)
        exchange.refresh_from_db()
        assert (len(host.requests), len(self.came), exchange.checkpoint) == (1 + on_the_way, 2, {"after": 2})
        assert not exchange.is_pulled
        assert pulling.pull_due(LATER) == 0
        queue(EntryHash.objects.all(), confirms=True, reason="", now=NOW)
        assert send_due(LATER) == 0
        agree_on(Organisation.objects.get(name="They"), Terms("Anew"), now=NOW)
        assert pull(exchange, LATER).problem is None
        assert len(self.came) == 7, "each once"

    def test_no_more_is_said_to_one_whose_agreement_ends_while_we_say_it(
        self, supplier: Any, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        agreement = agree_on(Organisation.objects.create(name="They", kind="hotline"), Terms("Exchange"), now=NOW)
        for number in range(1, 4):
            self.give(supplier, number, number)
        pull(exchange, NOW)
        queue(EntryHash.objects.all(), confirms=True, reason="", now=NOW)

        def sent(calls: Calls, *given: Any) -> bytes:
            end(agreement, "they broke it", now=NOW)
            return send(calls, *given)

        send = Calls.send
        monkeypatch.setattr(Calls, "send", sent)
        assert send_due(LATER) == 1
        assert self.given_back(supplier) == 1

    def test_what_cannot_be_read_is_counted(self, supplier: Any, exchange: Exchange) -> None:
        supplier.entries = [{}, [], {"id": "a", "at": "never"}, {"id": "b", "at": instant(1), "hashes": []}]
        self.give(supplier, 1, 1)
        supplier.entries[-1]["source"] = "no\0"
        run = pull(exchange, NOW)
        assert (run.taken, run.refused) == (0, 5)
