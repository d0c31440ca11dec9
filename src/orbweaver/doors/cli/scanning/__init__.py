"""From what ``scan`` and ``fingerprint`` are given to fingerprints; loaded when one of them runs."""
