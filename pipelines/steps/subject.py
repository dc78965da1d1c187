"""Subject: everything that is held on one person, for the person, as JSON and as a page."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.errors import OnefoldError
from pipelines.project import Project
from pipelines.reports.subject import subject_page
from pipelines.steps.erase import find
from warehouse.audit import record_act
from warehouse.database import Warehouse
from warehouse.golden import golden_record
from warehouse.subject import held_rows, refused_rows


@dataclass(frozen=True, slots=True)
class SubjectFiles:
    """Where everything on one person was written."""

    golden_id: str
    json: Path
    html: Path
    counts: Mapping[str, int]
    """Rows by what they are."""


def held_on_subject(warehouse: Warehouse, project: Project, asked: str, now: datetime) -> dict[str, Any]:
    """Everything that is held on the person of a golden id, as JSON knows it. Raises UnknownGoldenId."""
    found = find(warehouse, project, asked)
    person = found.person
    with warehouse.connect() as connection:
        rows = held_rows(connection, project.attributes, person, found.telling)
        rows["quarantine"] = refused_rows(connection, found.refused)
        golden = golden_record(connection, project.attributes, person.number)
    values = {} if golden is None else {name: told(value.value) for name, value in golden.values.items()}
    about = {"project": project.name, "golden_id": person.golden_ids[0], "golden_ids": list(person.golden_ids), "at": now, "golden": values}
    plain: dict[str, Any] = json.loads(json.dumps(about | rows, default=told))
    return plain


def told(value: object) -> Any:
    """What JSON does not know: moments and dates as ISO 8601, all else as text."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else (value if isinstance(value, str | int | float | bool) else str(value))


def export_subject(warehouse: Warehouse, project: Project, asked: str, folder: Path, by: str) -> SubjectFiles:
    """Write everything on a person into a folder, readable for its owner only; that it was done goes into the audit log."""
    now = datetime.now(UTC)
    held = held_on_subject(warehouse, project, asked, now)
    golden_id = str(held["golden_id"])
    files = folder / f"subject-{golden_id}.json", folder / f"subject-{golden_id}.html"
    texts = json.dumps(held, indent=2, ensure_ascii=True), subject_page(held)
    with warehouse.begin() as connection:
        record_act(connection, now, by, "export subject", golden_id, {})
    write_private(folder, dict(zip(files, texts, strict=True)))
    return SubjectFiles(
        golden_id, *files, {name: len(rows) for name, rows in held.items() if isinstance(rows, list) and name != "golden_ids"}
    )


def write_private(folder: Path, texts: Mapping[Path, str]) -> None:
    """Write files whole or not at all, for their owner only. Raises OnefoldError where they cannot be written."""
    drafts: dict[Path, str] = {}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, text in texts.items():
            number, draft = tempfile.mkstemp(prefix=".subject-", dir=folder)  # mode 0600
            drafts[path] = draft
            with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for path in texts:
            os.replace(drafts.pop(path), path)
    except OSError as error:
        raise OnefoldError(f"the export cannot be written to {folder}: {(error.strerror or 'it failed').lower()}.") from None
    finally:
        for draft in drafts.values():
            Path(draft).unlink(missing_ok=True)
