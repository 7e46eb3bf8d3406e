"""The first run: what to set and where, and the demo."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.text import visible
from vzaps_tui.ui.host import host_of
from vzaps_tui.ui.widgets.key_hints import KeyHints

_SAMPLE = """\
default_profile = "prod"

[profiles.prod]
client_token = "..."
client_secret = "..."
"""


class WelcomeScreen(Screen[None]):
    """Shown when there are no credentials."""

    BINDINGS: ClassVar[list[BindingType]] = [("d", "demo", "Demo"), ("q", "app.quit", "Quit")]

    @override
    def compose(self) -> ComposeResult:
        with VerticalScroll(id="welcome"):
            yield Static(self._words())
        yield KeyHints()

    def _words(self) -> Content:
        missing = host_of(self).launch.missing
        names = missing.names if missing else ()
        sample = "".join(f"  {line}\n" for line in _SAMPLE.splitlines())
        return Content.assemble(
            ("vzaps-tui", "bold"),
            "  webhook deliveries of VZaps instances, in a terminal\n\n",
            "It has no credentials yet. Not set: ",
            (", ".join(names), "bold"),
            ".\n",
            ("d", "bold"),
            " opens the demo: an emulated VZaps inside the program.\n\n",
            ("Account mode", "bold"),
            " (all instances): client token and client secret,\n",
            "from your VZaps account at https://app.vzaps.com\n\n",
            "  export VZAPS_CLIENT_TOKEN=...\n  export VZAPS_CLIENT_SECRET=...\n\n",
            ("Single-instance mode", "bold"),
            ": no secret, one instance\n\n",
            "  export VZAPS_CLIENT_TOKEN=...\n  export VZAPS_INSTANCE_ID=VZ...\n",
            "  export VZAPS_INSTANCE_TOKEN=...\n\n",
            "Or keep them in a file ",
            (visible(missing.config_file if missing else ""), "bold"),
            " (chmod 600):\n\n",
            (sample, "$text-muted"),
            "\nThen start it again.",
        )

    def on_mount(self) -> None:
        """Let long text scroll."""
        self.query_one(VerticalScroll).focus()
        self.query_one(KeyHints).hints = (("d", "demo", "demo"), ("q", "quit", "app.quit"))

    @on(KeyHints.Pressed)
    async def _run_hint(self, event: KeyHints.Pressed) -> None:
        await self.run_action(event.action)

    def action_demo(self) -> None:
        """Start over on the embedded emulator."""
        host_of(self).start_demo()
