"""The one registry of commands; footer, help, palette, remapping and README derive from it."""

from __future__ import annotations

from collections.abc import Mapping

from vzaps_tui.ui.command import Command, Place, show_key


def _move(name: str, keys: str, action: str, text: str) -> Command:
    return Command(f"move.{name}", keys, action, "", text, palette=False)


MOVING = Place(
    "move",
    "Moving",
    (
        _move("down", "down,j", "cursor_down", "One row down"),
        _move("up", "up,k", "cursor_up", "One row up"),
        _move("page_down", "pagedown", "page_down", "One page down"),
        _move("page_up", "pageup", "page_up", "One page up"),
        _move("half_down", "ctrl+d", "half_page_down", "Half a page down"),
        _move("half_up", "ctrl+u", "half_page_up", "Half a page up"),
        _move("top", "home,g", "first", "To the top"),
        _move("bottom", "end,G", "last", "To the bottom"),
        _move("left", "left", "scroll_left", "Scroll left, where lines are too long"),
        _move("right", "right", "scroll_right", "Scroll right"),
    ),
)

OPENING = Place(
    "list",
    "Lists",
    (_move("open", "enter", "open", "Open what is under the cursor"),),
)

EVERYWHERE = Place(
    "app",
    "Everywhere",
    (
        Command("app.back", "escape", "back", "back", "One step back; never quits", palette=False),
        Command("app.help", "question_mark,f1", "help", "help", "Show the keys of this screen"),
        Command(
            "app.palette", "ctrl+p", "command_palette", "", "All commands by name", palette=False
        ),
        Command("app.refresh", "ctrl+r,f5", "refresh", "refresh", "Ask the API again"),
        Command("app.copy", "y", "copy", "copy", "Copy something of what is shown"),
        Command(
            "app.stop",
            "X",
            "stop_retries",
            "",
            "Stop retries (the one in flight is finished) or an export",
        ),
        Command("app.pause", "P", "pause_retries", "", "Pause retries, or go on with them"),
        Command("app.plans", "H", "plans", "", "Past retries: what was sent and what came of it"),
        Command("app.utc", "U", "utc", "", "Show times in UTC, or in the local zone again"),
        Command("app.quit", "q,ctrl+q", "quit", "quit", "Leave the program"),
    ),
)

FINDING = Place(
    "find",
    "Finding",
    (
        Command("find.open", "slash", "find", "find", "Find text in what is shown"),
        Command("find.next", "n", "find_next", "", "Next match"),
        Command("find.previous", "N", "find_previous", "", "Previous match"),
    ),
)

INSTANCES = Place(
    "instances",
    "Instances",
    (
        Command("instances.open", "", "open", "open", "Open the deliveries of the instance"),
        Command("instances.webhook", "w", "webhook", "webhook", "See and edit its webhook"),
    ),
)

DELIVERIES = Place(
    "deliveries",
    "Deliveries",
    (
        Command(
            "deliveries.retry",
            "r",
            "retry",
            "retry",
            "Retry the marked deliveries, else this one",
            mutates=True,
        ),
        Command(
            "deliveries.retry_all",
            "R",
            "retry_all",
            "",
            "Retry all loaded deliveries that match, after review",
            mutates=True,
        ),
        Command(
            "deliveries.failures",
            "f",
            "failures",
            "failures only",
            "Show failures only, or all again",
        ),
        Command(
            "deliveries.query",
            "colon",
            "query",
            "",
            "Filter by a line, such as code:5xx,timeout last:2h",
        ),
        Command(
            "deliveries.drop", "backspace", "drop", "", "Take the last condition of the filter away"
        ),
        Command(
            "deliveries.filter",
            "F",
            "filter",
            "filter",
            "Filter by status, event, text, period, code, tries",
        ),
        Command("deliveries.views", "v", "views", "", "Filters with a name: apply or forget one"),
        Command(
            "deliveries.keep_view", "V", "keep_view", "", "Keep the present filter under a name"
        ),
        Command("deliveries.triage", "t", "triage", "triage", "Fold what failed into its causes"),
        Command("deliveries.mark", "space", "mark", "mark", "Mark or unmark the row and go down"),
        Command(
            "deliveries.mark_all", "a", "mark_all", "mark all", "Mark all loaded rows that match"
        ),
        Command("deliveries.unmark", "u", "unmark", "", "Unmark all"),
        Command("deliveries.next_failure", "e", "failure(1)", "", "To the next failure"),
        Command("deliveries.previous_failure", "E", "failure(-1)", "", "To the previous failure"),
        Command(
            "deliveries.compare",
            "d",
            "compare",
            "",
            "Compare two marked deliveries, or the marked one with this one",
        ),
        Command("deliveries.sync", "L", "sync", "load all", "Load all of the log, or stop loading"),
        Command(
            "deliveries.auto", "A", "auto_refresh", "", "Refresh by itself, or only when asked"
        ),
        Command("deliveries.sort", "S", "sort", "", "The oldest first, or the newest"),
        Command("deliveries.preview", "p", "preview", "preview", "Show or hide the preview"),
        Command("deliveries.export", "x", "export", "export", "Write what matches to a file"),
        Command("deliveries.webhook", "w", "webhook", "webhook", "See and edit the webhook"),
    ),
)

PLANS = Place(
    "plans",
    "Past retries",
    (
        Command("plans.open", "", "open", "open", "Open the plan, or one of its deliveries"),
        Command(
            "plans.retry",
            "r",
            "retry",
            "retry failed",
            "Retry what is still failed of the plan, after review",
            mutates=True,
        ),
        Command(
            "plans.resume",
            "c",
            "resume",
            "go on",
            "Go on with a plan that was stopped or cut short",
            mutates=True,
        ),
        Command(
            "plans.discard",
            "D",
            "discard",
            "discard",
            "Never send what is left of a plan",
            mutates=True,
        ),
        Command(
            "plans.mark", "m", "mark", "mark failed", "To the list, what is still failed marked"
        ),
        Command("plans.export", "x", "export", "export", "Write the plan to a file, JSON Lines"),
    ),
)

PLAN = Place(
    "plan",
    "One plan of retries",
    (
        Command(
            "plan.filter", "f", "outcome(1)", "filter", "Show one outcome, the next one, or all"
        ),
        Command("plan.filter_back", "F", "outcome(-1)", "", "Show the outcome before that"),
    ),
)

TRIAGE = Place(
    "triage",
    "Triage",
    (
        Command(
            "triage.open",
            "",
            "open",
            "show these",
            "Back to the deliveries, narrowed to those of the cause",
        ),
        Command(
            "triage.retry",
            "r",
            "retry",
            "retry all of it",
            "Retry all loaded deliveries of the cause, after review",
            mutates=True,
        ),
        Command("triage.webhook", "w", "webhook", "webhook", "See and edit the webhook"),
    ),
)

JSON = Place(
    "json",
    "Payload, response, raw",
    (
        Command("json.fold", "z", "fold", "fold", "Fold or unfold what is under the cursor"),
        Command("json.fold_all", "Z", "fold_all", "", "Fold all below the top, or unfold all"),
        Command(
            "json.parent",
            "left_curly_bracket",
            "to_parent",
            "",
            "To what holds the value under the cursor",
            palette=False,
        ),
        Command(
            "json.sibling",
            "right_curly_bracket",
            "to_sibling",
            "",
            "To the next item of what holds it",
            palette=False,
        ),
    ),
)

DELIVERY = Place(
    "delivery",
    "Delivery",
    (
        Command("delivery.retry", "r", "retry", "retry", "Retry this delivery", mutates=True),
        Command(
            "delivery.previous",
            "left_square_bracket",
            "walk(-1)",
            "previous",
            "The previous delivery of the list",
        ),
        Command(
            "delivery.next",
            "right_square_bracket",
            "walk(1)",
            "next",
            "The next delivery of the list",
        ),
        Command("delivery.mark", "space", "mark", "mark", "Mark or unmark this delivery"),
        Command(
            "delivery.compare", "d", "compare", "compare", "Compare with the one that is marked"
        ),
        Command(
            "delivery.related",
            "o",
            "related",
            "related",
            "Find the other deliveries of the same chat or message",
        ),
        Command("delivery.next_part", "tab", "turn(1)", "part", "The next part", palette=False),
        Command(
            "delivery.previous_part",
            "shift+tab",
            "turn(-1)",
            "",
            "The previous part",
            palette=False,
        ),
        Command("delivery.attempts", "1", "part('attempts')", "", "Its attempts"),
        Command("delivery.payload", "2", "part('payload')", "", "Its payload"),
        Command("delivery.response", "3", "part('response')", "", "The receiver's response"),
        Command("delivery.raw", "4", "part('raw')", "", "The API's whole answer"),
    ),
)

RELATED = Place(
    "related",
    "Related",
    (
        Command("related.open", "", "open", "open", "Open the delivery under the cursor"),
        Command("related.stop", "s", "stop", "stop, go on", "Stop the search, or go on with it"),
        Command("related.more", "m", "more", "more", "Look at further deliveries"),
    ),
)

COMPARE = Place(
    "compare",
    "Compare",
    (
        Command("compare.next", "e", "difference(1)", "next difference", "To the next difference"),
        Command("compare.previous", "E", "difference(-1)", "", "To the previous difference"),
        Command("compare.same", "z", "same", "unfold", "Show or fold what is the same"),
        Command(
            "compare.quiet",
            "i",
            "quiet",
            "times and ids",
            "Show or hide times, ids and hashes that differ",
        ),
    ),
)

WEBHOOK = Place(
    "webhook",
    "Webhook",
    (
        Command(
            "webhook.save",
            "ctrl+s",
            "save",
            "review and save",
            "Review the change, then save it",
            mutates=True,
        ),
        Command(
            "webhook.undo",
            "ctrl+z",
            "undo",
            "undo",
            "Take back the last save, after review",
            mutates=True,
        ),
        Command(
            "webhook.next", "tab", "app.focus_next", "next", "To the next field", palette=False
        ),
    ),
)

PLACES = (
    MOVING,
    OPENING,
    EVERYWHERE,
    FINDING,
    INSTANCES,
    DELIVERIES,
    TRIAGE,
    PLANS,
    PLAN,
    DELIVERY,
    JSON,
    COMPARE,
    RELATED,
    WEBHOOK,
)
COMMANDS = tuple(command for place in PLACES for command in place.commands)


def keys_of(command: Command, keymap: Mapping[str, str]) -> str:
    """A command's keys as remapped; one without keys is what opening means at its place."""
    opening = OPENING.commands[0]
    return keymap.get(command.id, command.keys) or keymap.get(opening.id, opening.keys)


def retry_keys(keymap: Mapping[str, str]) -> tuple[str, str]:
    """The keys that pause retries, and that stop them, as a person reads them."""
    return first_key("app.pause", keymap), first_key("app.stop", keymap)


def first_key(command: str, keymap: Mapping[str, str]) -> str:
    """The first key of a command that works everywhere, as a person reads it."""
    wanted = next(one for one in EVERYWHERE.commands if one.id == command)
    return show_key(keys_of(wanted, keymap).partition(",")[0].strip())


def key_table() -> str:
    """The README's table of keys, Markdown."""
    lines = ["| Where | Key | What it does |", "|---|---|---|"]
    for place in PLACES:
        for command in place.commands:
            keys = " ".join(f"`{show_key(key)}`" for key in command.keys.split(",") if key)
            lines.append(f"| {place.title} | {keys or '`enter`'} | {command.help} |")
    return "\n".join(lines)
