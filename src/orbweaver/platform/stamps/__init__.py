"""Stamps of time by authorities outside (RFC 3161): proof that these bytes were there at that moment."""
