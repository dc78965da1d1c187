"""Infer: what the columns of any table mean, from their names and from what stands in them."""

from matching.infer.columns import Finding
from matching.infer.table import Inferred, infer, ordered

__all__ = ["Finding", "Inferred", "infer", "ordered"]
