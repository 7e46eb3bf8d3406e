"""What is on screen can be copied as a command of this program."""

from __future__ import annotations

import pytest

from tests.builders import INSTANCE
from tests.fakes import FakeGateway
from tests.ui.harness import launch, press, shown, toasts
from tests.ui.test_deliveries_list import falling
from vzaps_tui.domain.masking import Masker, Secret


@pytest.mark.parametrize(
    ("keys", "command"),
    [
        (("y", "s"), "vzaps-tui logs --instance VZ01 --demo"),
        (("f", "y", "s"), "vzaps-tui logs --instance VZ01 --query status:failed --demo"),
        (
            ("colon", *"tries:>=3 s3cret", "enter", "y", "s"),
            "vzaps-tui logs --instance VZ01 --query 'tries:>=3 •••' --demo",
        ),
        (("enter", "y", "s"), "vzaps-tui show --instance VZ01 --demo log_30"),
    ],
)
async def test_the_view_as_a_command(keys: tuple[str, ...], command: str) -> None:
    gateway = FakeGateway(falling(30))
    begin = launch(
        gateway,
        instance=INSTANCE,
        arguments=("--demo",),
        masker=Masker((Secret("s3cret"),)),
    )
    async with shown(begin) as (app, pilot):
        await press(pilot, *keys)
        assert app.clipboard == command
        assert "as a command" in toasts(app)


async def test_a_list_without_rows_is_a_command_as_well() -> None:
    async with shown(launch(FakeGateway(), instance=INSTANCE)) as (app, pilot):
        await press(pilot, "y", "s")
        assert app.clipboard == "vzaps-tui logs --instance VZ01"
