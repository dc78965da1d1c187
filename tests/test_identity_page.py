"""The pictures of docs/identity.md are true: each is played, and comes out as it is drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from matching.identify import Ledger, Redirects, identify
from tests.matching.identity_contract import Remembered, after

PAGE = (Path(__file__).parents[1] / "docs" / "identity.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"```identity\nbefore:(.*?)clusters:(.*?)after:(.*?)```", PAGE, re.DOTALL)
LINE = re.compile(r"(?P<id>\d+)(?:: (?P<held>[a-z ]+)| -> (?P<target>\d+)| (?P<state>retired|erased))(?: \((?P<former>[a-z ]+)\))?")


@dataclass
class Drawn:
    """What a picture says is known."""

    kept: Remembered = field(default_factory=Remembered)

    @classmethod
    def read(cls, text: str) -> Drawn:
        """The lines of a picture."""
        kept, erased = Remembered(), set[int]()
        for line in filter(None, map(str.strip, text.splitlines())):
            found = LINE.fullmatch(line)
            assert found, line
            number = int(found["id"])
            if found["held"]:
                kept.members[number] = frozenset(found["held"].split())
            else:
                kept.former[number] = frozenset((found["former"] or "").split())
            if found["target"]:
                kept.redirects[number] = int(found["target"])
            erased |= {number} if found["state"] == "erased" else set()
        kept.erased, kept.given = frozenset(erased), max([*kept.members, *kept.former])
        return cls(kept)

    def ledger(self, records: list[str]) -> Ledger:
        """The same as identify reads it."""
        kept = self.kept
        owner = [next((n for n, held in kept.members.items() if record in held), -1) for record in records]
        former = [(records.index(r), n) for n, held in kept.former.items() for r in held if r in records]
        pairs = [np.array([row[side] for row in rows], np.int64) for rows in (former, sorted(kept.redirects.items())) for side in (0, 1)]
        live = np.array(sorted(kept.members), np.int64)
        return Ledger(np.array(owner, np.int64), live, pairs[0], pairs[1], Redirects(pairs[2], pairs[3]), kept.given + 1)


@pytest.mark.parametrize(("before", "clusters", "drawn"), PICTURES)
def test_every_picture_is_what_happens(before: str, clusters: str, drawn: str) -> None:
    """Played by the engine and by the contract as it is spelled out in the tests. (Invariant 2)"""
    was, expected = Drawn.read(before), Drawn.read(drawn).kept
    parts = [frozenset(part.split()) for part in clusters.split("|")]
    records = sorted(frozenset[str]().union(*parts))
    labels = np.array([next(at for at, part in enumerate(parts) if record in part) for record in records], np.int64)
    found = identify(labels, was.ledger(records), np.array(sorted(was.kept.erased), np.int64))
    members = {n: frozenset(r for r, own in zip(records, found.golden.tolist(), strict=True) if own == n) for n in found.golden.tolist()}
    leads = dict(zip(found.redirects.number.tolist(), found.redirects.target.tolist(), strict=True))
    leads = {n: target for n, target in {**was.kept.redirects, **leads}.items() if n not in members}
    assert (members, leads) == (expected.members, expected.redirects)
    told = after(parts, was.kept)
    assert (told.members, told.redirects) == (expected.members, expected.redirects)
    assert set(told.former) == set(expected.former)


def test_the_page_has_a_picture_for_every_rule() -> None:
    """Claim, mint, merge, onward, split, revive, follow, retire, return, erase."""
    assert len(PICTURES) == 10
