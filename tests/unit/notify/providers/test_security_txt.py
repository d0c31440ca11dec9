"""security.txt (RFC 9116): what may be used, and what broken and hostile files come to."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.notify.providers.security_txt import MAX_BYTES, MAX_CONTACTS, parse

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
URL = "https://example.org/.well-known/security.txt"
GOOD = b"Contact: mailto:abuse@example.org\nExpires: 2027-01-01T00:00:00Z\n"


def test_a_plain_file_gives_its_contacts_in_order() -> None:
    found = parse(
        b"# our policy\r\nContact: mailto:abuse%2Bnow@example.org?subject=x\r\nCONTACT: https://example.org/form\r\n"
        b"Contact: tel:+1-201-555-0123\r\nContact: desk@example.org\r\nExpires: 2027-01-01T00:00:00z\r\n"
    )
    assert found.mails == ("abuse+now@example.org", "desk@example.org")
    assert found.others == ("https://example.org/form", "tel:+1-201-555-0123")
    assert (found.why_not(NOW, URL), found.signed) == ("", False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"Contact: mailto:a@example.org\n", "no_expiry"),
        (GOOD + b"Expires: 2028-01-01T00:00:00Z\n", "no_expiry"),
        (GOOD.replace(b"T00:00:00Z", b""), "no_expiry"),
        (GOOD.replace(b"2027", b"2026"), "expired"),
        (GOOD + b"Canonical: https://other.example/.well-known/security.txt\n", "elsewhere"),
        (GOOD.replace(b"mailto:abuse@", b"https://"), "no_mail"),
        (b"", "no_expiry"),
        (b"\xff\xfe\x00<html>", "no_expiry"),
    ],
)
def test_what_must_not_be_used_says_why(body: bytes, reason: str) -> None:
    assert parse(body).why_not(NOW, URL) == reason


def test_of_a_signed_file_only_what_is_signed_counts() -> None:
    signed = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + GOOD.replace(b"Contact", b"- Contact") + b"\n"
        b"-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\nContact: mailto:evil@example.net\n"
    )
    found = parse(b"Contact: mailto:evil@example.net\n" + signed)
    assert found.signed is False  # text before the armour: not the signed form at all
    found = parse(signed)
    assert (found.mails, found.signed, found.why_not(NOW, URL)) == (("abuse@example.org",), True, "")
    assert parse(signed.replace(b"BEGIN PGP SIGNATURE", b"BEGIN NOTHING")).mails == ()


def test_sizes_are_bounded() -> None:
    many = GOOD + b"".join(b"Contact: mailto:a%d@example.org\n" % number for number in range(400))
    assert len(parse(many).mails) == MAX_CONTACTS
    assert parse(b"#" * MAX_BYTES + b"\n" + GOOD).mails == ()


@given(st.binary(max_size=400))
def test_no_file_makes_it_fail(body: bytes) -> None:
    assert isinstance(parse(body).why_not(NOW, URL), str)
