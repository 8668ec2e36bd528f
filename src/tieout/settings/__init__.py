"""The only reader of the environment and of the project's files."""

from tieout.settings.alerts import AlertSettings, Silence
from tieout.settings.cases import CaseSettings
from tieout.settings.entities import check_code, entity_source, entity_text, stage_entity
from tieout.settings.environment import Environment, read_environment
from tieout.settings.identity import IdentitySettings, SignOn
from tieout.settings.interface_files import check_name, interface_source, stage_interface
from tieout.settings.mappings import cells_of, parse_mapping, stage_mapping, stage_table, table_text
from tieout.settings.project import Project, fingerprint, load_project
from tieout.settings.staging import FileChange, as_if, as_if_text, drop, drop_forgotten, put
from tieout.settings.systems import entered, stage_removal, stage_system, system_file
from tieout.settings.tomledit import declared_in, edited, seen_of
from tieout.settings.tomlfile import ChangedMeanwhileError, ProjectError

__all__ = [
    "AlertSettings",
    "CaseSettings",
    "ChangedMeanwhileError",
    "Environment",
    "FileChange",
    "IdentitySettings",
    "Project",
    "ProjectError",
    "SignOn",
    "Silence",
    "as_if",
    "as_if_text",
    "cells_of",
    "check_code",
    "check_name",
    "declared_in",
    "drop",
    "drop_forgotten",
    "edited",
    "entered",
    "entity_source",
    "entity_text",
    "fingerprint",
    "interface_source",
    "load_project",
    "parse_mapping",
    "put",
    "read_environment",
    "seen_of",
    "stage_entity",
    "stage_interface",
    "stage_mapping",
    "stage_removal",
    "stage_system",
    "stage_table",
    "table_text",
    "system_file",
]
