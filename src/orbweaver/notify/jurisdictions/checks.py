"""What ``orbweaver doctor`` looks at: the hotline's own rows about countries."""

from __future__ import annotations

from orbweaver.errors import ConfigurationError
from orbweaver.notify.jurisdictions.settings import JurisdictionSettings
from orbweaver.notify.jurisdictions.tables import tables
from orbweaver.platform.runtime.checks import Check, Level


def rows_checks() -> list[Check]:
    """Whether the file that ``jurisdiction_rows`` names can be used; nothing where it names none."""
    if JurisdictionSettings.current().jurisdiction_rows is None:
        return []
    name = "rows about countries"
    try:
        found = tables()
    except ConfigurationError as error:
        return [Check(name, Level.FAIL, str(error))]
    count = len(found.duties) + len(found.hotlines) + len(found.laws)
    return [Check(name, Level.OK, f"{count} rows, with your own")]
