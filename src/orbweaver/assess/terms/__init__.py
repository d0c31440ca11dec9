"""Words to flag near imagery: term lists of a hotline, and watch terms of survivors kept as keyed hashes."""
