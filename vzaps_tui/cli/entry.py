"""The commands and their flags, and the one outermost guard."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, cast

import click

from vzaps_tui import __version__
from vzaps_tui.cli.completing import profile_names
from vzaps_tui.cli.headless_commands import COMMANDS, refuse_empty
from vzaps_tui.cli.places import APP, places
from vzaps_tui.cli.run import BROKEN_PIPE, DONE, FAILED, Run, unwritten
from vzaps_tui.cli.scenarios import AllowanceText, Amount, EmulatorCommand, ScenarioText
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.settings import Kind, declared

F = TypeVar("F", bound=Callable[..., Any])
_SHELLS: Final = ("bash", "zsh", "fish")
_METAVARS: Final = {Kind.NAME: "ID|NAME", Kind.URL: "URL"}
_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_pass_run = click.make_pass_decorator(Run)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    code = guard(sys.argv[1:], Run(os.environ))
    _drop_what_nobody_reads()
    sys.exit(code)


def _drop_what_nobody_reads() -> None:
    """Let go of words for a window that was closed: at exit they would make the code 120."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def guard(arguments: Sequence[str], this: Run) -> int:
    """Run the command line; whatever happens, an exit code and words come of it."""
    try:
        code = cli.main(arguments, prog_name=APP, standalone_mode=False, obj=this)
    except SystemExit:  # click's word for a reader of standard output that has gone
        return BROKEN_PIPE
    except click.ClickException as usage:
        usage.show()
        return usage.exit_code
    except click.Abort:  # ctrl-c before or after the interface: nothing is left to say
        return FAILED
    except Exception as error:  # noqa: BLE001 - the outermost guard: a bug must not print what it holds
        return _told(error, this)
    return code if isinstance(code, int) else DONE


def _told(error: Exception, this: Run) -> int:
    """Say what ended it; the exit code."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        error = unwritten(error)  # of what click writes by itself: help, the version
    if isinstance(error, VzapsError):
        return this.note_problem(error)
    this.note_bug(error)
    return FAILED


def _setting_flags(command: F) -> F:
    """One option for each setting that has a flag."""
    for one in reversed([found for found in declared() if found.flag]):
        option = click.option(
            one.flag or "",
            one.name,
            is_flag=one.kind is Kind.SWITCH,
            default=None,
            metavar=_METAVARS.get(one.kind),
            help=one.doc,
        )
        command = option(command)
    return command


@click.group(invoke_without_command=True, context_settings=_CONTEXT)
@click.option("--demo", is_flag=True, help="Open on the embedded emulator; needs no account.")
@click.option(
    "--profile",
    metavar="NAME",
    shell_complete=profile_names,
    help="Profile of the config file.",
)
@_setting_flags
@click.option("--no-disk", is_flag=True, help="Keep everything in memory: no archive, no log.")
@click.option("--log-file", type=click.Path(dir_okay=False), metavar="F", help="Log to F.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    *,
    demo: bool,
    profile: str | None,
    no_disk: bool,
    log_file: str | None,
    **flags: object,
) -> int:
    """Show the webhooks of VZaps instances, browse what was delivered, retry what failed.

    Credentials are never flags. Set VZAPS_CLIENT_TOKEN and VZAPS_CLIENT_SECRET in the environment,
    or VZAPS_CLIENT_TOKEN, VZAPS_INSTANCE_ID and VZAPS_INSTANCE_TOKEN, or a profile in the config
    file (vzaps-tui paths says where it is).
    """
    this = cast("Run", ctx.obj)
    if log_file is not None:
        this.log_to(log_file)
    refuse_empty({**flags, "profile": profile})
    if ctx.invoked_subcommand is not None:
        return DONE
    if demo and flags.get("base_url") is not None:
        raise click.UsageError("--demo has a server of its own: leave --base-url out.")
    from vzaps_tui.cli.tui import Wishes, show  # noqa: PLC0415 - other commands do without

    return show(Wishes(demo=demo, profile=profile, no_disk=no_disk, flags=flags), this)


@cli.command(cls=EmulatorCommand)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8780,
    show_default=True,
    help="0: any free one.",
)
@click.option("--instances", type=click.IntRange(1, 1000), default=4, show_default=True)
@click.option(
    "--logs",
    type=click.IntRange(0, 1_000_000),
    default=250,
    show_default=True,
    help="Deliveries of each instance.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed: the same history."
)
@click.option(
    "--rate",
    type=Amount(0, 1000),
    default=0.0,
    show_default=True,
    metavar="EVENTS_PER_S",
    help="New events a second.",
)
@click.option(
    "--speed",
    type=Amount(0.001, 10_000),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Failed deliveries are tried again X times as fast.",
)
@click.option(
    "--scenario",
    "scenarios",
    type=ScenarioText(),
    multiple=True,
    metavar="NAME[:ROUTE][:TIMES]",
    help="Repeatable.",
)
@click.option(
    "--allow",
    type=AllowanceText(),
    multiple=True,
    metavar="R[:ROUTE]",
    help="Most calls a second, of all routes or of one; what is more gets a 429. Repeatable.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print base URL and credentials as a JSON object."
)
@_pass_run
def emulator(this: Run, *, scenarios: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 - as click read them
    """Serve a VZaps that runs here, on loopback only, until ctrl-c.

    The first line printed says its base URL and credentials.
    """
    from vzaps_tui.emulator.command import run  # noqa: PLC0415 - the web server, only for this

    gc.enable()
    for notice in this.start_log():
        this.say(notice)
    try:
        return run(**options, scenarios=scenarios, out=sys.stdout)
    except OSError as problem:
        this.say(str(problem))  # words for a person already
        return FAILED


@cli.command("paths")
@_pass_run
def show_paths(this: Run) -> int:
    """Say where config, archive, deliveries, state and log are."""
    for line in places().lines(log=this.log_file):
        click.echo(line)
    return DONE


@cli.group()
def cache() -> None:
    """What is kept of the API's answers."""


@cache.command("clear")
def clear_cache() -> int:
    """Remove what was read of the API, deliveries too, and texts copied to files.

    Nothing is lost but time, save for deliveries that the server has dropped since. What another
    copy of the program uses is emptied, and that copy goes on. Past retries stay.
    """
    from vzaps_tui.cli.clearing import clear_all  # noqa: PLC0415 - SQLite, only for this

    for line in clear_all(places()):
        click.echo(line)
    return DONE


@cli.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    bash: add eval "$(vzaps-tui completion bash)" to ~/.bashrc; zsh: the same in ~/.zshrc;
    fish: vzaps-tui completion fish > ~/.config/fish/completions/vzaps-tui.fish
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only for this

    variable = f"_{APP}_COMPLETE".replace("-", "_").upper()
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(found(cli, {}, APP, variable).source())
    return DONE


for _command in COMMANDS:
    cli.add_command(_command)
