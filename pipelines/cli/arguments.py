"""What several commands ask of their arguments, beyond what the command line's parser can say.

An argument that is well formed and names nothing exits with 64, of whatever kind it is; the check
of a path that the parser offers would exit with 2.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import UsageError


def require_file(path: Path, argument: str) -> None:
    """Refuse the path of a file that is not there, or is a folder.

    Raises:
        UsageError: naming the argument and what was found.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise UsageError(
            f"{argument}: expected the path of a CSV of published figures, got {found}: {path}. "
            "demo/published_2024.csv is one."
        )
