"""Settings: declared once, read from flags, environment and config file, explained in words."""

from vzaps_tui.settings.config_file import Config, read_config
from vzaps_tui.settings.loading import load
from vzaps_tui.settings.model import (
    DEFAULT_BASE_URL,
    Declaration,
    Kind,
    Settings,
    declared,
    table,
)

__all__ = [
    "DEFAULT_BASE_URL",
    "Config",
    "Declaration",
    "Kind",
    "Settings",
    "declared",
    "load",
    "read_config",
    "table",
]
