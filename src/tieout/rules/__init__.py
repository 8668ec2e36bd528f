"""The Release: interfaces, mappings with effective dates, entities. Pure values."""

from tieout.rules.mapping import Mapping, MappingRow, UnmappedError
from tieout.rules.release import Entity, Interface, Release

__all__ = ["Entity", "Interface", "Mapping", "MappingRow", "Release", "UnmappedError"]
