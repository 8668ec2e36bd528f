"""The only reader of the environment and of the project's files."""

from tieout.settings.alerts import AlertSettings, Silence
from tieout.settings.environment import Environment, read_environment
from tieout.settings.identity import IdentitySettings, SignOn
from tieout.settings.mappings import cells_of, parse_mapping, write_mapping
from tieout.settings.project import Project, fingerprint, load_project
from tieout.settings.systems import entered, remove_system, system_file, write_system
from tieout.settings.tomlfile import ProjectError

__all__ = [
    "AlertSettings",
    "Environment",
    "IdentitySettings",
    "Project",
    "ProjectError",
    "SignOn",
    "Silence",
    "cells_of",
    "entered",
    "fingerprint",
    "load_project",
    "parse_mapping",
    "read_environment",
    "remove_system",
    "system_file",
    "write_mapping",
    "write_system",
]
