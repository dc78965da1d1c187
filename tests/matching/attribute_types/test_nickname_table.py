"""Short and pet forms of given names."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from matching.attribute_types.nickname_table import are_nicknames, canonical
from matching.attribute_types.text_tools import fold
from matching.attribute_types.word_tables import rows


@pytest.mark.parametrize(
    ("left", "right"), [("bob", "robert"), ("bill", "liam"), ("peggy", "margaret"), ("kate", "katherine"), ("abbey", "abigail")]
)
def test_forms_of_one_name_are_known_either_way_round(left: str, right: str) -> None:
    """From our own table or the package's."""
    assert are_nicknames(pa.array([left, right]), pa.array([right, left])).tolist() == [True, True]


@pytest.mark.parametrize(
    ("left", "right"), [("robert", "bill"), ("aaron", "erin"), ("wesley", "farmboy"), ("mary", "rose"), ("mary", "john"), ("ann", "ann")]
)
def test_far_fetched_and_foreign_pairs_are_not(left: str, right: str) -> None:
    """The package lists what anybody was ever called; a pair without likeness is not believed."""
    assert are_nicknames(pa.array([left]), pa.array([right])).tolist() == [False]


def test_forms_of_one_name_share_a_canonical_name_and_other_names_do_not() -> None:
    """Blocks by canonical name stay those of one name."""
    names = pa.array(["bob", "rob", "robert", "elizabeth", "liz", "margaret", "peggy", "zaphod"])
    assert canonical(names).to_pylist() == ["robert", "robert", "robert", "elizabeth", "elizabeth", "margaret", "margaret", None]


def test_the_table_is_folded_and_no_name_stands_for_too_many() -> None:
    """Every entry is a single folded word; the largest group of forms stays small enough to be a block."""
    entries = [word for row in rows("nicknames") for word in (row["name"], *row["nicknames"].split())]
    assert fold(pa.array(entries)).to_pylist() == entries
    groups = Counter(canonical(pa.array(sorted(set(entries)))).to_pylist())
    assert None not in groups
    assert max(groups.values()) < 30
