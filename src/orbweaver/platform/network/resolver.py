"""Names to addresses, for aiohttp: blocked addresses are left out early, with an error that says so.

The guard's check at the socket is what protects; this one makes the reason clear and saves a connection.
"""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from orbweaver.platform.network.guard import BlockedAddress, Guard
from orbweaver.platform.network.look_ups import LookUps
from orbweaver.platform.network.onion import is_onion


class GuardedResolver(AbstractResolver):
    """Resolves through the system. ``localhost`` and names below it are loopback without asking (RFC 6761)."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._look_ups = LookUps()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host that may be dialled. Raises BlockedAddress when it has others only, else OSError."""
        answers = await self._look_up(host, port, family)
        permitted = [answer for answer in answers if self._guard.permits(answer["host"], port)]
        if answers and not permitted:
            raise BlockedAddress
        return permitted

    async def _look_up(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        name = host.rstrip(".").lower()
        if is_onion(name):  # a name server must never hear of these (RFC 7686)
            raise OSError("There is no address for a host of the Tor network.")
        if name == "localhost" or name.endswith(".localhost"):
            return [
                self._result(host, address, port, kind)
                for address, kind in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6))
                if family in (socket.AF_UNSPEC, kind)
            ]
        answers = await self._look_ups.ask(host, port, family)
        return [self._result(host, address, port, kind) for kind, address, scope in answers if not scope]

    @staticmethod
    def _result(host: str, address: str, port: int, family: int) -> ResolveResult:
        return ResolveResult(
            hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
        )

    async def close(self) -> None:
        """There is nothing to close: a look-up that still runs is not waited for."""
