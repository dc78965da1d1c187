"""Suppress: rows of erased customers are turned away as they land. Never silently somebody else: a row that agrees in part is a task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from domain.sources import Source
from pipelines.steps.hashes import (
    NAMED,
    erasure_key,
    forms_in,
    keyed,
    people_in,
    record_hash,
    text_of,
    trait_hashes,
    traits_of,
    whole_identities,
)
from pipelines.steps.session import Session
from warehouse.suppressions import erased_ids, suppress, suppressed
from warehouse.tasks import Question, open_tasks, sync_tasks

Mask = npt.NDArray[np.bool_]
TASK = "perhaps_erased"
MOST_TASKS = 100_000
SAME_PERSON = "the same name and birth date as an erased customer, and no contact of theirs"
SAME_KEY = "its key was an erased customer's, and it is plainly somebody else"
CAME_TRUE = "it has become what an erased customer was: its row was turned away, and its earlier versions are still kept"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a row may be an erased customer's, though it was accepted."""

    number: int
    """The erased customer."""
    why: str


class Suppression:
    """What a landing knows of erased customers. Where nobody was erased, asking it costs nothing."""

    def __init__(self, session: Session, source: Source) -> None:
        """Raises OnefoldError where somebody was erased and the key is not at hand: they would come back."""
        self.session, self.source = session, source
        with session.warehouse.connect() as connection:
            self.known = suppressed(connection)
        self.any = bool(self.known.keys() - {"key"})
        self.key = erasure_key(session.project, self.known) if self.any else b""
        self.doubts: dict[str, Doubt] = {}
        self.fresh: defaultdict[int, dict[str, set[bytes]]] = defaultdict(lambda: {"record": set(), "trait": set()})

    def has(self, keys: pa.StringArray) -> Mask:
        """Which record keys were an erased customer's; null is none's."""
        hits = self.known.get("record", {})
        if not hits:
            return np.zeros(len(keys), bool)
        texts = (text_of("record", self.source.name, key or "") for key in keys.to_pylist())
        return np.fromiter((one in hits for one in keyed(self.key, texts)), bool, len(keys))

    def turned_away(self, keys: pa.StringArray, rows: pa.Table, by_key: Mask) -> Mask:
        """Which rows, as standard records, are an erased customer's: by their whole identity, or `by_key` unless plainly another's.

        What agrees in part is noted as a doubt.
        """
        people = self.people(rows)
        whole = self.whole(rows, people)
        another = by_key & self.plainly_another(keys, rows, by_key)
        gone = (by_key & ~another) | whole
        self.learn(keys, rows, people, whole & ~by_key)
        records = self.known.get("record", {})
        for at in np.flatnonzero(another & ~gone).tolist():
            key = keys[at].as_py()
            self.doubts[key] = Doubt(records[record_hash(self.key, self.source.name, key)], SAME_KEY)
        for at, number in people.items():
            if not gone[at]:
                self.doubts.setdefault(keys[at].as_py(), Doubt(number, SAME_PERSON))
        return gone

    def people(self, rows: pa.Table) -> dict[int, int]:
        """The rows that have name and birth date of an erased customer, and whose."""
        hits = self.known.get("person", {})
        if not hits:
            return {}
        found = people_in(rows, self.session.project.attributes)
        coded, distinct = pd.factorize(found["person"])
        numbers = np.array([hits.get(one, -1) for one in keyed(self.key, (text_of("person", text) for text in distinct))], np.int64)
        own = numbers[coded] if len(coded) else np.empty(0, np.int64)
        return {int(row): int(number) for row, number in zip(found["row"].to_numpy()[own >= 0], own[own >= 0], strict=True)}

    def whole(self, rows: pa.Table, people: dict[int, int]) -> Mask:
        """Of these rows, which have a contact of the same customer too."""
        mask, hits = np.zeros(len(rows), bool), self.known.get("identity", {})
        for at in people:
            row, attributes = rows.slice(at, 1), self.session.project.attributes
            texts = whole_identities(people_in(row, attributes)["person"], forms_in(row, attributes, "contact")["contact"])
            mask[at] = any(one in hits for one in keyed(self.key, texts))
        return mask

    def plainly_another(self, keys: pa.StringArray, rows: pa.Table, asked: Mask) -> Mask:
        """Of the rows asked about, which have a given name that the erased customer did not have, and another birth date or family name."""
        mask, traits = np.zeros(len(rows), bool), self.known.get("trait", {})
        for at in np.flatnonzero(asked).tolist():
            own = traits_of(rows.slice(at, 1), self.session.project.attributes)
            other = {name: self.differs(keys[at].as_py(), name, own[name], traits) for name in NAMED}
            mask[at] = other["given"] and (other["born"] or other["family"])
        return mask

    def differs(self, key: str, name: str, forms: set[str], traits: dict[bytes, int]) -> bool:
        """Whether both have something of the name, and not the same."""
        both = bool(forms) and keyed(self.key, [text_of("known", name, self.source.name, key)])[0] in traits
        return both and not any(
            one in traits for one in trait_hashes(self.key, self.source.name, key, {name: forms}) - self.knowing(key, name)
        )

    def knowing(self, key: str, name: str) -> set[bytes]:
        """The hash that says only that something was known."""
        return set(keyed(self.key, [text_of("known", name, self.source.name, key)]))

    def learn(self, keys: pa.StringArray, rows: pa.Table, people: dict[int, int], new: Mask) -> None:
        """Remember the keys under which an erased customer came again."""
        for at in np.flatnonzero(new).tolist():
            key, number = keys[at].as_py(), people[at]
            one = record_hash(self.key, self.source.name, key)
            traits = trait_hashes(self.key, self.source.name, key, traits_of(rows.slice(at, 1), self.session.project.attributes))
            self.fresh[number]["record"].add(one)
            self.fresh[number]["trait"] |= traits
            self.known.setdefault("record", {})[one] = number
            self.known.setdefault("trait", {}).update(dict.fromkeys(traits, number))

    def came_true(self, key: str) -> None:
        """Note that a live record has turned out to be an erased customer's."""
        number = self.known["record"][record_hash(self.key, self.source.name, key)]
        self.doubts[key] = Doubt(number, CAME_TRUE)

    def keep(self, here: Callable[[str], bool]) -> None:
        """Keep what was learned, and ask the stewards about what agrees in part; `here`: whether the source has a record key still.

        Questions about records that came earlier stay open as long as these are here.
        """
        if not self.any:
            return
        with self.session.warehouse.begin() as connection:
            for number, hashes in self.fresh.items():
                suppress(connection, number, hashes)
            ids = erased_ids(connection, {doubt.number for doubt in self.doubts.values()})
            questions = [self.question(key, doubt, ids[doubt.number]) for key, doubt in sorted(self.doubts.items())]
            own = f"{self.source.name}:"
            names = (payload["record"] for payload in (task.question.payload for task in open_tasks(connection, TASK, MOST_TASKS)))
            gone = {name for name in names if name.startswith(own) and not here(name.removeprefix(own))}
            sync_tasks(connection, self.session.run, TASK, questions, lambda payload: payload["record"] in gone)

    def question(self, key: str, doubt: Doubt, golden_id: str) -> Question:
        """What a steward is asked."""
        record = f"{self.source.name}:{key}"
        return Question(f"{record} · {golden_id}", {"record": record, "erased": golden_id, "why": doubt.why}, 5.0)
