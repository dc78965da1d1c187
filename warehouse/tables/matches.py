"""What matching found: clusters and scored pairs, derived and replaced by every run."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, Index, Integer, Table, Text

from domain.decisions import Verdict
from warehouse.columns import Number, key, metadata, one_of, optional, required

cluster_member = Table(
    "cluster_member",
    metadata,
    key("run", Integer),
    key("record_id", Number),
    required("cluster", BigInteger),
    optional("linkage", Double, comment="The weakest link that holds it in the cluster, in bits"),
    comment="Which records were held to be one customer (derived)",
)
Index(None, cluster_member.c.run, cluster_member.c.cluster)

scored_pair = Table(
    "scored_pair",
    metadata,
    key("run", Integer),
    key("left_id", Number),
    key("right_id", Number),
    required("match_probability", Double),
    required("match_weight", Double, comment="Bits"),
    optional("related_probability", Double),
    required("verdict", Text),
    one_of("verdict", Verdict),
    optional("advantage", BigInteger, comment="What rivals add to the match weight, in millionths of a bit"),
    comment="Pairs of records that link or are asked about (derived)",
)
Index(None, scored_pair.c.run, scored_pair.c.right_id)

related_cluster = Table(
    "related_cluster",
    metadata,
    key("run", Integer),
    key("left_id", Number, comment="A record of one cluster"),
    key("right_id", Number, comment="A record of the other"),
    required("kind", Text, comment="household, for example"),
    required("probability", Double),
    required("shared", Text, comment="What they have in common, separated by commas"),
    comment="Clusters that belong together without being the same customer (derived)",
)
