"""How long what nobody else can agree to waits, and for how long what was done alone is shown. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

ALONE_AFTER: Final = dt.timedelta(days=1)
"""How long a change waits, in everybody's sight, where nobody else can agree to it."""
VOUCHED_AFTER: Final = dt.timedelta(days=30)
"""After so long in everybody's sight an account that one person made alone is taken to be somebody else's."""
SHOWN_FOR: Final = dt.timedelta(days=7)
"""How long every page says that somebody carried out a change alone."""
