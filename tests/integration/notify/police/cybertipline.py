"""A CyberTipline of the tests' own, over a real socket: it refuses what NCMEC's public documentation says it refuses.

Basic authentication; elements in their order; a file only to a report that is open, details only of a file that came;
what was finished or retracted takes nothing more. ``lose``: paths whose next answer never leaves, though it is done.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

REPORT = (
    "incidentSummary", "internetDetails", "lawEnforcement", "reporter", "personOrUserReported", "intendedRecipient",
    "victim", "additionalInfo",
)  # fmt: skip
FILE = (
    "reportId", "fileId", "originalFileName", "uploadedToEspTimestamp", "locationOfFile", "fileViewedByEsp",
    "exifViewedByEsp", "publiclyAvailable", "fileRelevance", "fileAnnotations", "industryClassification",
    "originalFileHash", "ipCaptureEvent", "deviceId", "details", "additionalInfo",
)  # fmt: skip
ACCOUNT = "hotline", "a password"


@dataclass
class Report:
    """One that was opened."""

    document: ET.Element
    state: str = "open"
    files: dict[str, bytes] = field(default_factory=dict)
    details: list[ET.Element] = field(default_factory=list)


@dataclass
class Tipline:
    """What it has, and how it misbehaves."""

    reports: dict[str, Report] = field(default_factory=dict)
    lose: set[str] = field(default_factory=set)
    broken: bool = False
    calls: list[str] = field(default_factory=list)
    address: str = ""

    def answer(self, path: str, body: bytes, kind: str) -> bytes:
        """The document that a call is answered with."""
        self.calls.append(path)
        if self.broken:
            return said(1000, "Server error")
        if path == "/submit":
            return self._submit(body)
        if path == "/fileinfo":
            return self._fileinfo(body)
        if path == "/upload":
            return self._upload(body, kind)
        return self._end(path, parse_qs(body.decode()).get("id", [""])[0])

    def _submit(self, body: bytes) -> bytes:
        root = ET.fromstring(body)
        if root.tag != "report" or not in_order(root, REPORT) or not summary_is_whole(root):
            return said(4100, "Validation failed")
        number = str(1000 + len(self.reports))
        self.reports[number] = Report(root)
        return said(0, "Success", reportId=number)

    def _upload(self, body: bytes, kind: str) -> bytes:
        mark = kind.partition("boundary=")[2].encode()
        parts = [each.partition(b"\r\n\r\n") for each in body.split(b"--" + mark)[1:-1]]
        given = {re.search(rb'name="(\w+)"', head)[1].decode(): tail[:-2] for head, _, tail in parts}  # type: ignore[index]
        report = self.reports.get(given["id"].decode())
        if report is None or report.state != "open":
            return said(5001, "Report does not exist")
        number = hashlib.md5(given["file"] + str(len(report.files)).encode()).hexdigest()
        report.files[number] = given["file"]
        return said(
            0, "Success", reportId=given["id"].decode(), fileId=number, hash=hashlib.md5(given["file"]).hexdigest()
        )

    def _fileinfo(self, body: bytes) -> bytes:
        root = ET.fromstring(body)
        if root.tag != "fileDetails" or not in_order(root, FILE):
            return said(4100, "Validation failed")
        report = self.reports.get(root.findtext("reportId", ""))
        if report is None or report.state != "open":
            return said(5001, "Report does not exist")
        if root.findtext("fileId", "") not in report.files:
            return said(5002, "File does not exist")
        report.details.append(root)
        return said(0, "Success")

    def _end(self, path: str, number: str) -> bytes:
        report = self.reports.get(number)
        if report is None:
            return said(5001, "Report does not exist")
        if report.state == "finished":
            return said(5102, "Report already finished")
        if report.state == "retracted":
            return said(5101, "Report already retracted")
        report.state = "finished" if path == "/finish" else "retracted"
        return said(0, "Success", reportId=number, root="reportDoneResponse" if path == "/finish" else "reportResponse")

    def finished(self) -> list[Report]:
        """Those that count."""
        return [each for each in self.reports.values() if each.state == "finished"]


def in_order(root: ET.Element, names: tuple[str, ...]) -> bool:
    """Whether only these elements stand there, in this order."""
    found = [each.tag for each in root]
    return set(found) <= set(names) and [names.index(each) for each in found] == sorted(map(names.index, found))


def summary_is_whole(root: ET.Element) -> bool:
    """What a report cannot be without."""
    wanted = ("incidentSummary/incidentType", "incidentSummary/incidentDateTime", "reporter/reportingPerson")
    return all(root.find(each) is not None for each in wanted)


def said(code: int, words: str, *, root: str = "reportResponse", **more: str) -> bytes:
    """An answer."""
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in more.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><{root}><responseCode>{code}</responseCode>'
        f"<responseDescription>{words}</responseDescription>{inner}</{root}>"
    ).encode()


@contextmanager
def tipline() -> Iterator[Tipline]:
    """One that listens on this machine."""
    line = Tipline()
    wanted = "Basic " + base64.b64encode(":".join(ACCOUNT).encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = self.path.removeprefix("/ispws")
            if self.headers.get("Authorization") != wanted:
                return self._send(401, said(2000, "Authentication required"))
            answer = line.answer(path, body, self.headers["Content-Type"])
            if path in line.lose:
                line.lose.discard(path)
                self.connection.close()
                return None
            return self._send(200, answer)

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    line.address = f"http://127.0.0.1:{server.server_address[1]}/ispws"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
