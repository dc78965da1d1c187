"""Gates: what must hold before rows go on; the only place that knows Great Expectations.

kinds · arrival · publication · plain · catalogue: what can be asked
tables · engine · gates: how it is asked
rows · data_docs
"""

from quality.arrival import ArrivalBatch
from quality.catalogue import CHECK_KINDS
from quality.data_docs import data_docs
from quality.gates import arrival_gate, publication_gate
from quality.kinds import CheckKind, Parameter
from quality.publication import StagedPublication
from quality.rows import Refusals, refusals

__all__ = [
    "CHECK_KINDS",
    "ArrivalBatch",
    "CheckKind",
    "Parameter",
    "Refusals",
    "StagedPublication",
    "arrival_gate",
    "data_docs",
    "publication_gate",
    "refusals",
]
