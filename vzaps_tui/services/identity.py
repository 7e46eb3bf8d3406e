"""Whose data a question is about: part of every cache key."""

from __future__ import annotations

from vzaps_tui.domain.envelope import Question
from vzaps_tui.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A server and an account on it.

    Attributes:
        base_url: the server asked.
        account: a digest of the client token, never the token.
    """

    base_url: str
    account: str

    def ask(self, kind: str, instance: str = "", detail: str = "") -> Question:
        """A question of this account to this server."""
        return Question(self.base_url, self.account, instance, kind, detail)
