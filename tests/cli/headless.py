"""Runs a headless command in this process against a server, as a shell would see it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pytest

from vzaps_tui.cli.entry import guard
from vzaps_tui.cli.run import Run
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What is on standard output, line by line."""
        return self.out.splitlines()

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Every line of standard output as a JSON object."""
        return list(read_lines(self.out))


def read_lines(text: str) -> Iterator[dict[str, Any]]:
    """JSON Lines, each read by itself; anything else on a line is an error."""
    assert text == "" or text.endswith("\n")
    for line in text.split("\n")[:-1]:
        value: object = json.loads(line)
        assert isinstance(value, dict), line
        assert line.isprintable()
        yield cast("dict[str, Any]", value)


def credentials(world: World, base_url: str) -> dict[str, str]:
    """The environment of somebody who has an account there, and is in no hurry to be slow."""
    return {
        "VZAPS_CLIENT_TOKEN": world.client_token,
        "VZAPS_CLIENT_SECRET": world.client_secret,
        "VZAPS_BASE_URL": base_url,
        "VZAPS_REQUESTS_PER_SECOND": "1000",
        "VZAPS_RETRY_PACE": "1000",
    }


class Shell:
    """A shell in which the account's variables are set; each command is a run of its own."""

    def __init__(
        self,
        server: EmulatorServer,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.server = server
        self.world = server.world
        self._capsys = capsys
        self._patch = monkeypatch
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        self.set(credentials(server.world, server.base_url))

    def set(self, variables: Mapping[str, str]) -> None:
        """Set variables of the environment."""
        for name, value in variables.items():
            self._patch.setenv(name, value)

    def __call__(self, *arguments: str) -> Done:
        """Run `vzaps-tui ARGUMENTS`."""
        self._capsys.readouterr()
        before = logging.getLogger().handlers[:]
        code = guard(arguments, Run(os.environ))
        for handler in logging.getLogger().handlers:
            if handler not in before:
                handler.close()
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        assert "bug" not in err
        for secret in (self.world.client_secret, self.world.client_token, "s3cret"):
            assert secret not in out + err
        return Done(code, out, err)

    def asked(self, ending: str) -> int:
        """How many requests so far went to a path with this ending."""
        return sum(one.path.endswith(ending) for one in list(self.world.requests))
