"""What a machine may lack, and the tests that are then skipped: the whole list.

A skip for any other reason fails (`conftest`), and with `--installed` also one for want of what can
be installed: a check that nobody ran must not pass for one that held.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_SHARED = ROOT.parent / "shared"
LAW_TEXTS = Path(os.environ.get("ZHIBIAO_LAW_TEXTS", _SHARED / "reference" / "law"))
"""One Markdown file a law, its name beginning with the law's title; not in the repository."""
EXAMPLE_DATA = Path(os.environ.get("ZHIBIAO_EXAMPLE_DATA", _SHARED / "data" / "real"))
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

NO_CHROMIUM = "no Chromium with Chinese glyphs on this machine"
NO_MOUNT = "no right to mount a small file system"
NO_LAW_TEXTS = f"no law texts in {LAW_TEXTS}; ZHIBIAO_LAW_TEXTS names their folder"
NO_EXAMPLE_DATA = f"not all files in {EXAMPLE_DATA}; ZHIBIAO_EXAMPLE_DATA names their folder"

NOT_TO_BE_INSTALLED = (NO_MOUNT, NO_LAW_TEXTS, NO_EXAMPLE_DATA)
ALLOWED = (NO_CHROMIUM, *NOT_TO_BE_INSTALLED)

PATIENCE_SECONDS = 1800
"""How long a test waits for what must come. It tells a hang from an answer and measures no speed:
a machine that is twenty times slower must pass."""


def _has_chinese_glyphs() -> bool:
    if shutil.which("fc-list") is None:
        return False
    found = subprocess.run(["fc-list", ":lang=zh", "file"], check=False, capture_output=True)
    return bool(found.stdout.strip())


def can_mount() -> bool:
    """Whether a test may mount a file system that only it sees."""
    if os.geteuid() != 0:
        return False
    probe = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True
    )
    return probe.returncode == 0


needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or not _has_chinese_glyphs(), reason=NO_CHROMIUM
)
needs_mount = pytest.mark.skipif(not can_mount(), reason=NO_MOUNT)
needs_law_texts = pytest.mark.skipif(not LAW_TEXTS.is_dir(), reason=NO_LAW_TEXTS)
