"""A hand-over: what a room says has happened, without knowing who is concerned.

A room may call those below it, never those above. What they are to hear it announces, in the transaction in which it
happens; who hears is one table near the top (``orbweaver.doors.handovers``). A consumer that fails undoes it all. One
whose work takes longer notes a row there and then, and a duty of the worker takes that row later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from django.db import connection

Message = TypeVar("Message")


class NotConnected(RuntimeError):
    """Something was announced in a process that never read the table: nobody would have heard of it."""


class OutsideTransaction(RuntimeError):
    """Something was announced outside a transaction: a crash between it and what follows would part them."""


class HandOver(Generic[Message]):
    """One thing that a room announces. ``message`` is the frozen value that every consumer is given."""

    def __init__(self, name: str, meaning: str, message: type[Message]) -> None:
        self.name = name
        self.meaning = meaning
        self.message = message
        self._consumers: tuple[Callable[[Message], object], ...] = ()

    def __repr__(self) -> str:
        return f"<HandOver {self.name}>"

    @property
    def consumers(self) -> tuple[Callable[[Message], object], ...]:
        """Who hears of it in this process, in their order."""
        return self._consumers

    def connect(self, *consumers: Callable[[Message], object]) -> None:
        """Say who hears of it, from now on these and no others."""
        self._consumers = consumers

    @contextmanager
    def heard_by(self, consumer: Callable[[Message], object]) -> Iterator[None]:
        """Within it, this consumer hears of it after the others, in every thread of the process."""
        before = self._consumers
        self._consumers = (*before, consumer)
        try:
            yield
        finally:
            self._consumers = before

    def announce(self, message: Message) -> None:
        """Call every consumer now. Raises OutsideTransaction, NotConnected, and whatever a consumer raises."""
        if not connection.in_atomic_block:
            raise OutsideTransaction(self.name)
        if not self._consumers:
            raise NotConnected(self.name)
        for consumer in self._consumers:
            consumer(message)
