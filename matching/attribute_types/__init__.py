"""One file per semantic type; `TYPES` is the catalogue, by name."""

from matching.attribute_types.base import AttributeType, Options, Standardised
from matching.attribute_types.catalogue import TYPES

__all__ = ["TYPES", "AttributeType", "Options", "Standardised"]
