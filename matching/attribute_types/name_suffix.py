"""Suffixes of names: `Jr`, `Sr`, `III`."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types.base import AttributeType, Options
from matching.attribute_types.names import SUFFIXES
from matching.attribute_types.text_tools import fold
from matching.attribute_types.word_tables import rows

ALONE = SUFFIXES | {row["word"]: row["meaning"] for row in rows("name_words") if row["kind"] == "suffix alone"}
"""What stands for a suffix in a column of its own; inside a name, `V` is rather an initial."""
WRITTEN = {"jr": "Jr", "sr": "Sr", "ii": "II", "iii": "III", "iv": "IV", "v": "V"}


class NameSuffix(AttributeType):
    """The generation a name ends with (Jr, Sr, III); two different ones are two people. Jr and II are both the second."""

    name: ClassVar[str] = "name_suffix"
    role: ClassVar[Role] = Role.NEUTRAL
    refine_by: ClassVar[tuple[str, ...]] = ()
    levels: ClassVar[tuple[str, ...]] = ("exact", "different")
    agreement: ClassVar[float] = 0.99

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """
        >>> NameSuffix().parse(pa.array(["JR.", "3rd", "2", "PhD"]), Options()).to_pylist()
        ['Jr', 'III', 'II', None]
        """
        position = pc.index_in(fold(text), value_set=pa.array(list(ALONE)))
        return pa.array([WRITTEN[meaning] for meaning in ALONE.values()]).take(position)

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """
        >>> NameSuffix().form(pa.array(["Jr", "II", "Sr"])).to_pylist()
        ['jr', 'jr', 'sr']
        """
        folded = fold(value)
        return pc.if_else(pc.equal(folded, "ii"), "jr", folded)
