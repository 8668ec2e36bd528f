"""A services company's month: payroll, expenses, subscriptions, journals by spreadsheet, two entities."""

from tieout_sandbox.services.month import ServicesMonth
from tieout_sandbox.services.oracle import ServicesOracle
from tieout_sandbox.services.project import PEOPLE, write_services_project

__all__ = ["PEOPLE", "ServicesMonth", "ServicesOracle", "write_services_project"]
