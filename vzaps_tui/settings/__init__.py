"""Settings: declared once (model), found (loading, config_file), explained in words.

Only the declarations are loaded here: `--help` needs them, and must stay quick.
"""

from vzaps_tui.settings.model import (
    DEFAULT_BASE_URL,
    Declaration,
    Kind,
    Settings,
    declared,
    table,
)

__all__ = ["DEFAULT_BASE_URL", "Declaration", "Kind", "Settings", "declared", "table"]
