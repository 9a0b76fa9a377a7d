"""What dbt compiles of the checkout's project, made once: a night begins from it.

Belongs here: the one compilation of all test processes, and giving it to a folder. Does not:
carrying it out (`tests/built_tables.py`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.compute.compiled import CompiledProject
from tests.shared_builds import build_once

PROJECT = Path(__file__).resolve().parents[1]
_shared: list[Path] = []


def share_in(folder: Path) -> None:
    """Say where all test processes find what was compiled; until then, dbt compiles anew."""
    _shared[:] = [folder]


def begin_compiled(target: Path) -> None:
    """Put what was compiled into a dbt target folder that has nothing of its own yet."""
    if _shared and not target.exists():
        shutil.copytree(compiled_folder(), target)


def compiled_folder() -> Path:
    """The dbt target folder of the checkout's project, to be read only."""
    return build_once(_shared[0], "compiled", _compile) / "dbt_target"


def compiled_project() -> CompiledProject:
    """The checkout's project."""
    return CompiledProject.model_validate_json((compiled_folder() / "compiled.json").read_bytes())


def _compile(folder: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ZHIBIAO_")}
    program = (
        "from pipelines.compute.compiling import compile_project\n"
        "from pipelines.layout import Layout\n"
        "from pipelines.settings import read_settings\n"
        "compile_project(Layout.of(read_settings()))\n"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"PYTHONPATH": str(PROJECT), "ZHIBIAO_WAREHOUSE": str(folder)},
        cwd=PROJECT,
        check=True,
    )
