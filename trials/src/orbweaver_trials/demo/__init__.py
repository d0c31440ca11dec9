"""A small world on loopback, and a play-through of the whole loop in it with the real programs."""
