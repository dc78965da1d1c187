"""Genders."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types.base import AttributeType, Options
from matching.attribute_types.text_tools import fold
from matching.attribute_types.word_tables import rows, words


class Gender(AttributeType):
    """Female, male or other, read from codes and words of several languages; 1 and 2 are male and female (ISO 5218)."""

    name: ClassVar[str] = "gender"
    role: ClassVar[Role] = Role.NEUTRAL
    levels: ClassVar[tuple[str, ...]] = ("exact", "different")
    placeholders: ClassVar[frozenset[str]] = words("placeholders", "text", type="gender")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """
        >>> Gender().parse(pa.array(["M", "weiblich", "2", "non-binary", "banana"]), Options()).to_pylist()
        ['male', 'female', 'female', 'other', None]
        """
        known = rows("gender_words")
        position = pc.index_in(fold(text), value_set=pa.array([row["word"] for row in known]))
        return pa.array([row["gender"] for row in known]).take(position)
