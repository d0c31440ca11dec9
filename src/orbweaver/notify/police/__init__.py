"""Referrals to police: encrypted to a key of theirs, once each, with what becomes of them (R61)."""
