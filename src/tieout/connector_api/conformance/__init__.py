"""What every connector must do, as tests that a connector's own package runs by one statement:

    TestMine = conformance(CONNECTOR, fixtures=Path(__file__).parent / "fixtures", live=Live({"url": "…", "key": "…"}))

It needs nothing but Python's unittest, so pytest and `python -m unittest` both run it. What is not given is not checked, and
the report says so: each of these is a test that is skipped, with what to give.
"""

from tieout.connector_api.conformance.subject import Live, Push, Writes
from tieout.connector_api.conformance.suite import conformance

__all__ = ["Live", "Push", "Writes", "conformance"]
