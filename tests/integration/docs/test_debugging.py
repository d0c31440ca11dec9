"""What docs/developers/debugging.md tells to type into `make shell` runs there."""

from __future__ import annotations

import re
import textwrap

import pytest
from django.apps import apps

from .walkthroughs import TOP

BLOCK = re.compile(r"^ *```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@pytest.mark.django_db
def test_every_line_for_the_shell_runs(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = BLOCK.findall((TOP / "docs/developers/debugging.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 2
    for block in blocks:
        names = {model.__name__: model for model in apps.get_models()}
        exec(textwrap.dedent(block), {**names, "__builtins__": __builtins__})
    assert "'active'" in capsys.readouterr().out
