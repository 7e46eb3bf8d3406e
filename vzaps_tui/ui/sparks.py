"""Which causes' sparks are known, and which of those on screen are read next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vzaps_tui.domain.triage import Axis, Cause

_Spark = tuple[int, ...]


class Sparks:
    """Sparks by cause. One stays in sight while its cause has changed and it is read anew."""

    def __init__(self) -> None:
        self._axis: Axis | None = None
        self._known: dict[str, tuple[Cause, _Spark]] = {}
        self._wanted: dict[str, Cause] = {}
        self._begun = False

    def turn_to(self, axis: Axis | None) -> None:
        """From now on over this stretch of time; what was wanted is asked for anew when drawn.

        Over the same stretch the reading goes on; over another one it is begun anew.
        """
        self._wanted.clear()
        if axis != self._axis:
            self._axis = axis
            self._known.clear()
            self._begun = False

    def known(self, cause: Cause) -> _Spark:
        """The spark, as far as it is known; else empty."""
        found = self._known.get(cause.key)
        return found[1] if found else ()

    def want(self, cause: Cause) -> bool:
        """Note that a cause is on screen; whether the reading must begin, as none goes on."""
        found = self._known.get(cause.key)
        if self._axis is None or (found is not None and _same(found[0], cause)):
            return False
        self._wanted[cause.key] = cause
        begins, self._begun = not self._begun, True
        return begins

    @property
    def is_wanted(self) -> bool:
        """Whether any is to be read."""
        return bool(self._wanted)

    def cheapest(self) -> tuple[Cause, Axis] | None:
        """Of those wanted the one read soonest, and over what time; None ends the reading."""
        if self._axis is None or not self._wanted:
            self._begun = False
            return None
        return min(self._wanted.values(), key=lambda cause: cause.count), self._axis

    def learn(self, cause: Cause, axis: Axis, counts: _Spark | None) -> None:
        """A spark was read; None where it cannot be told."""
        if axis != self._axis:
            return
        self._known[cause.key] = (cause, counts or ())
        wanted = self._wanted.get(cause.key)
        if wanted is not None and _same(wanted, cause):
            del self._wanted[cause.key]


def _same(before: Cause, now: Cause) -> bool:
    return (before.count, before.first, before.last) == (now.count, now.first, now.last)
