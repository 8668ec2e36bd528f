"""The only reader of the environment and of the project's files."""

from tieout.settings.environment import Environment, read_environment
from tieout.settings.project import Project, load_project
from tieout.settings.tomlfile import ProjectError

__all__ = ["Environment", "Project", "ProjectError", "load_project", "read_environment"]
