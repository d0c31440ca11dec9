"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

CONFIG_NOT_A_FILE = Message("platform.config_not_a_file", "ORBWEAVER_CONFIG names %(path)s, which is not a file.")
CONFIG_NOT_TOML = Message("platform.config_not_toml", "The file that ORBWEAVER_CONFIG names is not TOML: %(error)s.")
SETTING_OF_TWO = Message("platform.setting_of_two", "Settings of %(group)s belong to another group, too: %(names)s.")
SETTINGS_UNUSABLE = Message(
    "platform.settings_unusable",
    "Settings that cannot be used:\n%(problems)s",
)
TABLE_TOO_LONG = Message(
    "platform.table_too_long", "The table is longer than %(most)s bytes. Nothing was changed: import a shorter one."
)
TABLE_NOT_TOML = Message(
    "platform.table_not_toml",
    "The table is not TOML: %(error)s. Nothing was changed: put that line right and try again.",
)
TABLE_UNUSABLE = Message(
    "platform.table_unusable",
    "Line %(line)s, %(where)s: %(why)s. Nothing was changed: put that row right and try again.",
)
