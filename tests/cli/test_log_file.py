from __future__ import annotations

import errno
import io
import logging
import stat
import warnings
from pathlib import Path
from typing import cast

import pytest
from typing_extensions import override

from vzaps_tui.cli.log_file import start_log
from vzaps_tui.domain.masking import Masker, Secret

pytestmark = pytest.mark.usefixtures("own_logging")


def flushed() -> None:
    for handler in logging.getLogger().handlers:
        handler.flush()


def test_messages_arguments_and_tracebacks_are_masked(tmp_path: Path) -> None:
    masker = Masker((Secret("hush-1"),))
    path = tmp_path / "a.log"
    assert start_log(path, masker, own_folder=False) == (path, ())
    log = logging.getLogger("vzaps_tui.somewhere")
    masker.learn(Secret("later-2"))
    log.info("said %s and %s", "hush-1", "later-2")
    log.info("Authorization: Bearer a.b.c and https://h/x?token=zzz \x1b[31m\u202e")
    log.warning("%d of %s", *["does not fit"])
    try:
        {}["hush-1 and later-2"]
    except KeyError:
        log.exception("bug with later-2", stack_info=True)
    flushed()
    text = path.read_text()
    for hidden in ("hush-1", "later-2", "a.b.c", "zzz", "\x1b", "\u202e"):
        assert hidden not in text
    assert "INFO     vzaps_tui.somewhere: said ••• and •••" in text
    assert "KeyError: '••• and •••'" in text
    assert "does not fit" in text


@pytest.mark.parametrize("name", ["httpx", "httpcore", "starlette", "asyncio", "py.warnings"])
def test_others_log_warnings_only_and_never_print(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    start_log(tmp_path / "a.log", Masker(), own_folder=False)
    logging.getLogger(name).info("small talk")
    logging.getLogger(name).warning("trouble")
    flushed()
    text = (tmp_path / "a.log").read_text()
    assert "trouble" in text
    assert "small talk" not in text
    assert capfd.readouterr() == ("", "")


def test_python_warnings_go_to_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    start_log(tmp_path / "a.log", Masker(), own_folder=False)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old thing", DeprecationWarning, stacklevel=1)
    flushed()
    assert "old thing" in (tmp_path / "a.log").read_text()
    assert capfd.readouterr() == ("", "")


def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "vzaps-tui" / "log"
    path = folder / "a.log"
    (tmp_path / "vzaps-tui").mkdir(mode=0o755)
    start_log(path, Masker(), own_folder=True)
    log = logging.getLogger("vzaps_tui")
    for _ in range(30):
        log.info("x" * 100_000)
    flushed()
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}
    assert modes == {"a.log": 0o600, "a.log.1": 0o600, "a.log.2": 0o600, "a.log.3": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert path.stat().st_size < 1_100_000


def test_an_older_log_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("before\n")
    path.chmod(0o644)
    start_log(path, Masker(), own_folder=False)
    logging.getLogger("vzaps_tui").info("after")
    flushed()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("before\n")


def test_a_device_is_left_as_it_is() -> None:
    before = Path("/dev/null").stat().st_mode
    assert start_log(Path("/dev/null"), Masker(), own_folder=False)[1] == ()
    logging.getLogger("vzaps_tui").info("x" * 2_000_000)
    logging.getLogger("vzaps_tui").info("y")
    flushed()
    assert Path("/dev/null").stat().st_mode == before
    assert not Path("/dev/null.1").exists()


@pytest.mark.parametrize("own_folder", [True, False])
def test_a_log_that_cannot_be_written_is_a_notice(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    own_folder: bool,  # noqa: FBT001 - a column of the table
) -> None:
    (tmp_path / "file").touch()
    path, notices = start_log(tmp_path / "file" / "a.log", Masker(), own_folder=own_folder)
    assert path is None
    assert "There is no log" in notices[0]
    logging.getLogger("vzaps_tui").error("nobody hears this")
    assert capfd.readouterr() == ("", "")


class FullDisk(io.StringIO):
    @override
    def write(self, text: str, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_fills_up_is_not_printed_over_the_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start_log(tmp_path / "a.log", Masker(), own_folder=False)
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    was = cast("logging.StreamHandler[io.TextIOBase]", handler).setStream(FullDisk())
    assert was is not None
    was.close()
    logging.getLogger("vzaps_tui").error("x")
    assert capfd.readouterr() == ("", "")


def test_no_log_at_all(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert start_log(None, Masker(), own_folder=True) == (None, ())
    logging.getLogger("vzaps_tui").critical("x")
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
