"""The one tree of errors. Each has a stable ``code`` that scripts and the API may rely on.

::

    OrbweaverError
     ├─ ConfigurationError      a setting is missing or wrong
     ├─ AlreadyRunning          another process holds the data directory
     ├─ InvalidInput            what came from outside cannot be used
     ├─ NotAllowed              the person or client may not do this
     ├─ Conflict                somebody else changed it first
     └─ Unavailable             a service we need does not answer

Each folder adds its own below these (``orbweaver.<folder>.errors``). What an error says is a ``Message``: a code of its
own, a text and what stands in it. A room declares its messages in its ``messages.py``, once each; they are raised,
returned and kept as they are, and become words where somebody reads them: English in a terminal and in logs, the
reader's language on a page. ``docs/reference/errors.md`` lists them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias


class Catalogued(str):
    """A text out of data that the catalogues of languages know, such as one of the criteria."""

    __slots__ = ()


Parameter: TypeAlias = "str | int | float | Message | tuple[Message, ...]"
"""What may stand in a message. Several messages stand there a line each."""

Translate: TypeAlias = Callable[[str, str, int], str]
"""A text, its plural (empty where it has none) and the number that chooses → the text in a language."""

PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
"""A placeholder."""

DECLARED: Final[dict[str, Message]] = {}
"""Every message that the modules imported so far declare, by its code."""


def in_english(text: str, plural: str, number: int) -> str:
    """The text as it was declared."""
    return plural if plural and number != 1 else text


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """Something to tell a person: which of the declared messages it is, and what stands in its placeholders.

    ``Message("room.name", "A %(thing)s is missing.")`` declares one; ``of`` gives it with its
    placeholders filled. With a ``plural`` the parameter ``n`` chooses between the two. ``str()`` is the English.
    """

    code: str
    text: str
    plural: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.parameters and DECLARED.setdefault(self.code, self).text != self.text:
            raise ValueError(f"two messages have the code {self.code}")

    def of(self, **parameters: Parameter) -> Message:
        """The message with its placeholders filled. Another set of names than it has is a TypeError."""
        if parameters.keys() != self.placeholders:
            raise TypeError(f"{self.code} takes {sorted(self.placeholders)}, not {sorted(parameters)}")
        return Message(self.code, self.text, self.plural, parameters)

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of its placeholders, and ``n`` where a number chooses its form."""
        return frozenset(PLACEHOLDER.findall(self.text + self.plural)) | ({"n"} if self.plural else set())

    def rendered(self, translate: Translate = in_english) -> str:
        """The words, in the language that ``translate`` gives."""
        number = self.parameters.get("n", 0)
        text = translate(self.text, self.plural, number if isinstance(number, int) else 0)
        words = {name: _words(value, translate) for name, value in self.parameters.items()}
        return PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), text)

    def as_json(self) -> dict[str, Any]:
        """Its code and parameters, to be kept; ``message_from_json`` reads it."""
        parameters = {name: _kept(value) for name, value in self.parameters.items()}
        return {"code": self.code} | ({"parameters": parameters} if parameters else {})

    def __str__(self) -> str:
        return self.rendered()

    def __repr__(self) -> str:
        return f"<{self.code}: {self}>"


def _words(value: Parameter, translate: Translate) -> str:
    if isinstance(value, Message):
        return value.rendered(translate)
    if isinstance(value, tuple):
        return "\n".join(each.rendered(translate) for each in value)
    return translate(value, "", 0) if isinstance(value, Catalogued) else str(value)


VERBATIM: Final = Message("verbatim", "%(text)s")
"""Words of another program, or of a plug-in: they have no code and stay as they are in every language."""


def message_from_json(kept: Mapping[str, Any]) -> Message:
    """A message as it was kept. One that nothing declares any more is shown by its code."""
    declared = DECLARED.get(kept["code"])
    if declared is None:
        return VERBATIM.of(text=str(kept["code"]))
    parameters = {name: _parameter(value) for name, value in kept.get("parameters", {}).items()}
    return Message(declared.code, declared.text, declared.plural, parameters)


def _kept(value: Parameter) -> Any:
    if isinstance(value, Message):
        return value.as_json()
    return [each.as_json() for each in value] if isinstance(value, tuple) else value


def _parameter(kept: Any) -> Parameter:
    if isinstance(kept, dict):
        return message_from_json(kept)
    if isinstance(kept, list):
        return tuple(message_from_json(each) for each in kept)
    return kept if isinstance(kept, str | int | float) else str(kept)


def message_of(text: Message | str) -> Message:
    """The message, or plain words as one."""
    return text if isinstance(text, Message) else VERBATIM.of(text=text)


class OrbweaverError(Exception):
    """Base of all errors that Orbweaver raises on purpose.

    ``code`` says what kind of error it is, ``message`` what happened, what is safe and what to do, for the person who
    reads it. It never holds a URL, a hash or a watch term in full (these are secrets and errors end up in logs).
    """

    code = "error"

    def __init__(self, message: Message | str = "") -> None:
        super().__init__(message)
        self.message = message_of(message)

    def __str__(self) -> str:
        return str(self.message)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """What stands in the message."""
        return self.message.parameters


class ConfigurationError(OrbweaverError):
    """A setting is missing, contradicts another or cannot be used here."""

    code = "configuration"


class AlreadyRunning(OrbweaverError):
    """Another Orbweaver uses the same data directory."""

    code = "already_running"


class InvalidInput(OrbweaverError):
    """What came from outside (a file, a form, an address) cannot be used as it is."""

    code = "invalid_input"


class NotAllowed(OrbweaverError):
    """The person or client has no right to do this, or has lost it."""

    code = "not_allowed"


class Conflict(OrbweaverError):
    """Somebody else changed the same thing first; nothing was overwritten."""

    code = "conflict"


class Unavailable(OrbweaverError):
    """Something that is needed does not answer now; trying later may work."""

    code = "unavailable"


def kind_and_line(error: Exception) -> str:
    """The kind of an error and where it arose, for logs; never its text, which may hold an address."""
    code = error.code if isinstance(error, OrbweaverError) else type(error).__name__
    trace, line = error.__traceback__, ""
    while trace is not None:
        line = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{code} at {line}"
