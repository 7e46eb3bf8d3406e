"""What the composition root hands to the user interface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from vzaps_tui.domain.record import dataclass
from vzaps_tui.ui.clipboard import Clipboard

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.masking import Masker
    from vzaps_tui.services.deliveries import DeliveryService
    from vzaps_tui.services.instances import InstanceService
    from vzaps_tui.services.ports import Clock
    from vzaps_tui.services.related import RelatedService
    from vzaps_tui.services.retrying import RetryService
    from vzaps_tui.services.views import ViewService
    from vzaps_tui.services.webhooks import WebhookService


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, wired."""

    instances: InstanceService
    webhooks: WebhookService
    deliveries: DeliveryService
    related: RelatedService
    retries: RetryService
    views: ViewService
    clock: Clock


class ServicesInTime(Services):
    """The same, where some are wired when they are first asked for: the first frame needs few."""

    __slots__ = ("_later",)
    _later: Mapping[str, Callable[[], object]]

    def __init__(
        self, now: Mapping[str, object], later: Mapping[str, Callable[[], object]]
    ) -> None:
        """Prepare.

        Args:
            now: those that are wired, by their names.
            later: what wires the others.
        """
        object.__setattr__(self, "_later", later)
        for name, service in now.items():
            object.__setattr__(self, name, service)

    def __getattr__(self, name: str) -> object:
        """Wire one: it is not there yet."""
        if name not in self._later:
            raise AttributeError(name)
        service = self._later[name]()
        object.__setattr__(self, name, service)
        return service

    def has(self, name: str) -> bool:
        """Whether one was wired so far."""
        try:
            object.__getattribute__(self, name)
        except AttributeError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Missing:
    """Why the program cannot ask anything yet, for the first-run screen.

    Attributes:
        names: environment variables that are not set.
        config_file: where the config file is looked for.
    """

    names: tuple[str, ...]
    config_file: str


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything the app needs to begin.

    Attributes:
        services: None only together with `missing`.
        label: what is connected to, for the top line: profile name, host, or `demo`.
        instance: single-instance mode: opens straight on its deliveries.
        named: name of the instance to open once the instances are known; empty for none.
        read_only: commands that change something are off and say so.
        missing: credentials that are not there; shows the first-run screen.
        notices: words to say once at start (a cache file moved aside, an unknown key).
        keymap: command id to keys, from the config file; only what can be used.
        masker: hides secrets in any text.
        clipboard: the ways to a clipboard from here.
        arguments: what a command line needs to ask the same account: `--profile`, `acme`.
        requests_per_second: most that are sent to the API, of all kinds; 0: no limit is known.
        refresh_every: seconds after which lists refresh themselves; 0: they do not.
        listen: takes whom to tell words that come up later (a disk that is full).
        warm: run once after the first frame: loads what start-up left out; returns words to
            say once.
        close: run at the end: closes connections, stops the embedded emulator.
    """

    services: Services | None
    label: str
    masker: Masker
    instance: InstanceId | None = None
    named: str = ""
    read_only: bool = False
    missing: Missing | None = None
    notices: tuple[str, ...] = ()
    keymap: Mapping[str, str] = field(default_factory=dict[str, str])
    clipboard: Clipboard = field(default_factory=Clipboard)
    arguments: tuple[str, ...] = ()
    requests_per_second: float = 0.0
    refresh_every: float = 0.0
    listen: Callable[[Callable[[str], None]], None] | None = None
    warm: Callable[[], Awaitable[tuple[str, ...]]] | None = None
    close: Callable[[], Awaitable[None]] | None = None
