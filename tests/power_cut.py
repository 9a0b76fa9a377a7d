"""What a power cut would leave of a folder: every sync and rename is watched as it happens.

A file lasts as it was when it was last synced, a name as its folder was when that was last synced;
what was there when the watch began is on the disk. What belongs here: that watch. What does not:
which writers are watched (test_durable).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


class PowerCut:
    """Watches this process's syncs and renames below a folder."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root = root
        self._synced: dict[int, object] = {}
        self.named_too_early: list[str] = []
        """What got its name before its content was on the disk."""
        for path in (root, *root.rglob("*")):
            self._note(path.lstat().st_ino, path)
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._sync)
        for name in ("rename", "replace", "link"):
            monkeypatch.setattr(os, name, self._watched(getattr(os, name)))

    def lost(self, *apart: str) -> list[str]:
        """What lies below the folder now and would be gone, or be otherwise, after a power cut.

        Args:
            *apart: Parts of paths that need not last.
        """
        found = []
        for path in self._walk(self._root):
            name = path.relative_to(self._root).as_posix()
            if not any(part in name for part in apart) and not self._lasts(path):
                found.append(name)
        return found

    def back(self) -> list[str]:
        """Names that are gone, and that a power cut would bring back."""
        return [
            f"{folder.name}/{name}"
            for folder in (self._root, *self._walk(self._root))
            if isinstance(names := self._synced.get(folder.lstat().st_ino), dict)
            for name in names
            if not os.path.lexists(folder / name)
        ]

    def _lasts(self, path: Path) -> bool:
        names = self._synced.get(path.parent.lstat().st_ino)
        has_name = isinstance(names, dict) and names.get(path.name) == path.lstat().st_ino
        return has_name and (path.is_symlink() or path.is_dir() or self._is_synced(path))

    def _is_synced(self, path: Path) -> bool:
        return self._synced.get(path.lstat().st_ino) == _content(path)

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(source: Any, target: Any, **options: Any) -> Any:
            path = Path(source)
            # Others rename, too: what rewrites a test module keeps what it has compiled.
            if not Path(target).absolute().is_relative_to(self._root):
                return call(source, target, **options)
            inside = list(self._walk(path)) if path.is_dir() and not path.is_symlink() else [path]
            if not path.is_symlink():
                self.named_too_early += [
                    each.name
                    for each in inside
                    if (each == path and not self._is_synced(each))
                    or (each != path and not self._lasts(each))
                ]
            return call(source, target, **options)

        return watched

    def _sync(self, descriptor: int) -> None:
        self._fsync(descriptor)
        self._note(os.fstat(descriptor).st_ino, Path(f"/proc/self/fd/{descriptor}").resolve())

    def _note(self, inode: int, path: Path) -> None:
        self._synced[inode] = None if path.is_symlink() else _content(path)

    @staticmethod
    def _walk(folder: Path) -> Iterator[Path]:
        yield from sorted(folder.rglob("*"))


def _content(path: Path) -> object:
    """A file's hash, or a folder's names with what they stand for."""
    if path.is_dir():
        return {entry.name: entry.inode() for entry in os.scandir(path)}
    return hashlib.sha256(path.read_bytes()).hexdigest()
