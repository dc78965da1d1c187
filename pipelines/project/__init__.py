"""The project file, `onefold.yaml`: found, read, checked as a whole, and turned into plain values of the domain."""

from pipelines.project.environment import resolve
from pipelines.project.find import PROJECT_FILE, find_project
from pipelines.project.load import Project, load_project
from pipelines.project.schema import project_schema

__all__ = ["PROJECT_FILE", "Project", "find_project", "load_project", "project_schema", "resolve"]
