"""What doctor says of settings and of this machine."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.settings_given import settings_given

from orbweaver.doors.cli.doctor.checks import CHECK_GROUPS, gap_checks
from orbweaver.fingerprints import landlock
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.fingerprints.sandbox import tried
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.config import names
from orbweaver.platform.runtime import doctor
from orbweaver.platform.runtime.checks import Check, Level
from orbweaver.platform.runtime.doctor import (
    codec_checks,
    protections_check,
    settings,
    unknown_settings_check,
    walls_check,
)
from orbweaver.platform.runtime.doctor import machine_checks as checks_of_this_room
from orbweaver.platform.settings import PlatformSettings
from orbweaver_trials.demo.surroundings import free_port

APART = ("reader of pages", "reader of mails", "opener of evidence")


def machine_checks(**given: Any) -> list[Check]:
    """All checks but those that start processes of their own, which are looked at alone."""
    with settings_given(**given), pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "protections_check", lambda: Check("decoders", Level.OK, ""))
        patch.setattr(doctor, "codec_checks", list)
        return checks_of_this_room(PlatformSettings.current(), [each for each in CHECK_GROUPS if each[0] not in APART])


def gaps_said(**given: Any) -> list[Check]:
    with settings_given(**given):
        return gap_checks()


def listed_settings(**given: Any) -> list[dict[str, str]]:
    with settings_given(**given):
        return settings()


def named(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    listed = listed_settings(data_dir=tmp_path, database_url="postgresql://u:hunter2@h/d", smtp_password="hunter2")
    assert "hunter2" not in str(listed)
    assert {each["name"] for each in listed if "hidden" in each["value"]} == {
        "ORBWEAVER_DATABASE_URL",
        "ORBWEAVER_SMTP_PASSWORD",
    }


def test_a_proxy_is_shown_unless_it_holds_a_password(tmp_path: Path) -> None:
    plain = listed_settings(data_dir=tmp_path, tor_proxy="socks5://127.0.0.1:9050")
    assert "socks5://127.0.0.1:9050" in {each["value"] for each in plain}
    assert "hunter2" not in str(listed_settings(data_dir=tmp_path, tor_proxy="socks5://u:hunter2@127.0.0.1:9050"))


@pytest.mark.parametrize(
    ("given", "gaps"),
    [
        ({}, []),
        ({"hotline_name": "Example Hotline"}, ["NAME"]),
        ({"hotline_name": " "}, ["NAME"]),
        ({"hotline_domain": "hotline.example", "hotline_contact": "notices@hotline.example"}, ["DOMAIN", "CONTACT"]),
        ({"smtp_host": "localhost"}, []),
        ({"smtp_host": "mail.hotline-of.org"}, ["DOMAIN", "CONTACT"]),
        ({"smtp_host": "192.0.2.1", "hotline_domain": "real.org", "hotline_contact": "n@real.org"}, []),
        ({"smtp_host": "192.0.2.1", "hotline_domain": "real.org", "hotline_contact": "n@example.org"}, ["CONTACT"]),
        ({"hotline_name": "Example Hotline", "demonstration": True}, []),
    ],
)
def test_what_the_program_brings_and_what_nobody_can_have_are_placeholders(
    tmp_path: Path, given: dict[str, Any], gaps: list[str]
) -> None:
    with settings_given(data_dir=tmp_path, **given):
        assert HotlineSettings.current().letter_gaps == tuple(f"ORBWEAVER_HOTLINE_{name}" for name in gaps)
    check = named(gaps_said(data_dir=tmp_path, **given), "who the hotline is")
    assert check.level == (Level.FAIL if gaps else Level.OK)


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({"legal_authority": ""}, Level.FAIL),
        ({"legal_authority": "  "}, Level.FAIL),
        ({"legal_authority": "the Act"}, Level.WARN),
        ({"legal_authority": "the Act", "retention_days": 90}, Level.OK),
    ],
)
def test_authorised_without_a_legal_authority_is_a_failure(tmp_path: Path, given: dict[str, Any], level: Level) -> None:
    check = named(gaps_said(data_dir=tmp_path, authorised_hotline=True, **given), "archive")
    assert check.level == level
    assert ("ORBWEAVER_LEGAL_AUTHORITY" in check.advice) == (level is Level.FAIL)


def test_who_is_not_authorised_hears_nothing_of_an_archive(tmp_path: Path) -> None:
    assert "archive" not in {check.name for check in gaps_said(data_dir=tmp_path)}


def test_a_name_that_nothing_reads_is_a_warning_that_says_what_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unknown_settings_check().level == Level.OK
    monkeypatch.setenv("ORBWEAVER_SMTP_HOTS", "mail.example")
    check = unknown_settings_check()
    assert check.level == Level.WARN
    assert "ORBWEAVER_SMTP_HOST" in check.advice
    assert "mail.example" not in check.found + check.advice


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("missing", "level"), [(set(), Level.OK), ({"files"}, Level.WARN), ({"files", "system_calls"}, Level.FAIL)]
)
def test_walls_around_decoders_that_do_not_hold_are_said(
    monkeypatch: pytest.MonkeyPatch, missing: set[str], level: Level
) -> None:
    held = {name: name not in missing for name in ("files", "network", "system_calls")}
    monkeypatch.setattr(DecoderPool, "protections", property(lambda _pool: held))
    check = protections_check()
    assert check.level == level
    assert bool(check.advice) == bool(missing)
    assert all(name in check.found for name in missing)


def test_what_up_says_of_the_walls_is_what_decoders_find() -> None:
    with DecoderPool(workers=1, unprotected=True) as pool:
        pool.fingerprint_many([b""])
        assert tried().items() <= pool.protections.items()
    assert walls_check().level == Level.OK


def test_a_browser_that_could_leave_its_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 1)
    check = named(
        machine_checks(data_dir=tmp_path, crawl_browser="/usr/bin/chromium", crawl_browser_sandbox=False), "browser"
    )
    assert check.level == Level.WARN
    assert "sandbox is off" in check.found
    assert "Landlock" in check.found


def test_every_setting_is_listed_with_its_source_and_meaning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "orbweaver.toml"
    file.write_text('hotline_name = "From the file"\nhotline_domain = "file.example"\n')
    monkeypatch.setenv("ORBWEAVER_CONFIG", str(file))
    monkeypatch.delenv("ORBWEAVER_HOTLINE_NAME")
    monkeypatch.setenv("ORBWEAVER_HOTLINE_DOMAIN", "environment.example")
    listed = {each["name"]: each for each in listed_settings()}
    assert {name.removeprefix("ORBWEAVER_").lower() for name in listed} == names()
    assert all(each["description"] for each in listed.values())
    name, domain, radius = (listed[f"ORBWEAVER_{key}"] for key in ("HOTLINE_NAME", "HOTLINE_DOMAIN", "MATCH_RADIUS"))
    assert (name["source"], name["value"]) == ("file", "From the file")
    assert (domain["source"], domain["value"]) == ("environment", "environment.example")
    assert (radius["source"], radius["value"]) == ("default", "31")


def test_a_keys_folder_that_others_can_open_fails_with_the_command_that_shuts_it(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    keys.chmod(0o750)
    check = named(machine_checks(data_dir=tmp_path / "data", keys_dir=keys), "keys folder")
    assert check.level == Level.FAIL
    assert check.advice == f"Run: chmod 700 {keys}"
    keys.chmod(0o700)
    assert named(machine_checks(data_dir=tmp_path / "data", keys_dir=keys), "keys folder").level == Level.OK


def test_keys_beside_the_data_are_warned_of(tmp_path: Path) -> None:
    assert named(machine_checks(data_dir=tmp_path, keys_dir=""), "keys folder").level == Level.WARN


def test_a_mail_server_that_does_not_answer_fails_and_none_is_a_warning(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert (
        named(machine_checks(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=port), "mail server").level
        == Level.FAIL
    )
    assert named(machine_checks(data_dir=tmp_path), "mail server").level == Level.WARN


def test_a_mailbox_that_is_not_read_is_a_warning_and_one_that_cannot_be_a_failure(tmp_path: Path) -> None:
    def mailbox(**settings: Any) -> Check:
        return named(machine_checks(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=9, **settings), "mailbox")

    assert mailbox().level == Level.WARN
    folder = tmp_path / "mail"
    assert mailbox(bounce_address="b@hotline.example", mail_dir=folder).level == Level.FAIL
    (folder / "new").mkdir(parents=True)
    assert mailbox(bounce_address="b@hotline.example", mail_dir=folder).level == Level.OK
    off = mailbox(bounce_address="b@hotline.example", mail_dir=folder, journal_address="off")
    assert (off.level, off.found) == (Level.WARN, "bounces are read; copies of notices are off")


class Choosy:
    """A mail server that takes mail for one mailbox alone."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        return "250 OK" if address == "bounces+doctor@hotline.example" else "550 no such mailbox"


def test_a_mail_server_whose_certificate_nobody_vouches_for_is_not_given_our_password(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name, moment = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "on the way")]), dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(moment - dt.timedelta(days=1))
    signed = made.not_valid_after(moment + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    secret = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "own.pem"
    file.write_bytes(key.private_bytes(*secret) + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    heard: list[object] = []

    def hears(_server: object, _session: object, _envelope: object, _mechanism: str, given: object) -> AuthResult:
        heard.append(given)
        return AuthResult(success=True)

    controller = Controller(
        object(),
        hostname="127.0.0.1",
        port=free_port(),
        ssl_context=context,
        authenticator=hears,
        auth_require_tls=False,
    )
    controller.start()
    try:
        given = {"smtp_tls": "tls", "smtp_user": "hotline", "smtp_password": "hunter2"}
        checks = machine_checks(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=controller.port, **given)
    finally:
        controller.stop()
    assert named(checks, "mail server").level == Level.FAIL
    assert heard == []


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("postgresql://u:p@db.hotline.example/o", True),
        ("postgresql://u:p@db.hotline.example/o?sslmode=require", True),
        ("postgresql://u:p@db.hotline.example/o?sslmode=verify-full&sslrootcert=system", False),
        ("postgresql://u:p@/o?hostaddr=203.0.113.9", True),
        ("postgresql://u:p@127.0.0.1:5433/o", False),
        ("postgresql:///o?host=/run/postgresql", False),
    ],
)
def test_a_database_elsewhere_is_reached_by_a_way_on_which_nobody_reads(tmp_path: Path, url: str, warned: bool) -> None:
    checks = machine_checks(data_dir=tmp_path, database_url=url)
    assert [each.level for each in checks if each.name == "way to the database"] == [Level.WARN] * warned


def test_a_mail_server_that_refuses_our_own_mailbox_fails_since_no_notice_could_leave(tmp_path: Path) -> None:
    controller = Controller(Choosy(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:

        def mail_server(**settings: Any) -> Check:
            return named(
                machine_checks(
                    data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=controller.port, smtp_tls="none", **settings
                ),
                "mail server",
            )

        assert mail_server().level == Level.OK
        assert mail_server(bounce_address="bounces@hotline.example", mail_dir=tmp_path).level == Level.OK
        refused = mail_server(bounce_address="returns@hotline.example", mail_dir=tmp_path)
        assert (refused.level, "550" in refused.found) == (Level.FAIL, True)
        assert mail_server(bounce_address="returns@hotline.example", journal_address="off").level == Level.OK
    finally:
        controller.stop()


def test_every_kind_of_picture_is_decoded_here() -> None:
    assert [check.level for check in codec_checks()] == [Level.OK]
