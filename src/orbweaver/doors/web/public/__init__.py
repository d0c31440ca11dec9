"""Pages that need no sign-in: figures, reports, a provider's answer, and the way in."""
