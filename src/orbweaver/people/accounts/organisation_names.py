"""Organisations by the name that somebody wrote: another case, space or encoding of a letter makes no other one.

Agreements hang on it: who writes for whom a file is, or from whom a list comes, does not write as it was entered.
"""

from __future__ import annotations

import unicodedata

from orbweaver.people.accounts.models import Organisation

PARTS = ",;:/(["
"""What stands between an organisation and a part of it: "Police of Example, unit 5"."""


def plain(name: str) -> str:
    """A name without what two spellings of it may differ in."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def named(written: str) -> list[int]:
    """The organisations, by their keys in the database, that this is a name of: more than one where two were entered
    that differ by their spelling alone, none where none is known."""
    wanted = plain(written)
    return [pk for pk, name in Organisation.objects.values_list("pk", "name") if plain(name) == wanted]


def meant(written: str) -> list[int]:
    """As ``named``, also where a part of an organisation is written; the longest name counts."""
    wanted = plain(written)
    there = [(plain(name), pk) for pk, name in Organisation.objects.values_list("pk", "name")]
    found = [(name, pk) for name, pk in there if wanted == name or _is_part(wanted, name)]
    longest = max((len(name) for name, _ in found), default=0)
    return [pk for name, pk in found if len(name) == longest]


def _is_part(wanted: str, name: str) -> bool:
    return wanted.startswith(name) and wanted[len(name) :].lstrip().startswith(tuple(PARTS))
