"""Tieout: a control plane between Odoo and the systems around a finance team."""

__version__ = "0.1.0"
