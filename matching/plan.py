"""Plan: which blocking keys are used, and which of their blocks are too large, learned without labels.

Some records (*probes*) are run through every key that the attributes offer, and meet all records there: so it is seen how
often the keys find the same pairs, and what each finds that no other does. A model fitted to these pairs tells which are
probably the same customer; of the keys, those are kept that find such pairs for the least work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from matching.block import Blocks, Plan, blocks_of, code_pairs, distinct, key_of
from matching.chance import Population
from matching.choose import ProbedKey
from matching.forms import Forms
from matching.keys import (
    NOTHING,
    SLOTS,
    Atom,
    Hashes,
    Key,
    Longs,
    Mask,
    Path,
    atoms,
    join,
    joined_name,
    mixed,
    refines,
    slot_of,
    spread,
    within,
)
from matching.parallel import in_parallel

Floats = npt.NDArray[np.float64]

TIERS = (0.4, 0.4, 0.2)
"""Shares of the pair budget for records that share one, two and three keys."""
OVERLAP = 3
"""Keys find the same pairs again and again: so many are counted for each that is new."""
LARGEST_BLOCK = 1_000
"""No block larger than this is taken whole, however many pairs the budget would bear."""
LEAST_LIMITS = (4, 10, 10)
"""Blocks of so few records that share one, two and three keys are always taken whole."""
FEW = 25_000
"""Of no more records than these, all are probes."""
PROBES = 12_500
"""Records that are run through every key where there are more."""


class Probing:
    """The keys of a population as its probes see them, tier after tier."""

    def __init__(self, forms: Mapping[str, Forms], population: Population, budget: int) -> None:
        self.population, self.budget = population, budget
        self.offered = atoms(forms)
        self.probe = probes(len(population))
        self.refined: dict[str, Hashes] = {}
        self.ends: dict[str, Key] = {}
        """Of atoms that are joined with others, the entries in blocks that are too large."""
        self.limits: tuple[int, ...] = ()

    @property
    def share(self) -> float:
        """The share of all pairs that have a probe in them."""
        rest, count = float((~self.probe).sum()), len(self.probe)
        return 1 - rest * (rest - 1) / max(count * (count - 1), 1)

    def singles(self) -> list[ProbedKey]:
        """The keys of one atom; which of their blocks are too large is counted among all records."""
        alone = [one for one in self.offered.values() if one.alone]
        sizes = BlockSizes()
        for name, value, size in in_parallel(lambda one: (one.name, *sizes_of(one.make().value)), alone):
            sizes.add(name, value, size)
        self.limits = (limit_of(sizes.pairs, self.allowed(1), LEAST_LIMITS[0]), *LEAST_LIMITS[1:])
        self.refined = sizes.larger_than(self.limits[0])
        return list(in_parallel(lambda one: self.probed((one.name,), with_probes(one.make(), self.probe)), alone))

    def refining(self, most: int | None = None) -> list[Atom]:
        """The atoms that are joined with others, those of attributes that speak for nobody last."""
        chosen = [one for one in self.offered.values() if refines(one, most) and (not one.alone or one.name in self.refined)]
        return sorted(chosen, key=lambda one: not one.alone)

    def doubles(self) -> list[ProbedKey]:
        """The keys of two atoms of different attributes."""
        ends = self.refining()
        self.ends = {one.name: key for one, key in zip(ends, in_parallel(self.too_common, ends), strict=True)}
        paths = [(a.name, b.name) for i, a in enumerate(ends) for b in ends[i + 1 :] if a.attribute != b.attribute and a.alone]
        return self.within_budget(2, lambda: list(in_parallel(self.made, paths)))

    def too_common(self, one: Atom) -> Key:
        """The entries of an atom that lie in blocks that are too large; all of an atom that makes no pairs alone."""
        return one.make(self.refined.get(one.name))

    def made(self, path: Path) -> ProbedKey:
        """What the probes meet in the key of two atoms."""
        a, b = (self.ends[name] for name in path)
        return self.probed(path, met_together(joined_name(path), a, b, self.probe))

    def allowed(self, tier: int) -> float:
        """Pairs that all keys of so many atoms may make together, repeats among them."""
        counted = len(self.population) * (len(self.population) - 1) / 2
        return self.budget * OVERLAP * counted / self.population.pairs * TIERS[tier - 1]

    def within_budget(self, tier: int, probe: Callable[[], list[ProbedKey]]) -> list[ProbedKey]:
        """The keys of a tier; where the budget bears blocks larger than the least limit, they are probed again with these."""
        found = probe()
        size = np.arange(LARGEST_BLOCK + 1)
        pairs = sum((key.sizes for key in found), np.zeros(LARGEST_BLOCK + 1)) * np.maximum(size - 1, 0) / 2 / max(self.probe.mean(), 1e-9)
        limit = min(limit_of(pairs, self.allowed(tier), LEAST_LIMITS[tier - 1]), max(self.limits[tier - 2], LEAST_LIMITS[tier - 1]))
        if limit == self.limits[tier - 1]:
            return found
        self.limits = (*self.limits[: tier - 1], limit, *self.limits[tier:])
        return probe()

    def triples(self, parents: Sequence[Path]) -> list[ProbedKey]:
        """The keys that refine the too large blocks of some keys of two atoms."""
        return self.within_budget(3, lambda: self.refined_further(parents))

    def refined_further(self, parents: Sequence[Path]) -> list[ProbedKey]:
        """What the probes meet in the keys that refine some keys of two atoms."""
        ends = {one.name: self.ends[one.name] for one in self.refining(most=1)}
        found: dict[str, ProbedKey] = {}
        for parent, values, key in in_parallel(self.too_large, parents):
            self.refined |= {joined_name(parent): values} if len(values) else {}
            taken = {self.offered[name].attribute for name in parent}
            paths = [(*parent, end) for end in ends if len(key.row) and self.offered[end].attribute not in taken]
            fresh = [path for path in paths if joined_name(path) not in found]
            joined = ((path, met_together(joined_name(path), key, ends[path[-1]], self.probe)) for path in fresh)
            for one in in_parallel(lambda made: self.probed(*made), joined):
                found[joined_name(one.path)] = one
        return list(found.values())

    def too_large(self, path: Path) -> tuple[Path, Hashes, Key]:
        """The values of a key's blocks that are too large, and the entries in those of them that have a probe."""
        key = key_of(path, self.offered, self.refined, len(self.population), self.ends)
        value, size = sizes_of(key.value)
        values = value[size > self.limits[len(path) - 1]]
        met = with_probes(key, self.probe)
        return path, values, met.take(within(met.value, values))

    def plan(self, chosen: Sequence[Path]) -> Plan:
        """The plan of some keys; the too large blocks of each are found among all records."""
        joined = [path for path in chosen if len(path) > 1 and joined_name(path) not in self.refined]
        for path, values in in_parallel(lambda path: (path, self.large_values(path)), joined):
            self.refined[joined_name(path)] = values
        needed = {joined_name(path[:end]) for path in chosen for end in range(1, len(path) + 1)} | {
            name for path in chosen for name in path
        }
        refined = {name: values for name, values in self.refined.items() if name in needed and len(values)}
        return Plan(False, self.limits, tuple(chosen), refined)

    def large_values(self, path: Path) -> Hashes:
        """The values of a key's blocks that are too large."""
        value, size = sizes_of(key_of(path, self.offered, self.refined, len(self.population), self.ends).value)
        return value[size > self.limits[len(path) - 1]]

    def probed(self, path: Path, met: Key) -> ProbedKey:
        """What the probes meet in the blocks of a key that are not too large; of its entries, those that a probe meets suffice."""
        blocks = blocks_of(met, None)
        size = np.repeat(blocks.size, blocks.size)[self.probe[met.row[blocks.order]]]
        sizes = np.bincount(size[size <= LARGEST_BLOCK], minlength=LARGEST_BLOCK + 1)
        return ProbedKey(path, probe_pairs(met, blocks, self.probe, self.limits[len(path) - 1], self.population), sizes)


class BlockSizes:
    """How large the blocks of all keys of one atom are."""

    def __init__(self) -> None:
        self.pairs = np.zeros(LARGEST_BLOCK + 1, np.float64)
        """Pairs that blocks of each size make, over all keys."""
        self.blocks: dict[str, tuple[Hashes, Longs]] = {}
        """By key, value and size of the blocks that may turn out to be too large."""

    def add(self, name: str, value: Hashes, size: Longs) -> None:
        """Count a key's blocks."""
        small = size[size <= LARGEST_BLOCK]
        self.pairs += np.bincount(small, weights=small * (small - 1) / 2.0, minlength=LARGEST_BLOCK + 1)
        self.blocks[name] = value[size > LEAST_LIMITS[0]], size[size > LEAST_LIMITS[0]]

    def larger_than(self, limit: int) -> dict[str, Hashes]:
        """By key, the values of the blocks larger than `limit`, in order."""
        large = {name: value[size > limit] for name, (value, size) in self.blocks.items()}
        return {name: values for name, values in large.items() if len(values)}


def limit_of(pairs: Floats, budget: float, least: int) -> int:
    """The largest block size at which keys make at most `budget` pairs; `pairs` are those that blocks of each size make."""
    return max(int(np.searchsorted(np.cumsum(pairs), budget, side="right")) - 1, least)


def probes(count: int) -> Mask:
    """Which records are run through every key: all where they are few; the same for the same records."""
    chosen = np.ones(count, bool)
    if count > FEW:
        chosen[:] = False
        chosen[np.random.default_rng(0).choice(count, PROBES, replace=False)] = True
    return chosen


def sizes_of(values: Hashes) -> tuple[Hashes, Longs]:
    """The distinct values in order, and how many entries have each."""
    ordered = np.sort(values)
    start = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else np.empty(0, np.int64)
    return ordered[start], np.diff(np.concatenate((start, [len(ordered)])))


def with_probes(key: Key, probe: Mask) -> Key:
    """The entries whose value a probe has; a few others besides."""
    slot = slot_of(key.value)
    wanted = np.zeros(1 << SLOTS, bool)
    wanted[slot[np.flatnonzero(probe[key.row])]] = True
    return key.take(wanted[slot])


def met_together(name: str, a: Key, b: Key, probe: Mask) -> Key:
    """The entries of the key that two keys make together whose value a probe has; a few others besides.

    What is met is told from both values before they are made one.
    """
    if not (a.single or b.single):
        return with_probes(join(name, a, b, len(probe)), probe)
    many, single = (a, b) if b.single else (b, a)
    other = single.by_record(len(probe))[many.row]
    slot = slot_of(many.value ^ other)
    mine = np.flatnonzero(probe[many.row])
    wanted = np.zeros(1 << SLOTS, bool)
    wanted[slot[mine[other[mine] != NOTHING]]] = True
    at = np.flatnonzero(wanted[slot])
    at = at[other[at] != NOTHING]
    values = (many.value[at], other[at]) if b.single else (other[at], many.value[at])
    return Key(name, many.row[at], mixed(*values), many.single)


def probe_pairs(key: Key, blocks: Blocks, probe: Mask, limit: int, population: Population) -> Longs:
    """Codes of the admissible pairs that a probe is part of, in blocks of at most `limit` records; each once, in order."""
    row = key.row[blocks.order]
    size = np.repeat(blocks.size, blocks.size)
    mine = np.flatnonzero(probe[row] & (size > 1) & (size <= limit))
    start = np.repeat(blocks.start, blocks.size)[mine]
    each = size[mine]
    return distinct([code_pairs(np.repeat(row[mine], each), row[spread(start, each)], population)])
