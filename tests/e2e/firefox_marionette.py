"""Firefox by its own Marionette: what Playwright does not reach there, such as an authenticator made of software."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from .firefox_bidi import FIREFOX

PATIENCE_S: Final = 120.0
PREFERENCES: Final[dict[str, object]] = {
    "security.webauth.webauthn_enable_softtoken": True,
    "security.webauth.webauthn_enable_usbtoken": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "browser.safebrowsing.update.enabled": False,
    "network.proxy.type": 1,  # nothing but this machine is reached
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1, localhost",
}
NAMED: Final = {"Tab": "\ue004", "Enter": "\ue007", "Shift": "\ue008", "Control": "\ue009", "Space": " "}
"""Keys without a letter, as WebDriver writes them."""


class Firefox:
    """One window. Messages are ``[0, number, command, parameters]`` and ``[1, number, error, result]``."""

    def __init__(self, folder: Path, zone: str = "", desktop: Mapping[str, str] | None = None) -> None:
        """``folder``: where its profile lies; ``zone``: the reader's time zone, such as America/Toronto.

        ``desktop``: variables of one in which its window is shown, as screen readers need it; else it has none.
        """
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        profile = folder / "profile"
        profile.mkdir()
        wanted = PREFERENCES | {"marionette.port": port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted.items()]
        (profile / "user.js").write_text("\n".join(lines))
        shown = ["--headless"] if desktop is None else []
        command = [FIREFOX, *shown, "--marionette", "--no-remote", "--profile", str(profile), "about:blank"]
        environment = {**os.environ, **(desktop or {}), "HOME": str(folder), **({"TZ": zone} if zone else {})}
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
        self._channel = self._connected(port)
        self._number = 0
        self._read()
        self.ask("WebDriver:NewSession", capabilities={})

    def ask(self, command: str, **parameters: Any) -> Any:
        """What Firefox answers; fails on an error."""
        self._number += 1
        text = json.dumps([0, self._number, command, parameters]).encode()
        self._channel.sendall(str(len(text)).encode() + b":" + text)
        _, _, error, result = self._read()
        assert error is None, (command, error)
        return result.get("value", result) if isinstance(result, dict) else result

    def go(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        self.ask("WebDriver:Navigate", url=address)

    def type(self, path: str, text: str) -> None:
        """Type into the element that an XPath finds."""
        self.ask("WebDriver:ElementSendKeys", id=self._element(path), text=text)

    def click(self, words: str) -> None:
        """Press the button with these words."""
        self.ask("WebDriver:ElementClick", id=self._element(f"//button[normalize-space(.)='{words}']"))

    def wait_for(self, words: str = "", *, at: str = "") -> None:
        """Until the page has these words, at an address with this in it."""
        self._wait(lambda: at in self.ask("WebDriver:GetCurrentURL") and words in self._text())

    def press(self, *keys: str) -> None:
        """Press keys one after the other, each let go of before the next; ``Shift+V`` is V while Shift is down."""
        self.ask("WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": _strokes(keys)}])

    def run(self, script: str) -> Any:
        """What a function with this body returns in the page."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=[])

    def wait_until(self, script: str) -> None:
        """Until a function with this body returns what is true."""
        self._wait(lambda: bool(self.run(script)))

    def tab(self) -> str:
        """The handle of the tab in front."""
        return str(self.ask("WebDriver:GetWindowHandle"))

    def new_tab(self) -> str:
        """Open one more tab, bring it to the front, and say its handle."""
        handle = str(self.ask("WebDriver:NewWindow", type="tab", focus=True)["handle"])
        self.to_tab(handle)
        return handle

    def to_tab(self, handle: str) -> None:
        """Bring a tab to the front."""
        self.ask("WebDriver:SwitchToWindow", handle=handle, focus=True)

    def quit(self) -> None:
        """End it as people do: it writes down what it remembers."""
        self.ask("Marionette:Quit", flags=["eAttemptQuit"])
        self._process.wait(PATIENCE_S)

    def close(self) -> None:
        """End it."""
        self._channel.close()
        self._process.terminate()
        self._process.wait(30)

    def _text(self) -> str:
        return str(self.run("return document.querySelector('main')?.innerText ?? ''"))

    def _element(self, path: str) -> str:
        found: dict[str, str] = self.ask("WebDriver:FindElement", using="xpath", value=path)
        return next(iter(found.values()))

    def _connected(self, port: int) -> socket.socket:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
            except OSError:
                assert time.monotonic() < deadline, "Firefox did not come up"
                time.sleep(0.2)

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, self._text()
            time.sleep(0.2)

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._some(1)
        left, data = int(length[:-1]), b""
        while len(data) < left:
            data += self._some(left - len(data))
        return json.loads(data)

    def _some(self, most: int) -> bytes:
        got = self._channel.recv(most)
        assert got, "Firefox ended"
        return got


def _strokes(keys: tuple[str, ...]) -> list[dict[str, str]]:
    """Keys as actions of a keyboard."""
    strokes = []
    for key in keys:
        *held, last = [NAMED.get(each, each) for each in key.split("+")]
        strokes += [{"type": "keyDown", "value": each} for each in (*held, last)]
        strokes += [{"type": "keyUp", "value": each} for each in (last, *reversed(held))]
    return strokes
