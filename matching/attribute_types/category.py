"""Categories."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from domain.attributes import Role
from matching.attribute_types.base import AttributeType, Options


class Category(AttributeType):
    """One of a few kinds (a segment, a status): the same or different."""

    name: ClassVar[str] = "category"
    role: ClassVar[Role] = Role.NEUTRAL
    levels: ClassVar[tuple[str, ...]] = ("exact", "different")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        return text
