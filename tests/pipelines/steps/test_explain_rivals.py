"""Explain rivals: what others take from a pair or leave to it is told with the batch's own number."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from domain.records import RecordKey
from matching.assemble import assemble
from matching.chance import Population
from matching.cluster import Constraints, record_edges, relabel
from matching.compare import level_matrix
from matching.forms import forms_of
from matching.match import bits_of, find_clusters, find_pairs, score_pairs
from matching.score import MICRO
from matching.train import unique_sources
from pipelines.cli.app import app
from pipelines.steps.explain import explain_pair, model_in_use
from tests.stories.organisation import Organisation
from warehouse.ledger import published_crosswalk
from warehouse.pairs import published_pairs
from warehouse.records import live_records, record_keys

SERIES = ("Digital Camera", "Compact Radio", "Table Lamp", "Kitchen Scale", "Wall Clock")
MAKERS = ("Acme", "Borg", "Cuno", "Dyna", "Elmo", "Fiat", "Gorn", "Hapa", "Ikar", "Juno", "Kamp", "Lumo", "Mira", "Nera", "Opto", "Pavo")
TEXTS = {"abt": "in black, with a strap", "buy": "black. Two years of warranty"}


def product(number: int) -> tuple[str, str, str, str]:
    """Maker, series, model and a word of its own; of ten products two differ by the last figure of their model alone."""
    rng = np.random.default_rng(number - (number % 10 == 1))
    letters, word = ("".join(rng.choice(list(kind), size)) for kind, size in (("BCDFGHKLMNPRSTVWXZ", 3), ("aeioulmnrst", 7)))
    return str(rng.choice(MAKERS)), str(rng.choice(SERIES)), f"{letters}{rng.integers(10, 99)}{number % 10}", word


def catalogue(shop: str, numbers: range) -> list[dict[str, str | None]]:
    """Products as one shop lists them: the model stands in the name here and in the description there."""
    rows: list[dict[str, str | None]] = []
    for number in numbers:
        maker, series, model, word = product(number)
        name, told = (f"{series} {model}", f"{series} {word}") if shop == "abt" else (f"{series} {word}", f"Model {model}")
        rows.append({"id": str(number), "name": name, "description": f"{told} {TEXTS[shop]}", "maker": maker})
    return rows


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Two shops that list each product once, by a name and a description; some products one of them alone has."""
    texts = {name: {"type": "text", "role": "personal"} for name in ("name", "description")}
    made = Organisation(tmp_path_factory.mktemp("shops"), attributes={**texts, "maker": {"type": "family_name"}})
    made.department("abt", catalogue("abt", range(120)), unique=True)
    made.department("buy", catalogue("buy", range(10, 130)), unique=True)
    made.run()
    return made


def told(shops: Organisation, *arguments: object) -> str:
    """What the command says."""
    found = CliRunner().invoke(app, ["explain", *map(str, arguments), "--project", str(shops.folder)], prog_name="onefold")
    assert found.exit_code == 0, found.output
    return found.stdout


def kept(warehouse) -> list[dict]:
    """The pairs of the batch, with their record keys."""
    pairs = published_pairs(warehouse).to_pylist()
    with warehouse.connect() as connection:
        keys = record_keys(connection, sorted({pair[side] for pair in pairs for side in ("left_id", "right_id")}))
    return [{**pair, "left": keys[pair["left_id"]], "right": keys[pair["right_id"]]} for pair in pairs]


def test_the_values_of_both_texts_are_shown(shops: Organisation) -> None:
    """Several texts are compared as one, and people see what it was made of."""
    found = json.loads(told(shops, "abt:25", "buy:25", "--json"))
    assert found["together"]
    (one,) = [one for one in found["evidence"] if one["comparison"] == "name and description"]
    _, series, model, word = product(25)
    assert one["left"] == f"{series} {model} · {series} {word} in black, with a strap"
    assert one["right"] == f"{series} {word} · Model {model} black. Two years of warranty"
    assert model in told(shops, "abt:25", "buy:25")


def test_all_pairs_with_rivals_have_the_numbers_of_the_batch(shops: Organisation) -> None:
    """Added to and taken from: probability, weight and sum to the last bit, and a line that says why. (One engine, three doors)"""
    with shops.opened() as warehouse:
        pairs, signs = kept(warehouse), set()
        some = [*pairs[::9], *[pair for pair in pairs if pair["advantage"] < 0][::7]]
        for pair in some:
            found = explain_pair(warehouse, shops.project(), pair["left"], pair["right"])
            assert found.pair.match_probability == pair["match_probability"]
            assert found.pair.related_probability == pair["related_probability"]
            assert found.pair.match_weight == pair["match_weight"]
            assert (found.pair.rivalry.weight if found.pair.rivalry else 0.0) == pair["advantage"] / MICRO
            assert found.unknown is None
            signs.add(int(np.sign(pair["advantage"])))
    assert {-1, 1} <= signs


def test_the_strongest_rival_is_named(shops: Organisation) -> None:
    """Another product of the series is like it, but its own counterpart is more so; in the table, for scripts and in the picture."""
    with shops.opened() as warehouse:
        pair = min(kept(warehouse), key=lambda pair: pair["advantage"])
    left, right = pair["left"], pair["right"]
    found = json.loads(told(shops, left, right, "--json"))
    rival = RecordKey.parse(found["rivals"]["strongest"])
    assert found["rivals"]["weight"] == pair["advantage"] / MICRO < 0
    assert found["rivals"]["told"] == f"another record of {rival.source} fits better"
    assert rival not in (left, right)
    other = left if rival.source == right.source else right
    ahead = json.loads(told(shops, other, rival, "--json"))
    assert ahead["match_weight"] > found["match_weight"]
    picture = shops.folder / "pair.svg"
    text = told(shops, left, right, "--svg", picture)
    assert f"another record of {rival.source} fits better" in " ".join(text.split())
    assert f"{found['rivals']['weight']:+.2f}" in text
    assert str(rival) in text
    assert str(rival) in picture.read_text()
    assert found["total"]["same"] == pytest.approx(
        found["prior"]["same"] + sum(one["weight"] for one in found["evidence"]) + found["rivals"]["weight"]
    )


def test_where_nobody_contends_that_is_told(shops: Organisation) -> None:
    """A product with a counterpart that no other comes near has more than its own evidence."""
    with shops.opened() as warehouse:
        lone = [pair for pair in kept(warehouse) if pair["advantage"] > 0]
        said = {explain_pair(warehouse, shops.project(), one["left"], one["right"]).pair.rivalry.told for one in lone[:40]}
    nobody = r"no other record of (abt|buy) comes near, and (nearly everyone|more than every second) of (abt|buy) has a counterpart there"
    assert all(re.fullmatch(rf"it fits better than any other record of (abt|buy)|{nobody}", one) for one in said)
    assert any(one.startswith("no other record of") for one in said)


def test_a_pair_that_was_not_kept_is_told_by_itself(shops: Organisation) -> None:
    """Its rivals are not known, and the numbers are said to be its own; within one source there is nothing to say."""
    with shops.opened() as warehouse:
        seen = {(pair["left"], pair["right"]) for pair in kept(warehouse)}
        number = next(n for n in range(10, 120) if (RecordKey("abt", "11"), RecordKey("buy", str(n))) not in seen)
        found = explain_pair(warehouse, shops.project(), RecordKey("abt", "11"), RecordKey("buy", str(number)))
        inside = explain_pair(warehouse, shops.project(), RecordKey("abt", "11"), RecordKey("abt", "12"))
    assert found.pair.rivalry is None
    assert "the last run did not keep the pair" in found.unknown
    assert (inside.pair.rivalry, inside.unknown) == (None, None)
    assert "numbers of the two by themselves" in " ".join(told(shops, "abt:11", f"buy:{number}").split())
    assert json.loads(told(shops, "abt:11", f"buy:{number}", "--json"))["rivals_unknown"]


def test_a_number_of_another_model_is_not_taken_for_this_ones(published_copy: Path) -> None:
    """Where the weight that was kept is not that of the pair and its advantage, rivals are not known."""
    import sqlalchemy as sa

    from pipelines.project import load_project
    from pipelines.steps.session import open_project_warehouse

    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        pair = next(pair for pair in kept(warehouse) if pair["advantage"])
        with warehouse.begin() as connection:
            connection.execute(sa.text("UPDATE scored_pair SET match_weight = match_weight + 1"))
        found = explain_pair(warehouse, project, pair["left"], pair["right"])
    assert found.pair.rivalry is None
    assert found.unknown


def test_the_linkage_of_two_customers_is_that_by_which_they_were_not_joined(published_warehouse, published_project) -> None:
    """For customers that the batch held against one another, what explain says of the two is the clustering's own number."""
    whole = assemble(live_records(published_warehouse, published_project.attributes), published_project.attributes)
    with published_warehouse.connect() as connection:
        model = model_in_use(connection, published_project)
    unique = frozenset(source.name for source in published_project.sources if source.unique)
    population = Population(whole.source, unique_sources(whole.sources, unique), whole.sources)
    forms, match = forms_of(whole), published_project.match
    scored = score_pairs(*find_pairs(forms, population, model, match.pair_budget, bits_of(match.ask[0])), model, population)
    clusters = find_clusters(forms, population, model, scored, match, Constraints.none())
    used = model.weighed(forms)
    assert len({*clusters.label.tolist()}) == len({*published_crosswalk(published_warehouse).column("golden_id").to_pylist()})
    a, b = (side.astype(np.int64) for side in np.triu_indices(len(whole), 1))
    near = clusters.component[a] == clusters.component[b]
    edges = record_edges(
        a[near],
        b[near],
        lambda x, y: level_matrix(model.comparisons, used, model.classes(used), x, y),
        model.scoring,
        population,
        Constraints.none(),
        scored.over_rivals(len(whole)),
    )
    edges = relabel(edges, clusters.label.astype(np.int64))
    edges.forbidden[:] = False
    contested = np.flatnonzero(edges.same[:, -1] != 0)
    assert len(contested)
    keys = [RecordKey(whole.sources[source], key) for source, key in zip(whole.source.tolist(), whole.keys.to_pylist(), strict=True)]
    linkage = edges.linkage(model.scoring)
    for row in [*contested[:12].tolist(), *range(0, len(linkage), max(len(linkage) // 8, 1))]:
        found = explain_pair(published_warehouse, published_project, keys[edges.left[row]], keys[edges.right[row]])
        assert found.between.match_weight == linkage[row] / MICRO
        assert (found.between.rivals is not None) == (edges.same[row, -1] // max(edges.known[row, -1], 1) != 0)
