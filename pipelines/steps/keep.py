"""Keeping matches: the pairs, clusters and related clusters that a match has found, staged for the steps that follow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from domain.decisions import Verdict
from domain.settings import MatchSettings
from matching.cluster import Clusters
from matching.match import bits_of
from matching.records import Ints, Longs, Records
from matching.relate import KINDS, Related, small_enough
from matching.rematch import Found
from matching.score import MICRO
from pipelines.steps.session import Session
from warehouse.clusters import stage_clusters
from warehouse.pairs import stage_pairs
from warehouse.related import stage_related

Mask = npt.NDArray[np.bool_]


def keep_pairs(session: Session, records: Records, found: Found, kept: Mask, touched: Longs | None) -> None:
    """Stage the pairs that are `kept`: all there are, or all that have one of the `touched` records (their numbers) on either side."""
    chosen, settings = found.take(kept), session.project.match
    pairs = {
        "left_id": records.ids[chosen.left],
        "right_id": records.ids[chosen.right],
        "match_probability": chosen.probability,
        "match_weight": chosen.weight / MICRO,
        "related_probability": chosen.related,
        "verdict": verdicts(chosen.probability, settings),
        "advantage": chosen.advantage,
    }
    stage_pairs(session.warehouse, session.run, pa.table(pairs), touched)


def worth_keeping(found: Found, contended: Mask, clusters: Clusters, settings: MatchSettings) -> Mask:
    """Which pairs are kept: those that link or are asked about; where there are rivals (`contended`), these, and what they changed."""
    least = bits_of(settings.ask[0])
    likely = (found.probability >= settings.ask[0]) | (found.weight >= least)
    by_itself = found.weight - found.advantage >= least
    together = clusters.component[found.left] == clusters.component[found.right]
    return np.asarray(likely | by_itself | contended | (together & (found.advantage != 0)))


def verdicts(probability: npt.NDArray[np.float64], settings: MatchSettings) -> pa.Array:
    """What the machine says of each pair: same, different, or unsure where it asks."""
    unsure = (probability >= settings.ask[0]) & (probability <= settings.ask[1])
    words = np.where(unsure, 2, np.where(probability > settings.join, 0, 1))
    return pa.array([str(Verdict.SAME), str(Verdict.DIFFERENT), str(Verdict.UNSURE)]).take(pa.array(words))


def keep_clusters(session: Session, records: Records, clusters: Clusters) -> None:
    """Stage which records are one customer; a cluster is named by the lowest record number in it."""
    members = {"record_id": records.ids, "cluster": names_of(records, clusters.label)[clusters.label], "linkage": clusters.linkage}
    stage_clusters(session.warehouse, session.run, pa.table(members))


def names_of(records: Records, label: Ints) -> Longs:
    """By label, the lowest record number of the cluster."""
    lowest = np.full(len(records), np.iinfo(np.int64).max)
    np.minimum.at(lowest, label, records.ids)
    return lowest


def keep_related(session: Session, records: Records, label: Ints, related: Related) -> None:
    """Stage the clusters that belong together, and which of these links are kept where a household would be too large."""
    name = names_of(records, label)
    left, right = name[related.left], name[related.right]
    kept, _ = small_enough(related, len(records))
    rows = {
        "left_id": np.minimum(left, right),
        "right_id": np.maximum(left, right),
        "kind": pa.array(map(str, KINDS)).take(pa.array(related.kind)),
        "probability": related.probability,
        "shared": related.shared,
        "kept": kept,
    }
    stage_related(session.warehouse, session.run, pa.table(rows))
