"""Each setting, declared once: what flags, environment, config file and documents derive from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from vzaps_tui.domain.record import dataclass

if TYPE_CHECKING:
    from vzaps_tui.domain.masking import Secret

DEFAULT_BASE_URL: Final = "https://api.vzaps.com"
EMPTY: Final[Mapping[str, str]] = MappingProxyType({})
NOTHING: Final[Mapping[str, object]] = EMPTY


class Kind(StrEnum):
    """What a value is; the words are those of error texts."""

    HIDDEN = "text"
    NAME = "text, not empty"
    URL = "an address"
    SWITCH = "true or false"
    RATE = "a number"
    CLIPBOARD = "auto, native, osc52 or file"
    COUNT = "a whole number"
    SECONDS = "a number of seconds"


class Declaration(NamedTuple):
    """One setting: all that is said of it anywhere.

    Attributes:
        table: the table of the config file that it stands in, for whatever profile; None where it
            stands in profiles.
    """

    name: str
    kind: Kind
    default: object
    doc: str
    flag: str | None = None
    table: str | None = None

    @property
    def key(self) -> str:
        """Its name in its table or profile: `payloads` of `archive_payloads` in `[archive]`."""
        return self.name.removeprefix(f"{self.table}_") if self.table else self.name

    @property
    def path(self) -> str:
        """Its name in the config file, with its table."""
        return f"{self.table}.{self.key}" if self.table else self.name

    @property
    def env(self) -> str:
        """Its environment variable: the official names (CONTRACT 1.5), and the rest alike."""
        return f"VZAPS_{self.name.upper()}"

    @property
    def secret(self) -> bool:
        """Secrets are never flags (every process may read those), and never shown."""
        return self.kind is Kind.HIDDEN


def _said(
    kind: Kind, doc: str, flag: str | None = None, table: str | None = None
) -> dict[str, object]:
    return {"kind": kind, "doc": doc, "flag": flag, "table": table}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force, where each came from, and what to say about them once.

    Each value is found by itself: its flag, else its variable, else the profile (or, for those of
    no profile, their table of the config file), else the default.
    So a client token of the environment goes together with a client secret of the profile; a
    notice tells whenever the environment overrules the profile.

    Attributes:
        profile: the profile that was read, None where there is none.
        keys: command id to keys, comma-separated, from `[keys]` of the config file.
        sources: setting name to the words for where its value came from; defaults are absent.
        notices: things to mend that stop nothing.
    """

    client_token: Secret | None = field(
        default=None, metadata=_said(Kind.HIDDEN, "Client token of the account.")
    )
    client_secret: Secret | None = field(
        default=None,
        metadata=_said(
            Kind.HIDDEN, "Client secret of the account. With the client token: account mode."
        ),
    )
    instance_id: str | None = field(
        default=None,
        metadata=_said(Kind.NAME, "Instance to open at once, without the list.", "--instance"),
    )
    instance_token: Secret | None = field(
        default=None,
        metadata=_said(
            Kind.HIDDEN,
            "Token of that one instance. With client token and instance id, and without a client "
            "secret: single-instance mode.",
        ),
    )
    base_url: str = field(
        default=DEFAULT_BASE_URL, metadata=_said(Kind.URL, "Address of the API.", "--base-url")
    )
    read_only: bool = field(
        default=False,
        metadata=_said(Kind.SWITCH, "Turn off whatever changes something.", "--read-only"),
    )
    requests_per_second: float = field(
        default=4.0, metadata=_said(Kind.RATE, "Most requests a second.")
    )
    retry_pace: float = field(
        default=1.0, metadata=_said(Kind.RATE, "Most retries a second, when there are several.")
    )
    retry_breaker: int = field(
        default=10,
        metadata=_said(
            Kind.COUNT, "Failures in a row after which a plan of retries stops by itself."
        ),
    )
    retry_canary: bool = field(
        default=True,
        metadata=_said(
            Kind.SWITCH,
            "Of more than 20 retries, send one of each cause first, "
            "and the rest of that cause when it was delivered.",
        ),
    )
    refresh_seconds: float = field(
        default=15.0,
        metadata=_said(
            Kind.SECONDS,
            "Seconds after which a list that is in front refreshes itself; 0: never by itself.",
        ),
    )
    clipboard: str = field(
        default="auto",
        metadata=_said(
            Kind.CLIPBOARD,
            "How to copy: `native` tool, `osc52` (your terminal), `file`, or `auto`: what fits.",
        ),
    )
    archive_payloads: bool = field(
        default=False,
        metadata=_said(
            Kind.SWITCH,
            "Keep payloads and responses that were read, so that they open offline. "
            "They are personal: off, none of them reaches the disk.",
            table="archive",
        ),
    )
    archive_max_mb: int = field(
        default=500,
        metadata=_said(
            Kind.COUNT, "Most megabytes of deliveries on disk; the oldest go.", table="archive"
        ),
    )
    archive_max_days: int = field(
        default=90,
        metadata=_said(
            Kind.COUNT, "Days after which a delivery is not kept any more.", table="archive"
        ),
    )
    profile: str | None = None
    keys: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    sources: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    notices: tuple[str, ...] = ()

    @property
    def account_mode(self) -> bool:
        """Whether the account's instances can be listed (CONTRACT 1.4)."""
        return bool(self.client_token and self.client_secret)

    @property
    def single_mode(self) -> bool:
        """Whether one instance can be asked, and only that one (CONTRACT 1.4)."""
        whole = self.client_token and self.instance_id and self.instance_token
        return bool(whole) and not self.account_mode

    def missing(self) -> tuple[str, ...]:
        """Environment variables still to be set: of single-instance mode if its token is there."""
        if self.account_mode or self.single_mode:
            return ()
        single = self.instance_token is not None and self.client_secret is None
        wanted = ("instance_id", "instance_token") if single else ("client_secret",)
        return tuple(
            one.env
            for one in declared()
            if one.name in ("client_token", *wanted) and not getattr(self, one.name)
        )

    def secrets(self) -> tuple[Secret, ...]:
        """What must be masked wherever text goes."""
        return tuple(one for one in (getattr(self, d.name) for d in declared() if d.secret) if one)

    def explain(self) -> str:
        """One line a setting: name, value (secrets masked), where it came from."""
        from vzaps_tui.domain.masking import MASK  # noqa: PLC0415 - --help must stay quick
        from vzaps_tui.domain.text import visible  # noqa: PLC0415 - same

        lines: list[str] = []
        for one in declared():
            value: object = getattr(self, one.name)
            shown = "not set" if value is None else MASK if one.secret else visible(str(value))
            lines.append(f"{one.name} = {shown} ({self.sources.get(one.name, 'default')})")
        return "\n".join(lines)


@cache
def declared() -> tuple[Declaration, ...]:
    """Every setting, in the order in which documents name them."""
    return tuple(
        Declaration(name=one.name, default=one.default, **one.metadata)
        for one in fields(Settings)
        if one.metadata
    )


def table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| Config key | Environment | Flag | Default | Meaning |", "|---|---|---|---|---|"]
    for one in declared():
        flag = f"`{one.flag}`" if one.flag else "never" if one.secret else ""
        default = "" if one.default is None else f"`{str(one.default).lower()}`"
        rows.append(f"| `{one.path}` | `{one.env}` | {flag} | {default} | {one.doc} |")
    return "\n".join(rows)
