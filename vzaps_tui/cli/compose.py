"""Builds the program from its parts: services, API, archive, and the emulator of the demo."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from vzaps_tui.cli.clock import SystemClock
from vzaps_tui.cli.gateway import Connection, DeferredGateway
from vzaps_tui.cli.places import deliveries_beside
from vzaps_tui.cli.upkeep import Upkeep
from vzaps_tui.domain.instances import InstanceId, looks_like_id
from vzaps_tui.domain.masking import Masker, Secret
from vzaps_tui.domain.problems import UnavailableError, VzapsError
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.instances import InstanceService
from vzaps_tui.settings import Settings
from vzaps_tui.ui.clipboard import Clipboard
from vzaps_tui.ui.launch import Launch, Missing, ServicesInTime

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from pathlib import Path

    from vzaps_tui.services.related import RelatedService
    from vzaps_tui.services.retrying import RetryService
    from vzaps_tui.services.views import ViewService
    from vzaps_tui.services.webhooks import WebhookService
    from vzaps_tui.storage.archive import SqliteArchive
    from vzaps_tui.storage.envelopes import SqliteEnvelopes
    from vzaps_tui.storage.state import StateFile

DEMO: Final = "demo"
_MEGABYTE: Final = 1024 * 1024
_DAY: Final = 86400.0
_DEMO_RATE: Final = 50.0  # requests a second: the emulator is here, and nobody else's


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be composed.

    Attributes:
        archive: the file of the archive; None keeps all in memory. The demo never uses it.
        state: the file of what must not be forgotten; None and the demo likewise.
        demo: ask the embedded emulator instead of the API.
        named: the instance to open at once, by its name; empty for that of the settings.
        offline: ask nobody; every question is answered from what is kept, or not at all.
        notices: words to say once at start, beside those of the settings.
    """

    settings: Settings
    config: Path
    archive: Path | None
    state: Path | None = None
    demo: bool = False
    named: str = ""
    offline: bool = False
    notices: tuple[str, ...] = ()


def compose(plan: Plan, masker: Masker) -> Launch:
    """Everything the app needs; no file is opened and no connection made yet."""
    settings = plan.settings
    if not plan.demo and (names := settings.missing()):
        return Launch(
            services=None,
            label=_label(plan),
            masker=masker,
            read_only=settings.read_only,
            missing=Missing(names, str(plan.config)),
            notices=(*settings.notices, *plan.notices),
            keymap=settings.keys,
        )
    store = None if plan.demo else _store(plan.archive, masker)
    archive = _archive(plan, masker)
    cache = EnvelopeCache(store, SystemClock())
    upkeep = Upkeep(archive)
    gateway = DeferredGateway(_connector(plan, masker))
    state = _state(plan)
    deliveries = DeliveryService(gateway, cache, archive, identity(plan), SystemClock())
    services = ServicesInTime(
        {
            "instances": InstanceService(
                gateway, cache, identity(plan), names=plan.demo or settings.account_mode
            ),
            "deliveries": deliveries,
            "clock": SystemClock(),
        },
        {
            "webhooks": lambda: _webhooks(plan, gateway, cache),
            "related": lambda: _related(deliveries),
            "retries": lambda: _retries(plan, gateway, deliveries, state, masker),
            "views": lambda: _views(plan, state, masker),
        },
    )

    async def settle_views() -> None:
        if services.has("views"):
            await services.views.settle()

    return Launch(
        services=services,
        label=_label(plan),
        masker=masker,
        instance=_instance(plan),
        named=_named(plan),
        read_only=settings.read_only,
        notices=plan.notices if plan.demo else (*settings.notices, *plan.notices),
        keymap=settings.keys,
        clipboard=_clipboard(plan),
        arguments=_arguments(plan),
        requests_per_second=_requests_per_second(settings, demo=plan.demo),
        refresh_every=settings.refresh_seconds,
        listen=upkeep.listen,
        warm=_warm(gateway, [one.open for one in (store, state, upkeep) if one], upkeep),
        close=_close(
            gateway,
            (deliveries.settle, cache.settle, settle_views),
            [one.close for one in (upkeep, store, state) if one],
        ),
    )


def identity(plan: Plan) -> Identity:
    """Whose data is kept: the server and a digest of server and client token, never the token."""
    if plan.demo or plan.settings.client_token is None:
        return Identity(DEMO, DEMO)
    base_url, token = plan.settings.base_url, plan.settings.client_token.reveal()
    digest = hashlib.sha256(f"{base_url}\n{token}".encode()).hexdigest()
    return Identity(base_url, digest[:16])


def _label(plan: Plan) -> str:
    """What is connected to: a profile is named only if it is the one that gives the account."""
    settings = plan.settings
    if plan.demo:
        return DEMO
    if settings.profile and settings.sources.get("client_token") == "profile":
        return visible(settings.profile)
    return visible(urlsplit(settings.base_url).netloc)


def _requests_per_second(settings: Settings, *, demo: bool) -> float:
    return max(settings.requests_per_second, _DEMO_RATE) if demo else settings.requests_per_second


def _arguments(plan: Plan) -> tuple[str, ...]:
    """The flags of a command line that asks the same account."""
    settings, told = plan.settings, list[str]()
    if plan.demo:
        return ("--demo",)
    if settings.profile and "profile" in settings.sources.values():
        told += ["--profile", settings.profile]
    if settings.sources.get("base_url") == "--base-url":
        told += ["--base-url", settings.base_url]
    return tuple(told)


def _clipboard(plan: Plan) -> Clipboard:
    """The ways to a clipboard from here; a last resort on disk only where there is a disk."""
    folder = None if plan.archive is None else plan.archive.parent
    return Clipboard(wish=plan.settings.clipboard, environ=os.environ, folder=folder)


def _instance(plan: Plan) -> InstanceId | None:
    """The instance to open at once. The demo knows none of those set for the real API."""
    settings = plan.settings
    if plan.named or (plan.demo and settings.sources.get("instance_id") != "--instance"):
        return None
    found = settings.instance_id
    return InstanceId(found) if found and (looks_like_id(found) or settings.single_mode) else None


def _named(plan: Plan) -> str:
    """The name of the instance to open as soon as the instances are known."""
    settings = plan.settings
    if plan.named or plan.demo or settings.single_mode or looks_like_id(settings.instance_id or ""):
        return plan.named
    return settings.instance_id or ""


def _store(archive: Path | None, masker: Masker) -> SqliteEnvelopes | None:
    if archive is None:
        return None
    from vzaps_tui.storage.envelopes import SqliteEnvelopes  # noqa: PLC0415 - SQLite, only with a disk

    return SqliteEnvelopes(archive, mask=masker)


def _archive(plan: Plan, masker: Masker) -> SqliteArchive:
    """The rows of deliveries: in a file beside the other answers, or in memory."""
    from vzaps_tui.storage.archive import SqliteArchive  # noqa: PLC0415 - SQLite, only to ask for something

    settings = plan.settings
    return SqliteArchive(
        None if plan.demo or plan.archive is None else deliveries_beside(plan.archive),
        mask=masker,
        max_bytes=settings.archive_max_mb * _MEGABYTE,
        max_age=settings.archive_max_days * _DAY,
        payloads=settings.archive_payloads,
    )


def _state(plan: Plan) -> StateFile:
    """What must not be forgotten: in its file, or in memory."""
    from vzaps_tui.storage.state import StateFile  # noqa: PLC0415 - SQLite, only to ask for something

    return StateFile(None if plan.demo else plan.state)


def _webhooks(plan: Plan, gateway: DeferredGateway, cache: EnvelopeCache) -> WebhookService:
    from vzaps_tui.services.webhooks import WebhookService  # noqa: PLC0415 - start-up time

    return WebhookService(gateway, cache, identity(plan))


def _related(deliveries: DeliveryService) -> RelatedService:
    from vzaps_tui.services.related import RelatedService  # noqa: PLC0415 - start-up time

    return RelatedService(deliveries, SystemClock())


def _views(plan: Plan, state: StateFile, masker: Masker) -> ViewService:
    from vzaps_tui.services.views import ViewService  # noqa: PLC0415 - start-up time
    from vzaps_tui.storage.remembered import SqliteViews  # noqa: PLC0415 - same

    return ViewService(SqliteViews(state, mask=masker), identity(plan), SystemClock())


def _retries(
    plan: Plan,
    gateway: DeferredGateway,
    deliveries: DeliveryService,
    state: StateFile,
    masker: Masker,
) -> RetryService:
    from vzaps_tui.services.retrying import RetryService  # noqa: PLC0415 - start-up time
    from vzaps_tui.storage.journal import SqliteJournal  # noqa: PLC0415 - same

    return RetryService(
        gateway,
        deliveries,
        SystemClock(),
        pace=plan.settings.retry_pace,
        journal=SqliteJournal(state, mask=masker),
        identity=identity(plan),
        breaker=plan.settings.retry_breaker,
        canary=plan.settings.retry_canary,
    )


def _connector(plan: Plan, masker: Masker) -> Callable[[], Connection]:
    if plan.offline:
        return _nobody
    return (_emulator if plan.demo else _api)(plan.settings, masker)


def _nobody() -> Connection:
    raise UnavailableError("nobody is asked offline", acted=False, hint="Leave --offline out.")


def _api(settings: Settings, masker: Masker) -> Callable[[], Connection]:
    def make() -> Connection:
        from vzaps_tui.api.auth import Credentials  # noqa: PLC0415 - after the first frame (PERF 2)
        from vzaps_tui.api.client import ApiClient  # noqa: PLC0415 - same

        credentials = Credentials(
            client_token=settings.client_token or Secret(""),
            client_secret=settings.client_secret,
            instance_id=settings.instance_id,
            instance_token=settings.instance_token,
        )
        return Connection(
            ApiClient(
                base_url=settings.base_url,
                credentials=credentials,
                clock=SystemClock(),
                masker=masker,
                requests_per_second=settings.requests_per_second,
            )
        )

    return make


def _emulator(settings: Settings, masker: Masker) -> Callable[[], Connection]:
    def make() -> Connection:
        from vzaps_tui.api.auth import Credentials  # noqa: PLC0415 - after the first frame (PERF 2)
        from vzaps_tui.api.client import ApiClient  # noqa: PLC0415 - same
        from vzaps_tui.emulator.server import EmulatorServer  # noqa: PLC0415 - same
        from vzaps_tui.emulator.world import World  # noqa: PLC0415 - same

        world = World()
        server = EmulatorServer(world)
        server.start()
        token, secret = Secret(world.client_token), Secret(world.client_secret)
        masker.learn(token)
        masker.learn(secret)
        client = ApiClient(
            base_url=server.base_url,
            credentials=Credentials(
                client_token=token, client_secret=secret, instance_id=None, instance_token=None
            ),
            clock=SystemClock(),
            masker=masker,
            requests_per_second=_requests_per_second(settings, demo=True),
        )
        return Connection(client, stop=server.stop)

    return make


def _warm(
    gateway: DeferredGateway,
    opens: Sequence[Callable[[], Awaitable[tuple[str, ...]]]],
    upkeep: Upkeep,
) -> Callable[[], Awaitable[tuple[str, ...]]]:
    async def warm() -> tuple[str, ...]:
        told = await asyncio.gather(*(open_() for open_ in opens))
        with contextlib.suppress(VzapsError):  # the first question tells it, with its place
            await gateway.open()
        upkeep.begin()
        return merged(word for words in told for word in words)

    return warm


def merged(notices: Iterable[str]) -> tuple[str, ...]:
    """Words about files: what is said alike of several, each named at the beginning, said once."""
    files: dict[str, list[str]] = {}
    for notice in notices:
        name, _, words = notice.partition(" ")
        files.setdefault(words, []).append(name)
    return tuple(f"{' and '.join(dict.fromkeys(names))} {words}" for words, names in files.items())


def _close(
    gateway: DeferredGateway,
    settles: Sequence[Callable[[], Awaitable[None]]],
    closes: Sequence[Callable[[], Awaitable[None]]],
) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        try:
            await gateway.aclose()
        finally:
            for end in (*settles, *closes):
                await end()

    return close
