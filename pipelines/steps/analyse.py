"""Analyse: match by the adopted model without keeping or publishing anything, and look at what blocking does."""

from __future__ import annotations

from dataclasses import replace

from matching.analyse import Analysis, analyse
from matching.block import candidate_pairs, pair_budget
from matching.estimate import believe
from matching.match import Scored, find_clusters, find_pairs, score_pairs
from matching.model import Model
from pipelines.project import Project
from pipelines.steps.explain import model_in_use
from pipelines.steps.match import MatchReport, report_of
from pipelines.steps.population import Live, live_population, said
from warehouse.database import Warehouse
from warehouse.decisions import active_decisions


def try_match(warehouse: Warehouse, project: Project) -> MatchReport:
    """Block, compare, score and cluster the live records by the adopted model; nothing is kept."""
    live, model, scored = scored_live(warehouse, project)
    with warehouse.connect() as connection:
        known = said(active_decisions(connection), live.records)
    clusters = find_clusters(live.forms, live.population, model, scored, project.match, known.constraints)
    believed = believe(live.forms, model, scored, clusters, known.constraints, live.tickets)
    return report_of(live.records, scored, clusters, model, False, project.match, believed)


def analyse_blocking(warehouse: Warehouse, project: Project) -> Analysis:
    """What each blocking key brings, and how many *same* pairs none of them catches."""
    live, model, scored = scored_live(warehouse, project)
    used = model.weighed(live.forms)
    budget = project.match.pair_budget or pair_budget(len(live.records))
    candidates = candidate_pairs(used, live.population, model.plan, budget)
    found = analyse(used, model.plan, scored, candidates, live.tickets, budget)
    return replace(found, placeholders=model.placeholder_counts)


def scored_live(warehouse: Warehouse, project: Project) -> tuple[Live, Model, Scored]:
    """The live records and their candidate pairs, scored by the adopted model; an OnefoldError where none is adopted."""
    with warehouse.connect() as connection:
        model = model_in_use(connection, project)
    live = live_population(warehouse, project)
    return live, model, score_pairs(*find_pairs(live.forms, live.population, model, project.match.pair_budget), model, live.population)
