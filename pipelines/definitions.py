"""The code location that Dagster loads: the one Definitions of Zhibiao, for this installation."""

from __future__ import annotations

from pipelines.orchestration.graph import build_definitions

definitions = build_definitions()
