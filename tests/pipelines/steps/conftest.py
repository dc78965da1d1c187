"""An organisation to try single steps on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.organisation import Organisation


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    """An organisation without departments, its warehouse an SQLite file."""
    return Organisation(tmp_path)
