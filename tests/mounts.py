"""Small and read-only file systems for tests, each in a mount space of its own."""

from __future__ import annotations

import os
import subprocess


def can_mount() -> bool:
    """Whether this user may mount a small file system."""
    if os.geteuid() != 0:
        return False
    probe = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True
    )
    return probe.returncode == 0
