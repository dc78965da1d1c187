"""Survivorship: which value wins and why, in pictures; and its laws against a plain-Python reading of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.attributes import Attribute, Role, Storage
from domain.errors import OnefoldError, UnknownGoldenId
from matching.records import NO_TIME, Column, Records
from matching.survive import REASONS, RULES, Pin, Survivors, survive
from matching.survivorship.candidates import combined
from matching.survivorship.conflicts import conflicts
from matching.survivorship.contacts import contacts
from matching.survivorship.counters import counters
from matching.survivorship.losers import losers

DAY = 86_400_000_000
TYPES = {Storage.TEXT: pa.string(), Storage.DATE: pa.date32(), Storage.NUMBER: pa.float64(), Storage.BOOLEAN: pa.bool_()}
TRUST = {"billing": 0.8, "crm": 0.5, "loyalty": 0.5, "shop": 0.2}

Row = tuple[str, int, int | None, dict[str, Any]]
"""Record key, golden number, day of its last change, values."""


def attribute(name: str, *survive: str, **more: Any) -> Attribute:
    more.setdefault("storage", Storage.TEXT)
    return Attribute(name, "text", Role.NEUTRAL, survive=survive or ("most_trusted", "most_recent", "most_complete"), **more)


def column_of(attribute: Attribute, rows: Sequence[Row]) -> Column:
    entries = []
    for number, (_, _, _, values) in enumerate(rows):
        value = values.get(attribute.name)
        several = value if isinstance(value, list) else [] if value is None else [value]
        entries += [(number, one, position) for position, one in enumerate(several)]
    distinct = sorted({one for _, one, _ in entries})
    code = [distinct.index(one) for _, one, _ in entries]
    row, position = [r for r, _, _ in entries], [p for _, _, p in entries]
    values = pa.array(distinct, TYPES[attribute.storage])
    return Column(attribute, values, *(np.array(a, np.int32) for a in (row, code, position)))


def records_of(rows: Sequence[Row], attributes: Sequence[Attribute]) -> tuple[Records, np.ndarray]:
    """Records in key order, and the golden number of each."""
    rows = sorted(rows, key=lambda row: tuple(row[0].split(":")))
    sources = tuple(sorted(TRUST))
    return Records(
        ids=np.arange(len(rows)),
        sources=sources,
        source=np.array([sources.index(key.split(":")[0]) for key, *_ in rows], np.int32),
        keys=pa.array([key.split(":")[1] for key, *_ in rows], pa.string()),
        modified=np.array([NO_TIME if day is None else day * DAY for _, _, day, _ in rows], np.int64),
        columns={a.name: column_of(a, rows) for a in attributes},
    ), np.array([golden for _, golden, _, _ in rows], np.int64)


def key_of(records: Records, index: int) -> str:
    return f"{records.sources[records.source[index]]}:{records.keys[index]}"


def run(
    rows: Sequence[Row], attributes: Sequence[Attribute], pins: Sequence[Pin] = (), **more: Any
) -> tuple[Records, np.ndarray, Survivors]:
    records, golden = records_of(rows, attributes)
    trust = np.array([TRUST[s] for s in records.sources])
    return records, golden, survive(records, golden, attributes, trust, pins, **more)


def told(rows: Sequence[Row], attributes: Sequence[Attribute], pins: Sequence[Pin] = (), **more: Any) -> list[str]:
    """One line a golden value: `number attribute: value (record, why)`."""
    records, _, found = run(rows, attributes, pins, **more)
    lines = []
    for at, number in enumerate(found.golden.tolist()):
        for name, choice in found.choices.items():
            if choice.rule[at] >= 0:
                winner = key_of(records, choice.winner[at]) if choice.winner[at] >= 0 else "-"
                lines.append(f"{number} {name}: {choice.value[at]} ({winner}, {REASONS[choice.rule[at]]})")
    return lines


# --- each rule -----------------------------------------------------------------------------------------------------


def test_the_most_trusted_source_wins() -> None:
    """Billing is trusted more than the shop."""
    rows: list[Row] = [("billing:1", 1, 1, {"city": "Leeds"}), ("shop:1", 1, 9, {"city": "York"})]
    assert told(rows, [attribute("city", "most_trusted")]) == ["1 city: Leeds (billing:1, most_trusted)"]


def test_trust_fades_with_age_where_there_is_a_half_life() -> None:
    """Billing's value is 100 days older than the newest: 0.8 has become 0.05, less than the shop's 0.2."""
    rows: list[Row] = [("billing:1", 1, 1, {"city": "Leeds"}), ("shop:1", 1, 101, {"city": "York"})]
    assert told(rows, [attribute("city", "most_trusted", half_life=25.0)]) == ["1 city: York (shop:1, most_trusted)"]


def test_a_record_without_a_time_counts_as_the_oldest() -> None:
    """Unknown age loses under most_recent, and under most_trusted where trust fades."""
    rows: list[Row] = [("billing:1", 1, None, {"city": "Leeds"}), ("shop:1", 1, 1, {"city": "York"})]
    assert told(rows, [attribute("city", "most_recent")]) == ["1 city: York (shop:1, most_recent)"]
    assert told(rows, [attribute("city", "most_trusted", half_life=25.0)]) == ["1 city: York (shop:1, most_trusted)"]


def test_the_value_most_agreed_on_wins_by_the_trust_of_those_who_agree() -> None:
    """Two at 0.5 outweigh one at 0.8."""
    rows: list[Row] = [
        ("billing:1", 1, 1, {"city": "Leeds"}),
        ("crm:1", 1, 1, {"city": "York"}),
        ("loyalty:1", 1, 1, {"city": "York"}),
    ]
    assert told(rows, [attribute("city", "most_agreed")]) == ["1 city: York (crm:1, most_agreed)"]


def test_a_source_that_repeats_itself_is_one_voice() -> None:
    """Four records of the shop at 0.2 do not outvote one of billing at 0.8."""
    rows: list[Row] = [("billing:1", 1, 1, {"city": "Leeds"})] + [(f"shop:{i}", 1, 1, {"city": "York"}) for i in range(5)]
    assert told(rows, [attribute("city", "most_agreed")]) == ["1 city: Leeds (billing:1, most_agreed)"]


def test_the_many_still_count_where_all_are_very_old() -> None:
    """Without any time and with a half-life no trust is left; two that agree still outvote one."""
    rows: list[Row] = [
        ("billing:1", 1, None, {"city": "Leeds"}),
        ("crm:1", 1, None, {"city": "York"}),
        ("shop:1", 1, None, {"city": "York"}),
    ]
    assert told(rows, [attribute("city", "most_agreed", half_life=9.0)]) == ["1 city: York (crm:1, most_agreed)"]


def test_the_most_complete_record_wins() -> None:
    """The shop's record has three attributes filled, billing's two."""
    rows: list[Row] = [("billing:1", 1, 1, {"city": "Leeds", "a": "x"}), ("shop:1", 1, 1, {"city": "York", "a": "x", "b": "y"})]
    found = told(rows, [attribute("city", "most_complete"), attribute("a"), attribute("b")])
    assert found[0] == "1 city: York (shop:1, most_complete)"


def test_the_longest_value_wins_by_characters_not_bytes() -> None:
    """`Jose` has as many characters as `Öyña`, though fewer bytes; `Josef` has more."""
    rows: list[Row] = [("crm:1", 1, 1, {"name": "Josef"}), ("crm:2", 1, 1, {"name": "Öyña"}), ("crm:3", 1, 1, {"name": "Jose"})]
    assert told(rows, [attribute("name", "longest")]) == ["1 name: Josef (crm:1, longest)"]


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_a_consent_withdrawn_anywhere_is_withdrawn(order: tuple[bool, bool]) -> None:
    """No beats yes, whoever says it."""
    rows: list[Row] = [("billing:1", 1, 1, {"consent": order[0]}), ("shop:1", 1, 1, {"consent": order[1]})]
    winner = "billing:1" if not order[0] else "shop:1"
    wanted = [f"1 consent: False ({winner}, most_restrictive)"]
    assert told(rows, [attribute("consent", "most_restrictive", storage=Storage.BOOLEAN)]) == wanted


def test_rules_fall_back_in_order_and_the_one_that_decided_is_named() -> None:
    """Trust is equal between crm and loyalty, so the more recent wins; the shop had lost before."""
    rows: list[Row] = [
        ("crm:1", 1, 1, {"city": "Leeds"}),
        ("loyalty:1", 1, 2, {"city": "York"}),
        ("shop:1", 1, 3, {"city": "Hull"}),
    ]
    assert told(rows, [attribute("city", "most_trusted", "most_recent")]) == ["1 city: York (loyalty:1, most_recent)"]


def test_the_last_tie_goes_to_the_lower_record_key() -> None:
    """Equal in everything: source name, then record key."""
    rows: list[Row] = [("loyalty:1", 1, 1, {"city": "York"}), ("crm:2", 1, 1, {"city": "Hull"}), ("crm:1", 1, 1, {"city": "Leeds"})]
    assert told(rows, [attribute("city", "longest", "most_trusted")]) == ["1 city: Leeds (crm:1, longest)"]
    assert told(rows, [attribute("city", "most_trusted")]) == ["1 city: Leeds (crm:1, tie-break)"]


def test_of_several_values_of_one_record_the_first_mapped_wins() -> None:
    """The source's own order is the last word within a record."""
    rows: list[Row] = [("crm:1", 1, 1, {"phone": ["222", "111"]})]
    assert told(rows, [attribute("phone", many=True)]) == ["1 phone: 222 (crm:1, tie-break)"]


def test_where_no_rule_is_needed_the_reason_says_so() -> None:
    """One value only, or all the same."""
    rows: list[Row] = [
        ("crm:1", 1, 1, {"city": "Leeds"}),
        ("crm:2", 2, 1, {"city": "York"}),
        ("shop:2", 2, 2, {"city": "York"}),
        ("shop:3", 3, 2, {}),
    ]
    assert told(rows, [attribute("city", "most_recent")]) == ["1 city: Leeds (crm:1, only value)", "2 city: York (shop:2, all agree)"]


def test_values_of_one_form_agree() -> None:
    """With `alike`, `O'Brien` and `OBRIEN` are one opinion against `Bryant`."""
    rows: list[Row] = [
        ("billing:1", 1, 1, {"name": "Bryant"}),
        ("crm:1", 1, 1, {"name": "O'Brien"}),
        ("loyalty:1", 1, 2, {"name": "OBRIEN"}),
    ]
    names = [attribute("name", "most_agreed", "longest")]
    alike = {"name": np.array([0, 1, 1], np.int32)}  # values are Bryant, O'Brien, OBRIEN
    assert told(rows, names) == ["1 name: Bryant (billing:1, most_agreed)"]
    assert told(rows, names, alike=alike) == ["1 name: O'Brien (crm:1, most_agreed)"]


def test_an_unknown_rule_is_named_with_the_rules_there_are() -> None:
    """The error names the attribute and every rule."""
    with pytest.raises(
        OnefoldError, match=r"attribute 'city': 'newest' is not a survivorship rule; the rules are longest, .*most_trusted\."
    ):
        told([("crm:1", 1, 1, {"city": "York"})], [attribute("city", "newest")])


# --- groups and pins -----------------------------------------------------------------------------------------------

ADDRESS = [attribute("street", group="address"), attribute("city", group="address"), attribute("postcode", group="address")]


def test_an_address_survives_from_one_record_with_its_gaps() -> None:
    """Billing has no postcode: the golden address has none either, though the shop knows one. (Invariant 4)"""
    rows: list[Row] = [
        ("billing:1", 1, 1, {"street": "1 Mill Ln", "city": "Leeds"}),
        ("shop:1", 1, 2, {"street": "2 High St", "city": "York", "postcode": "YO1"}),
    ]
    assert told(rows, ADDRESS) == ["1 street: 1 Mill Ln (billing:1, most_trusted)", "1 city: Leeds (billing:1, most_trusted)"]


def test_the_most_complete_address_counts_its_own_parts() -> None:
    """Three parts of an address beat two, however much else the other record knows."""
    address = [attribute(a.name, "most_complete", group="address") for a in ADDRESS]
    rows: list[Row] = [
        ("billing:1", 1, 1, {"street": "1 Mill Ln", "city": "Leeds", "a": "x", "b": "y"}),
        ("shop:1", 1, 2, {"street": "2 High St", "city": "York", "postcode": "YO1"}),
    ]
    found = told(rows, [*address, attribute("a"), attribute("b")])
    assert found[:3] == [f"1 {name}: {value} (shop:1, most_complete)" for name, value in rows[1][3].items()]


def test_a_pin_wins_over_every_rule_and_is_typed() -> None:
    """A steward's date stands as a date; a pinned nothing is nothing; pins of strangers are passed over."""
    rows: list[Row] = [
        ("billing:1", 1, 1, {"born": date(1980, 4, 3), "city": "Leeds"}),
        ("shop:1", 2, 1, {"born": date(1970, 1, 2), "city": "York"}),
    ]
    pins = [
        Pin(1, "born", date(1999, 1, 1)),
        Pin(1, "born", date(1980, 3, 4)),
        Pin(2, "city", None),
        Pin(7, "city", "Rome"),
        Pin(1, "gone", "x"),
    ]
    assert told(rows, [attribute("born", storage=Storage.DATE), attribute("city")], pins) == [
        "1 born: 1980-03-04 (-, pin)",
        "1 city: Leeds (billing:1, only value)",
        "2 born: 1970-01-02 (shop:1, only value)",
        "2 city: None (-, pin)",
    ]


def test_a_pin_of_the_wrong_type_is_refused_without_its_value() -> None:
    """The error names attribute and storage, not what was pinned. (Invariant 11)"""
    with pytest.raises(OnefoldError, match=r"attribute 'born': a pin holds no date; undo it and pin a date\.") as refused:
        told([("crm:1", 1, 1, {"born": date(1980, 4, 3)})], [attribute("born", storage=Storage.DATE)], [Pin(1, "born", "Rumpelstilzchen")])
    assert refused.value.__cause__ is None


def test_a_pinned_part_of_an_address_leaves_the_others() -> None:
    """Only the pinned part is the steward's; the rest still comes from one record."""
    rows: list[Row] = [("billing:1", 1, 1, {"street": "1 Mill Ln", "city": "Leeds"})]
    assert told(rows, ADDRESS, [Pin(1, "postcode", "LS1")]) == [
        "1 street: 1 Mill Ln (billing:1, only value)",
        "1 city: Leeds (billing:1, only value)",
        "1 postcode: LS1 (-, pin)",
    ]


# --- beside the values ---------------------------------------------------------------------------------------------


def test_contacts_keep_every_value_with_its_sources_and_times() -> None:
    """Each distinct value once a customer, who holds it, when it was first and last seen, and which is golden."""
    mail = [attribute("email", "most_recent", many=True), attribute("city")]
    rows: list[Row] = [
        ("billing:1", 1, 5, {"email": ["old@a.org", "new@a.org"]}),
        ("crm:1", 1, 2, {"email": ["old@a.org"]}),
        ("shop:1", 1, None, {"email": ["old@a.org"], "city": "York"}),
        ("shop:2", 2, None, {"email": ["b@b.org"]}),
    ]
    records, golden, found = run(rows, mail)
    day = lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=n)  # noqa: E731
    assert [tuple(row.values()) for row in contacts(records, golden, found).to_pylist()] == [
        (1, "email", "new@a.org", "billing", day(5), day(5), False),
        (1, "email", "old@a.org", "billing, crm, shop", day(2), day(5), True),
        (2, "email", "b@b.org", "shop", None, None, True),
    ]


def test_values_of_one_form_are_one_contact_shown_as_the_golden_value_is() -> None:
    """`JO@A.org` and `jo@a.org` are one mailbox; the golden spelling stands for it."""
    rows: list[Row] = [("billing:1", 1, 1, {"email": ["JO@A.org"]}), ("shop:1", 1, 5, {"email": ["jo@a.org"]})]
    alike = {"email": np.array([0, 0], np.int32)}
    records, golden, found = run(rows, [attribute("email", "most_recent", many=True)], alike=alike)
    table = contacts(records, golden, found, alike=alike)
    assert table.select(["value", "sources", "winner"]).to_pylist() == [{"value": "jo@a.org", "sources": "billing, shop", "winner": True}]


def test_conflicts_are_customers_whose_records_disagree_on_a_protected_attribute() -> None:
    """Two birth dates are a question for a steward, unless one has pinned the answer."""
    born = [attribute("born", storage=Storage.DATE, protected=True), attribute("city")]
    rows: list[Row] = [
        (f"{source}:{number}", number, 1, {"born": date(1980, 1, day), "city": source})
        for number, days in ((1, (1, 1)), (2, (1, 2)), (3, (3, 4)))
        for source, day in zip(("billing", "crm"), days, strict=True)
    ]
    records, golden, found = run(rows, born, [Pin(3, "born", date(1980, 1, 3))])
    assert conflicts(records, golden, found).to_pylist() == [{"golden": 2, "attribute": "born", "values": 2}]


def test_counters_say_how_many_records_and_sources_and_how_complete() -> None:
    """Members, sources in alphabetical order, first and last change, share of attributes with a value."""
    rows: list[Row] = [
        ("shop:1", 4, 3, {"city": "York"}),
        ("shop:2", 4, None, {}),
        ("billing:1", 4, 7, {"a": "x"}),
        ("crm:1", 5, None, {}),
    ]
    records, golden, found = run(rows, [attribute("city"), attribute("a"), attribute("b"), attribute("c")])
    first, second = counters(records, golden, found).to_pylist()
    assert (first["golden"], first["member_count"], first["source_count"], first["sources"]) == (4, 3, 2, "billing, shop")
    assert (first["first_seen"].day, first["last_seen"].day, first["completeness"]) == (4, 8, 0.5)
    assert (second["first_seen"], second["completeness"]) == (None, 0.0)


def test_losers_say_what_each_lost_to() -> None:
    """The winner first; the others by the rule that told them from it; who says the same has not lost."""
    rows: list[Row] = [
        ("billing:1", 1, 1, {"city": "Leeds"}),
        ("crm:1", 1, 1, {"city": "Hull"}),
        ("loyalty:1", 1, 9, {"city": "York"}),
        ("billing:2", 1, 0, {"city": "Leeds"}),
        ("shop:9", 2, 1, {"city": "Rome"}),
    ]
    records, golden = records_of(rows, [attribute("city", "most_trusted", "most_recent")])
    trust = np.array([TRUST[s] for s in records.sources])
    found = losers(records, golden, 1, "city", trust)
    assert [(key_of(records, c.record), c.value, c.rank, c.lost_to) for c in found] == [
        ("billing:1", "Leeds", 1, None),
        ("billing:2", "Leeds", 2, "same value"),
        ("loyalty:1", "York", 3, "most_trusted"),
        ("crm:1", "Hull", 4, "most_trusted"),
    ]
    assert {c.lost_to for c in losers(records, golden, 1, "city", trust, pinned=True)} == {"pin"}
    with pytest.raises(UnknownGoldenId, match=r"No live record belongs to C-00000003-4; look whether it was merged or retired\."):
        losers(records, golden, 3, "city", trust)


def test_without_records_or_values_there_is_nothing_and_no_error() -> None:
    """No records, or records without a value: empty golden records."""
    every = [attribute("city"), attribute("email", many=True, protected=True), *ADDRESS[:1], ADDRESS[2]]
    records, golden, found = run([], every)
    assert (len(found.golden), len(contacts(records, golden, found)), len(counters(records, golden, found))) == (0, 0, 0)
    records, golden, found = run([("crm:1", 1, None, {})], every)
    assert all(choice.value.to_pylist() == [None] for choice in found.choices.values())
    assert (len(contacts(records, golden, found)), len(conflicts(records, golden, found))) == (0, 0)


def test_every_rule_explains_itself() -> None:
    """A rule's docstring is what a steward reads: one paragraph that ends in a full stop."""
    assert all(rule.__doc__ and rule.__doc__.endswith(".") for rule in RULES.values())


# --- laws ----------------------------------------------------------------------------------------------------------

RULE_LISTS = st.lists(st.sampled_from(sorted(RULES)), max_size=3, unique=True).map(tuple)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "city": st.sampled_from(["York", "Leeds", "Ulm"]),
        "email": st.lists(st.sampled_from(["a@a", "bb@b"]), min_size=1, max_size=2, unique=True),
        "street": st.sampled_from(["1 A", "22 B"]),
        "postcode": st.sampled_from(["X1", "Y22"]),
        "consent": st.booleans(),
    },
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Row], list[Attribute]]:
    keys = draw(st.lists(st.tuples(st.sampled_from(sorted(TRUST)), st.integers(1, 4)), unique=True, min_size=1, max_size=10))
    rows: list[Row] = [
        (f"{source}:{key}", draw(st.integers(1, 3)), draw(st.none() | st.integers(0, 3)), draw(VALUES)) for source, key in keys
    ]
    half_life = draw(st.none() | st.just(1.0))
    together = draw(RULE_LISTS)
    return rows, [
        attribute("city", *draw(RULE_LISTS), half_life=half_life),
        attribute("email", *draw(RULE_LISTS), many=True),
        attribute("street", *together, group="address"),
        attribute("postcode", *together, group="address"),
        attribute("consent", *draw(RULE_LISTS), storage=Storage.BOOLEAN),
    ]


def best_by_hand(
    members: list[Row], names: list[str], rules: tuple[str, ...], half_life: float | None, newest: int
) -> tuple[str, tuple[Any, ...]] | None:
    """The winner among the records of one customer, as the rules read: the largest tuple of keys, ties to the lower key."""

    def age(day: int | None) -> float:
        return 0.0 if half_life is None else float("inf") if day is None else (newest - day) / half_life

    candidates = []
    for key, _, day, values in members:
        several = values.get(names[0], []) if isinstance(values.get(names[0], []), list) and len(names) == 1 else [None]
        for position, one in enumerate(several):
            said = (one,) if one is not None else tuple(values.get(name) for name in names)
            if any(value is not None for value in said):
                trust = max(round(TRUST[key.split(":")[0]] * 2 ** -age(day) * 10**9), 1)
                candidates.append((key, position, day, values, said, trust))
    keyed = []
    for key, position, day, values, said, trust in candidates:
        voices = {}
        for other in candidates:
            if other[4] == said:
                source = other[0].split(":")[0]
                voices[source] = max(voices.get(source, 0), other[5])
        text = [str(v).lower() if isinstance(v, bool) else v for v in said if v is not None]
        measures = {
            "most_trusted": trust,
            "most_recent": -1 if day is None else day,
            "most_agreed": sum(voices.values()),
            "most_complete": len(values) if len(names) == 1 else len(text),
            "longest": sum(map(len, text)),
            "most_restrictive": int(said[0] is False),
        }
        ties = (trust, TRUST[key.split(":")[0]], measures["most_recent"], len(values))
        keyed.append((*(-measures[rule] for rule in rules), *(-tie for tie in ties), tuple(key.split(":")), position, key, said))
    return min(keyed)[-2:] if keyed else None


@settings(max_examples=200, deadline=None)
@given(situations())
def test_the_winner_is_the_one_the_rules_name(situation: tuple[list[Row], list[Attribute]]) -> None:
    """Vectorised and read by hand, the same record and value win, and a group comes from one record. (Invariant 4)"""
    rows, attributes = situation
    records, _, found = run(rows, attributes)
    newest = max((day for _, _, day, _ in rows if day is not None), default=0)
    for at, number in enumerate(found.golden.tolist()):
        members = [row for row in rows if row[1] == number]
        for names in (["city"], ["email"], ["street", "postcode"], ["consent"]):
            first = found.choices[names[0]].attribute
            wanted = best_by_hand(members, names, first.survive, first.half_life, newest)
            got = [found.choices[name] for name in names]
            assert tuple(c.value[at].as_py() for c in got) == (wanted[1] if wanted else (None,) * len(names))
            assert {key_of(records, c.winner[at]) for c in got if c.winner[at] >= 0} == ({wanted[0]} if wanted else set())


@settings(max_examples=100, deadline=None)
@given(situations())
def test_every_golden_value_is_a_members_and_its_losers_agree(situation: tuple[list[Row], list[Attribute]]) -> None:
    """Provenance points at the entry that holds the value; the ranking on reading begins with the same winner. (Invariant 4)"""
    rows, attributes = situation
    records, golden, found = run(rows, attributes)
    trust = np.array([TRUST[s] for s in records.sources])
    for name, choice in found.choices.items():
        column = records.columns[name]
        for at in np.flatnonzero(choice.entry >= 0):
            assert column.row[choice.entry[at]] == choice.winner[at]
            assert golden[choice.winner[at]] == found.golden[at]
            assert column.values[column.code[choice.entry[at]]] == choice.value[at]
            ranked = losers(records, golden, int(found.golden[at]), name, trust)
            assert (ranked[0].record, ranked[0].lost_to) == (choice.winner[at], None)
            if REASONS[choice.rule[at]] in RULES:
                assert REASONS[choice.rule[at]] in {contender.lost_to for contender in ranked}
            elif REASONS[choice.rule[at]] == "all agree":
                assert {contender.lost_to for contender in ranked[1:]} == {"same value"}


@settings(max_examples=100, deadline=None)
@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(situation: tuple[list[Row], list[Attribute]], random: Any) -> None:
    """Rows that arrive in another order come to the same golden records, for the same reasons. (Invariant 6)"""
    rows, attributes = situation
    shuffled = random.sample(rows, len(rows))
    assert told(shuffled, attributes) == told(rows, attributes)


@settings(max_examples=100, deadline=None)
@given(situations(), st.integers(1, 3), st.sampled_from(["city", "street", "email"]))
def test_a_pin_changes_its_value_and_nothing_else(situation: tuple[list[Row], list[Attribute]], number: int, name: str) -> None:
    """With a pin, the pinned value is the steward's and all others are as they were."""
    rows, attributes = situation
    pinned, plain = (run(rows, attributes, pins)[2] for pins in ([Pin(number, name, "pinned")], []))
    for other, choice in pinned.choices.items():
        before = plain.choices[other].value.to_pylist()
        if other == name:
            before = ["pinned" if golden == number else value for golden, value in zip(plain.golden.tolist(), before, strict=True)]
        assert choice.value.to_pylist() == before


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-1, 3), min_size=4, max_size=4), min_size=1, max_size=12), st.integers(1, 2**62))
def test_combined_codes_are_equal_only_where_all_are(rows: list[list[int]], factor: int) -> None:
    """However large the codes, a combination has its own number."""
    codes = [np.array(part, np.int64) for part in zip(*rows, strict=True)]
    codes[0] = np.where(codes[0] > 0, codes[0] * (factor // 4), codes[0])
    found = combined(codes).tolist()
    keys = list(zip(*(c.tolist() for c in codes), strict=True))
    assert all((found[i] == found[j]) == (keys[i] == keys[j]) for i in range(len(rows)) for j in range(len(rows)))
