"""Who may read what is finished: the group of its folder, and nobody else.

A release holds ledgers, from which a suppressed figure can be counted; it is for the bureau's own
group, whatever the umask of whoever made it. Belongs here: the modes. Does not: what is opened.
"""

from __future__ import annotations

import stat
from pathlib import Path


def open_to_group(path: Path) -> None:
    """Let the group of a file or folder read it, and nobody else, whatever the umask.

    A folder that hands its group on (setgid) goes on doing so.
    """
    mode = path.stat().st_mode
    path.chmod(0o750 | mode & stat.S_ISGID if stat.S_ISDIR(mode) else 0o640)
