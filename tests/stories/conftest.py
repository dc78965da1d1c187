"""An organisation to tell a story of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.organisation import Organisation


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    """An organisation without departments, its warehouse an SQLite file."""
    return Organisation(tmp_path)


@pytest.fixture
def organisation_on_each(tmp_path: Path, warehouse_url: str) -> Organisation:
    """The same on each kind of database."""
    return Organisation(tmp_path, warehouse_url)
