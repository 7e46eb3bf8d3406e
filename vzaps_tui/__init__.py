"""vzaps-tui: a keyboard-driven terminal dashboard for VZaps webhooks."""

__version__ = "0.1.0"
