"""The process that reads pages of mail: what a stranger wrote meets the parser here, and nothing else.

Started by ``walled`` as ``python -m orbweaver.notify.notices.answers.page_text_process PARENT``. It shuts itself in as
the one for pages of the web does. On both pipes four bytes of length, then text in UTF-8; the first answer says in JSON
which of its walls hold. It ends when its input does, or is silent for ``REST_S``.
"""

from __future__ import annotations

import gc
import json
import os
import select
import struct
import sys
from collections.abc import Callable
from typing import Final

from orbweaver.detect.extraction.page_process import shut_in
from orbweaver.notify.notices.answers.page_text import page_text

SIZE: Final = struct.Struct(">I")
REST_S: Final = 60


def main(parent: int) -> None:
    """Load, shut in, say so, serve."""
    page_text("<p>first</p>")
    gc.freeze()
    with os.fdopen(os.dup(1), "wb") as answers, os.fdopen(0, "rb", buffering=0) as asked:
        os.dup2(2, 1)
        text = json.dumps(shut_in(parent))
        while True:
            said = text.encode("utf-8", "replace")
            answers.write(SIZE.pack(len(said)) + said)
            answers.flush()
            if not select.select([asked], [], [], REST_S)[0] or len(head := _whole(asked.read, SIZE.size)) < SIZE.size:
                return
            text = page_text(_whole(asked.read, SIZE.unpack(head)[0]).decode())


def _whole(read: Callable[[int], bytes | None], size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size and (part := read(size - len(parts))):
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    main(int(sys.argv[1]))
