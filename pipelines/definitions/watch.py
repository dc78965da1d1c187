"""Watch: what stops a run is noted for who waits for it, and told to Dagster in one sentence."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from domain.errors import OnefoldError
from pipelines.definitions.labels import readable

HOUSE = Path(__file__).parents[2]
PACKAGES = ("domain", "connectors", "matching", "quality", "warehouse", "pipelines")


@dataclass
class Watch:
    """Somebody who waits for a run: is told how far it is, and finds here what came of it."""

    progress: Callable[[str, int], None] | None = None
    """Is told the source and the number of rows read so far."""
    wait: float = 0.0
    """How many seconds another run that holds the warehouse is waited for."""
    report: dict[str, Any] | None = None
    error: BaseException | None = None
    """What stopped the run, the first thing that did."""

    def stopped(self, error: BaseException) -> None:
        """Note what has stopped the run."""
        self.error = self.error or error

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Note what stops a step, and let Dagster see a sentence without personal data. (Invariant 11)"""
        try:
            yield
        except (dg.Failure, GeneratorExit):
            raise  # is told already; or nobody waits any more
        except Exception as error:
            self.stopped(error)
            raise failure(error) from None
        except BaseException as error:
            self.stopped(error)
            raise


def failure(error: Exception) -> dg.Failure:
    """What Dagster is told: what we can explain as it is, and of a bug where it is."""
    where = {} if isinstance(error, OnefoldError) else {"where": dg.MetadataValue.md("\n".join(f"- {place}" for place in places(error)))}
    return dg.Failure(readable(told(error)), metadata=where, allow_retries=False)


def told(error: BaseException) -> str:
    """One sentence. What a library says may quote a customer, so it is left out. (Invariant 11)

    >>> told(OnefoldError("source 'billing': file 'b.csv' is empty."))
    "source 'billing': file 'b.csv' is empty."
    >>> told(ValueError("jo@example.com is no number"))
    'a ValueError at an unknown place, which Onefold cannot explain: this is a bug, please report it.'
    >>> told(KeyboardInterrupt())
    'the run was interrupted.'
    """
    if isinstance(error, OnefoldError):
        return str(error)
    if not isinstance(error, Exception):
        return "the run was interrupted."
    ours = [place for place in places(error) if place.startswith(PACKAGES)]
    where = ours[-1] if ours else "an unknown place"
    return f"a {type(error).__name__} at {where}, which Onefold cannot explain: this is a bug, please report it."


def places(error: BaseException) -> list[str]:
    """The way to an error through the code, without any value."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{shortened(frame.filename)} line {frame.lineno} ({frame.name})" for frame in frames]


def shortened(path: str) -> str:
    """A path of ours from the house's root; others as they are."""
    ours = any(Path(path).is_relative_to(HOUSE / package) for package in PACKAGES)
    return str(Path(path).relative_to(HOUSE)) if ours else path
