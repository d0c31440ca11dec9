"""What Firefox gives a screen reader on Linux (AT-SPI), as JSON: run by the system's Python, which has ``pyatspi``.

Nothing of the system under test is imported. One line for the web page in front, in the order in which it is read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pyatspi  # type: ignore[import-not-found]  # Debian's python3-pyatspi

STATES = {"invalid": pyatspi.STATE_INVALID_ENTRY, "focused": pyatspi.STATE_FOCUSED, "required": pyatspi.STATE_REQUIRED}


def below(node: Any) -> Iterator[Any]:
    """A node and all below it; those that go meanwhile are left out."""
    yield node
    for number in range(node.childCount):
        child = node.getChildAtIndex(number)
        if child is not None:
            yield from below(child)


def told(node: Any) -> dict[str, Any]:
    """What is said of one node."""
    attributes = dict(each.split(":", 1) for each in node.getAttributes() if ":" in each)
    states = node.getState()
    try:
        text = node.queryText().getText(0, -1).replace("\ufffc", "").strip()
    except NotImplementedError:
        text = ""
    return {
        "role": node.getRoleName(),
        "tag": attributes.get("tag", ""),
        "name": node.name.strip(),
        "says": node.description.strip(),
        "level": attributes.get("level", ""),
        "language": node.get_object_locale(),
        "live": attributes.get("live", attributes.get("container-live", "")),
        "text": text,
        "states": [name for name, state in STATES.items() if states.contains(state)],
    }


def main() -> int:
    """Write the page in front; 1 where none is shown yet."""
    desk = pyatspi.Registry.getDesktop(0)
    for application in (desk.getChildAtIndex(number) for number in range(desk.childCount)):
        for node in below(application) if application is not None and "irefox" in application.name else ():
            if node.getRoleName() == "document web" and node.getState().contains(pyatspi.STATE_SHOWING):
                sys.stdout.write(json.dumps([told(each) for each in below(node)]))
                return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
