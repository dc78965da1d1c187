"""A complete, right project file, and a way to write another into a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def example() -> str:
    """The commented example that stands beside these tests."""
    return (HERE / "onefold.yaml").read_text("utf-8")


@pytest.fixture
def project_with(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a project file; gives its folder."""

    def write(text: str | bytes) -> Path:
        (tmp_path / "onefold.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return write
