"""A webhook's change and a save's outcome in words; URLs masked."""

from __future__ import annotations

from textual.content import Content

from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.webhooks import Finding, Level, SaveReport, WebhookChange, WebhookConfig


def shown_url(config: WebhookConfig) -> str:
    """The URL for the screen; `not set` where there is none."""
    return visible(mask_url(config.url)) if config.url else "not set"


def change_text(change: WebhookChange) -> Content:
    """What a save would change: - for what goes, + for what comes."""
    if change.is_empty:
        return Content.styled("Nothing would change.", "$text-muted")
    lines: list[Content] = []
    if change.url_changed:
        before, after = shown_url(change.before), shown_url(change.after)
        lines += [Content.styled("URL", "bold"), _gone(before), _comes(after)]
        if before == after:
            lines.append(Content.styled("  (a hidden part of it differs)", "$text-muted"))
    if change.added or change.removed:
        lines.append(Content.styled("Events", "bold"))
        lines += [_gone(visible(name)) for name in change.removed]
        lines += [_comes(visible(name)) for name in change.added]
    return Content("\n").join(lines)


def _gone(words: str) -> Content:
    return Content.styled(f"- {words}", "$text-error")


def _comes(words: str) -> Content:
    return Content.styled(f"+ {words}", "$text-success")


def findings_text(findings: tuple[Finding, ...]) -> Content:
    """Remarks of the checks, one a line."""
    return Content("\n").join(
        Content.styled(f"Error: {visible(finding.text)}", "$text-error")
        if finding.level is Level.ERROR
        else Content.styled(f"Note: {visible(finding.text)}", "$text-warning")
        for finding in findings
    )


def report_text(report: SaveReport) -> Content:
    """Sent versus stored."""
    note = (f"\n{visible(report.note)}" if report.note else "", "$text-muted")
    if report.confirmed:
        head = ("Saved and read back: ", "bold $text-success")
        return Content.assemble(head, "the API holds what was sent.", note)
    if report.stored is None:
        head = ("Sent, not confirmed: ", "bold $text-warning")
        return Content.assemble(head, "it could not be read back.", note)
    return Content.assemble(
        ("NOT AS SENT: ", "bold $text-error"),
        "the API holds something else.\n",
        ("Sent    ", "$text-muted"),
        f"{shown_url(report.sent)}  {_events(report.sent)}\n",
        ("Stored  ", "$text-muted"),
        f"{shown_url(report.stored)}  {_events(report.stored)}",
        note,
    )


def _events(config: WebhookConfig) -> str:
    return visible(", ".join(config.events) or "no events")
