"""Rows that are nobody's record."""

import numpy as np
import pyarrow as pa

from pipelines.demo.render import Garbage, spoiled
from pipelines.demo.tables import stream


def test_garbage_comes_in_four_kinds():
    """
    first   Ann     Kim        Ann     <last value>  asdf...  (none)  test
    last    Lee     Ono   ->   Lee     Kim           asdf...  (none)  test
    points  1       2          1       (none)        (none)   (none)  (none)
    """
    columns = {
        "first": pa.array(["Ann", "Kim", "Bo", "Cy", "Di"]),
        "points": pa.array([1, 2, 3, 4, 5]),
        "last": pa.array(["Lee", "Ono", "Poe", "Qi", "Roe"]),
    }
    kind = np.array([Garbage.NONE, Garbage.SHIFTED, Garbage.MASHED, Garbage.EMPTY, Garbage.TEST])
    after = spoiled(columns, kind, stream(1))
    assert after["points"].to_pylist() == [1, None, None, None, None]
    assert [after["first"][row].as_py() for row in (0, 1, 3, 4)] == ["Ann", "Ono", None, "test"]
    assert [after["last"][row].as_py() for row in (0, 1, 3, 4)] == ["Lee", "Kim", None, "test"]
    assert set(after["first"][2].as_py()) <= set("asdfjkl;ghqwer")
