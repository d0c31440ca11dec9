"""The list for tests that comes with the program: two harmless pictures, which keys for tests find, and they alone.

So a company sees that its filter works before anything real is looked for; nothing of it reaches a crawl or a figure.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

from orbweaver.detect.hashlists.importing import import_list
from orbweaver.detect.hashlists.models import EntryHash, HashList
from orbweaver.detect.hashlists.services import set_terms

NAME: Final = "Test pictures"
SUPPLIER: Final = "Orbweaver"
_FOLDER: Final = Path(__file__).parent / "test_pictures"
PICTURES: Final = {path.name: path for path in sorted(_FOLDER.glob("*.jpg"))}
"""The pictures by their names."""


def put_in_place(now: dt.datetime) -> HashList:
    """The list, made when it is not there, and read again where it is one of before, without SHA-1. Raises InvalidInput
    where another list has its name."""
    found = HashList.objects.filter(name=NAME, supplier=SUPPLIER).first()
    if found is None or not EntryHash.objects.filter(entry__hash_list=found, kind="sha1").exists():
        import_list(_FOLDER / "list.csv", list_name=NAME, supplier=SUPPLIER, now=now)
        found = HashList.objects.get(name=NAME)
    set_terms(found, {"doors": [HashList.Door.TESTS]}, by=None, now=now)
    return found
