"""The strongest chain: what holds two records together that are not alike."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.chain import strongest_chain


def table(count: int, numbers: list[int]) -> np.ndarray:
    """A symmetric table of links."""
    weight = np.zeros((count, count), np.int64)
    weight[np.triu_indices(count, 1)] = numbers
    return weight + weight.T


def weakest(weight: np.ndarray, chain: tuple[int, ...]) -> int:
    return min(int(weight[a, b]) for a, b in pairwise(chain))


def every_chain(count: int) -> list[tuple[int, ...]]:
    """All ways from the first record to the last."""
    between = range(1, count - 1)
    return [(0, *middle, count - 1) for size in range(count - 1) for middle in permutations(between, size)]


tables = st.integers(2, 6).flatmap(
    lambda n: st.lists(st.integers(-9, 9), min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2).map(lambda x: table(n, x))
)


@given(tables)
def test_no_other_chain_is_stronger_and_no_equally_strong_one_is_shorter(weight: np.ndarray) -> None:
    """Against all chains there are: the weakest link is the strongest possible, over as few records as that allows."""
    found = tuple(strongest_chain(weight, 0, len(weight) - 1))
    strength = {chain: weakest(weight, chain) for chain in every_chain(len(weight))}
    best = max(strength.values())
    assert strength[found] == best
    assert len(found) == min(len(chain) for chain, weak in strength.items() if weak == best)


@given(tables)
def test_the_way_back_is_as_strong(weight: np.ndarray) -> None:
    """From the last record to the first it is no weaker and no longer."""
    there, back = (strongest_chain(weight, *ends) for ends in ((0, len(weight) - 1), (len(weight) - 1, 0)))
    assert (weakest(weight, tuple(there)), len(there)) == (weakest(weight, tuple(back)), len(back))
