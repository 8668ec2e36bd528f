"""The commands that run: `up`, `worker`, `serve`."""

from __future__ import annotations

import errno
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tieout.cli.context import (
    USAGE,
    err,
    factories,
    fail,
    open_project,
    open_running,
)
from tieout.cli.options import Folder
from tieout.cli.pulse import Line, Pulse, as_child, tell_of_the_web_side
from tieout.cli.sandbox import is_empty, is_installed, lives_under, sandbox_part, throw_away, was_toured
from tieout.cli.signing_in import first_link

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject
    from tieout.store import EmbeddedServer

# A round has at most some hundred calls, each with a limit of its own: one that takes so long hangs.
_ROUND_S = 3600.0


def up(
    folder: Folder = Path(),
    day_s: Annotated[
        float, typer.Option("--seconds-a-day", help="in an empty folder: how fast the sandbox's days pass")
    ] = 2.0,
    company: Annotated[
        str,
        typer.Option(
            "--scenario",
            "--company",
            help="in an empty folder: which company on the sandbox, distributor or services",
        ),
    ] = "distributor",
    anew: Annotated[
        bool, typer.Option("--anew", help="throw the folder's company on the sandbox away, and begin another")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="with --anew: without being asked")] = False,
    own: Annotated[
        bool, typer.Option("--own", help="in an empty folder: a project of your own, set up in the browser")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=32, help="how many workers share the work")] = 1,
    give_up_s: Annotated[
        float,
        typer.Option("--give-up-after", min=1, help="seconds for which what cannot be started is tried"),
    ] = 300.0,
) -> None:
    """Run everything: the database, a worker (or several), the web side; what dies is restarted.

    In an empty folder: a company on the sandbox, to look around in; started there again, it goes on. With --own, or where no
    sandbox is installed, a project of your own, which is set up in the browser.
    """
    from tieout.observe import ServiceManager
    from tieout.settings import read_environment

    stop = stop_on_signals()
    if was_toured(folder) or anew or (is_empty(folder) and is_installed() and not own):
        _on_the_sandbox(folder, day_s, company, anew, yes, stop)
        return
    if is_empty(folder):
        begin_empty(folder)
    project = open_project(folder)
    server = take_and_start(project)
    more = tuple(f"worker-{n}" for n in range(2, workers + 1))
    manager = ServiceManager(read_environment().notify_socket)
    supervisor = factories.supervisor(
        project.settings.folder, server, ("worker", *more, "serve"), manager=manager, give_up_s=give_up_s
    )
    supervisor.start()
    try:
        if wait_for_any(stop, supervisor.ready, supervisor.ended) and supervisor.ready.is_set():
            _say_how_to_get_in(project)
        wait_for_any(stop, supervisor.ended)
    finally:
        supervisor.stop()
        project.close()
    if supervisor.reason:
        fail(f"Tieout ended: {supervisor.reason}. What it wrote is in {project.settings.state}")


def _on_the_sandbox(
    folder: Path, day_s: float, company: str, anew: bool, yes: bool, stop: threading.Event
) -> None:
    """The company of a folder, or one that is set up there."""
    tour = sandbox_part("demo.tour")
    if company not in ("distributor", "services"):
        fail(f"no company {company!r}: there are distributor and services", USAGE)
    if was_toured(folder) and (who := lives_under(folder)):
        fail(
            f"{folder}: its company lives on the sandbox, under {who}: end that first by Ctrl-C or SIGTERM",
            USAGE,
        )
    if anew:
        if not yes and not typer.confirm(f"Everything in {folder.resolve()} is deleted. Go on?"):
            fail("nothing was thrown away", USAGE)
        throw_away(folder)
    tour.Tour(folder, factories.supervisor, day_s, company).run(stop)


def begin_empty(folder: Path) -> None:
    """Write a project to be set up in the browser; ends with 2 where it cannot be written."""
    from tieout.cli.template import write_empty

    try:
        write_empty(folder, "My company", "test")
    except OSError as error:
        fail(f"no project can be made in {folder}: {error.strerror}", USAGE)
    err.print(f"A project of your own is begun in {folder.resolve()}")
    if not is_installed():
        err.print(
            "For a simulated company to look around in: pip install 'tieout[sandbox]', and an empty folder"
        )


def take_and_start(project: OpenProject, has_port: bool = False) -> EmbeddedServer | None:
    """Take the project for this process alone, and start its database; the embedded server, where it is one. Ends with 3
    where another process has the project, its port is taken (by somebody else, where this process `has_port` already), or the
    database does not start."""
    from tieout.operations.starting import start_database
    from tieout.store import FolderHeldError

    try:
        project.take_over()
    except FolderHeldError as error:
        fail(str(error))
    if not has_port:
        refuse_taken_port(project)
    return database_of(lambda: start_database(project))


def database_of(begin: Callable[[], EmbeddedServer | None]) -> EmbeddedServer | None:
    """The database that `begin` starts or reaches; ends this program with words where it cannot."""
    import psycopg

    from tieout.store import EmbeddedServerError, MigrationError

    try:
        return begin()
    except (EmbeddedServerError, MigrationError) as error:
        fail(str(error))
    except psycopg.OperationalError as error:
        fail(f"the database does not answer: {str(error).strip()}")


def _say_how_to_get_in(project: OpenProject) -> None:
    import psycopg

    err.print(f"Tieout is up: {project.settings.identity.url}/")
    try:
        link = first_link(project)
    except psycopg.OperationalError:
        # It went away again at once: what is up is restarted, and a link can be had later.
        return
    if link:
        err.print("Nobody is let in yet. Whoever opens this within 24 hours is its administrator:")
        err.print(link, soft_wrap=True)


def stop_on_signals() -> threading.Event:
    """An event that is set by Ctrl-C and SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def wait_for_any(*events: threading.Event) -> bool:
    """Wait until one of them is set."""
    while not any(event.is_set() for event in events):
        events[0].wait(0.1)
    return True


def refuse_taken_port(project: OpenProject) -> None:
    """End with 3 and what to do where nobody can listen at the project's port."""
    host, port = project.settings.serve_host, project.settings.serve_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
            tried.listen(1)
    except OSError as error:
        why = (
            "is taken by another program"
            if error.errno == errno.EADDRINUSE
            else f"cannot be had ({error.strerror})"
        )
        fail(
            f"port {port} of {host} {why}: end what has it, or put another one into tieout.toml ([serve] port)"
        )


def worker(folder: Folder = Path()) -> None:
    """Run a worker on a database that runs already."""
    from tieout.cli.ending import Ending
    from tieout.engine import let_people_first, look_for_cycles_seldom
    from tieout.operations.systems import keep_pinned

    manager = as_child()
    let_people_first()
    project = open_running(folder)
    ending = Ending(project).start()
    before = set(threading.enumerate())
    running = factories.worker(project)
    stop = stop_on_signals()
    look_for_cycles_seldom()
    running.start()
    threading.Thread(target=keep_pinned, args=(project, stop), name="pins", daemon=True).start()
    threads = set(threading.enumerate()) - before
    line = Line(project.dsn)
    pulse, ended, hangs = Pulse(manager, line.trouble), list[str](), ""
    while not stop.wait(pulse.wait_s) and not ended and not hangs:
        ended = sorted(t.name for t in threads if not t.is_alive())
        hangs = running.hangs(_ROUND_S)
        pulse.beat()
    if hangs:
        # Its lane is free again once this process is gone; what it was sending is looked up by the next one.
        fail(
            f"a round of {hangs} took more than {_ROUND_S / 60:.0f} minutes and is given up with this worker"
        )
    running.stop()
    project.close()
    if ended and not stop.is_set():
        fail(f"a worker's threads ended by themselves: {', '.join(ended)}")
    raise typer.Exit(ending.code)


def serve(folder: Folder = Path()) -> None:
    """Run the web side on a database that runs already."""
    manager = as_child()
    project = open_running(folder)
    refuse_taken_port(project)
    # What takes a second to import is imported once it is known to be of use: a start that cannot succeed is tried again
    # and again.
    from tieout.api import Services
    from tieout.api import serve as serve_api
    from tieout.cli.ending import Ending
    from tieout.console import pages
    from tieout.operations.files import settle_files
    from tieout.security import load_authority

    # Who served before may have died between deciding a change of the project's files and putting it in place.
    settle_files(project)
    settings = project.settings

    def people_exist() -> bool:
        with project.database.transaction() as connection:
            return bool(load_authority(connection).people)

    me = secrets.token_hex(8)
    threading.Thread(
        target=tell_of_the_web_side,
        args=(manager, settings.serve_host, settings.serve_port, me),
        daemon=True,
    ).start()
    ending = Ending(project).start()
    serve_api(
        Services(
            name=settings.name,
            environment=settings.environment,
            database=project.database,
            clock=project.clock,
            release=project.release,
            # A push is taken in whether or not its system answers, and whoever it is.
            session=project.open_session,
            connector_of=project.connector_of,
            host=settings.serve_host,
            port=settings.serve_port,
            identity=settings.identity,
            project=project,
            spool=settings.state / "uploads",
            instance=me,
        ),
        pages(
            settings.name,
            settings.environment,
            settings.identity.sign_on is not None,
            people_exist,
            settings.sandbox,
        ),
    )
    raise typer.Exit(ending.code)
