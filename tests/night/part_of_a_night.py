"""`zhibiao nightly` of some steps only, over what a whole night left; everything else is real.

Run as a program; its first argument names what is carried out, by a comma each: assets, the group
that they begin with, checks. What is refused late in a night is then seen without the night.
"""

from __future__ import annotations

import sys
from functools import partial
from types import SimpleNamespace

import dagster as dg

from pipelines.cli import main
from pipelines.orchestration import lifecycle, run
from pipelines.settings import Settings

_load_whole_job = run._load_job


def _load_part(chosen: set[str], settings: Settings, night_id: str) -> dg.JobDefinition:
    job = _load_whole_job(settings, night_id)
    graph = job.asset_layer.asset_graph
    assets = {k: {k.path[0], k.to_user_string()} for k in graph.materializable_asset_keys}
    checks = {k: {f"{k.asset_key.to_user_string()}:{k.name}"} for k in graph.asset_check_keys}
    if unknown := chosen - set().union(*assets.values(), *checks.values()):
        raise ValueError(f"expected assets, their groups and checks, got {sorted(unknown)}")
    return job.get_subset(
        asset_selection={key for key, names in assets.items() if names & chosen},
        asset_check_selection={key for key, names in checks.items() if names & chosen},
    )


def _keep_the_build(*_: object, **__: object) -> None:
    """A night begins with an empty build; a part goes on with the one of the night before."""


if __name__ == "__main__":
    vars(lifecycle)["shutil"] = SimpleNamespace(rmtree=_keep_the_build)
    run._load_job = partial(_load_part, set(sys.argv.pop(1).split(",")))
    main()
