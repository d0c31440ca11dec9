"""What can go wrong with exchanges."""

from __future__ import annotations

from orbweaver.errors import InvalidInput, Message, Unavailable


class ExchangeFailed(Unavailable):
    """An exchange did not do what was asked. ``status`` is its answer in HTTP, if one came; ``wait_s`` are the seconds
    that it asks to wait; where nothing came, ``passes`` says whether it may work when asked again."""

    code = "exchange_failed"

    def __init__(
        self, message: Message, *, status: int | None = None, wait_s: float | None = None, passes: bool = True
    ) -> None:
        super().__init__(message)
        self.status, self.wait_s, self.passes = status, wait_s, passes


class BadExchange(InvalidInput):
    """An exchange that cannot be set up like this, or is not there."""

    code = "bad_exchange"
