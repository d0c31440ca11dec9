"""``python -m orbweaver`` is the same as ``orbweaver``."""

from orbweaver.doors.cli import main

main()
