"""The onion service as the documents set it up: lines of torrc and nginx are taken out of the document itself."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from orbweaver.platform.runtime.installation import answers, free_port

DOCUMENT = Path(__file__).parents[1] / "docs/operators/browser-and-tor.md"
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Proxy:
    """A running nginx: where it listens, and the folder in which it would keep what it cannot pass on at once."""

    port: int
    temporary: Path

    def held(self) -> list[str]:
        """Files there that its processes hold open at this moment; it takes their names away as soon as it can."""
        found = []
        for each in Path("/proc").glob("[0-9]*/fd/*"):
            with suppress(OSError):  # that process has ended
                if (place := str(each.readlink())).startswith(str(self.temporary)):
                    found.append(place)
        return found


def documented(begin: str) -> str:
    """What stands in the document from a line on, as long as it is part of the example."""
    (example,) = re.findall(r"(?:^    .*\n|^\n)+", DOCUMENT.read_text().split("# torrc\n")[1], re.MULTILINE)[:1]
    lines = ("    # torrc\n" + example).splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith(begin))
    end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    return "\n".join(line.removeprefix("    ") for line in lines[start:end])


@contextmanager
def documented_nginx(folder: Path, served: int, server: str = "") -> Iterator[Proxy]:
    """The documented nginx before the pages on the port ``served``; only ports are others. ``server``: other lines."""
    port, temporary = free_port("127.0.0.1", 0), folder / "temporary"
    temporary.mkdir()
    lines = (server or documented("server {")).replace("127.0.0.1:8480", f"127.0.0.1:{port}")
    lines = lines.replace(":8431", f":{served}")
    assert f"127.0.0.1:{port};" in lines
    assert f"127.0.0.1:{served};" in lines
    kept = "".join(f"{name}_temp_path {temporary}/{name};\n" for name in FOLDERS)
    file, log = folder / "nginx.conf", folder / "nginx.log"
    who = "user root;" if os.geteuid() == 0 else ""  # else its account could not write, whatever the lines say
    head = f"daemon off; {who} pid {folder}/nginx.pid; error_log {log};\nevents {{}}"
    file.write_text(f"{head}\nhttp {{\n{kept}{lines}\n}}\n")
    nginx = subprocess.Popen(["nginx", "-c", str(file), "-e", str(log)])
    try:
        while not answers("127.0.0.1", port):
            assert nginx.poll() is None, log.read_text()
        yield Proxy(port, temporary)
    finally:
        nginx.terminate()
        nginx.wait()
