"""Definitions: the project as Dagster shows and runs it; Dagster is known here alone.

sources · golden: the assets, one of each thing a run makes
labels · metadata · checks: what is said of them
run · watch · dead_runs: how a run of ours and a run of Dagster's are one
instance · build · here: where Dagster keeps its own, and how it all comes together
launch · ui: the same job and the web UI, from a terminal
"""

from __future__ import annotations

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` and `dg dev` show: the project of this folder."""
    from pipelines.definitions.here import definitions_here

    return definitions_here()
