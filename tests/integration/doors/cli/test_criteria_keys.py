"""``orbweaver criteria key, enrol, confirm, keys, sign`` as holders and confirmers type them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orbweaver.assess.criteria import digest, version_text
from orbweaver.assess.governance.keys import Keyring, from_json, signed_for
from orbweaver.assess.governance.messages import SIGNATURE_FORGED
from orbweaver.assess.governance.rules import Capacity
from orbweaver.assess.governance.verifying import Verified
from orbweaver.doors.cli import build
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, set_config: Callable[..., None], tmp_path: Path) -> None:
    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    monkeypatch.setattr("orbweaver.doors.cli.criteria.open_session", opened)
    set_config(keys_dir=tmp_path / "keys")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(build(), ["criteria", *map(str, words)])


def said(*words: str | Path) -> str:
    return run(*words, "--passphrase", "a long passphrase").stdout.splitlines()[0]


def test_keys_are_made_enrolled_confirmed_and_a_file_is_signed(tmp_path: Path) -> None:
    fingerprints = {}
    for name, capacity in (("hal", "hotline"), ("hugo", "hotline"), ("gia", "government")):
        words = ("--holder", name, "--organisation", "One", "--for", capacity)
        line = said("key", tmp_path / f"{name}.pem", *words)
        fingerprints[name] = json.loads(run("enrol", line, "--json").stdout)["fingerprint"]
    wrong = ("--holder", "x", "--organisation", "y", "--passphrase", "z", "--for", "nobody")
    assert run("key", tmp_path / "new.pem", *wrong).exit_code == 2
    assert not (tmp_path / "new.pem").exists()
    text = version_text("1").replace('version = "1"', 'version = "12"')
    (tmp_path / "criteria.toml").write_text(text)
    signed = said("sign", tmp_path / "criteria.toml", tmp_path / "gia.pem", "--for", "government")
    for name in ("hal", "hugo"):
        assert "waits" in run("keys").stdout
        run("enrol", said("confirm", tmp_path / f"{name}.pem", fingerprints["gia"]))
    assert "waits" not in run("keys").stdout
    given = from_json(signed)
    assert signed_for(Keyring(tmp_path / "keys"), "12", digest(text), [given]) == {Capacity.GOVERNMENT}  # type: ignore[list-item]
    assert Event.objects.filter(kind="criteria.key_taken_in").count() == 5
    assert [json.loads(line)["counts"] for line in run("keys", "--json").stdout.splitlines()] == [True] * 3


def test_verify_says_that_all_is_well_or_ends_with_an_error_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "all is as it should be" in run("verify").stdout
    found = Verified(1, 2, (SIGNATURE_FORGED.of(version="12", person="Gia"),))
    monkeypatch.setattr("orbweaver.assess.governance.verifying.verify", lambda: found)
    result = run("verify")
    assert (result.exit_code, "the signature of Gia is forged" in " ".join(result.stdout.split())) == (1, True)
    assert json.loads(run("verify", "--json").stdout)["holds"] is False
