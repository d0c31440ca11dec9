"""The protocols of exchanges: what all promise, and what is particular to one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.detect.exchanges.exchange_conformance import ExchangeConformance, digest
from tests.integration.detect.exchanges.suppliers import NcmecSupplier, One, StopNciiSupplier

pytestmark = pytest.mark.django_db(transaction=True)


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
