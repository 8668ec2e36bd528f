"""What the API asks of the project that is open: its systems, its close, its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import Depends

from tieout.api.v1.calling import TheDesk
from tieout.api.v1.problems import ProblemError
from tieout.close import CloseState
from tieout.connect import Connector, ConnectorRegistry, OpenItem
from tieout.evidence import Signer
from tieout.money import Period
from tieout.payables import Proposal
from tieout.pipeline import ProcessStage
from tieout.reconcile.ledger import Run
from tieout.rules import Interface
from tieout.security import Person
from tieout.settings import Project


class Office(Protocol):
    """An opened project. Whatever asks a system raises ConnectorError."""

    @property
    def project(self) -> Project: ...

    @property
    def signer(self) -> Signer: ...

    @property
    def process(self) -> ProcessStage: ...

    def connector_of(self, system: str) -> Connector: ...

    def check_system(self, system: str) -> list[tuple[str, bool, str]]: ...

    def try_system(
        self, name: str, connector: str, given: Mapping[str, str]
    ) -> list[tuple[str, bool, str]]: ...

    def connect_system(self, name: str, connector: str, given: Mapping[str, str]) -> None: ...

    def disconnect_system(self, name: str) -> None: ...

    @property
    def registry(self) -> ConnectorRegistry: ...

    def close_state(self, entity: str, period: Period) -> CloseState: ...

    def sign_close(
        self, entity: str, period: Period, tasks: Sequence[str], who: str | Person, key: str = ""
    ) -> list[tuple[str, str]]: ...

    def lock_books(self, entity: str, period: Period, kind: str, who: str) -> dict[str, date | None]: ...

    def open_items(
        self, entity: str, until: date, lines: Sequence[int] = ()
    ) -> tuple[Interface, list[OpenItem], list[OpenItem]]: ...

    def reconcile(self, entity: str, until: date, dry: bool = False) -> Run: ...

    def propose_payments(
        self, entity: str, pay_on: date, until: date, by: str = "", dry: bool = False
    ) -> Proposal: ...

    def mapping_cells(self, table: str) -> tuple[list[str], list[list[str]]]: ...

    def change_mapping(self, table: str, header: list[str], rows: list[list[str]]) -> Path: ...


def office_of(desk: TheDesk) -> Office:
    office: Any = desk.office
    if office is None:
        raise ProblemError(503, "office", "this server serves figures alone: its project is not open here")
    found: Office = office
    return found


TheOffice = Annotated[Office, Depends(office_of)]
