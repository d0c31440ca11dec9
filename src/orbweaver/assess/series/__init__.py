"""Victim series: the items of the same children and incidents, and why each belongs to them."""
