"""A declaration is parsed once, however often a night asks for it."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.declarations import read_declaration


def test_the_same_text_is_parsed_once_and_a_changed_one_anew(tmp_path: Path) -> None:
    """Told by its content: the stamp of a file that was written back may be the old one."""
    path = tmp_path / "said.yml"
    path.write_text("vars: {a: 1}")
    first = read_declaration(path)
    assert read_declaration(path) is first
    stamp = path.stat()
    path.write_text("vars: {a: 2}")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert read_declaration(path) == {"vars": {"a": 2}}
