"""Dedupe: any table of records, matched without a project and without a warehouse."""

from pipelines.steps.dedupe.run import Asked, DedupeReport, dedupe

__all__ = ["Asked", "DedupeReport", "dedupe"]
