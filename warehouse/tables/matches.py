"""What matching found: clusters, scored pairs, and clusters that belong together.

All of it is derived. It is kept so that the next run need match only what has changed, and so that people can be told why;
what a later publication has replaced is removed.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Double, Index, Table, Text

from domain.decisions import Verdict
from warehouse.columns import Number, key, metadata, one_of, optional, required, span
from warehouse.visibility import span_indexes

cluster_member = Table(
    "cluster_member",
    metadata,
    key("record_id", Number),
    *span(),
    required("cluster", BigInteger, comment="The lowest of the record numbers in it"),
    optional("linkage", Double, comment="Probability that it belongs with the rest of its cluster; 1 where it is alone"),
    comment="Which records were held to be one customer (derived)",
)
span_indexes(cluster_member)

scored_pair = Table(
    "scored_pair",
    metadata,
    key("pair_id", Number, comment="Names this version of the row"),
    required("left_id", BigInteger),
    required("right_id", BigInteger),
    required("match_probability", Double),
    required("match_weight", Double, comment="Bits"),
    optional("related_probability", Double),
    required("verdict", Text),
    one_of("verdict", Verdict),
    optional("advantage", BigInteger, comment="What rivals add to the match weight, in millionths of a bit"),
    *span(in_key=False),
    comment="Pairs of records that link or are asked about, and their rivals (derived)",
)
span_indexes(scored_pair)
Index(None, scored_pair.c.left_id)
Index(None, scored_pair.c.right_id)

related_cluster = Table(
    "related_cluster",
    metadata,
    key("related_id", Number, comment="Names this version of the row"),
    required("left_id", BigInteger, comment="The lowest of the record numbers of one cluster"),
    required("right_id", BigInteger, comment="That of the other"),
    required("kind", Text, comment="household, for example"),
    required("probability", Double),
    required("shared", Text, comment="What they have in common, separated by commas"),
    required("kept", Boolean, comment="False where it was the weakest link of a household that would have been too large"),
    *span(in_key=False),
    comment="Clusters that belong together without being the same customer (derived)",
)
span_indexes(related_cluster)
