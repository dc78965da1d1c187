"""Slips of the pen and of the keyboard, on whole columns at once: texts are grids of characters, a row a text."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.tables import Flags, Ints, chosen, draw

Grid = npt.NDArray[np.uint32]
"""Unicode code points, one text a row, 0 after its end."""

Slip = Callable[[pa.StringArray, np.random.Generator], pa.StringArray]

KEYBOARD = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
OCR = ("0O", "O0", "1l", "l1", "Il", "5S", "S5", "8B", "B8", "ec", "ce", "nu", "un", "gq")
"""Characters that look alike: what is written, and what is read."""
OCR_GROUPS = ("rn>m", "m>rn", "cl>d", "d>cl", "w>vv", "h>li", "ri>n")
SOUNDS = (
    "ph>f ck>k ie>y ei>ie ll>l tt>t nn>n ss>s ou>u ee>ea ea>ee th>t gh>g sch>sh ts>tz z>s s>z k>c c>k w>v y>i ai>ay "
    "er>or en>on an>en o>a l>ll n>nn t>tt i>y a>e"
)
"""Spellings that sound alike: what is written, and what somebody hears."""
RULES_TRIED = 6
LONGEST = 80
"""Characters of a text in which a slip happens; a longer one is cut here by it."""


def mistyped(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """Each text with one slip of a kind that befalls names and streets; missing stays missing, nothing stays as it was.

    >>> mistyped(pa.array(["Smith", None]), np.random.default_rng(3)).to_pylist()
    ['Smiyh', None]
    """
    kinds: list[tuple[float, Slip]] = [
        (0.27, neighbouring_key),
        (0.15, transposed),
        (0.12, inserted),
        (0.16, dropped),
        (0.09, misread),
        (0.06, cut_short),
        (0.15, misheard),
    ]
    return _one_of(kinds, text, rng)


def misdialled(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """Each number with one slip: a neighbouring key, two digits transposed, one too few, one too many."""
    return _one_of([(0.45, neighbouring_key), (0.35, transposed), (0.1, dropped), (0.1, inserted)], text, rng)


def _one_of(kinds: list[tuple[float, Slip]], text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    kind = draw(rng, np.array([weight for weight, _ in kinds]), len(text))
    held = np.asarray(text.is_valid(), dtype=bool)
    for number, (_, slip) in enumerate(kinds):
        rows = pa.array((kind == number) & held)
        hit = text.filter(rows)
        if len(hit):
            slipped = slip(hit, rng)
            same = pc.equal(slipped, hit)
            text = pc.replace_with_mask(text, rows, pc.if_else(same, doubled(hit, rng), slipped))
    return text


def neighbouring_key(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """One character replaced by its neighbour on the keyboard."""
    grid, at = _grid_and_place(text, rng)
    rows = np.arange(len(grid))
    neighbours, counts = _neighbours()
    hit = np.minimum(grid[rows, at], 255)
    new = neighbours[hit, np.floor(rng.random(len(at)) * counts[hit]).astype(np.int64)]
    grid[rows, at] = np.where(counts[hit] > 0, new, grid[rows, at])
    return _texts(grid)


def transposed(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """Two characters that stand side by side exchanged."""
    grid, at = _grid_and_place(text, rng)
    rows, before = np.arange(len(grid)), np.maximum(at - 1, 0)
    grid[rows, at], grid[rows, before] = grid[rows, before], grid[rows, at]
    return _texts(grid)


def inserted(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """One character too many: a neighbouring key struck along, or the same key twice."""
    grid, at = _grid_and_place(text, rng)
    rows = np.arange(len(grid))
    neighbours, counts = _neighbours()
    hit = np.minimum(grid[rows, at], 255)
    beside = neighbours[hit, np.floor(rng.random(len(at)) * counts[hit]).astype(np.int64)]
    new = np.where((counts[hit] > 0) & chosen(rng, len(at), 0.6), beside, grid[rows, at])
    return _texts(_with_inserted(grid, at, new))


def doubled(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """One character written twice: a slip that any text can have."""
    grid, at = _grid_and_place(text, rng)
    return _texts(_with_inserted(grid, at, grid[np.arange(len(grid)), at]))


def dropped(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """One character left out; a text of one or two stays."""
    grid, at = _grid_and_place(text, rng)
    place = np.arange(grid.shape[1])[None, :]
    short = (grid[:, 2] == 0)[:, None]
    source = np.minimum(place + ((place >= at[:, None]) & ~short), grid.shape[1] - 1)
    return _texts(np.take_along_axis(grid, source, axis=1))


def misread(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """One character, or a group of them, read for one that looks like it: `0` for `O`, `rn` for `m`."""
    return _substituted(text, rng, [*OCR_GROUPS, *(">".join(pair) for pair in OCR)])


def misheard(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """A spelling that sounds alike: `ph` for `f`."""
    return _substituted(text, rng, SOUNDS.split())


def cut_short(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """The end is missing: the column had no more room, or the writer no more time."""
    grid, _ = _grid_and_place(text, rng)
    length = (grid != 0).sum(axis=1)
    kept = np.maximum(np.floor(length * rng.uniform(0.55, 0.95, len(length))), 3)
    grid[np.arange(grid.shape[1])[None, :] >= kept[:, None]] = 0
    return _texts(grid)


def _substituted(text: pa.StringArray, rng: np.random.Generator, rules: list[str]) -> pa.StringArray:
    """The first place where a rule fits is rewritten; each text tries several rules, at random, until one does."""
    original, undone = text, np.ones(len(text), bool)
    for _ in range(RULES_TRIED):
        tried = np.where(undone, rng.integers(0, len(rules), len(text)), -1)
        for number, rule in enumerate(rules):
            rows = tried == number
            if rows.any():
                written, read = rule.split(">")
                # The first letter is looked at most, so it is seldom wrong.
                inside = f"^(.[^{written[0]}]*){written}"
                changed = pc.replace_substring_regex(text.filter(pa.array(rows)), inside, rf"\1{read}", max_replacements=1)
                text = pc.replace_with_mask(text, pa.array(rows), changed)
        undone = np.asarray(pc.equal(text, original), dtype=bool)
        if not undone.any():
            break
    return text


def _with_inserted(grid: Grid, at: Ints, new: Grid) -> Grid:
    place = np.arange(grid.shape[1])[None, :]
    shifted = np.take_along_axis(grid, place - (place > at[:, None]), axis=1)
    shifted[np.arange(len(grid)), np.minimum(at + 1, grid.shape[1] - 1)] = new
    return shifted


def _grid_and_place(text: pa.StringArray, rng: np.random.Generator) -> tuple[Grid, Ints]:
    """The texts as a grid with room for one more character, and a place in each, seldom its first."""
    words = np.asarray(text.to_pylist(), dtype=f"U{LONGEST}")
    width = int(np.strings.str_len(words).max(initial=1)) + 2
    grid = words.astype(f"U{width}").view(np.uint32).reshape(len(words), width).copy()
    length = np.maximum((grid != 0).sum(axis=1), 1)
    later: Flags = (length > 1) & ~chosen(rng, len(length), 0.12)
    at = np.where(later, 1 + np.floor(rng.random(len(length)) * (length - 1)), np.floor(rng.random(len(length)) * length))
    return grid, at.astype(np.int64)


def _texts(grid: Grid) -> pa.StringArray:
    width = grid.shape[1]
    return pa.array(np.ascontiguousarray(grid, dtype=np.uint32).view(f"U{width}").ravel().astype(object), pa.string())


@cache
def _neighbours() -> tuple[Grid, Ints]:
    """For each of the first 256 code points its neighbours on the keyboard, and how many there are."""
    table, counts = np.zeros((256, 8), np.uint32), np.zeros(256, np.int64)
    for character, near in _keyboard().items():
        for written, keys in ((character, near), (character.upper(), near.upper())):
            counts[ord(written)] = len(keys)
            table[ord(written), : len(keys)] = [ord(key) for key in keys]
    return table, counts


def _keyboard() -> dict[str, str]:
    """Each key and those beside, above and below it; a digit's neighbours are digits.

    >>> _keyboard()["g"]
    'fhtyvb'
    """
    near = {}
    for number, row in enumerate(KEYBOARD):
        for place, key in enumerate(row):
            beside = row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
            above = KEYBOARD[number - 1][place : place + 2] if number > 1 else ""
            below = KEYBOARD[number + 1][max(place - 1, 0) : place + 1] if 0 < number < 3 else ""
            near[key] = beside + above + below
    return near


def misdated(date: pa.Array, rng: np.random.Generator) -> pa.Array:
    """Each date with one slip: day and month swapped, digits of the year transposed, a neighbouring day, month, year or decade.

    >>> misdated(pa.array([4_000, None], pa.int32()).cast(pa.date32()), np.random.default_rng(2)).is_null().to_pylist()
    [False, True]
    """
    held = np.asarray(date.is_valid(), dtype=bool)
    days = pc.fill_null(date.cast(pa.int32()), 0).to_numpy().astype(np.int64)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    year, month, day = months // 12 + 1970, months % 12 + 1, days - _first_of(months) + 1
    swap = (year, np.where(day <= 12, day, month), np.where(day <= 12, month, day))
    century, decade, unit = year // 100, year // 10 % 10, year % 10
    step = rng.choice([-1, 1], len(days))
    slips = [
        swap,
        (century * 100 + unit * 10 + decade, month, day),
        (year, month, day + step),
        (year, month + step, day),
        (year + step, month, day),
        (year + 10 * step, month, day),
        (year, np.ones_like(month), np.ones_like(day)),
    ]
    kind = draw(rng, np.array([0.25, 0.15, 0.18, 0.12, 0.14, 0.08, 0.08]), len(days))
    new = np.choose(kind, [_day_number(*slip) for slip in slips])
    return pa.array(np.where(new == days, days + step, new).astype(np.int32), mask=~held).cast(pa.date32())


def _first_of(months: Ints) -> Ints:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _day_number(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days since 1970 of the nearest day that exists: the 31st of a short month is its last."""
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    first, following = _first_of(months), _first_of(months + 1)
    nearest: Ints = np.clip(first + day - 1, first, following - 1)
    return nearest
