"""An environment without anybody's settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def clear_settings(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Forget every setting, and work where no `.env` lies."""
    for name in [name for name in os.environ if name.startswith("ZHIBIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
