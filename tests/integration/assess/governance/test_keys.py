"""Signatures are made with keys: whoever has the database and every password brings no version into force (R66)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.criteria_keys import confirmation, enrolment, signature, signers
from tests.integration.assess.governance.conftest import NOW, WIDER, sign, text_of

from orbweaver.assess.governance import keys
from orbweaver.assess.governance.messages import STANDS_OTHERWISE_IN_LOG
from orbweaver.assess.governance.rules import Capacity
from orbweaver.errors import InvalidInput, NotAllowed

if TYPE_CHECKING:
    from orbweaver.assess.governance.models import CriteriaVersion
    from orbweaver.people.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_keys(set_config: Callable[..., None], tmp_path: Path) -> None:
    set_config(keys_dir=tmp_path / "keys")


def write_into_the_database(by: User, other: User, documents: dict[Capacity, str]) -> CriteriaVersion:
    """What an administrator of the database does: every row that there is when a version is in force."""
    from orbweaver.assess.governance.models import CriteriaVersion, Signature

    Signature.objects.all().delete()
    CriteriaVersion.objects.all().delete()
    text = text_of("12", *WIDER)
    row = CriteriaVersion.objects.create(
        number="12",
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        purpose="Nobody agreed",
        drafted_by=by,
        drafted_at=NOW,
        changed_at=NOW,
        takes_effect_at=NOW,
        taken_into_use_by=by,
    )
    for (capacity, document), person in zip(documents.items(), (by, other), strict=True):
        Signature.objects.create(
            version=row,
            capacity=capacity,
            signed_by=person,
            organisation=person.organisation,
            digest=row.digest,
            document=document,
            signed_at=NOW,
        )
    return row


def test_every_password_signs_nothing(gia: User, hal: User, mona: User) -> None:
    from orbweaver.assess.governance import services

    signers()
    text = text_of("12", *WIDER)
    row = services.draft(text, purpose="Nobody agreed", by=hal, now=NOW)
    for person, capacity in ((gia, Capacity.GOVERNMENT), (hal, Capacity.HOTLINE)):
        document = signature(Ed25519PrivateKey.generate(), capacity, "12", text)
        with pytest.raises(NotAllowed, match="does not count"):
            services.sign("12", digest=row.digest, document=document, by=person, now=NOW)
    with pytest.raises(InvalidInput, match="not signed by a government and a hotline"):
        services.take_into_use("12", at=None, by=mona, now=NOW)


def test_an_administrator_with_the_database_and_every_password_brings_no_version_into_force(
    gia: User, hal: User
) -> None:
    from orbweaver.assess.governance import selectors
    from orbweaver.assess.governance.models import CriteriaVersion
    from orbweaver.assess.governance.proving import TAKEN
    from orbweaver.doors.cli.doctor.checks import criteria_check
    from orbweaver.people.audit.services import record

    there, text = signers(), text_of("12", *WIDER)
    own = {each: signature(Ed25519PrivateKey.generate(), each, "12", text) for each in Capacity}
    write_into_the_database(hal, gia, own)
    assert selectors.in_force(NOW).version == "1"
    assert selectors.view("12", NOW).missing == tuple(Capacity)
    assert selectors.view("12", NOW).state == "draft", "it never held, so that nothing replaced it"
    check = criteria_check()
    assert (check.level.value, "12" in check.found) == ("fail", True)
    write_into_the_database(hal, gia, {each: there.document(each, "12", text + "# another") for each in Capacity})
    assert selectors.in_force(NOW).version == "1"
    write_into_the_database(hal, gia, {each: there.document("hotline", "12", text) for each in Capacity})
    assert selectors.in_force(NOW).version == "1"
    write_into_the_database(hal, gia, {each: there.document(each, "12", text) for each in Capacity})
    assert selectors.in_force(NOW).version == "1"  # those who should have signed did; nobody took it into use
    assert criteria_check().level.value == "fail"
    record(TAKEN, CriteriaVersion.objects.get().public_id, details={"takes_effect_at": NOW.isoformat()}, at=NOW)
    assert selectors.in_force(NOW).version == "12"
    assert criteria_check().level.value == "ok"
    CriteriaVersion.objects.update(takes_effect_at=None)  # to put the one before back
    assert selectors.in_force(NOW).version == "12"
    assert criteria_check().level.value == "fail"
    CriteriaVersion.objects.update(text=text.replace("Removal criteria", "Other criteria"))
    assert selectors.in_force(NOW).version == "1"


def test_a_forgery_that_names_the_right_keys_brings_no_version_into_force(gia: User, hal: User) -> None:
    """Whose key it names counts, the version and the text are right, the log says that it was taken into use: the
    signature alone is not theirs."""
    from orbweaver.assess.governance import selectors
    from orbweaver.assess.governance.proving import TAKEN
    from orbweaver.people.audit.services import record

    there, text = signers(), text_of("12", *WIDER)

    def forged(capacity: Capacity) -> str:
        wanted, other = (json.loads(there.document(capacity, number, text)) for number in ("12", "11"))
        return json.dumps(wanted | {"signature": other["signature"]})

    for documents, number in (
        ({each: forged(each) for each in Capacity}, "1"),
        ({each: there.document(each, "12", text) for each in Capacity}, "12"),
    ):
        row = write_into_the_database(hal, gia, documents)
        record(TAKEN, row.public_id, details={"takes_effect_at": NOW.isoformat()}, at=NOW)
        assert selectors.in_force(NOW).version == number


def test_one_command_says_in_words_what_of_signatures_is_forged_replayed_or_unsigned(gia: User, hal: User) -> None:
    """For whoever looks at it years later: an attack day asks for no more than to type it."""
    from orbweaver.assess.governance import verifying
    from orbweaver.assess.governance.models import CriteriaVersion
    from orbweaver.assess.governance.proving import TAKEN
    from orbweaver.people.audit.services import record

    def found() -> str:
        result = verifying.verify()
        assert (result.versions, result.signatures) == (1, 2)
        return " ".join(map(str, result.found))

    there, text = signers(), text_of("12", *WIDER)
    genuine = {each: there.document(each, "12", text) for each in Capacity}
    changed = {each: document.replace('"12"', '"13"') for each, document in genuine.items()}
    write_into_the_database(hal, gia, changed)
    assert found().count("is forged") == 2
    write_into_the_database(hal, gia, {each: there.document(each, "11", text + "# another") for each in Capacity})
    assert found().count("is genuine, but was made for something else, and put here: for version 11") == 2
    write_into_the_database(hal, gia, dict.fromkeys(Capacity, genuine[Capacity.HOTLINE]))
    assert found().count("was made for something else") == 1, "for a hotline, and put as a government's"
    strangers = {each: signature(Ed25519PrivateKey.generate(), each, "12", text) for each in Capacity}
    write_into_the_database(hal, gia, strangers)
    assert found().count("by a key that is not enrolled") == 2
    assert "Version 12 stands in the database as in use" in found()
    write_into_the_database(hal, gia, genuine)
    assert found() == str(STANDS_OTHERWISE_IN_LOG.of(version="12"))
    record(TAKEN, CriteriaVersion.objects.get().public_id, details={"takes_effect_at": NOW.isoformat()}, at=NOW)
    assert found() == ""
    CriteriaVersion.objects.update(text=text.replace("Removal criteria", "Other criteria"))
    assert "Somebody changed it in the database" in found()


def test_a_governments_key_counts_once_two_people_of_the_hotline_confirmed_it(tmp_path: Path) -> None:
    folder = tmp_path / "ring"
    folder.mkdir()
    hal, hals_other, hugo, gia = (Ed25519PrivateKey.generate() for _ in range(4))
    ring = keys.Keyring(folder)
    of_state = enrolment(gia, "Gia", "government")
    for each in (
        enrolment(hal, "Hal", "hotline"),
        enrolment(hals_other, " hal ", "hotline"),
        enrolment(hugo, "Hugo", "hotline"),
        of_state,
    ):
        ring.take_in(keys.to_json(each))

    def counts() -> bool:
        return keys.Keyring(folder).counts(keys.public(gia), Capacity.GOVERNMENT)

    for key in (hal, hal, hals_other):
        ring.take_in(keys.to_json(confirmation(key, of_state)))
        assert not counts()  # one person, however often and with however many keys
    for key in (gia, Ed25519PrivateKey.generate()):
        with pytest.raises(InvalidInput, match="People of the hotline"):
            ring.take_in(keys.to_json(confirmation(key, of_state)))
    ring.take_in(keys.to_json(confirmation(hugo, of_state)))
    assert counts()
    assert not keys.Keyring(folder).counts(keys.public(gia), Capacity.HOTLINE)


def test_what_is_not_genuine_is_not_taken_in_and_lines_put_into_the_file_do_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "ring"
    folder.mkdir()
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    ring = keys.Keyring(folder)
    good = enrolment(key, "Hal", "hotline")
    for wrong in (
        keys.to_json(replace(good, holder="Mallory")),
        keys.to_json(replace(good, key=keys.public(other))),
        keys.to_json(confirmation(key, good)),
        signature(key, "hotline", "12", "text"),
        "{}",
        "nonsense",
        json.dumps({"kind": "enrolment", "holder": 3}),
    ):
        with pytest.raises(InvalidInput):
            ring.take_in(wrong)
    ring.take_in(keys.to_json(good))
    with pytest.raises(InvalidInput, match="already"):
        ring.take_in(keys.to_json(good))
    with (folder / keys.FILE).open("a") as file:
        file.write("nonsense\n" + keys.to_json(replace(good, key=keys.public(other))) + "\n")
    assert [each.enrolment.holder for each in keys.Keyring(folder).enrolled()] == ["Hal"]


def test_a_private_key_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    made = keys.make_key(tmp_path / "key.pem", "a long passphrase")
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    assert b"ENCRYPTED" in (tmp_path / "key.pem").read_bytes()
    assert keys.public(keys.open_key(tmp_path / "key.pem", "a long passphrase")) == keys.public(made)
    for path, passphrase in ((tmp_path / "key.pem", "another"), (tmp_path / "missing.pem", "a long passphrase")):
        with pytest.raises(InvalidInput, match="not a key for criteria"):
            keys.open_key(path, passphrase)
    with pytest.raises(FileExistsError):
        keys.make_key(tmp_path / "key.pem", "a long passphrase")


def test_a_signature_of_another_text_or_for_somebody_else_is_refused(gia: User, hal: User) -> None:
    from orbweaver.assess.governance import services

    text = text_of("12", *WIDER)
    row = services.draft(text, purpose="Nine is young.", by=hal, now=NOW)
    for document in (
        signers().document("hotline", "12", text + "# more"),
        signers().document("hotline", "13", text),
        signers().document("government", "12", text),
    ):
        with pytest.raises(InvalidInput, match="another text"):
            services.sign("12", digest=row.digest, document=document, by=hal, now=NOW)
    sign("12", digest=row.digest, by=gia, now=NOW)
    assert row.signatures.count() == 1
