"""Lists on pages: what whoever hands one in is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
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
