"""How much of the body in hand is decoded, told to whoever listens in this process."""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[float], None]] = []


def listen(listener: Callable[[float], None]) -> None:
    """Have this called with the share that is decoded, 0.0 to 1.0, as often as it changes."""
    _listeners.append(listener)


def tell(share: float) -> None:
    """Say how much is decoded."""
    for listener in _listeners:
        listener(share)
