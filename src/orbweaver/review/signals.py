"""What review says to the folders above it, inside its transaction."""

from __future__ import annotations

from django.dispatch import Signal

verdict_withdrawn = Signal()
"""A removal no longer stands: a review on request changed it. Sent with ``verdict``, ``replaced_by`` (which may be a
removal of another kind, with a notice of its own) and ``now``."""
