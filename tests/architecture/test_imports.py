"""The arrows between the layers hold: in the import graph, and in a fresh interpreter."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "vzaps_tui"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# Imports everything below the given package and tells, module by module, what came with it.
WALK = """
import importlib, json, pkgutil, sys

def fail(name):
    raise

root = importlib.import_module(sys.argv[1])
names = [root.__name__]
names += [found.name for found in pkgutil.walk_packages(root.__path__, root.__name__ + ".", fail)]
loaded = {}
for name in names:
    importlib.import_module(name)
    loaded[name] = sorted({module.partition(".")[0] for module in sys.modules})
json.dump(loaded, sys.stdout)
"""


def loaded_by(package: str) -> dict[str, set[str]]:
    """Top-level modules in memory after each module of a package was imported, in order."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", WALK, package],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return {name: set(modules) for name, modules in found.items()}


def guilty(package: str, forbidden: set[str]) -> dict[str, set[str]]:
    """The first module after which something forbidden is in memory, and what it is."""
    for name, modules in loaded_by(package).items():
        if modules & forbidden:
            return {name: modules & forbidden}
    return {}


def test_import_contracts_are_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()",
         "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_walk_sees_what_is_loaded() -> None:
    loaded = loaded_by("vzaps_tui.ui")
    assert "textual" in loaded["vzaps_tui.ui.app"]
    files = [path for path in SOURCES if path.is_relative_to(PACKAGE / "ui")]
    assert len(loaded) == len(files)


def test_the_domain_loads_the_standard_library_only() -> None:
    # typing_extensions is the standard library of the next Python: `override`.
    allowed = {"vzaps_tui", "typing_extensions"} | sys.stdlib_module_names
    at_start = loaded_by("json")["json"]  # what site-packages put into every interpreter
    for name, modules in loaded_by("vzaps_tui.domain").items():
        assert modules - at_start <= allowed, name


@pytest.mark.parametrize(
    "package", ["domain", "services", "api", "storage", "emulator", "settings"]
)
def test_what_is_below_the_screens_runs_without_them(package: str) -> None:
    assert guilty(f"vzaps_tui.{package}", {"textual"}) == {}


@pytest.mark.parametrize("package", ["ui", "services"])
def test_screens_and_use_cases_load_neither_client_nor_server_nor_disk(package: str) -> None:
    forbidden = {"httpx", "pydantic", "sqlite3", "starlette", "uvicorn"}
    assert guilty(f"vzaps_tui.{package}", forbidden) == {}


def workers_without_group(source: str) -> Iterator[int]:
    """Lines of `@work` and `run_worker` that name no group: others cancel such a worker."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if _called(decorator) == "work" and not isinstance(decorator, ast.Call):
                    yield decorator.lineno
        if isinstance(node, ast.Call) and _called(node) in ("work", "run_worker"):
            group = next((word.value for word in node.keywords if word.arg == "group"), None)
            if group is None or (isinstance(group, ast.Constant) and not group.value):
                yield node.lineno


def _called(node: ast.expr) -> str:
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def catch_alls(source: str) -> Iterator[int]:
    """Lines that swallow every error: bare `except`, `except Exception`, `suppress(Exception)`.

    A handler that puts things in order and ends in a bare `raise` swallows nothing.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            last = node.body[-1]
            if isinstance(last, ast.Raise) and last.exc is None:
                continue
            caught = [node.type]
        elif isinstance(node, ast.Call) and _called(node) == "suppress":
            caught = [*node.args]
        else:
            continue
        flat = [e for one in caught for e in (one.elts if isinstance(one, ast.Tuple) else [one])]
        if any(one is None or _called(one) in ("Exception", "BaseException") for one in flat):
            yield node.lineno


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("@work\nasync def load(self): ...", [1]),
        ("@work()\nasync def load(self): ...", [1]),
        ("@textual.work(exclusive=True)\ndef load(self): ...", [1]),
        ("self.run_worker(self.load())", [1]),
        ("self.app.run_worker(self.load(), group='')", [1]),
        ("@work(group='load')\nasync def load(self):\n  self.run_worker(x(), group=_GROUP)", []),
    ],
)
def test_a_worker_without_group_is_seen(source: str, lines: list[int]) -> None:
    assert list(workers_without_group(source)) == lines


@pytest.mark.parametrize(
    ("handler", "seen"),
    [
        ("except:", 1),
        ("except Exception:", 1),
        ("except BaseException as error:", 1),
        ("except (ValueError, builtins.Exception):", 1),
        ("except (ValueError, OSError):", 0),
        ("except BaseException:\n  tidy()\n  raise\nexcept OSError:", 0),
        ("except Exception:\n  raise ValueError\nexcept OSError:", 1),
        ("except VzapsError:\n  with suppress(OSError, Exception): ...\nexcept OSError:", 1),
    ],
)
def test_a_catch_all_is_seen(handler: str, seen: int) -> None:
    assert len(list(catch_alls(f"try: ...\n{handler} ..."))) == seen


def test_every_worker_names_its_group() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if path.is_relative_to(PACKAGE / "ui")
        and (lines := list(workers_without_group(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


def test_only_the_command_line_catches_everything_and_only_once() -> None:
    found = [
        path.relative_to(PACKAGE)
        for path in SOURCES
        for _ in catch_alls(path.read_text(encoding="utf-8"))
    ]
    assert len(found) <= 1
    assert {path.parts[0] for path in found} <= {"cli", "__main__.py"}


def test_modules_are_short_and_say_why_they_exist() -> None:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 400, path
        assert ast.get_docstring(ast.parse(text)), path
