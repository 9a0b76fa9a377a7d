"""What each source system holds: one recipe per source table, from a scene to its rows.

A recipe states rows in the words of the ledgers (staged column names and codes, amounts in yuan),
or under delivered names in the sender's; dates are dates. Only the contract knows formats and
files.
"""

from __future__ import annotations

from collections.abc import Callable

from demo.recipes import (
    activities,
    certificates,
    complaints,
    consumers,
    disputes,
    equipment,
    listings,
    penalties,
    pledges,
    recognitions,
    registrations,
)
from demo.recipes.pledges import GROUPS
from demo.scene import Scene
from demo.spelling import Rows

_MODULES = (
    activities, certificates, complaints, consumers, disputes, equipment, listings, penalties,
    pledges, recognitions, registrations,
)  # fmt: skip
RECIPES: dict[str, Callable[[Scene], Rows]] = {
    table: recipe for module in _MODULES for table, recipe in module.RECIPES.items()
}
"""The recipe of each source table."""
WITHOUT_MISTAKES = {*penalties.RECIPES, *pledges.RECIPES}
"""Tables in files that come from a system or carry their own total: no row is broken."""

__all__ = ["GROUPS", "RECIPES", "WITHOUT_MISTAKES"]
