"""The settings of an installation that serves the sample: it reaches nothing, and its clock is the machine's."""

from __future__ import annotations

from pathlib import Path

from orbweaver_trials.demo.surroundings import FIXED


def settings_of(room: Path, port: int) -> dict[str, str]:
    """Name without its prefix → value, for a data folder and the port of its pages."""
    return FIXED | {
        "CLOCK_SPEED": "1",
        "DATA_DIR": str(room),
        "KEYS_DIR": str(room / "keys"),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "REVIEW_UNDO_SECONDS": "0",
        "DISCOVER_CONTACTS": "false",
        "HOTLINE_ADDRESS": "Demonstration Hotline, 12 Long Street, Winnipeg",
        "PRIVACY_CONTACT": "data@hotline.example, 204 555 0100",
        "PRIVACY_AUTHORITY": "Privacy Commissioner, commissioner.example",
        "PRIVACY_LEGAL_BASIS": "Demonstration Act, section 7",
        "PRIVACY_ANSWER_DAYS": "30",
        "PRIVACY_BACKUP_DAYS": "35",
    }
