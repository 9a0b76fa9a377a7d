"""Amounts add up to the fen, and none is pushed beyond its share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.allocation import split_amount
from pipelines.errors import SettingsError


@given(
    total=st.integers(1_000_000, 10_000_000_000),
    weights=st.lists(st.floats(0.1, 100.0), min_size=1, max_size=60),
)
def test_amounts_add_up_and_stay_near_their_share(total: int, weights: list[float]) -> None:
    """Each lies within two steps of its exact share, whatever rounding does to the others."""
    amounts = split_amount(total, np.asarray(weights), least=100, step=1_000, what="test")
    assert int(amounts.sum()) == total
    assert int(amounts.min()) >= 100
    exact = 100 + np.asarray(weights) / sum(weights) * (total - 100 * len(weights))
    assert float(np.abs(amounts - exact).max()) <= 2_000


def test_total_that_is_too_small_is_refused() -> None:
    """Two amounts of at least a yuan do not fit into 1.50 yuan."""
    with pytest.raises(SettingsError, match=r"at least 1\.00 yuan, got 1\.50"):
        split_amount(150, np.asarray([1.0, 2.0]), least=100, step=1, what="test")
