"""Which values say the same: by the forms of their attribute types."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from domain.attributes import Attribute, Role, Storage
from matching.records import NO_TIME, Column, Records
from matching.survive import survive
from matching.survivorship.alike import form_codes


def test_spellings_of_one_name_say_the_same() -> None:
    """`O'Brien` and `OBRIEN` have one form, and together outvote `Bryant`; each of them is still shown as it was written."""
    name = Attribute("family_name", "family_name", Role.SHARED, Storage.TEXT, survive=("most_agreed", "most_recent"))
    three = np.arange(3, dtype=np.int32)
    column = Column(name, pa.array(["Bryant", "O'Brien", "OBRIEN"]), three, three, np.zeros(3, np.int32))
    records = Records(np.arange(3), ("a", "b", "c"), three, pa.array(["1", "2", "3"]), np.full(3, NO_TIME), {"family_name": column})
    codes = form_codes(records)["family_name"]
    assert codes[1] == codes[2] != codes[0]
    found = survive(records, np.ones(3, np.int64), [name], np.array([0.8, 0.5, 0.5]), alike={"family_name": codes})
    assert found.choices["family_name"].value.to_pylist() == ["O'Brien"]
