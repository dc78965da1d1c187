"""`onefold schema`: the JSON Schema of the project file, for editors."""

from __future__ import annotations

from pipelines.cli.console import print_json
from pipelines.cli.options import DebugOption


def schema(debug: DebugOption = False) -> None:
    """Print the JSON Schema of onefold.yaml, for editors.

    With it they complete and check the file. Save it beside the project file (onefold schema > onefold.schema.json) and begin
    that file with the line "# yaml-language-server: $schema=onefold.schema.json".
    """
    from pipelines.project import project_schema

    print_json(project_schema())
