"""Records for civil claims: what is in them, who releases them, and that anybody can check them (R63a)."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orbweaver.assess.series.models import SeriesItem, VictimSeries
from orbweaver.errors import InvalidInput
from orbweaver.follow.survivors import companies
from orbweaver.follow.survivors.models import CompanyRecord
from orbweaver.notify.notices.models import NoticeUrl, PushBack
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.audit.models import Event

from ...conftest import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

URL = "https://images.example/secret-name.png"
DOCUMENT = Path(__file__).parents[4] / "docs" / "domain" / "survivors.md"


@pytest.fixture
def series(world: World) -> VictimSeries:
    """One picture of it was told of, objected to and removed."""
    add_contact(add_provider("Lakeside", now=NOW, domains=["images.example"]), "abuse@lakeside.example", now=NOW)
    verdict = world.verdict(URL)
    issue_notices(NOW)
    made = VictimSeries.objects.create(title="A secret title", opened_at=NOW)
    SeriesItem.objects.create(series=made, media=verdict.media, reason="same_place", linked_at=NOW)
    url = NoticeUrl.objects.get()
    url.notice.messages.update(sent_at=NOW, state="sent")
    PushBack.objects.create(notice=url.notice, reason="not_a_child", made_at=NOW + dt.timedelta(hours=1))
    NoticeUrl.objects.update(state="removed", removed_at=NOW + dt.timedelta(days=9))
    return made


def test_it_says_which_company_was_told_what_and_when_and_never_an_address(
    series: VictimSeries, make_person: Any
) -> None:
    made = companies.write_record(series.public_id, "Her lawyer", by=make_person("Sol"), now=NOW)
    [company] = json.loads(made.body)["companies"]
    [notice] = company["notices"]
    assert company["company"] == "Lakeside"
    assert notice["told"][0]["sent_at"] == "2026-11-24T12:00:00+00:00"
    assert notice["answered"] == [{"kind": "objection", "said": "not_a_child", "at": "2026-11-24T13:00:00+00:00"}]
    assert notice["addresses"][0]["removed_at"] == "2026-12-03T12:00:00+00:00"
    for secret in ("secret", "Her lawyer", "http"):
        assert secret not in made.body


def test_a_second_person_releases_it_and_anybody_can_check_it(series: VictimSeries, make_person: Any) -> None:
    sol, sam = make_person("Sol"), make_person("Sam")
    made = companies.write_record(series.public_id, "Her lawyer", by=sol, now=NOW)
    with pytest.raises(InvalidInput, match="a second person"):
        companies.signed_file(made, by=sol, now=NOW)
    with pytest.raises(InvalidInput, match="Another person"):
        companies.release_record(made.public_id, by=sol, now=NOW)
    twin = make_person("Twin")
    twin.made_alone_by = sol  # until somebody else has vouched for it, it may be his
    twin.save()
    with pytest.raises(InvalidInput, match="Another person"):
        companies.release_record(made.public_id, by=twin, now=NOW)
    released = companies.release_record(made.public_id, by=sam, now=NOW)
    signed = json.loads(companies.signed_file(released, by=sol, now=NOW))
    assert signed["public_key"] == companies.public_key()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signed["public_key"]))
    key.verify(base64.b64decode(signed["signature"]), signed["record"].encode())
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(signed["signature"]), signed["record"].replace("Lakeside", "Seaside").encode())
    assert Event.objects.filter(kind="series_record.given_out").count() == 1


def test_the_documented_commands_check_it_without_us(series: VictimSeries, make_person: Any, tmp_path: Path) -> None:
    if missing := [name for name in ("jq", "openssl") if shutil.which(name) is None]:
        pytest.skip(f"No {' and no '.join(missing)} on this machine: the documented commands were NOT tried.")
    made = companies.write_record(series.public_id, "Her lawyer", by=make_person("Sol"), now=NOW)
    released = companies.release_record(made.public_id, by=make_person("Sam"), now=NOW)
    file = companies.signed_file(released, by=make_person("Sue"), now=NOW)
    [commands] = re.findall(r"```sh\n(jq .+?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    script = commands.replace("the public key that the hotline published", companies.public_key())

    def says(content: bytes) -> str:
        (tmp_path / "rec_….json").write_bytes(content)
        done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout

    assert "Signature Verified Successfully" in says(file)
    assert "Signature Verified Successfully" not in says(file.replace(b"Lakeside", b"Seaside"))


def test_what_was_written_stays_as_it_was(series: VictimSeries, make_person: Any) -> None:
    made = companies.write_record(series.public_id, "Her lawyer", by=make_person("Sol"), now=NOW)
    NoticeUrl.objects.update(state="live", removed_at=None)
    assert CompanyRecord.objects.get().body == made.body
    with pytest.raises(InvalidInput):
        companies.write_record("ser_2222222222222222", "Her lawyer", by=made.written_by, now=NOW)
    with pytest.raises(InvalidInput, match="for whom"):
        companies.write_record(series.public_id, " ", by=made.written_by, now=NOW)


def test_the_page_writes_releases_and_gives_out(series: VictimSeries, make_person: Any, client: Any) -> None:
    from orbweaver.people.accounts.rules import Role

    sol, sam = make_person("Sol", Role.SURVIVOR_SUPPORT), make_person("Sam", Role.SURVIVOR_SUPPORT)
    client.force_login(sol)
    assert client.post("/records/", {"series": "ser_x", "for_whom": "Her lawyer"}).status_code == 400
    assert client.post("/records/", {"series": series.public_id, "for_whom": "Her lawyer"}).status_code == 302
    made = CompanyRecord.objects.get()
    assert "Another person has to release it." in client.get("/records/").content.decode()
    assert client.post(f"/records/{made.public_id}/file/").status_code == 400
    client.force_login(sam)
    assert client.post(f"/records/{made.public_id}/release/").status_code == 302
    file = client.post(f"/records/{made.public_id}/file/")
    assert json.loads(file.content)["record"] == made.body
