"""What a person asked to see of the deliveries: a frozen value that can explain itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.masking import mask_url

FAILED_ONLY = frozenset({StatusClass.FAILED})


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """A filter on deliveries; empty sets and text mean "any".

    Attributes:
        statuses: classes to show.
        events: exact event names to show.
        text: substring, any case, of id, event, error, status, code or target host and path.
    """

    statuses: frozenset[StatusClass] = frozenset()
    events: frozenset[str] = frozenset()
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return self == DeliveryQuery()

    @property
    def failed_only(self) -> bool:
        """Whether it asks for failures and nothing else by status."""
        return self.statuses == FAILED_ONLY

    @property
    def server_status(self) -> str | None:
        """The only filter the API documents: `failed` (CONTRACT 3.5); else None."""
        return "failed" if self.failed_only else None

    def toggled_failed(self) -> DeliveryQuery:
        """Failures only, or any status if that was on."""
        return replace(self, statuses=frozenset() if self.failed_only else FAILED_ONLY)

    def matches(self, row: Delivery) -> bool:
        """Whether a row belongs on the screen; for every row, whatever the server filtered."""
        if self.statuses and row.status_class not in self.statuses:
            return False
        if self.events and row.event not in self.events:
            return False
        return not self.text or contains(row, self.text)

    def describe(self) -> tuple[str, ...]:
        """One short text per condition, for chips."""
        chips: list[str] = []
        if self.statuses:
            chips.append("status: " + " or ".join(sorted(self.statuses)))
        if self.events:
            chips.append("event: " + " or ".join(sorted(self.events)))
        if self.text:
            chips.append(f'text: "{self.text}"')
        return tuple(chips)


def contains(row: Delivery, needle: str) -> bool:
    """Whether `needle` occurs, any case, in what the list knows of a row.

    Of the target host and path count: never its user info, query or fragment.
    """
    target = (row.target or "").partition("?")[0].partition("#")[0]
    if "@" in target:
        target = mask_url(target)
    code = "" if row.http_status is None else str(row.http_status)
    hay = "\n".join((row.id, row.status, row.status_word, row.event, code, row.error or "", target))
    return needle.casefold() in hay.casefold()
