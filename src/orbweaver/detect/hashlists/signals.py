"""What hash lists tell the folders above them, inside the same transaction."""

from __future__ import annotations

from django.dispatch import Signal

entries_restated = Signal()
"""The suppliers of these ``entries`` (numbers), which were there before, say something else of them since ``now``."""
