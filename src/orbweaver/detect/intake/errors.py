"""Why a report is not taken in now."""

from __future__ import annotations

from orbweaver.errors import NotAllowed


class TooManyReports(NotAllowed):
    """The network that this report comes from has sent as many as it may within this hour."""

    code = "too_many_reports"
