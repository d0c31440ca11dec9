"""One URL over the network, within limits, and every way in which that fails. No Django."""
