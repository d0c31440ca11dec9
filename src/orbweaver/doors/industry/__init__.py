"""The doors for companies and other hotlines, on a port of their own: each speaks a protocol that its clients know."""
