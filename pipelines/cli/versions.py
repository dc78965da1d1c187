"""The versions of a source record or a golden customer, for people: `onefold show --versions`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipelines.cli.console import say, shown
from pipelines.cli.status import moment

if TYPE_CHECKING:
    from domain.records import RecordKey
    from pipelines.steps.versions import Change, GoldenHistory, GoldenVersion, RecordHistory, ShownRecordVersion

MOST_KEYS, LONGEST = 12, 80


def tell_versions(found: RecordHistory | GoldenHistory) -> None:
    """All versions, oldest first."""
    from pipelines.steps.versions import GoldenHistory

    say(found.golden_id if isinstance(found, GoldenHistory) else shown(found.record), style="bold")
    for line in golden_lines(found) if isinstance(found, GoldenHistory) else record_lines(found):
        say(line)


def record_lines(found: RecordHistory) -> Iterator[str]:
    """A source record's versions, then the golden ids it had."""
    for place, one in enumerate(found.versions):
        yield from version_lines(one, first=place == 0)
    last = found.versions[-1].version
    if last.until:
        yield f"run {last.until_run} of {moment(last.until)}: gone from its source"
    for golden in found.golden_ids:
        until = f"until run {golden.until_run} of {moment(golden.published_until)}" if golden.until_run else "until now"
        yield f"{golden.golden_id} from run {golden.from_run} of {moment(golden.published_from)} {until}"


def version_lines(one: ShownRecordVersion, first: bool) -> Iterator[str]:
    """One version of a source record: the whole row the first time, then what changed."""
    version = one.version
    yield f"run {version.from_run} of {moment(version.pulled_at)}:"
    if first:
        yield from (f"  {shown(name)}: {quoted(value)}" for name, value in version.raw.items() if value not in (None, ""))
    yield from change_lines(one.changes)
    if not first and not one.changes:
        yield "  back as it was, or read anew"


def golden_lines(found: GoldenHistory) -> Iterator[str]:
    """A golden id's versions."""
    for place, one in enumerate(found.versions):
        yield f"run {one.run} of {moment(one.published_at)}: {state_of(one)}"
        if place == 0:
            yield from (f"  {shown(name)}: {quoted(value)}" for name, value in one.values.items())
        yield from change_lines(one.changes)
        yield from (f"  {word} {named(keys)}" for word, keys in (("with", one.joined), ("without", one.left)) if keys)


def state_of(one: GoldenVersion) -> str:
    """How the id stood."""
    if one.leads_to:
        return f"merged into {one.leads_to}"
    return f"{len(one.records):,} {'record' if len(one.records) == 1 else 'records'}" if one.state == "live" else one.state


def change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """What changed, before and after."""
    return (f"  {shown(one.name)}: {quoted(one.before)} → {quoted(one.after)}" for one in changes)


def quoted(value: object) -> str:
    """A value, or that there is none."""
    return "nothing" if value is None else f'"{shown(value, LONGEST)}"'


def named(keys: Sequence[RecordKey]) -> str:
    """Some record keys, the first by name."""
    names = ", ".join(shown(key) for key in keys[:MOST_KEYS])
    return names if len(keys) <= MOST_KEYS else f"{names} and {len(keys) - MOST_KEYS:,} more"
