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

RECIPES: dict[str, Callable[[Scene], Rows]] = {
    **activities.RECIPES,
    **certificates.RECIPES,
    **complaints.RECIPES,
    **consumers.RECIPES,
    **disputes.RECIPES,
    **equipment.RECIPES,
    **listings.RECIPES,
    **penalties.RECIPES,
    **pledges.RECIPES,
    **recognitions.RECIPES,
    **registrations.RECIPES,
}
"""The recipe of each source table."""
WITHOUT_MISTAKES = {*penalties.RECIPES, *pledges.RECIPES}
"""Tables in files that come from a system or carry their own total: no row is broken."""

__all__ = ["GROUPS", "RECIPES", "WITHOUT_MISTAKES"]
