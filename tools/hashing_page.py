"""The page that hashes as one file: write it, or say whether a file that somebody got from a hotline is the same.

    python tools/hashing_page.py en information.html
    python tools/hashing_page.py en information.html --check

Run by nobody but who wants to check: ``docs/domain/survivors.md`` says how.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path


def main(language: str, path: Path, *, check: bool) -> int:
    """Exit code 1 where the file differs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    os.environ.setdefault("ORBWEAVER_DATA_DIR", tempfile.mkdtemp())
    import django

    django.setup()
    from orbweaver.doors.web.public.hashing.one_file import one_file

    made = one_file(language)
    if check:
        same = path.read_bytes() == made
        print("the same" if same else "NOT the same", hashlib.sha256(made).hexdigest())
        return 0 if same else 1
    path.write_bytes(made)
    print(hashlib.sha256(made).hexdigest(), path.name)
    return 0


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if each != "--check"]
    sys.exit(main(given[0], Path(given[1]), check="--check" in sys.argv))
