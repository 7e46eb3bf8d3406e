"""The first run: what to set and where, and the demo."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.text import visible
from vzaps_tui.ui.host import host_of

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

    def _words(self) -> Text:
        missing = host_of(self).launch.missing
        names = missing.names if missing else ()
        text = Text()
        text.append("vzaps-tui", "bold").append(
            "  webhook deliveries of VZaps instances, in a terminal\n\n"
        )
        text.append("It has no credentials yet. Not set: ").append(", ".join(names), "bold").append(
            ".\n\n"
        )
        text.append("Account mode", "bold").append(
            " (all instances): client token and client secret,\n"
        )
        text.append("from your VZaps account at https://app.vzaps.com\n\n")
        text.append("  export VZAPS_CLIENT_TOKEN=...\n  export VZAPS_CLIENT_SECRET=...\n\n")
        text.append("Single-instance mode", "bold").append(": no secret, one instance\n\n")
        text.append("  export VZAPS_CLIENT_TOKEN=...\n  export VZAPS_INSTANCE_ID=VZ...\n")
        text.append("  export VZAPS_INSTANCE_TOKEN=...\n\n")
        text.append("Or keep them in a file ").append(
            visible(missing.config_file if missing else ""), "bold"
        )
        text.append(" (chmod 600):\n\n")
        text.append("".join(f"  {line}\n" for line in _SAMPLE.splitlines()), "dim")
        text.append("\nThen start it again.  ")
        text.append(" d ", "reverse").append(
            " opens the demo: an emulated VZaps inside the program   "
        )
        text.append(" q ", "reverse").append(" leaves")
        return text

    def on_mount(self) -> None:
        """Let long text scroll."""
        self.query_one(VerticalScroll).focus()

    def action_demo(self) -> None:
        """Start over on the embedded emulator."""
        host_of(self).start_demo()
