"""What review says to the folders above it, inside its transaction."""

from __future__ import annotations

from django.dispatch import Signal

verdicts_identified = Signal()
"""What police say of the child changed for these removals (``verdicts``, ``now``): see ``Verdict.identified``."""

verdict_withdrawn = Signal()
"""A removal no longer stands: a review on request changed it. Sent with ``verdict``, ``replaced_by`` (which may be a
removal of another kind, with a notice of its own) and ``now``."""
