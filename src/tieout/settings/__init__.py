"""The only reader of the environment and of the project's files."""

from tieout.settings.alerts import AlertSettings, Silence
from tieout.settings.environment import Environment, read_environment
from tieout.settings.identity import IdentitySettings, SignOn
from tieout.settings.mappings import cells_of, parse_mapping, stage_mapping
from tieout.settings.project import Project, fingerprint, load_project
from tieout.settings.staging import FileChange, as_if, drop, drop_forgotten, put
from tieout.settings.systems import entered, stage_removal, stage_system, system_file
from tieout.settings.tomlfile import ProjectError

__all__ = [
    "AlertSettings",
    "Environment",
    "FileChange",
    "IdentitySettings",
    "Project",
    "ProjectError",
    "SignOn",
    "Silence",
    "as_if",
    "cells_of",
    "drop",
    "drop_forgotten",
    "entered",
    "fingerprint",
    "load_project",
    "parse_mapping",
    "put",
    "read_environment",
    "stage_mapping",
    "stage_removal",
    "stage_system",
    "system_file",
]
