"""The log: one rotating file, masked, for its owner alone; nothing is printed over the screen."""

from __future__ import annotations

import logging
import os
import stat
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from vzaps_tui.cli.places import make_private
from vzaps_tui.domain.text import visible_lines

if TYPE_CHECKING:
    from vzaps_tui.domain.masking import Masker

_MAX_BYTES = 1_000_000
_KEPT = 3
_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"


class MaskingFilter(logging.Filter):
    """Masks the message and the traceback of every record, and makes control characters visible."""

    def __init__(self, masker: Masker) -> None:
        super().__init__()
        self._masker = masker
        self._formatter = logging.Formatter()

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._safe(_message(record)), ()
        if record.exc_info:
            record.exc_text = self._formatter.formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = self._safe(record.exc_text)
        if record.stack_info:
            record.stack_info = self._safe(record.stack_info)
        return True

    def _safe(self, text: str) -> str:
        return "\n".join(visible_lines(self._masker(text)))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # somebody's arguments do not fit their text
        return f"{record.msg} {record.args}"


class PrivateLog(RotatingFileHandler):
    """Makes every file of the rotation with mode 0600; its own troubles stay off the screen."""

    @override
    def _open(self) -> TextIOWrapper:
        number = _open_private(self.baseFilename)
        return os.fdopen(number, "a", encoding="utf-8", errors="backslashreplace")

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk must not print over the screen."""


def _open_private(path: str) -> int:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    status = os.fstat(number)
    # Only files: `--log-file /dev/null` must leave the device as it is.
    if stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid():
        os.fchmod(number, 0o600)
    return number


def start_log(
    path: Path | None, masker: Masker, *, own_folder: bool
) -> tuple[Path | None, tuple[str, ...]]:
    """Send all logging to a file, our own from INFO, everybody else's from WARNING.

    Args:
        path: the file; None for no log at all.
        masker: hides secrets; what it learns later is hidden too.
        own_folder: the folder is the program's own: made if missing.

    Returns:
        The file, None where nothing is logged; words to say if it cannot be used.
    """
    handler: logging.Handler = logging.NullHandler()
    notices: tuple[str, ...] = ()
    if path is not None:
        try:
            if own_folder:
                make_private(path.parent)
            handler = PrivateLog(path, maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8")
        except OSError as problem:
            said = problem.strerror or str(problem)
            notices, path = (f"There is no log: {path} cannot be written ({said}).",), None
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.addFilter(MaskingFilter(masker))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("vzaps_tui").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    return path, notices
