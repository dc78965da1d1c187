"""The `onefold` command: a file for each command; what they do is done by the steps, imported late so that it starts fast.

app          the commands together, and what becomes of errors
options      what commands have in common
console      printing, to people and to scripts
demo · dedupe · check · schema · run · match · train · status · show · explain · diff · preview
publish · export · events · audit · adopt · doctor · subject · erase · ui · report
merge · split · pin · decide · undo        stewards' acts
acts         what these have in common
"""

from pipelines.cli.app import app


def main() -> None:
    """Run the command that the arguments name."""
    app()
