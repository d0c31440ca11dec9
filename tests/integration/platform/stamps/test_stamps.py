"""Stamps of time over a real socket: an authority that is honest, slow, wrong, expired, unknown or lying."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.stamp_authority import Authority, Manner, openssl_agrees

from orbweaver.platform.stamps import authorities
from orbweaver.platform.stamps.authorities import ask
from orbweaver.platform.stamps.checking import check_stamp, read_roots
from orbweaver.platform.stamps.errors import NoStamp, StampRefused

DATA = b"what was there"
DIGEST = hashlib.sha256(DATA).digest()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("stamps") / "authority")
    with made.served():
        yield made


@pytest.fixture(autouse=True)
def _set(authority: Authority, set_config: Callable[..., None]) -> Iterator[None]:
    set_config(
        stamp_authorities=authority.url, stamp_roots=authority.roots, stamp_seconds=1.0, network_allow="127.0.0.1:*"
    )
    yield
    authority.manner = Manner.HONEST


def test_a_stamp_proves_these_bytes_and_openssl_agrees(authority: Authority, tmp_path: Path) -> None:
    stamp = ask(authority.url, DIGEST)
    roots = read_roots(authority.roots)
    assert check_stamp(stamp.answer, DIGEST, roots) == stamp.at
    assert abs((stamp.at - dt.datetime.now(dt.UTC)).total_seconds()) < 60
    answer, data, other = (tmp_path / name for name in ("stamp.tsr", "data", "other"))
    answer.write_bytes(stamp.answer)
    data.write_bytes(DATA)
    other.write_bytes(DATA + b" or not")
    assert openssl_agrees(answer, data, authority.roots)
    assert not openssl_agrees(answer, other, authority.roots)
    with pytest.raises(StampRefused) as refused:
        check_stamp(stamp.answer, bytes(32), roots)
    assert refused.value.message.code == "stamps.other_bytes"


@pytest.mark.parametrize(
    ("manner", "code"),
    [
        (Manner.SLOW, "stamps.not_answered"),
        (Manner.BROKEN, "stamps.not_answered"),
        (Manner.NONSENSE, "stamps.unreadable"),
        (Manner.REFUSING, "stamps.not_granted"),
        (Manner.OTHER_NONCE, "stamps.other_question"),
        (Manner.OTHER_BYTES, "stamps.other_question"),
    ],
)
def test_what_proves_nothing_is_refused_and_nobody_waits_for_it(
    authority: Authority, manner: Manner, code: str
) -> None:
    authority.manner = manner
    began = time.monotonic()
    with pytest.raises(NoStamp) as refused:
        ask(authority.url, DIGEST)
    assert refused.value.message.code == code
    assert time.monotonic() - began < 4  # its answer alone would take more than 50 seconds, a byte at a time


def test_a_certificate_that_had_expired_a_root_that_nobody_trusts_and_a_time_that_is_not_ours(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_config: Callable[..., None]
) -> None:
    def code(of: Authority, roots: Path) -> str:
        set_config(stamp_roots=roots)
        with of.served(), pytest.raises(NoStamp) as refused:
            ask(of.url, DIGEST)
        return refused.value.message.code

    expired = Authority(tmp_path / "expired", valid=(-90, -1))
    assert code(expired, expired.roots) == "stamps.not_trusted"
    assert code(Authority(tmp_path / "unknown"), authority.roots) == "stamps.not_trusted"
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    monkeypatch.setattr(authorities, "real_now", lambda: later)
    lying = Authority(tmp_path / "lying")
    assert code(lying, lying.roots) == "stamps.wrong_time"


def test_no_authority_there_is_said(set_config: Callable[..., None]) -> None:
    with pytest.raises(NoStamp):
        ask("http://127.0.0.1:1/", DIGEST)
    set_config(network_allow="")
    with pytest.raises(NoStamp) as blocked:
        ask("http://127.0.0.1:1/", DIGEST)
    assert blocked.value.message.parameters["reason"] == "BlockedAddress"
