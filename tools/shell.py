"""``make shell``: a Python shell with the models of this machine's installation, whether it runs now or not.

Which one is said by the settings (``ORBWEAVER_DATA_DIR``). With ``ARGS='-c "code"'`` it runs one line.
Nothing is migrated: a shell beside a running installation must change nothing by itself.
"""

from __future__ import annotations

import argparse
import sys

from orbweaver.doors.cli.output import report_error
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import OrbweaverError


def main(arguments: list[str]) -> int:
    """Open the shell; exit status 1 where the database cannot be used."""
    parser = argparse.ArgumentParser(prog="make shell", description="A Python shell with the models.")
    parser.add_argument("-c", dest="code", help="run this and leave")
    options = parser.parse_args(arguments)
    try:
        with open_session(migrate=False):
            from django.core.management import call_command

            call_command("shell", command=options.code, verbosity=1)
    except OrbweaverError as error:
        report_error(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
