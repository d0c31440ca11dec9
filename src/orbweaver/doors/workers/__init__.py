"""Loops that do the work: the crawler, and what falls due. Thin: the verbs are in the folders of the domain."""
