"""The page that hashes as one file for a disk: it asks nobody for anything, so it works with the network cut.

The same source gives the same bytes, everywhere and always, so that others can build it and compare
(``tools/hashing_page.py``).
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Final

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe

from orbweaver.doors import web
from orbweaver.doors.web.public import hashing

STYLE: Final = (
    "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1.05rem/1.5 system-ui,sans-serif}"
    "textarea{width:100%;font-family:monospace}label{font-weight:600}progress{width:100%}"
    "[hidden]{display:none}:root{color-scheme:light dark}"
)


def one_file(language: str) -> bytes:
    """The page in this language, in UTF-8: its program, its worker and its script inside."""
    script = files(web).joinpath("static/web/hash-pictures.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {_digest(script)} 'wasm-unsafe-eval'; style-src {_digest(STYLE)}; "
        "worker-src blob:; media-src blob:; base-uri 'none'; form-action 'none'"
    )
    program = files(hashing).joinpath("hashing.wasm").read_bytes()
    inside = {
        "language": language,
        "policy": policy,
        "style": mark_safe(STYLE),  # noqa: S308  these four are files of ours
        "script": mark_safe(script),  # noqa: S308
        "worker": mark_safe(files(hashing).joinpath("worker.js").read_text(encoding="utf-8")),  # noqa: S308
        "program": base64.b64encode(program).decode(),
    }
    with translation.override(language):
        return render_to_string("web/public/survivors/one_file.html", inside).encode()


def _digest(text: str) -> str:
    """As a policy names what may run: by its bytes."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
