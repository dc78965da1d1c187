"""Sources: one asset for each department's database, with its arrival gate as a check."""

# Without `from __future__ import annotations`: Dagster reads the annotations of assets as they stand.

import time
from typing import TYPE_CHECKING

import dagster as dg

from domain.sources import Source
from pipelines.definitions import metadata
from pipelines.definitions.checks import ARRIVAL, gate_result, unreadable_result
from pipelines.definitions.labels import description_of, group_of, kind_of, owner_of, schema_of, source_key, tags_of
from pipelines.definitions.run import RUN, RunInProgress

if TYPE_CHECKING:
    from pipelines.steps.ingest import IngestReport


def source_asset(source: Source, code_version: str) -> dg.AssetsDefinition:
    """The asset of a source. A source that is held does not fail; only a `required` one stops the run, by its check."""
    key = source_key(source)
    gate = dg.AssetCheckSpec(
        ARRIVAL,
        asset=key,
        blocking=source.required,
        description="What a batch must hold to become live; a batch that does not is held, and the last good data stay in use.",
    )

    @dg.asset(
        key=key,
        group_name=group_of(source),
        owners=[owner_of(source)],
        kinds={kind_of(source)},
        tags=tags_of(source),
        description=description_of(source),
        metadata={"dagster/column_schema": schema_of(source)},
        code_version=code_version,
        check_specs=[gate],
        required_resource_keys={RUN},
    )
    def pulled(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows the bare name
        return pull_source(context.resources.onefold, source)

    return pulled


def pull_source(run: RunInProgress, source: Source) -> dg.MaterializeResult[None]:
    """Pull a source, and say what came of it."""
    from pipelines.steps.consolidate import pull

    start = time.perf_counter()
    with run.watch.explaining():
        found = pull(run.session, source, run.watch.progress)
        version = data_version(run, source)
    run.stop_if_required(source, found)
    said = metadata.of_source(found) | {"seconds": round(time.perf_counter() - start, 2)}
    return dg.MaterializeResult(metadata=said, check_results=[arrival_result(found)], data_version=version)


def arrival_result(found: "IngestReport") -> dg.AssetCheckResult:
    """What the arrival gate said; a source that could not be read at all has not passed it either."""
    return gate_result(found.gate, ARRIVAL) if found.gate else unreadable_result(found.reason, ARRIVAL)


def data_version(run: RunInProgress, source: Source) -> dg.DataVersion:
    """The run that last changed the live data of a source, so that Dagster shows what rests on older ones."""
    from warehouse.sources import last_changes

    with run.session.warehouse.connect() as connection:
        return dg.DataVersion(str(last_changes(connection).get(source.name, 0)))
