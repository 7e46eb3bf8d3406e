"""The tree of things that can go wrong, in the product's words."""

from __future__ import annotations

from typing import ClassVar


class VzapsError(Exception):
    """A problem that can be shown: what happened, why as far as known, what to do next.

    Attributes:
        title: what happened, a few words.
        reason: why, as far as known; may be the server's own (unsafe) text.
        hint: what to do next.
        retryable: whether asking the same question again may help.
        acted: whether the server may have carried the call out. False only when that is certain.
        status: the HTTP status, if there was one.
        request_id: the server's `X-Request-Id`, if it sent one.
    """

    title: ClassVar[str] = "Something went wrong"
    hint: str = "See the log for details (vzaps-tui paths)."
    retryable: bool = False
    acted: bool = False

    def __init__(
        self,
        reason: str = "",
        *,
        status: int | None = None,
        request_id: str | None = None,
        hint: str | None = None,
        acted: bool | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.request_id = request_id
        if hint is not None:
            self.hint = hint
        if acted is not None:
            self.acted = acted

    @property
    def summary(self) -> str:
        """Title and reason on one line."""
        return f"{self.title}: {self.reason}" if self.reason else self.title


class AuthError(VzapsError):
    """401, also after a renewed token; or a token answer that cannot be used."""

    title = "Credentials refused"
    hint = "Check VZAPS_CLIENT_TOKEN and VZAPS_CLIENT_SECRET, then refresh with ctrl+r."


class ForbiddenError(VzapsError):
    """403: known, but not allowed (CONTRACT 2.4)."""

    title = "Not allowed"
    hint = "Check that the instance and the client token belong to the same owner."


class NotFoundError(VzapsError):
    """404: an instance or a log that is not there, or no longer."""

    title = "Not found"
    hint = "It may have been removed. Go back with esc and refresh the list with ctrl+r."


class NotOfferedError(VzapsError):
    """405: the endpoint does not exist on this server (CONTRACT 2.4)."""

    title = "Not offered by this server"
    hint = "Check the base URL (VZAPS_BASE_URL)."


class RejectedError(VzapsError):
    """The server understood and said no: 400, 409, 422, other 4xx, or 200 with success:false."""

    title = "The server said no"
    hint = "Read the server's words above; sending the same again will not help."


class RateLimitedError(VzapsError):
    """429. `retry_after` is in seconds, None where the server gave no time."""

    title = "Too many requests"
    hint = "Wait a little, then refresh with ctrl+r."
    retryable = True

    def __init__(
        self,
        reason: str = "",
        *,
        retry_after: float | None = None,
        status: int | None = 429,
        request_id: str | None = None,
    ) -> None:
        super().__init__(reason, status=status, request_id=request_id)
        self.retry_after = retry_after


class UnavailableError(VzapsError):
    """No usable answer: 5xx, timeout, reset, DNS, refused connection."""

    title = "The API did not answer"
    hint = "Check the network and the base URL; refresh with ctrl+r."
    retryable = True
    acted = True


class TroubledError(UnavailableError):
    """5xx: something answered, and said that it cannot."""

    title = "The API is in trouble"
    hint = "Nothing to mend on this side; refresh with ctrl+r in a while."


class ProtocolError(VzapsError):
    """An answer that is not what the API speaks: HTML, cut or empty body, a list for an object."""

    title = "The answer made no sense"
    hint = (
        "A proxy or captive portal may be answering in the API's place. "
        "Check the base URL; refresh with ctrl+r."
    )
    acted = True


class SettingsError(VzapsError):
    """A flag, environment variable or config file that cannot be used."""

    title = "Settings cannot be used"
    hint = "Mend the value named above. `vzaps-tui paths` says where the config file is."


class StorageError(VzapsError):
    """The disk said no: the program goes on in memory and says so."""

    title = "Cannot use the disk"
    hint = "The program goes on without it; use --no-disk to silence this."
