"""A voice for screen readers that keeps what it is given: the protocol of speech-dispatcher (SSIP), without a sound."""

from __future__ import annotations

import html
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

ANSWERS = {
    "SPEAK": ["230 OK RECEIVING DATA"],
    "LIST OUTPUT_MODULES": ["250-silent", "250 OK MODULE LIST SENT"],
    "LIST SYNTHESIS_VOICES": ["249-English\ten\tnone", "249 OK VOICE LIST SENT"],
    "LIST VOICES": ["249-MALE1", "249 OK VOICE LIST SENT"],
    "GET": ["251-silent", "251 OK GET RETURNED"],
    "HISTORY GET CLIENT_ID": ["245-1", "245 OK CLIENT ID SENT"],
}
BEGIN, END = ("701", "BEGIN"), ("702", "END")


class Voice(socketserver.StreamRequestHandler):
    """One reader. Each text is said to be at its end in a moment, as readers go on to the next then."""

    server: Voices

    def handle(self) -> None:
        """Answer what is asked until the reader goes."""
        with suppress(OSError):
            while line := self.rfile.readline().decode().strip():
                known = (answer for word, answer in ANSWERS.items() if line.upper().startswith(word))
                self._write(*next(known, ["200 OK"]))
                if line.upper().startswith("SPEAK"):
                    self._speak("".join(iter(lambda: self.rfile.readline().decode().replace("\r\n", "\n"), ".\n")))

    def _speak(self, text: str) -> None:
        number = next(self.server.numbers)
        self.server.said.append(html.unescape(re.sub(r"<[^>]+>", "", text)).strip())
        self._write(f"225-{number}", "225 OK MESSAGE QUEUED")
        marks = [("700", mark) for mark in re.findall(r'<mark name="([^"]+)"', text)]
        threading.Thread(target=self._spoken, args=(number, marks), daemon=True).start()

    def _spoken(self, number: int, marks: list[tuple[str, str]]) -> None:
        with suppress(OSError, ValueError):
            for code, event in (BEGIN, *marks, END):
                time.sleep(0.02)
                named = [f"700-{event}", "700 INDEX MARK"] if code == "700" else [f"{code} {event}"]
                self._write(f"{code}-{number}", f"{code}-1", *named)

    def _write(self, *lines: str) -> None:
        with self.server.turn:
            self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class Voices(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Where readers find a voice, and all that they said."""

    daemon_threads = True

    def __init__(self, place: Path) -> None:
        super().__init__(str(place), Voice)
        self.said: list[str] = []
        self.numbers, self.turn = count(1), threading.Lock()


@contextmanager
def voice(place: Path) -> Iterator[list[str]]:
    """What is said there, as it comes."""
    with Voices(place) as voices:
        threading.Thread(target=voices.serve_forever, daemon=True).start()
        yield voices.said
        voices.shutdown()
