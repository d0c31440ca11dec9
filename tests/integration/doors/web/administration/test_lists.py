"""Lists on pages: what whoever hands one in is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    SignIn = Callable[..., Any]

pytestmark = pytest.mark.django_db
VICS = b"""{"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media",
"value": [{"MediaID": 1, "Category": 1, "MD5": "0123456789ABCDEF0123456789ABCDEF"}]}"""


def test_a_region_that_the_file_does_not_say_is_chosen_on_the_page(
    sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbweaver.detect.hashlists.models import UploadedList
    from orbweaver.platform.config import forget

    monkeypatch.setenv("ORBWEAVER_DATA_DIR", str(tmp_path))
    forget()
    client = sign_in("Mona", Role.HOTLINE_MANAGER)

    def hand_in(region: str) -> Any:
        said = {"name": "Theirs", "supplier": "NCMEC", "kind": "known", "region": region}
        return client.post("/lists/upload/", said | {"file": SimpleUploadedFile("a.json", VICS)})

    refused = hand_in("").content.decode()
    assert "Say the region" in refused
    assert '<option value="uk">' in refused
    assert hand_in("uk").status_code == 302
    assert UploadedList.objects.get().region == "uk"
    monkeypatch.undo()
    forget()


def test_an_import_that_another_reading_replaced_is_not_said_to_go_on(
    sign_in: SignIn, tmp_path: Path, now: dt.datetime
) -> None:
    from orbweaver.detect.hashlists.importing import import_list
    from orbweaver.detect.hashlists.models import ListImport

    path = tmp_path / "a.json"
    path.write_bytes(VICS)
    import_list(path, list_name="Theirs", supplier="NCMEC", region="us", now=now)
    ListImport.objects.update(finished_at=None)
    run = import_list(path, list_name="Theirs", supplier="NCMEC", region="uk", now=now)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    page = client.get(f"/lists/{run.hash_list.public_id}/").content.decode()
    assert "Broken off, then read again in another way" in page
    assert "goes on where it ended" not in page
    assert page.index("vics13 uk") < page.index("vics13 us")
