"""Composing, addressing and sending notices; what providers answer."""
