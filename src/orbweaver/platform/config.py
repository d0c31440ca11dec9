"""Settings: policy over environment over TOML file over defaults, typed, in groups; a group stands in its room's
``settings.py``.

Every name is ``ORBWEAVER_`` plus the field's name in capitals; the TOML file (``ORBWEAVER_CONFIG``) uses the field's
name. A room reads its own group, or one of a room below it: ``CrawlSettings.current().crawl_max_hops``. All groups are
read together, so that one error names each wrong setting wherever it belongs.
"""

from __future__ import annotations

import importlib
import os
import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self, cast

from pydantic import ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from orbweaver.errors import ConfigurationError
from orbweaver.platform.messages import CONFIG_NOT_A_FILE, CONFIG_NOT_TOML, SETTING_OF_TWO, SETTINGS_UNUSABLE

PREFIX = "ORBWEAVER_"
_PACKAGE = Path(__file__).parents[1]

_groups: dict[str, type[Settings]] = {}
_current: dict[type[Settings], Settings] = {}
_untouched: dict[type[Settings], Settings] = {}
"""Groups none of whose settings is set, made once: most groups, and most of the time that reading takes."""
_adopted: dict[str, Any] = {}
_reading = threading.RLock()  # or a thread that read before `forget` would bring back what it forgot


LONGEST_DAYS = 36_500
_IN_A_DAY = {"_days": 1, "_hours": 24, "_minutes": 1440, "_seconds": 86_400, "_s": 86_400}


def _most(name: str) -> int:
    """The largest number that a setting of this name may be, by the unit that it ends with."""
    return next((LONGEST_DAYS * each for unit, each in _IN_A_DAY.items() if name.endswith(unit)), 2**53)


class Settings(BaseSettings):
    """A group of settings with one owner. Its docstring's first line says whose they are and what they rule."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Make the group known, and hold that no setting belongs to two."""
        super().__pydantic_init_subclass__(**kwargs)
        name = f"{cls.__module__}.{cls.__qualname__}"
        for other in [other for key, other in _groups.items() if key != name]:
            if twice := cls.model_fields.keys() & other.model_fields.keys():
                raise ConfigurationError(SETTING_OF_TWO.of(group=name, names=", ".join(sorted(twice))))
        _groups[name] = cls

    @classmethod
    def current(cls) -> Self:
        """The group as this process reads it, once. Raises ConfigurationError that names each wrong setting."""
        if (known := _current.get(cls)) is not None:
            return cast("Self", known)
        with _reading:
            if cls not in _current:
                _read_all()
            return cast("Self", _current[cls])

    @classmethod
    def owner(cls) -> str:
        """The folder that the settings belong to: ``detect/crawl``; of a plug-in its package."""
        folder = cls.__module__.removesuffix(".settings")
        return folder.removeprefix("orbweaver.").replace(".", "/")

    def conflicts(self) -> Iterable[str]:
        """What cannot stand beside settings of other groups, in words. Asked when all groups are read."""
        return ()

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, info: ValidationInfo) -> object:
        """``ORBWEAVER_MAIL_DIR=`` in a file of variables means none; as a path it would be the working folder."""
        optional = info.field_name is not None and cls.model_fields[info.field_name].default is None
        return None if optional and value == "" else value

    @field_validator("*", mode="after")
    @classmethod
    def _is_within_reason(cls, value: object, info: ValidationInfo) -> object:
        """No number is endless, and no time is longer than a century: dates end with the year 9999."""
        if isinstance(value, int | float) and not abs(value) <= (most := _most(info.field_name or "")):
            raise ValueError(f"Input should be at most {most}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was adopted, then the environment, then what the TOML file says of this group, then the defaults."""
        adopted, own = (
            {name: value for name, value in given.items() if name in settings_cls.model_fields}
            for given in (_adopted, _in_file())
        )
        return (
            init_settings,
            InitSettingsSource(settings_cls, init_kwargs=adopted),
            env_settings,
            InitSettingsSource(settings_cls, init_kwargs=own),
        )


def groups() -> list[type[Settings]]:
    """Every group, the platform's first, then by owner. Those of channels are there once Django is set up."""
    _load_groups()
    return sorted(
        _groups.values(), key=lambda group: (not group.owner().startswith("platform"), group.owner(), group.__name__)
    )


def names() -> set[str]:
    """Every setting, as the file writes it."""
    return {field for group in groups() for field in group.model_fields}


def environment_name(field: str) -> str:
    """``crawl_max_hops`` as it is written in the environment."""
    return f"{PREFIX}{field.upper()}"


def names_in_file() -> set[str]:
    """The settings that the TOML file gives."""
    return set(_in_file())


def source_of(field: str) -> str:
    """Who says what a setting is: ``policy``, ``variable``, ``file`` or ``default``."""
    if field in _adopted:
        return "policy"
    if os.environ.get(environment_name(field)) is not None:
        return "variable"
    return "file" if field in names_in_file() else "default"


def check() -> None:
    """Read every group, once all are known. Raises ConfigurationError for each wrong setting and each unknown one."""
    with _reading:
        unknown = sorted(names_in_file() - names())
        _read_all([f"{environment_name(name)}: there is no such setting" for name in unknown])


def forget() -> None:
    """Read all settings anew when they are next asked for: for tests and trials, which change the environment."""
    with _reading:
        _current.clear()
        _adopted.clear()
        _in_file.cache_clear()


def adopt(values: Mapping[str, Any]) -> None:
    """Let these count in this process before the environment and the file: the policy that all machines share."""
    with _reading:
        _current.clear()
        _adopted.clear()
        _adopted.update(values)


def in_force(wanted: Iterable[str]) -> dict[str, Any]:
    """What these settings are in this process. Raises ConfigurationError."""
    with _reading:
        _read_all()
        return _of(wanted)


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as settings are, if they were adopted. Raises ConfigurationError; what counts stays as it was."""
    with _reading:
        before = dict(_adopted)  # of nobody's trial: another thread's has ended by then
        adopt(values)
        try:
            _read_all()
            return _of(values)
        finally:
            adopt(before)


def values_without_policy(wanted: Iterable[str]) -> dict[str, Any]:
    """What these settings would be on this machine without anything adopted."""
    with _reading:
        before = dict(_adopted)
        adopt({})
        try:
            _read_all()
            return _of(wanted)
        finally:
            adopt(before)


def _of(wanted: Iterable[str]) -> dict[str, Any]:
    all_of = {name: value for group in _current.values() for name, value in group}
    return {name: all_of[name] for name in wanted}


def _read_all(wrong: Sequence[str] = ()) -> None:
    found: dict[type[Settings], Settings] = {}
    wrong, named = list(wrong), _named_settings()
    for group in groups():
        try:
            found[group] = _current.get(group) or _read(group, named)
        except ValidationError as error:
            wrong += _problems_of(error)
    if not wrong:
        _current.update(found)
        wrong = [problem for group in found.values() for problem in group.conflicts()]
    if wrong:
        _current.clear()
        raise ConfigurationError(SETTINGS_UNUSABLE.of(problems="\n".join(f"  {line}" for line in wrong)))


def _named_settings() -> set[str]:
    """Names that are set, settings or not, in lower case: in the environment case does not count."""
    in_environment = (name.lower() for name in os.environ)
    named = {name.removeprefix(PREFIX.lower()) for name in in_environment if name.startswith(PREFIX.lower())}
    return named | _adopted.keys() | _in_file().keys()


def _read(group: type[Settings], named: set[str]) -> Settings:
    fields = group.model_fields
    if not named.isdisjoint(fields) or any(field.default_factory for field in fields.values()):
        return group()
    if group not in _untouched:
        _untouched[group] = group()
    return _untouched[group]


def _problems_of(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_input=False):
        yield ": ".join([*(environment_name(str(part)) for part in problem["loc"]), problem["msg"]])


@cache
def _load_groups() -> None:
    """Import every ``settings.py`` of the package: a room has its settings by having that file."""
    for path in sorted(_PACKAGE.rglob("settings.py")):
        importlib.import_module(".".join(["orbweaver", *path.relative_to(_PACKAGE).with_suffix("").parts]))


@cache
def _in_file() -> dict[str, Any]:
    path = os.environ.get("ORBWEAVER_CONFIG")
    if not path:
        return {}
    if not Path(path).is_file():
        raise ConfigurationError(CONFIG_NOT_A_FILE.of(path=path))
    try:
        # Some editors begin a file with a byte order mark.
        return tomllib.loads(Path(path).read_text("utf-8-sig"))
    except (ValueError, OSError, RecursionError) as error:  # ValueError: not TOML, or not UTF-8
        raise ConfigurationError(CONFIG_NOT_TOML.of(error=str(error))) from None
