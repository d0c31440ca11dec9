"""Derived copies of held media: which parts of a film are parts of others, and where."""
