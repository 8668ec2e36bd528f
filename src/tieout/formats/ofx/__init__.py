"""OFX 1 (SGML), OFX 2 (XML) and QFX."""
