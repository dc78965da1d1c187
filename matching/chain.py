"""Chain: what holds two records of one customer together that are not alike themselves."""

from __future__ import annotations

import numpy as np

from matching.records import Longs


def strongest_chain(weight: Longs, start: int, end: int) -> list[int]:
    """The records from one to another over the chain whose weakest link is as strong as can be; the shortest of those.

    `weight` (records × records, symmetric) are the links. Of equally short chains it is the one over the earlier records.

    >>> strongest_chain(np.array([[0, 9, -5], [9, 0, 7], [-5, 7, 0]]), 0, 2)
    [0, 1, 2]
    >>> strongest_chain(np.array([[0, 9, 8], [9, 0, 7], [8, 7, 0]]), 0, 2)
    [0, 2]
    """
    return shortest_chain(weight >= weakest_link(weight, start, end), start, end)


def weakest_link(weight: Longs, start: int, end: int) -> int:
    """How strong the weakest link is of the chain that is strongest by it: reached like a spanning tree, strongest link first."""
    reach = weight[start].astype(np.int64)
    done = np.zeros(len(reach), bool)
    done[start] = True
    floor = np.iinfo(np.int64).max
    while not done[end]:
        nearest = int(np.argmax(np.where(done, np.iinfo(np.int64).min, reach)))
        floor = min(floor, int(reach[nearest]))
        done[nearest] = True
        reach = np.maximum(reach, weight[nearest])
    return floor


def shortest_chain(linked: np.ndarray[tuple[int, int], np.dtype[np.bool_]], start: int, end: int) -> list[int]:
    """The fewest steps over links that are there, one ring of records after another."""
    before = {start: start}
    ring = [start]
    while end not in before:
        further: list[int] = []
        for here in ring:
            for there in np.flatnonzero(linked[here]).tolist():
                if there not in before:
                    before[there] = here
                    further.append(there)
        ring = further
    chain = [end]
    while chain[-1] != start:
        chain.append(before[chain[-1]])
    return chain[::-1]
