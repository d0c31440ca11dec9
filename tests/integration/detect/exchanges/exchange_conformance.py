"""What every protocol of exchanges promises. A new one's test inherits this and says how its supplier speaks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import SetConfig
from tests.integration.detect.exchanges.faulty import Answer, Faulty, faulty

from orbweaver.detect.exchanges import calls as calling
from orbweaver.detect.exchanges import pulling, services
from orbweaver.detect.exchanges.calls import calls
from orbweaver.detect.exchanges.errors import BadExchange, ExchangeFailed
from orbweaver.detect.exchanges.giving import send_due
from orbweaver.detect.exchanges.models import Exchange, Feedback, Pull
from orbweaver.detect.exchanges.protocols import protocol_named
from orbweaver.detect.exchanges.protocols.protocol import About, ExchangeProtocol
from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=2)


def pull(exchange: Exchange, now: dt.datetime) -> Pull:
    """Pull it at this time by every clock."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(pulling, "real_now", lambda: now)
        return pulling.pull(exchange, now)


def digest(number: int) -> str:
    return f"{number:032x}"


class ExchangeConformance:
    """A supplier of the test hands out pages of two entries, or of two addresses. Before the second page it is asked
    ``asked_before`` times."""

    asked_before: int = 1
    name: str
    secrets: dict[str, str]
    wrong: dict[str, str]

    @pytest.fixture
    def supplier(self) -> Any:
        """Has ``answer``; entries are added by ``give`` and ``withdraw``."""
        raise NotImplementedError

    def give(self, supplier: Any, number: int, second: int) -> None:
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _alone(self, set_config: SetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        set_config(network_allow="127.0.0.1:*", data_dir=tmp_path / "data")
        monkeypatch.setattr(calling, "PAUSES_S", (0.0, 0.0))

    @pytest.fixture
    def host(self, supplier: Any) -> Iterator[Faulty]:
        answer: Answer = supplier.answer
        with faulty(answer) as made:
            yield made

    @pytest.fixture
    def exchange(self, host: Faulty) -> Exchange:
        return services.add_exchange(
            "Theirs",
            protocol=self.name,
            address=host.address,
            supplier="They",
            list_name="Their list",
            every_minutes=60,
            secrets=self.secrets,
            by=None,
            now=NOW,
        )

    @property
    def came(self) -> set[str]:
        """The digests that what came was given by."""
        raise NotImplementedError

    def test_it_is_a_protocol_whose_addresses_are_https(self) -> None:
        protocol = protocol_named(self.name)
        assert isinstance(protocol, ExchangeProtocol)
        assert all(each.startswith("https://") for each in protocol.addresses.values())

    @pytest.mark.parametrize("fault", [500, 503, (429, {"Retry-After": "0"}), "cut"])
    def test_what_passes_is_asked_again_within_one_pull(
        self, supplier: Any, exchange: Exchange, host: Faulty, fault: object
    ) -> None:
        for number in range(1, 6):
            self.give(supplier, number, number)
        host.faults = [None, fault, fault]
        assert pull(exchange, NOW).taken == 5

    def test_a_page_that_goes_on_failing_ends_the_pull_which_goes_on_there(
        self, supplier: Any, exchange: Exchange, host: Faulty
    ) -> None:
        for number in range(1, 8):
            self.give(supplier, number, number)
        for fault in ("half", 500, (429, {"Retry-After": "3000"})):
            host.faults = [*[None] * self.asked_before, *([fault] * (3 if fault == 500 else 1))]
            before = len(host.requests)
            with pytest.raises(ExchangeFailed):
                pull(exchange, NOW)
            exchange.refresh_from_db()
            assert exchange.problem is not None
            assert exchange.next_at > NOW
            assert len(host.requests) - before <= self.asked_before + 3
        assert exchange.next_at == NOW + dt.timedelta(seconds=3000), "as it asked"
        assert exchange.failures == 3
        assert len(self.came) == 6
        assert pull(exchange, NOW).taken == 1
        assert len(self.came) == 7

    def test_wrong_credentials_are_said_in_words_and_nothing_is_asked_again(
        self, exchange: Exchange, host: Faulty
    ) -> None:
        services.set_credentials(exchange, self.wrong, by=None, now=NOW)
        with pytest.raises(ExchangeFailed, match="does not accept these credentials"):
            pull(exchange, NOW)
        assert len(host.requests) == 1

    def test_credentials_go_to_no_other_host(self, exchange: Exchange, host: Faulty) -> None:
        def elsewhere(asked: object) -> tuple[int, str, bytes]:
            return 200, "text/plain", b""

        with faulty(elsewhere) as other:
            host.faults = [(302, {"Location": other.address + "/"})]
            with pytest.raises(ExchangeFailed):
                pull(exchange, NOW)
            Exchange.objects.update(address=other.address)
            with pytest.raises(ExchangeFailed, match="belong to another address"):
                pull(exchange, NOW)
            assert other.requests == []
        kept = bytes(Exchange.objects.get().credentials or b"")
        assert not any(secret.encode() in kept for secret in self.secrets.values() if len(secret) > 3)

    def test_credentials_are_complete_or_refused(self, exchange: Exchange) -> None:
        first, *_ = self.secrets
        with pytest.raises(BadExchange, match=first):
            services.set_credentials(exchange, self.secrets | {first: ""}, by=None, now=NOW)

    def test_it_refuses_what_it_has_no_word_for(self, exchange: Exchange, host: Faulty) -> None:
        about = About("1", "42", "nothing", b"", True, "")
        with calls(exchange.address) as open_calls, pytest.raises(ExchangeFailed):
            protocol_named(self.name).give(open_calls, self.secrets, about)
        assert host.requests == []


class ListConformance(ExchangeConformance):
    """One that hands out entries, which it may withdraw, and takes words on them."""

    def withdraw(self, supplier: Any, number: int, second: int) -> None:
        raise NotImplementedError

    def given_back(self, supplier: Any) -> int:
        """How much feedback it took."""
        raise NotImplementedError

    @property
    def came(self) -> set[str]:
        standing = EntryHash.objects.filter(withdrawn=False).exclude(entry__state=HashListEntry.State.WITHDRAWN)
        return {bytes(each.value).hex() for each in standing}

    def test_all_pages_come_withdrawals_apply_and_a_second_pull_asks_for_what_is_new_alone(
        self, supplier: Any, exchange: Exchange
    ) -> None:
        for number in range(1, 6):
            self.give(supplier, number, number)
        assert pull(exchange, NOW).taken == 5
        assert self.came == {digest(number) for number in range(1, 6)}
        self.withdraw(supplier, 2, 3600)
        self.give(supplier, 7, 3601)
        again = pull(exchange, LATER)
        assert (again.taken, again.withdrawn) == (1, 1)
        assert self.came == {digest(number) for number in (1, 3, 4, 5, 7)}
        exchange.refresh_from_db()
        assert (exchange.pulled_at, exchange.next_at, exchange.problem) == (LATER, LATER + dt.timedelta(hours=1), None)

    def test_it_may_end_after_any_page_and_goes_on_there(self, supplier: Any, exchange: Exchange, host: Faulty) -> None:
        for number in range(1, 8):
            self.give(supplier, number, number)
        protocol, checkpoint, seen = protocol_named(self.name), exchange.checkpoint, []
        for _ in range(4):
            with calls(exchange.address) as open_calls:
                page = next(iter(protocol.pages(open_calls, self.secrets, checkpoint, NOW)))
            checkpoint = page.checkpoint
            seen += [each.key for each in page.stated]
        assert len(seen) == len(set(seen)) == 7
        with calls(exchange.address) as open_calls:
            rest = list(protocol.pages(open_calls, self.secrets, checkpoint, NOW))
        assert sum(len(each.stated) for each in rest) <= 1, "at most what has the very time of the checkpoint"

    def test_what_we_say_leaves_once(self, supplier: Any, exchange: Exchange, host: Faulty) -> None:
        self.give(supplier, 1, 1)
        pull(exchange, NOW)
        entry = HashListEntry.objects.get()
        set_entry_state([entry], HashListEntry.State.DISPUTED, reason="Wrong hash", by=None, now=NOW)
        assert send_due(NOW) == 0, "it waits, as it may be taken back"
        host.faults = [503] * 3
        assert send_due(LATER) == 0
        host.faults.clear()
        assert (Feedback.objects.get().state, self.given_back(supplier)) == ("waiting", 0)
        assert send_due(LATER + dt.timedelta(hours=1)) == 1
        set_entry_state([entry], HashListEntry.State.DISPUTED, reason="once more", by=None, now=LATER)
        assert send_due(LATER + dt.timedelta(days=1)) == 0
        assert (Feedback.objects.get().state, self.given_back(supplier)) == ("sent", 1)
