"""Effect: an act takes effect at once, through the same steps and the same gates as in every run."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import OnefoldError, WarehouseBusy
from pipelines.project import Project
from pipelines.steps.consolidate import settle
from pipelines.steps.session import open_project_warehouse, open_session
from warehouse.runs import published_run


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of an act that is kept."""

    status: str
    """`published`, `unchanged` (nothing is other than before), `held` (by the publication gate), `later` or `failed`."""
    told: str
    run: int | None = None


LATER = Effect("later", "It takes effect with the next run.")


def take_effect(project: Project) -> Effect:
    """Run all that follows the sources on what is live; the act stays kept whatever comes of it."""
    with open_project_warehouse(project) as warehouse, warehouse.connect() as connection:
        if not published_run(connection):
            return Effect("later", "Nothing is published yet: the first run applies it.")
    try:
        with open_session(project) as session:
            report = settle(session)
    except WarehouseBusy:
        return Effect("later", "Another run is under way: the next one applies it.")
    except OnefoldError as error:
        return Effect("failed", f"It is kept, but could not take effect: {error}")
    number, status = int(report["run"]), str(report["status"])
    sentences = {
        "published": f"Published, run {number}.",
        "unchanged": "Nothing is other than before.",
        "held": f"It is kept, but not published: {report.get('publication', {}).get('reason', '')} The last publication stays in place.",
    }
    return Effect(status, sentences[status], number)
