"""A security module opens a sealed archive beside its shares: tried with SoftHSM 2, whose key never leaves it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.integration.conftest import SetConfig

from orbweaver.detect.evidence import module, sealing
from orbweaver.detect.evidence.keys import MASTER, master_identities, master_recipient
from orbweaver.errors import ConfigurationError, Conflict, Unavailable

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "5678"

pytestmark = pytest.mark.skipif(
    not LIBRARY.exists() or shutil.which(module.TOOL) is None, reason="needs Debian's softhsm2 and opensc"
)


def pkcs11(*arguments: str) -> None:
    argv = [module.TOOL, "--module", str(LIBRARY), "--token-label", "orbweaver", "--login", "--pin", PIN, *arguments]
    subprocess.run(argv, check=True, capture_output=True)


def make_key(number: str, bits: int = 3072) -> None:
    pkcs11("--keypairgen", "--key-type", f"rsa:{bits}", "--id", number, "--usage-decrypt")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_config: SetConfig) -> None:
    """An initialised module with a key."""
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    argv = ["softhsm2-util", "--init-token", "--free", "--label", "orbweaver", "--so-pin", "1234", "--pin", PIN]
    subprocess.run(argv, check=True, capture_output=True)
    make_key("01")
    set_config(evidence_module=str(LIBRARY))


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[Path, list[str], list[str]]:
    """A keys folder with a sealed key, its identities, its shares."""
    keys = tmp_path / "keys"
    master_recipient(keys)
    identities = [str(each) for each in master_identities(keys)]
    return keys, identities, sealing.seal(keys, 3, 2)


@pytest.mark.usefixtures("token")
def test_the_module_opens_what_shares_open_and_both_go_on(sealed: tuple[Path, list[str], list[str]]) -> None:
    keys, identities, shares = sealed
    assert not module.is_wrapped(keys)
    with pytest.raises(Conflict):
        module.unwrap(keys, PIN)
    module.wrap(keys, sealing.secret_of(shares[:2]), PIN)
    assert [str(each) for each in sealing.unsealed_with(keys, module.unwrap(keys, PIN))] == identities
    assert [str(each) for each in sealing.unseal(keys, shares[1:])] == identities
    assert not (keys / MASTER).exists()
    secret = sealing.secret_of(shares[:2])
    assert not [file for file in keys.iterdir() if secret in file.read_bytes()]


@pytest.mark.usefixtures("token")
def test_a_wrong_pin_another_key_and_a_damaged_file_open_nothing(
    sealed: tuple[Path, list[str], list[str]], set_config: SetConfig
) -> None:
    keys, _, shares = sealed
    module.wrap(keys, sealing.secret_of(shares[:2]), PIN)
    with pytest.raises(Unavailable, match="PIN_INCORRECT"):
        module.unwrap(keys, "0000")
    make_key("02")
    set_config(evidence_module_key="02")
    with pytest.raises(Unavailable):
        module.unwrap(keys, PIN)
    set_config(evidence_module_key="01")
    kept = keys / "evidence-master.wrapped"
    kept.write_text(kept.read_text()[:-9] + "AAAAAAA=\n")
    with pytest.raises(Unavailable):
        module.unwrap(keys, PIN)


@pytest.mark.usefixtures("token")
def test_a_key_that_is_short_or_not_there_is_refused(
    sealed: tuple[Path, list[str], list[str]], set_config: SetConfig
) -> None:
    keys, _, shares = sealed
    make_key("03", bits=2048)
    for number in ("03", "04"):
        set_config(evidence_module_key=number)
        with pytest.raises((ConfigurationError, Unavailable)):
            module.wrap(keys, sealing.secret_of(shares[:2]), PIN)
    set_config(evidence_module="")
    with pytest.raises(ConfigurationError, match="ORBWEAVER_EVIDENCE_MODULE"):
        module.wrap(keys, sealing.secret_of(shares[:2]), PIN)
    assert not module.is_wrapped(keys)


@pytest.mark.usefixtures("token")
def test_ending_the_seal_and_sealing_anew_forget_the_module(sealed: tuple[Path, list[str], list[str]]) -> None:
    keys, _, shares = sealed
    module.wrap(keys, sealing.secret_of(shares[:2]), PIN)
    sealing.end_sealing(keys, sealing.unseal(keys, shares))
    assert not module.is_wrapped(keys)
    sealing.seal(keys, 3, 2)
    assert not module.is_wrapped(keys)


@pytest.mark.usefixtures("token")
def test_the_tool_is_told_the_pin_by_no_argument_and_none_of_our_secrets(
    sealed: tuple[Path, list[str], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, _, shares = sealed
    module.wrap(keys, sealing.secret_of(shares[:2]), PIN)
    spy = tmp_path / "bin" / module.TOOL
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/said; env >> {tmp_path}/env; exit 1\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("ORBWEAVER_SMTP_PASSWORD", "a secret of ours")
    with pytest.raises(Unavailable):
        module.unwrap(keys, PIN)
    assert PIN not in (tmp_path / "said").read_text()
    assert "a secret of ours" not in (tmp_path / "env").read_text()
