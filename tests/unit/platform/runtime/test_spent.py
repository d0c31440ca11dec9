"""What the crawler that runs here has spent, read from its own figures and from the system."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orbweaver.platform.runtime.installation import free_port
from orbweaver.platform.runtime.spent import crawler_spent

CRAWLER = """
import http.server, sys, time
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(b'# TYPE orbweaver_crawl_done_total counter\\n'
            b'orbweaver_crawl_done_total{kind="images"} 500.0\\n'
            b'orbweaver_crawl_done_total{kind="pages"} 70.0\\n')
    def log_message(self, *_): pass
end = time.process_time() + 0.3
while time.process_time() < end: pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), Answer)
print("up", flush=True)
server.serve_forever()
"""


@pytest.fixture
def crawler() -> Iterator[int]:
    """A program that leads a session of its own, has spent 0.3 s and says that it did 500 pictures; its port."""
    port = free_port("127.0.0.1", 0)
    argv = [sys.executable, "-c", CRAWLER, "crawl-worker", "--status-port", str(port)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    yield port
    process.kill()
    process.wait()
    process.stdout.close()


def test_processor_time_of_its_session_and_the_pictures_that_it_counted(crawler: int, tmp_path: Path) -> None:
    (tmp_path / "up.json").write_text(json.dumps({"status_ports": {"crawl-worker": crawler}}))
    found = crawler_spent(tmp_path)
    assert found is not None
    assert found.pictures == 500
    assert 0.25 <= found.seconds <= 5


@pytest.mark.parametrize("described", [None, "{", '{"status_ports": {}}', '{"status_ports": {"crawl-worker": 1}}'])
def test_where_none_runs_nothing_is_said(described: str | None, tmp_path: Path) -> None:
    if described is not None:
        (tmp_path / "up.json").write_text(described)
    assert crawler_spent(tmp_path) is None
