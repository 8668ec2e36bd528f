"""What the API asks of the project that is open: its systems, its close, its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Protocol

from fastapi import Depends

from tieout.api.v1.calling import TheDesk
from tieout.api.v1.problems import ProblemError
from tieout.close import CloseState
from tieout.connector_api import Connector, ConnectorRegistry, LedgerReader, OpenItem, SystemConfig
from tieout.evidence import Signer
from tieout.money import Period
from tieout.planning import ProcessStage
from tieout.rules import Interface
from tieout.settings import Project
from tieout.store import Connection


class Office(Protocol):
    """An opened project. Whatever asks a system raises ConnectorError."""

    @property
    def project(self) -> Project:
        """Its files as they were read last: release, systems, settings."""
        ...

    @property
    def signer(self) -> Signer:
        """Signs the evidence's heads and packs."""
        ...

    @property
    def process(self) -> ProcessStage:
        """The stage that plans; a preview of a replay asks it."""
        ...

    def connector_of(self, system: str) -> Connector:
        """The connector of a system, by the system's name."""
        ...

    def check_system(self, system: str) -> list[tuple[str, bool, str]]:
        """A system step by step (what, whether it works, what was found), until one step does not work."""
        ...

    def try_system(self, name: str, connector: str, given: Mapping[str, str]) -> list[tuple[str, bool, str]]:
        """What somebody entered, step by step: nothing of it is kept."""
        ...

    def connect_system(
        self, connection: Connection, name: str, connector: str, given: Mapping[str, str]
    ) -> tuple[SystemConfig, Callable[[], None]]:
        """Put what somebody entered into the project once the transaction commits; what to call then."""
        ...

    def disconnect_system(self, connection: Connection, name: str) -> Callable[[], None]:
        """Take a system out that was connected by the browser, once the transaction commits; what to call
        then."""
        ...

    def begin_change(self, connection: Connection) -> None: ...

    def settle_files(self) -> None: ...

    @property
    def registry(self) -> ConnectorRegistry: ...

    def close_state(self, entity: str, period: Period) -> CloseState:
        """How an entity's close of a period stands, by evidence read now."""
        ...

    def set_lock(self, entity: str, period: Period, kind: str, who: str) -> dict[str, date | None]:
        """Lock an entity's books up to a period's end; every lock as it is then."""
        ...

    def open_items(
        self, entity: str, until: date, lines: Sequence[int] = ()
    ) -> tuple[Interface, list[OpenItem], list[OpenItem]]: ...

    def payer(self, entity: str) -> tuple[Interface, LedgerReader]:
        """By which interface an entity pays, and where its bills are open. Raises PaymentRunError."""
        ...

    def begin_proposal(self, connection: Connection, entity: str) -> bool:
        """Whether nobody else proposes payments of an entity, from here to the end of the transaction."""
        ...

    def mapping_cells(self, table: str) -> tuple[list[str], list[list[str]]]: ...

    def change_mapping(
        self, connection: Connection, table: str, header: list[str], rows: list[list[str]]
    ) -> Callable[[], None]: ...


def office_of(desk: TheDesk) -> Office:
    office: Any = desk.office
    if office is None:
        raise ProblemError(503, "office", "this server serves figures alone: its project is not open here")
    found: Office = office
    return found


TheOffice = Annotated[Office, Depends(office_of)]
