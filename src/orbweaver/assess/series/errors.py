"""What can go wrong with series."""

from __future__ import annotations

from orbweaver.errors import Conflict


class SeriesChanged(Conflict):
    """Somebody merged, split or undid first; nothing was changed."""

    code = "series_changed"
