"""Infer: what the columns of any table mean, from their names and from what stands in them.

names      what a column's name promises, by the words of column_words.csv
columns    a sample of what stands in a column
contents   what the values alone tell, and whether they bear out the name
whole      names and addresses that may be whole or a part, a person's or a firm's
table      what each column is by itself
settle     the columns together: one decides what another means
entries    the attributes that they come to
"""

from matching.infer.columns import Finding
from matching.infer.entries import ordered
from matching.infer.settle import infer
from matching.infer.table import Inferred

__all__ = ["Finding", "Inferred", "infer", "ordered"]
