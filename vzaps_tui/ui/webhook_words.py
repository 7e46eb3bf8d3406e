"""A webhook's change and a save's outcome in words; URLs masked."""

from __future__ import annotations

from rich.text import Text

from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.webhooks import Finding, Level, SaveReport, WebhookChange, WebhookConfig


def shown_url(config: WebhookConfig) -> str:
    """The URL for the screen; `not set` where there is none."""
    return visible(mask_url(config.url)) if config.url else "not set"


def change_text(change: WebhookChange) -> Text:
    """What a save would change: - for what goes, + for what comes."""
    if change.is_empty:
        return Text("Nothing would change.", "dim")
    text = Text()
    if change.url_changed:
        before, after = shown_url(change.before), shown_url(change.after)
        text.append("URL\n", "bold")
        text.append(f"- {before}\n", "red").append(f"+ {after}\n", "green")
        if before == after:
            text.append("  (a hidden part of it differs)\n", "dim")
    if change.added or change.removed:
        text.append("Events\n", "bold")
        for name in change.removed:
            text.append(f"- {visible(name)}\n", "red")
        for name in change.added:
            text.append(f"+ {visible(name)}\n", "green")
    text.rstrip()
    return text


def findings_text(findings: tuple[Finding, ...]) -> Text:
    """Remarks of the checks, one a line."""
    text = Text()
    for finding in findings:
        style, word = ("red", "Error") if finding.level is Level.ERROR else ("yellow", "Note")
        text.append(f"{word}: {visible(finding.text)}\n", style)
    text.rstrip()
    return text


def report_text(report: SaveReport) -> Text:
    """Sent versus stored."""
    text = Text()
    if report.confirmed:
        text.append("Saved and read back: ", "bold green").append("the API holds what was sent.")
    elif report.stored is None:
        text.append("Sent, not confirmed: ", "bold yellow").append("it could not be read back.")
    else:
        text.append("NOT AS SENT: ", "bold red").append("the API holds something else.\n")
        text.append("Sent    ", "dim").append(f"{shown_url(report.sent)}  {_events(report.sent)}\n")
        text.append("Stored  ", "dim").append(
            f"{shown_url(report.stored)}  {_events(report.stored)}"
        )
    if report.note:
        text.append(f"\n{visible(report.note)}", "dim")
    return text


def _events(config: WebhookConfig) -> str:
    return visible(", ".join(config.events) or "no events")
