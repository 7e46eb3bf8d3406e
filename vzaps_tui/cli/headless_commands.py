"""The commands that need no terminal: their flags and help; the work is loaded when one runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from vzaps_tui.cli.completing import profile_names, values_of, webhook_events
from vzaps_tui.cli.scenarios import Amount

if TYPE_CHECKING:
    from vzaps_tui.cli.headless import Asked, Work
    from vzaps_tui.cli.run import Run

_NOT_EMPTY: Final = {"instance_id": "--instance", "profile": "--profile", "plan": "--resume"}
F = TypeVar("F", bound=Callable[..., Any])

LIMIT: Final = 100
_Options = dict[str, Any]
_PLAIN: Final = ("logs", "limit", "delivered", "again")
_TUNING: Final = ("pace", "canary", "breaker")
_SHARED: Final = ("demo", "profile", "instance_id", "base_url", "read_only", "no_disk", "as_json")


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order in which help lists them."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_shared = _options(
    click.option("--json", "as_json", is_flag=True, help="JSON Lines on standard output."),
    click.option("--instance", "instance_id", metavar="ID|NAME", help="Which instance."),
    click.option(
        "--profile",
        metavar="NAME",
        shell_complete=profile_names,
        help="Profile of the config file.",
    ),
    click.option("--base-url", metavar="URL", help="Address of the API."),
    click.option("--read-only", is_flag=True, default=None, help="Change nothing."),
    click.option("--no-disk", is_flag=True, help="Keep everything in memory."),
    click.option("--demo", is_flag=True, help="Ask the embedded emulator; needs no account."),
)
filters = _options(
    click.option(
        "--status",
        multiple=True,
        metavar="WORD",
        shell_complete=values_of("status"),
        help="failed, pending, delivered, other.",
    ),
    click.option(
        "--event",
        multiple=True,
        metavar="NAME",
        shell_complete=values_of("event"),
        help="Kind of event.",
    ),
    click.option(
        "--code",
        multiple=True,
        metavar="CODE",
        shell_complete=values_of("code"),
        help="502, 5xx, timeout, none, ...",
    ),
    click.option(
        "--last",
        metavar="SPAN",
        shell_complete=values_of("last"),
        help="A span that ends now: 30m, 2h, 7d.",
    ),
    click.option(
        "--since",
        metavar="WHEN",
        shell_complete=values_of("since"),
        help="2h, yesterday, 14:00, 2026-11-20, ...",
    ),
    click.option(
        "--until",
        metavar="WHEN",
        shell_complete=values_of("until"),
        help="The same; a day counts whole.",
    ),
    click.option(
        "--text", multiple=True, metavar="TEXT", help="In id, event, error, status, code, target."
    ),
    click.option(
        "--tries", type=click.IntRange(0, 999_999), metavar="N", help="Tried so often or more."
    ),
    click.option("--attempts", type=click.IntRange(0, 999_999), hidden=True),
    click.option("--from", "from_", hidden=True),
    click.option("--to", "to", hidden=True),
    click.option(
        "--query", metavar="LINE", help="The filter in one line, as in the interface (key :)."
    ),
)


def refuse_empty(options: Mapping[str, object]) -> None:
    """Refuse a flag without a value, as of a variable that is not set: it would mean the default.

    Raises:
        click.UsageError: it is so.
    """
    for name, flag in _NOT_EMPTY.items():
        value = options.get(name)
        if isinstance(value, str) and not value.strip():
            raise click.UsageError(f"{flag} was given without a value: is a variable empty?")


def asked_of(ctx: click.Context, options: _Options) -> Asked:
    """What the shared flags ask for, given before the command or after it; takes them out."""
    from vzaps_tui.cli.headless import Asked  # noqa: PLC0415 - --help must stay quick

    before: Mapping[str, Any] = ctx.find_root().params
    refuse_empty(options)
    found = {name: options.pop(name, None) or before.get(name) for name in _SHARED}
    if found["demo"] and found["base_url"] is not None:
        raise click.UsageError("--demo has a server of its own: leave --base-url out.")
    return Asked(
        demo=bool(found["demo"]),
        profile=found["profile"],
        instance=found["instance_id"],
        no_disk=bool(found["no_disk"]),
        as_json=bool(found["as_json"]),
        flags={name: found[name] for name in ("base_url", "read_only")},
    )


def _do(ctx: click.Context, work: Work, asked: Asked, *, offline: bool = False) -> int:
    from vzaps_tui.cli.headless import run  # noqa: PLC0415 - --help must stay quick

    return run(work, asked, cast("Run", ctx.obj), offline=offline)


@click.command()
@_shared
@click.pass_context
def instances(ctx: click.Context, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """List the instances of the account."""
    from vzaps_tui.cli.instances import show_instances  # noqa: PLC0415 - --help must stay quick

    return _do(ctx, show_instances, asked_of(ctx, options))


@click.command()
@filters
@click.option("--view", metavar="NAME", help="A filter kept in the interface (key V), as well.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=LIMIT,
    show_default=True,
    metavar="N",
    help="Most deliveries.",
)
@click.option("--all", "every", is_flag=True, help="All that match, however many.")
@click.option("--offline", is_flag=True, help="Ask nobody: what this machine holds.")
@_shared
@click.pass_context
def logs(ctx: click.Context, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """Show deliveries, newest first.

    Reads the server's log as far as the answer needs it, from the top; what was read before is not
    read again. Where the answer is cut, standard error says by what.
    """
    from vzaps_tui.cli.logs import Wanted, show_logs  # noqa: PLC0415 - --help must stay quick

    asked, offline = asked_of(ctx, options), bool(options.pop("offline"))
    limit, every = options.pop("limit"), options.pop("every")
    if every and ctx.get_parameter_source("limit") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--all has no limit: leave --limit out.")
    wanted = Wanted(filters=options, limit=None if every else limit)
    return _do(ctx, lambda session: show_logs(session, wanted), asked, offline=offline)


@click.command()
@click.argument("log")
@click.option("--raw", is_flag=True, help="The API's whole answer instead, secrets masked.")
@click.option("--offline", is_flag=True, help="Ask nobody: what this machine holds of it.")
@_shared
@click.pass_context
def show(ctx: click.Context, log: str, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """Show everything of one delivery.

    Its tries, its payload, what the receiver said; read from the API now.
    """
    from vzaps_tui.cli.show import show_delivery  # noqa: PLC0415 - --help must stay quick

    asked, raw = asked_of(ctx, options), bool(options.pop("raw"))
    offline = bool(options.pop("offline"))
    return _do(ctx, lambda session: show_delivery(session, log, raw=raw), asked, offline=offline)


@click.group()
def webhook() -> None:
    """Show the webhook of an instance, change it, or compare it."""


wishes = _options(
    click.option("--url", metavar="URL", help="Where events go."),
    click.option(
        "--event",
        "names",
        multiple=True,
        metavar="NAME",
        shell_complete=webhook_events,
        help="An event to subscribe; repeatable.",
    ),
    click.option(
        "--events", type=click.Choice(["all", "none"]), help="Every event; none is refused."
    ),
    click.option(
        "--from-file",
        type=click.Path(dir_okay=False, allow_dash=True),
        metavar="F",
        help='A file of {"url": ..., "events": [...]}, as `webhook get --json` gives; - is stdin.',
    ),
)


@webhook.command("get")
@_shared
@click.pass_context
def get_webhook(ctx: click.Context, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """Show URL and events; secrets in the URL are hidden."""
    from vzaps_tui.cli.webhook import show_webhook  # noqa: PLC0415 - --help must stay quick

    return _do(ctx, show_webhook, asked_of(ctx, options))


@webhook.command("set")
@wishes
@click.option("--force-event", is_flag=True, help="Send names of events that are not documented.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@_shared
@click.pass_context
def set_webhook(ctx: click.Context, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """Change URL or events: shows what would change, asks, writes once, reads it back.

    What is not given stays as it is. Parts of the URL that are shown as ••• stay what they are.
    Exit code 0: the API was seen to hold what was sent; 1: it was not.
    """
    from vzaps_tui.cli.webhook import change_webhook  # noqa: PLC0415 - --help must stay quick

    asked, yes = asked_of(ctx, options), bool(options.pop("yes"))
    forced = bool(options.pop("force_event"))
    return _do(
        ctx, lambda session: change_webhook(session, options, agreed=yes, forced=forced), asked
    )


@webhook.command("diff")
@wishes
@_shared
@click.pass_context
def diff_webhook(ctx: click.Context, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """Compare what the API holds with the flags or a file; changes nothing.

    Exit code 0: the same; 1: they differ, as diff(1) has it.
    """
    from vzaps_tui.cli.webhook import compare_webhook  # noqa: PLC0415 - --help must stay quick

    asked = asked_of(ctx, options)
    return _do(ctx, lambda session: compare_webhook(session, options), asked)


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG]...")
@filters
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the newest N that match.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent; send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@click.option("--resume", "plan", metavar="ID", help="Carry on with a plan (see `plans`).")
@click.option("--past-canary", is_flag=True, help="With --resume: also what canaries held back.")
@click.option("--resend-delivered", "delivered", is_flag=True, help="Delivered and pending, too.")
@click.option("--again", is_flag=True, help="Also what was sent from here and may have arrived.")
@click.option(
    "--pace", type=Amount(0.001, 1000), metavar="R", help="Most a second; default: the settings'."
)
@click.option(
    "--canary/--no-canary", default=None, help="One of each cause first; default: if they are many."
)
@click.option(
    "--breaker",
    type=click.IntRange(0),
    metavar="N",
    help="Stop after N failures in a row; 0: never.",
)
@_shared
@click.pass_context
def retry(ctx: click.Context, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """Send deliveries again, each once, and tell what came of each.

    LOG... or a filter says which; a filter without --status means those that failed. The plan is
    shown, asked for (above 100 the count must be typed), written down, then carried out: ctrl-c
    finishes the one in flight, and --resume carries on later, as the plan was made or with another
    --pace, --canary or --breaker, which it keeps. Exit code 0: all were delivered; 5: some failed
    again, were refused, are unknown or were not sent.
    """
    from vzaps_tui.cli import retry as work  # noqa: PLC0415 - --help must stay quick
    from vzaps_tui.cli.retry_choice import Wish  # noqa: PLC0415 - same
    from vzaps_tui.domain.plans import Tuning  # noqa: PLC0415 - same

    asked = asked_of(ctx, options)
    plan, past = options.pop("plan"), options.pop("past_canary")
    manner = work.Manner(options.pop("yes"), options.pop("dry_run"), past_canary=past)
    single = {name: options.pop(name) for name in _PLAIN}
    tuning = Tuning(**{name: options.pop(name) for name in _TUNING})
    if plan is None:
        if past:
            raise click.UsageError("--past-canary needs --resume.")
        wish = Wish(**single, tuning=tuning, filters=options)
        return _do(ctx, lambda session: work.retry(session, wish, manner), asked)
    if any(single.values()) or any(options.values()):
        raise click.UsageError(
            "--resume takes the deliveries of its plan: leave out what says which."
        )
    if past and tuning.canary:
        raise click.UsageError("--past-canary sends without canaries: leave --canary out.")
    return _do(ctx, lambda session: work.resume(session, plan, manner, tuning), asked)


@click.command()
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    metavar="N",
    help="Most plans.",
)
@_shared
@click.pass_context
def plans(ctx: click.Context, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """List past retries, newest first."""
    from vzaps_tui.cli.plans import show_plans  # noqa: PLC0415 - --help must stay quick

    asked, limit = asked_of(ctx, options), options.pop("limit")
    return _do(ctx, lambda session: show_plans(session, limit), asked)


@click.command()
@click.argument("plan_id", metavar="ID")
@click.option("--discard", is_flag=True, help="What is left of it will not be sent.")
@_shared
@click.pass_context
def plan(ctx: click.Context, plan_id: str, **options: Any) -> int:  # noqa: ANN401 - as click read them
    """Show what came of each delivery of a past retry.

    --json gives the lines of its export.
    """
    from vzaps_tui.cli.plans import discard_plan, show_plan  # noqa: PLC0415 - --help must stay quick

    asked = asked_of(ctx, options)
    work = discard_plan if options.pop("discard") else show_plan
    return _do(ctx, lambda session: work(session, plan_id), asked)


COMMANDS: Final[tuple[click.Command, ...]] = (instances, logs, show, webhook, retry, plans, plan)
