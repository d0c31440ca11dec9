"""What series tell the folders above them, inside the same transaction."""

from __future__ import annotations

from django.dispatch import Signal

identification_changed = Signal()
"""What police say of the children in these ``media`` (numbers) may have changed at ``now`` (R29). Sent with both."""
