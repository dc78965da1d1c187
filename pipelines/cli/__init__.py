"""The `onefold` command: a file for each command; what they do is done by the steps, imported late so that it starts fast.

app          the commands together, and what becomes of errors
options      what commands have in common
console      printing, to people and to scripts
demo · dedupe · check · schema · run · match · train · status · show · explain · export · events · audit · subject · erase · ui · report
"""

from pipelines.cli.app import app


def main() -> None:
    """Run the command that the arguments name."""
    app()
