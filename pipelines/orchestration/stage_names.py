"""What people call the steps of a night, whose names Dagster makes of assets and checks.

Apart from `steps`, so that who only reads a name need not import Dagster.
"""

from __future__ import annotations

_WORDS = {
    "ledgers": "computing the ledgers",
    "indicators": "computing the indicators",
    "release__tables": "writing the release",
    "release__report": "writing the report",
    "release__current": "verifying the release",
}


def describe_stage(name: str) -> str:
    """A step in an operator's words: what is done, and to which table."""
    if name in _WORDS:
        return _WORDS[name]
    table = name.removesuffix("_gate")
    return f"{'landing' if table == name else 'gate of'} {table.replace('__', '.', 1)}"
