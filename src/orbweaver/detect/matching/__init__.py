"""Sightings, matches and the policies that act on them."""
