"""Held pictures: what was judged to be removed, kept so that edited copies of it are found."""
