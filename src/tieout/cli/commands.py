"""Every command, with its options."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tieout.cli import approvals as approvals_group
from tieout.cli import case_people as case_people_commands
from tieout.cli import cases as cases_group
from tieout.cli import checking as checking_commands
from tieout.cli import clearing as clearing_command
from tieout.cli import close as close_group
from tieout.cli import close_items, payroll_details
from tieout.cli import deciding as deciding_command
from tieout.cli import evidence as evidence_group
from tieout.cli import extract as extract_command
from tieout.cli import late as late_commands
from tieout.cli import lessons as lessons_group
from tieout.cli import match as match_command
from tieout.cli import matches as matches_group
from tieout.cli import parse as parse_command
from tieout.cli import payments as payments_group
from tieout.cli import people as people_group
from tieout.cli import prove as prove_command
from tieout.cli import qualifying as qualifying_command
from tieout.cli import receivables as receivables_group
from tieout.cli import reconcile as reconcile_command
from tieout.cli import running as running_commands
from tieout.cli import survey as survey_command
from tieout.cli import taxes as taxes_group
from tieout.cli import told as told_command
from tieout.cli.arranging import InOrder, arrange
from tieout.cli.cases import entity_of_case
from tieout.cli.context import (
    FINDINGS,
    USAGE,
    factories,
    fail,
    must_be_files,
    named_secret,
    open_project,
    open_running,
    out,
    print_json,
)
from tieout.cli.identity import who_works
from tieout.cli.narrowing import refuse_unknown
from tieout.cli.odoo_servers import ended_by_signals, must_name_the_same, nothing_made, played
from tieout.cli.options import Folder, Json
from tieout.cli.sandbox import sandbox_part

cli = typer.Typer(
    name="tieout",
    help="A control plane between Odoo and the systems around a finance team.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    cls=InOrder,
)
cli.add_typer(approvals_group.group, name="approvals")
cases_group.group.command("decide")(deciding_command.decide)
cases_group.group.command("assign")(case_people_commands.assign)
cases_group.group.command("comment")(case_people_commands.comment)
cases_group.group.command("watch")(case_people_commands.watch)
cli.add_typer(cases_group.group, name="cases")
cli.add_typer(people_group.group, name="people")
close_group.group.command("items")(close_items.items)
close_group.group.command("late")(late_commands.late)
close_group.group.command("decide")(late_commands.decide)
cli.add_typer(close_group.group, name="close")
cli.add_typer(payments_group.group, name="payments")
cli.add_typer(receivables_group.group, name="receivables")
cli.add_typer(evidence_group.group, name="evidence")
cli.add_typer(matches_group.group, name="matches")
cli.add_typer(lessons_group.group, name="lessons")
cli.command("parse")(parse_command.parse)
cli.command("survey")(survey_command.survey)
cli.command("persons")(payroll_details.persons)
cli.command("extract")(extract_command.extract)
cli.command("revalue")(close_group.revalue)
cli.command("cutoff")(close_group.cutoff)
cli.command("cash")(close_group.cash)
cli.command("accruals")(payments_group.accruals)
cli.command("reconcile")(reconcile_command.reconcile)
cli.command("clearing")(clearing_command.clearing)
cli.command("tieout")(prove_command.tieout)
cli.command("payouts")(prove_command.payouts)
cli.add_typer(taxes_group.group, name="taxes")
cli.command("told")(told_command.told)
cli.command("match")(match_command.match)
cli.command("check")(checking_commands.check)
cli.command("qualify")(qualifying_command.qualify)
cli.command("up")(running_commands.up)
cli.command("worker")(running_commands.worker)
cli.command("serve")(running_commands.serve)


@cli.command()
def demo(
    orders: Annotated[int, typer.Option(min=2, max=100_000, help="shop orders in the month")] = 500,
    seed: Annotated[int, typer.Option(help="decides everything that happens")] = 1,
    faults: Annotated[str, typer.Option(help="none, light or heavy")] = "none",
    scenario: Annotated[str, typer.Option(help="distributor or services")] = "distributor",
    folder: Annotated[Path | None, typer.Option("--dir", help="keep everything here")] = None,
    serve: Annotated[bool, typer.Option(help="leave the web side running at the end")] = False,
    kills: Annotated[int, typer.Option(help="kill a process at random this often")] = 0,
    crash: Annotated[
        str,
        typer.Option(
            help="let the worker die at a crash point: name[:n], and at others then: name[:n],name[:n]"
        ),
    ] = "",
    odoo_url: Annotated[str, typer.Option(help="post into a real Odoo instead")] = "",
    odoo_db: Annotated[str, typer.Option("--odoo-database", "--odoo-db", help="its database")] = "",
    odoo_key: Annotated[str, typer.Option(help="an administrator's API key, as env:NAME or file:PATH")] = "",
    odoo_login: Annotated[str, typer.Option(help="whose key that is; Odoo 18 asks for it")] = "admin",
    test_database: Annotated[
        str, typer.Option(help="its name once more: whoever gives it says that it is no production")
    ] = "",
    as_json: Json = False,
) -> None:
    """Run a company's whole month on the sandbox, from nothing to tied out."""
    scenarios, driver = sandbox_part("demo.scenarios"), sandbox_part("demo.driver")
    qualify = sandbox_part("qualify")
    if scenario not in scenarios.SCENARIOS:
        fail(f"no scenario {scenario!r}: there are {', '.join(scenarios.SCENARIOS)}", USAGE)
    if faults not in ("none", "light", "heavy"):
        fail(f"faults are none, light or heavy, not {faults!r}", USAGE)
    if len({bool(odoo_url), bool(odoo_key), bool(odoo_db)}) > 1:
        fail("--odoo-url, --odoo-database and --odoo-key go together", USAGE)
    must_name_the_same(test_database, odoo_db)
    options = scenarios.DemoOptions(
        orders=orders,
        seed=seed,
        faults=faults,
        scenario=scenario,
        folder=folder,
        serve=serve,
        kills=kills,
        crash=crash,
        quiet=as_json or not sys.stderr.isatty(),
        odoo_url=odoo_url,
        odoo_db=odoo_db,
        odoo_key=named_secret(odoo_key, "--odoo-key") if odoo_key else "",
        odoo_login=odoo_login,
    )
    with ended_by_signals():
        if odoo_url:
            asked = qualify.Asked(
                odoo_url, odoo_db, options.odoo_key, odoo_login, told_test=bool(test_database)
            )
            with nothing_made(qualify, asked):
                qualify.ask(asked)
        result = played(qualify, driver.Demo(options, factories.supervisor))
    if as_json:
        print_json(result.as_json())
    else:
        sandbox_part("demo.terminal").show(result)
    raise typer.Exit(0 if result.good else FINDINGS)


@cli.command()
def init(
    folder: Annotated[Path, typer.Argument(help="a folder that does not hold a project")] = Path(),
    name: Annotated[str, typer.Option(help="what the project is called")] = "My company",
    environment: Annotated[str, typer.Option(help="test, or production")] = "test",
    files: Annotated[
        bool, typer.Option("--files", help="write files to fill in, which explain every choice")
    ] = False,
    country: Annotated[
        str, typer.Option(help="as --files, with the pack of its entity's country, such as DE")
    ] = "",
) -> None:
    """Make a new project: `tieout up` leads through its set-up in the browser, or files say every choice."""
    from tieout.cli.template import write_empty, write_template
    from tieout.rules.packs import load_pack

    try:
        pack = load_pack(country) if country else None
    except LookupError as error:
        fail(f"--country: {error.args[0]}", USAGE)
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", environment):
        fail(f"--environment: {environment!r} is none: test or production", USAGE)
    by_hand = files or pack is not None
    try:
        if (folder / "tieout.toml").exists():
            fail(f"{folder} holds a project already", USAGE)
        if by_hand:
            write_template(folder, pack)
        else:
            write_empty(folder, name, environment)
    except OSError as error:
        fail(f"no project can be made in {folder}: {error.strerror}", USAGE)
    at = "" if folder == Path() else f" --dir {folder}"
    if by_hand:
        out.print(f"A project is in {folder}. Fill in tieout.toml, then: tieout check{at}")
    else:
        out.print(f"A project is in {folder.resolve()}. It is set up in the browser: tieout up{at}")


@cli.command()
def sandbox(
    folder: Folder = Path("sandbox"),
    seed: Annotated[int, typer.Option(help="decides everything that happens")] = 1,
    faults: Annotated[str, typer.Option(help="none, light or heavy")] = "none",
    as_json: Json = False,
) -> None:
    """Run the simulators alone and print each one's address and credentials."""
    world_part = sandbox_part("world")
    if faults not in world_part.FAULT_PLANS:
        fail(f"faults are none, light or heavy, not {faults!r}", USAGE)
    world = world_part.World(folder, seed=seed, faults=faults, start=datetime.now(UTC))
    world.start()
    world.let_faults(True)
    shown: dict[str, dict[str, object]] = {
        "odoo": {
            "url": world.url("odoo"),
            "database": world.odoo.database,
            "key": world.odoo.service.make_key(2),
        },
        "stripe": {
            "url": world.url("stripe"),
            "key": world.secrets["stripe_key"],
            "webhook_secret": world.secrets["stripe"],
        },
        **{
            name: {
                "url": world.url(name),
                "token": world.secrets[f"{name}_token"],
                "webhook_secret": world.secrets[name],
            }
            for name in world.shops
        },
        "salesforce": {
            "url": world.url("salesforce"),
            "client_id": world.secrets["sf_id"],
            "client_secret": world.secrets["sf_secret"],
        },
        "smtp": {"host": "127.0.0.1", "port": world.ports["smtp"]},
        "cloudevents": {"url": world.url("cloudevents"), "secret": world.secrets["events"]},
        "statements": {"folder": str(world.statements)},
    }
    if as_json:
        print_json(shown)
        sys.stdout.flush()
    else:
        for name, values in shown.items():
            out.print(name, *(f"{k}={v}" for k, v in values.items()))
    running_commands.stop_on_signals().wait()
    world.stop()


@cli.command()
def run(
    interface: Annotated[str, typer.Argument(help="its name in interfaces/")],
    folder: Folder = Path(),
    since: Annotated[str, typer.Option(help="pull again from the beginning: all")] = "",
) -> None:
    """Poll an interface now, or pull everything again with `--since all`."""
    project = open_running(folder)
    if interface not in project.settings.release.interfaces:
        fail(f"no interface {interface!r}: there are {', '.join(project.settings.release.interfaces)}", USAGE)
    with project.database.transaction() as connection:
        from tieout.engine import wake
        from tieout.inbox import poll_now, pull_again

        if since:
            pull_again(connection, interface, project.clock)
        else:
            poll_now(connection, interface, project.clock)
        wake(connection)
    out.print(f"{interface} is polled by the workers at once")


@cli.command()
def ingest(
    files: Annotated[list[Path], typer.Argument()],
    interface: Annotated[str, typer.Option("--interface", help="the interface that takes them")],
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Take files in; a file that was taken before has no second effect."""
    from tieout.connector_api import FileRefusedError
    from tieout.inbox import control_of, file_content, refuse_file, take_file

    project = open_running(folder)
    found = project.settings.release.interfaces.get(interface)
    reader = project.file_reader_of(found.system) if found else None
    if found is None or reader is None:
        fail(f"no interface {interface!r} takes files", USAGE)
    must_be_files(files)
    results, refused = [], 0
    who = who_works(project, "", operation="files:write", entity=found.entity)
    connection = project.database.connect(autocommit=True)
    for path in files:
        try:
            with file_content(path) as content:
                beside = control_of(path)
                done = take_file(connection, found, reader, path.name, content, project.clock, who, beside)
            results.append({"file": str(path), "new": done.new, "known": done.known, "error": None})
        except FileRefusedError as error:
            refused += 1
            refuse_file(connection, project.settings.release, found, path.name, error, project.clock)
            results.append({"file": str(path), "new": 0, "known": 0, "error": str(error)})
    if as_json:
        print_json(results)
    else:
        for row in results:
            text = row["error"] or ("taken" if row["new"] else "known already: no second effect")
            out.print(f"{row['file']}: {text}")
    raise typer.Exit(FINDINGS if refused else 0)


@cli.command()
def status(folder: Folder = Path(), as_json: Json = False) -> None:
    """The three answers: what failed, what it costs, what recovers it; and the tie-out."""
    from tieout.api.status import read_status
    from tieout.cli.tables import tie_out_table
    from tieout.proofs import tie_out

    project = open_running(folder)
    with project.database.transaction() as connection:
        rows = tie_out(connection, project.settings.release)
    state = read_status(project.database, project.settings.release, project.away)
    if as_json:
        from tieout.cli.tables import tie_out_json

        print_json(
            {
                "cases": state.cases,
                "flows": state.flows,
                "backlog": state.backlog,
                "events_listed": state.unknown_events,
                "unpinned": state.unpinned,
                "waits": state.waits,
                "files_waiting": state.files,
                "tieout": tie_out_json(rows),
            }
        )
    else:
        out.print(tie_out_table(rows, out.width))
        for case in state.cases:
            out.print(
                f"{case['cause']}: {case['count']} cases, {case['amount_at_risk']} "
                f"{case['currency']} at risk. {case['recovery']}",
            )
        for ledger in state.unpinned:
            what = "refused" if ledger["refused"] else "waited for"
            out.print(f"{ledger['system']} is {what}, nothing is sent to it: {ledger['why']}")
        for wait in state.waits:
            out.print(wait)
        for flow in state.flows:
            if flow["last_error"]:
                out.print(f"{flow['interface']}: {flow['last_error']}")
        for file in state.files:
            out.print(
                f"{file['interface']}: {file['name']} waits since {file['since']}: {file['why']}",
            )
    raise typer.Exit(FINDINGS if state.cases or state.unpinned else 0)


@cli.command()
def replay(
    folder: Folder = Path(),
    cause: Annotated[str | None, typer.Option(help="of this cause alone")] = None,
    case: Annotated[int | None, typer.Option(help="this case alone")] = None,
) -> None:
    """Reprocess what open cases hold; what was posted already is left alone."""
    from tieout.planning import replay as replay_documents

    project = open_running(folder)
    if case is not None:
        entity = entity_of_case(project, case)
        who = who_works(project, "operator", operation="cases:write", entity=entity)
    else:
        who = who_works(project, "operator", operation="interfaces:replay", entity="*")
    with project.database.transaction() as connection:
        count = replay_documents(connection, project.clock.now(), who, cause=cause, case_id=case)
    if not count:
        refuse_unknown(project, cause=cause)
    out.print(f"{count} documents and effects are reprocessed")


@cli.command()
def backup(
    target: Annotated[Path, typer.Argument(help="the file to write")], folder: Folder = Path()
) -> None:
    """Write the database to a file. The keys are apart: keep them elsewhere."""
    from tieout.store import back_up

    project = open_running(folder, any_version=True)
    try:
        size = back_up(project.owner_dsn, target)
    except (RuntimeError, OSError) as error:
        fail(str(error))
    keys = project.settings.state / "keys"
    out.print(f"{target}: {size} bytes. Keep {keys} and secrets/ too, in another place.")


@cli.command()
def restore(
    source: Annotated[Path, typer.Argument(help="a file that `tieout backup` wrote")],
    folder: Folder = Path(),
    witness: Annotated[
        Path | None, typer.Option(help="the witness file that you kept, where the project's is gone")
    ] = None,
) -> None:
    """Restore into an empty database, whole or not at all; whatever was not confirmed is looked up first."""
    from tieout.operations.restoring import restore_project
    from tieout.store import EmbeddedServerError, RestoreError

    project = open_project(folder)
    must_be_files([source])
    try:
        found = restore_project(project, source, witness)
    except (RestoreError, EmbeddedServerError) as error:
        fail(str(error))
    done = "was restored already" if found.again else "restored"
    out.print(f"{done}; {found.deliveries} deliveries are looked up before anything is sent")
    out.print(f"Its evidence is of {found.entries} sealed entries; from here on the log goes on from there.")
    if found.lost is None:
        out.print(
            "No witness file is here: nobody can tell what was sealed after them. Restore with --witness FILE."
        )
    elif found.lost:
        out.print(f"{found.lost} entries that the witness had seen after them are not in this database.")


@cli.command()
def verify(
    pack: Annotated[Path, typer.Argument()],
    witness: Annotated[Path | None, typer.Option(help="the witness file that you kept")] = None,
    key: Annotated[str | None, typer.Option(help="the public key that you were told")] = None,
) -> None:
    """Verify an evidence pack; the same file also runs alone on a bare Python."""
    from tieout.evidence.verify import main

    arguments = [str(pack)]
    if witness:
        arguments += ["--witness", str(witness)]
    if key:
        arguments += ["--key", key]
    status = main(arguments)
    raise typer.Exit({0: 0, 1: FINDINGS}.get(status, USAGE))


arrange(cli)
