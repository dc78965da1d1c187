"""Metadata: what an asset tells of itself: counts, durations, small previews. Never a customer's data. (Invariant 11)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.definitions.labels import readable

if TYPE_CHECKING:
    from matching.estimate import Believed
    from pipelines.reports.duplication import DuplicationReport
    from pipelines.steps.events import Delivered
    from pipelines.steps.identify import IdentityReport
    from pipelines.steps.ingest import IngestReport
    from pipelines.steps.match import MatchReport
    from pipelines.steps.merge import MergeReport
    from pipelines.steps.publish import PublishReport
    from pipelines.steps.survey import Survey

Metadata = dict[str, Any]


def of_source(found: IngestReport) -> Metadata:
    """What a pull came to, and which data are in use."""
    said: Metadata = {"state": found.state}
    if found.state == "held":
        said["using data of"] = dg.MetadataValue.timestamp(found.data_as_of) if found.data_as_of else "no data: it was never live"
        said["held because"] = readable(found.reason)
    if found.counts:
        said |= {name: count for name, count in asdict(found.counts).items() if name != "source"}
        said |= {"dagster/row_count": found.counts.accepted} if found.state == "live" else {}
    return said


def of_survey(found: Survey) -> Metadata:
    """The live records, with a row for each attribute."""
    rows = [{**asdict(one), "complete": f"{one.complete:.1%}"} for one in found.attributes]
    return {"dagster/row_count": found.records, "attributes": table(rows)}


def of_match(found: MatchReport) -> Metadata:
    """What matching came to and believes of itself; the histogram is of candidate pairs by match probability."""
    bars = len(found.histogram)
    histogram = [{"match probability": f"{at / bars:.2f} to {(at + 1) / bars:.2f}", "pairs": n} for at, n in enumerate(found.histogram)]
    counts = {name.replace("_", " "): rounded(value) for name, value in asdict(found).items() if isinstance(value, int | float | str)}
    counts |= believed_figures(found.believed)
    return counts | {"blocking keys": table(asdict(key) for key in found.keys), "match probabilities": table(histogram)}


def believed_figures(believed: Believed | None) -> Metadata:
    """What a match believes of itself, each figure with the ends of its 95 % interval; nothing where nothing is joined."""
    if believed is None:
        return {}
    figures = {name.replace("_", " "): figure for name, figure in asdict(believed).items()}
    intervals = [{"figure": name, **{end: rounded(value) for end, value in figure.items()}} for name, figure in figures.items()]
    return {f"believed {name}": rounded(figure["estimate"]) for name, figure in figures.items()} | {
        "believed, with intervals": table(intervals)
    }


def rounded(value: Any) -> Any:
    """A number as people read it."""
    return round(value, 4) if isinstance(value, float) else value


def of_identities(found: IdentityReport) -> Metadata:
    """What became of golden ids."""
    return {"dagster/row_count": found.golden_customers} | {name: n for name, n in asdict(found).items() if name != "golden_customers"}


def of_merge(found: MergeReport) -> Metadata:
    """What changed in the golden table, and how often the departments keep the same customer."""
    counts = {name: getattr(found, name) for name in ("new", "changed", "removed", "values_changed", "contacts_changed", "conflicts")}
    return {
        "dagster/row_count": found.golden_customers,
        **{name.replace("_", " "): count for name, count in counts.items()},
        "households": found.relationships.households,
        "people in households": found.relationships.people,
        "records of a customer already held": f"{found.duplication.share_repeated:.0%}",
        "departments": table(departments(found.duplication)),
        "attributes": table(captures(found.duplication)),
    }


def departments(found: DuplicationReport) -> Iterable[Mapping[str, Any]]:
    """A row for each source, the largest first."""
    for department in (found.departments[at] for at in found.largest()):
        held = {"records": department.records, "customers": department.customers, "held elsewhere too": department.elsewhere}
        yield {"source": department.name, **held, "share held elsewhere": f"{department.share_elsewhere:.0%}"}


def captures(found: DuplicationReport) -> Iterable[Mapping[str, Any]]:
    """A row for each attribute."""
    for one in found.attributes:
        often = {"customers": one.customers, "captured per customer": round(one.per_customer, 2)}
        yield {"attribute": one.name, **often, "customers whose records disagree": one.conflicting}


def of_publication(found: PublishReport, run: int, customers: int) -> Metadata:
    """What was made visible, and by which run."""
    said: Metadata = {"state": found.status, "dagster/row_count": customers, "run": run}
    return said | {"checks": len(found.gate.results), "checks failed": len(found.gate.failed)}


def of_deliveries(found: Iterable[Delivered]) -> Metadata:
    """What was delivered, with a row for each subscriber."""
    rows = [asdict(one) | {"next_attempt": str(one.next_attempt or "")} for one in found]
    return {"delivered": sum(one["delivered"] for one in rows), "dead": sum(one["dead"] for one in rows), "subscribers": table(rows)}


def of_nothing(since: int) -> Metadata:
    """What an asset tells that had nothing to do."""
    return {"state": "unchanged", "published by run": since}


def table(rows: Iterable[Mapping[str, Any]]) -> dg.MetadataValue[Any]:
    """Rows as Dagster shows them; nothing where there are none."""
    found = [dg.TableRecord({name.replace("_", " "): value for name, value in row.items()}) for row in rows]
    return dg.MetadataValue.table(found) if found else dg.MetadataValue.text("none")
