"""The protocols of exchanges: what all promise, and what is particular to one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.detect.exchanges.exchange_conformance import LATER, NOW, ExchangeConformance, digest, pull
from tests.integration.detect.exchanges.suppliers import (
    NcmecSupplier,
    One,
    OrbweaverSupplier,
    StopNciiSupplier,
    instant,
)

from orbweaver.detect.exchanges.models import Exchange, Opinion

pytestmark = pytest.mark.django_db


class TestNcmec(ExchangeConformance):
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


class TestStopNcii(ExchangeConformance):
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


class TestOrbweaver(ExchangeConformance):
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
        assert digest(9) in self.matching

    def test_what_cannot_be_read_is_counted(self, supplier: Any, exchange: Exchange) -> None:
        supplier.entries = [{}, [], {"id": "a", "at": "never"}, {"id": "b", "at": instant(1), "hashes": []}]
        self.give(supplier, 1, 1)
        supplier.entries[-1]["source"] = "no\0"
        run = pull(exchange, NOW)
        assert (run.taken, run.refused) == (0, 5)
