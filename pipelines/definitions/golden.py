"""Golden: the assets after the sources, in one line: standard records, matches, golden ids, golden customers, publication.

When nothing is other than at the last publication, each says so and does nothing. (Invariant 8)
"""

# Without `from __future__ import annotations`: Dagster reads the annotations of assets as they stand.

import time
from collections.abc import Callable

import dagster as dg

from pipelines.definitions import metadata
from pipelines.definitions.checks import PUBLICATION, gate_result
from pipelines.definitions.labels import database_kind, golden_schema, source_key
from pipelines.definitions.metadata import Metadata
from pipelines.definitions.run import RUN, RunInProgress
from pipelines.project import Project

Work = Callable[[RunInProgress], Metadata]


def later_assets(project: Project, code_version: str) -> list[dg.AssetsDefinition]:
    """The assets after the sources, each resting on the one before."""
    kinds, schema = {"python", database_kind(project.warehouse_url)}, golden_schema(project.attributes)
    made: list[dg.AssetsDefinition] = []
    for name, group, description, work, columns in (*LATER, *(TELLING if project.subscribers else ())):
        after = [made[-1].key] if made else [source_key(source) for source in project.sources]
        spec = dg.AssetSpec(
            name,
            deps=after,
            group_name=group,
            owners=[STEWARDS],
            description=description,
            kinds=kinds,
            code_version=code_version,
            metadata={"dagster/column_schema": schema} if columns else {},
        )
        made.append(later_asset(spec, work))
    return made


STEWARDS = "team:data_stewards"
"""Who owns what is made of all departments together."""


def later_asset(spec: dg.AssetSpec, work: Work) -> dg.AssetsDefinition:
    """One asset after the sources."""

    @dg.multi_asset(name=spec.key.path[-1], specs=[spec], required_resource_keys={RUN})
    def made(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows the bare name
        run: RunInProgress = context.resources.onefold
        start = time.perf_counter()
        with run.watch.explaining():
            told = metadata.of_nothing(run.published_run) if run.settled and work is not delivered else work(run)
        return dg.MaterializeResult(metadata=told | {"seconds": round(time.perf_counter() - start, 2)})

    return made


def publication_check() -> dg.AssetChecksDefinition:
    """The publication gate, asked when the golden customers are staged; while it is closed nothing is published. (Invariant 5)"""

    @dg.asset_check(
        asset="golden_customers",
        name=PUBLICATION,
        blocking=True,
        description="What the golden table must hold to be published; while it does not, the last publication stays in use.",
        required_resource_keys={RUN},
    )
    def asked(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from pipelines.steps.consolidate import ask

        run: RunInProgress = context.resources.onefold
        with run.watch.explaining():
            if run.settled:
                return dg.AssetCheckResult(passed=True, description=f"Nothing has changed since run {run.published_run}, which passed it.")
            run.catch_up()
            return gate_result(ask(run.session))

    return asked


def surveyed(run: RunInProgress) -> Metadata:
    """Count what standardising made of the live records."""
    from pipelines.steps.survey import survey

    return metadata.of_survey(survey(run.session))


def matched(run: RunInProgress) -> Metadata:
    """Match."""
    from pipelines.steps.consolidate import match

    return metadata.of_match(match(run.session))


def identified(run: RunInProgress) -> Metadata:
    """Give golden ids."""
    from pipelines.steps.consolidate import identify

    run.catch_up(before="identity")
    return metadata.of_identities(identify(run.session))


def merged(run: RunInProgress) -> Metadata:
    """Make golden records."""
    from pipelines.steps.consolidate import merge

    run.catch_up(before="merge")
    return metadata.of_merge(merge(run.session))


def published(run: RunInProgress) -> Metadata:
    """Publish, unless the gate is closed; it is asked here if its check was not selected."""
    from pipelines.steps.consolidate import publish
    from warehouse.golden import golden_count
    from warehouse.runs import published_run

    run.catch_up()
    found = publish(run.session)
    if found.status == "held":
        # The run is held, not failed: its report says so. Only Dagster has no other word for an asset that was not made.
        raise dg.Failure(f"The publication gate is closed: {found.gate.reason}", allow_retries=False)
    with run.session.warehouse.connect() as connection:
        return metadata.of_publication(found, published_run(connection), golden_count(connection))


def delivered(run: RunInProgress) -> Metadata:
    """Deliver events, also those of earlier runs; it fails no run."""
    from pipelines.steps.consolidate import tell_subscribers

    return metadata.of_deliveries(tell_subscribers(run.session))


LATER: tuple[tuple[str, str, str, Work, bool], ...] = (
    (
        "standard_records",
        "matching",
        "What standardising made of the departments' records: for each attribute, how many values are valid, and why others are not.\n\n"
        "A valid value is typed and made comparable; a placeholder (`test@test.com`, 01/01/1900) counts as missing.",
        surveyed,
        False,
    ),
    (
        "matches",
        "matching",
        "Pairs of records that are probably the same customer, and the clusters they form.\n\n"
        "Pairs within `match.ask` become steward tasks, whichever way they went. "
        "The expected figures are what the model believes of itself, without labels.",
        matched,
        False,
    ),
    (
        "golden_ids",
        "golden",
        "The permanent id of each customer: kept, minted, merged into another, split, revived or retired. Staged, not yet visible.",
        identified,
        False,
    ),
    (
        "golden_customers",
        "golden",
        "One golden record for each customer, every value with its source and its rule. Staged, not yet visible.\n\n"
        "The publication gate decides whether they are published.",
        merged,
        True,
    ),
    (
        "publication",
        "publication",
        "The golden customers that everybody reads: `golden_customer`, `golden_contact`, history and provenance in the warehouse.\n\n"
        "They become visible in one short transaction, all or nothing.",
        published,
        True,
    ),
)
"""Name, group, description, work, and whether it has the columns of the golden table."""
TELLING: tuple[tuple[str, str, str, Work, bool], ...] = (
    (
        "event_deliveries",
        "publication",
        "What the subscribers of the project file have been told of this publication and of earlier ones.\n\n"
        "A delivery that fails is tried again by the next run or by `onefold events deliver`; it fails no run.",
        delivered,
        False,
    ),
)
"""The same, for projects that have subscribers."""
