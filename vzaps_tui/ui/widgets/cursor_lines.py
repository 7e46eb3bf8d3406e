"""A line-API view with a cursor line: movement, scrolling and caching for tables and texts."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from typing_extensions import override

from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import MOVING
from vzaps_tui.ui.widgets.cells import fit, width_of, wrap

_STRIPS_KEPT = 512


class CursorLines(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines, one of which has the cursor.

    A key costs the drawing of the lines it changes, never more than a page of them, however many
    lines there are. Subclasses say how many lines there are and how one is drawn.
    """

    HEADER_LINES: ClassVar[int] = 0
    ALLOW_SELECT = False
    FOCUS_ON_CLICK = False  # done here, to tell the click that only focuses from one that opens

    DEFAULT_CSS = """
    CursorLines {
        background: $surface;
        color: $foreground;
        scrollbar-size: 1 1;
        scrollbar-color: $foreground 25%;
        scrollbar-color-hover: $foreground 40%;
        scrollbar-color-active: $accent;
        scrollbar-background: $surface;
        scrollbar-background-hover: $surface;
        scrollbar-background-active: $surface;
        scrollbar-corner-color: $surface;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(MOVING)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, classes=classes)
        self._cursor = 0
        self._empty_text = ""
        self._page_drawn = 0
        self._focus_before_click = False
        self._strips: LRUCache[tuple[int, bool, bool], Strip] = LRUCache(_STRIPS_KEPT)
        self._styles_known: dict[tuple[str, ...], Style] = {}
        self._rendered: dict[int, Strip] = {}

    # What subclasses say

    @property
    def line_count(self) -> int:
        """How many lines there are, without the header."""
        raise NotImplementedError

    def draw_line(self, index: int, *, cursor: bool) -> Strip:
        """Draw one line, at least as wide as the view, at the present horizontal offset."""
        raise NotImplementedError

    def draw_header(self, y: int) -> Strip:
        """Draw line `y` of the header, as wide as the view."""
        raise NotImplementedError

    def line_flag(self, index: int) -> bool:
        """One more thing, apart from the cursor, that makes line `index` look different."""
        del index
        return False

    def laid_out(self) -> None:
        """Called when the size of the view is another, before anything is drawn."""

    def cursor_moved(self) -> None:
        """Called after the cursor came to another line."""

    def view_changed(self) -> None:
        """Called after the scroll offset or the size changed, before it is drawn."""

    # Where we are

    @property
    def cursor_index(self) -> int:
        """The line with the cursor; 0 if there are no lines."""
        return self._cursor

    @property
    def page(self) -> int:
        """How many lines fit below the header."""
        return max(0, self.scrollable_content_region.height - self.HEADER_LINES)

    @property
    def view_width(self) -> int:
        """Width of the view in cells."""
        return self.scrollable_content_region.width

    @property
    def top(self) -> int:
        """The first line in view."""
        return self.scroll_offset.y

    @property
    def empty_text(self) -> str:
        """What is said, in the middle, when there are no lines; may have several lines."""
        return self._empty_text

    @empty_text.setter
    def empty_text(self, words: str) -> None:
        self._empty_text = words
        if not self.line_count:
            self.refresh()

    def in_view(self, index: int) -> bool:
        """Whether line `index` is on screen; before the first layout every line is."""
        page = self._page_drawn
        return not page or self.top <= index < self.top + page

    # Moving

    def move_cursor(self, index: int) -> None:
        """Put the cursor on a line (the nearest there is) and bring it into view."""
        index = max(0, min(index, self.line_count - 1))
        before, self._cursor = self._cursor, index
        if not self._bring_into_view(index) and before != index:
            self._refresh_line_at(before)
            self._refresh_line_at(index)
        if before != index:
            self.cursor_moved()

    def _bring_into_view(self, index: int) -> bool:
        """Scroll as little as possible; whether that was needed."""
        if self.in_view(index) or not self.page:
            return False
        self.jump_to(index if index < self.top else index - self.page + 1)
        return True

    def jump_to(self, y: int, x: int | None = None) -> None:
        """Scroll at once so that line `y` is the first in view, as far as that is possible."""
        self.scroll_to(x, y, animate=False, force=True, immediate=True)

    def _refresh_line_at(self, index: int) -> None:
        self.refresh(Region(0, index - self.top + self.HEADER_LINES, self.view_width, 1))

    def action_cursor_down(self) -> None:
        """Move one line down."""
        self.move_cursor(self._cursor + 1)

    def action_cursor_up(self) -> None:
        """Move one line up."""
        self.move_cursor(self._cursor - 1)

    def action_first(self) -> None:
        """Move to the first line and its beginning."""
        self.scroll_to(x=0, animate=False, force=True, immediate=True)
        self.move_cursor(0)

    def action_last(self) -> None:
        """Move to the last line."""
        self.move_cursor(self.line_count - 1)

    @override
    def action_page_down(self) -> None:
        self._move_with_view(self.page)

    @override
    def action_page_up(self) -> None:
        self._move_with_view(-self.page)

    def action_half_page_down(self) -> None:
        """Move half a page down."""
        self._move_with_view(max(1, self.page // 2))

    def action_half_page_up(self) -> None:
        """Move half a page up."""
        self._move_with_view(-max(1, self.page // 2))

    def _move_with_view(self, lines: int) -> None:
        """Move cursor and view together, so that the cursor stays where the eye is."""
        if self.in_view(self._cursor):
            self.jump_to(self.top + lines)
        self.move_cursor(self._cursor + lines)

    @override
    def action_scroll_left(self) -> None:
        self._scroll_sideways(-1)

    @override
    def action_scroll_right(self) -> None:
        self._scroll_sideways(1)

    def _scroll_sideways(self, direction: int) -> None:
        step = max(1, self.view_width // 2)
        self.scroll_to(
            x=self.scroll_offset.x + direction * step, animate=False, force=True, immediate=True
        )

    # Mouse

    def on_mouse_down(self, _event: events.MouseDown) -> None:
        """Take the focus, remembering whether it was here before."""
        self._focus_before_click = self.has_focus
        self.focus(scroll_visible=False)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the line clicked."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.HEADER_LINES:
            return
        index = self.top + offset.y - self.HEADER_LINES
        if index < self.line_count:
            event.stop()
            self.line_clicked(index, event.chain)

    def line_clicked(self, index: int, chain: int) -> None:
        """Act on a click on a line; `chain` is 2 for a double click."""
        del chain
        self.move_cursor(index)

    # Drawing

    def lines_changed(self, width: int = 0) -> None:
        """Forget what was drawn; the number of lines or their content is another.

        Args:
            width: cells the lines need; more than the view has makes it scroll sideways.
        """
        self._strips.clear()
        size = Size(width, self.line_count + self.HEADER_LINES)
        if size == self.virtual_size:
            self._refresh_changed_lines()
        else:
            self.virtual_size = size
            self.refresh()

    def _refresh_changed_lines(self) -> None:
        """Draw those lines in view again that look different now.

        To tell costs a fraction of what it costs to paint them, and a list of which some rows
        change several times a second shall leave time for keys.
        """
        height = self.scrollable_content_region.height
        for y in range(height):
            if self._strip_at(y) != self._rendered.get(y):
                self.refresh(Region(0, y, self.view_width, 1))

    def forget_strips(self) -> None:
        """Draw every line anew."""
        self._strips.clear()
        self.refresh()

    def component(self, *names: str) -> Style:
        """The widget's style with component classes laid over it, later ones on top."""
        style = self._styles_known.get(names)
        if style is None:
            style = self._styles_known[names] = self.get_visual_style(*names).rich_style
        return style

    def forget_styles(self) -> None:
        """Ask for every style anew: the focus or the theme is another."""
        self._styles_known.clear()
        self._strips.clear()

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.forget_styles()

    def on_resize(self) -> None:
        """Lay out anew, keeping the cursor in view if it was."""
        was_in_view = self.in_view(self._cursor)
        self._page_drawn = self.page
        self.laid_out()
        self.forget_strips()
        if was_in_view:
            self._bring_into_view(self._cursor)
        self.view_changed()

    def watch_show_vertical_scrollbar(self) -> None:
        """Lay out anew: the scrollbar took a column of the view, or gave it back."""
        if self.size:
            self.on_resize()

    def watch_show_horizontal_scrollbar(self) -> None:
        """Lay out anew: the scrollbar took a line of the view, or gave it back."""
        if self.size:
            self.on_resize()

    @override
    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.view_changed()

    @override
    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_x(old_value, new_value)
        if round(old_value) != round(new_value):
            self._strips.clear()

    @override
    def render_line(self, y: int) -> Strip:
        strip = self._rendered[y] = self._strip_at(y)
        return strip

    def _strip_at(self, y: int) -> Strip:
        if y < self.HEADER_LINES:
            return self.draw_header(y)
        index = self.top + y - self.HEADER_LINES
        if index < self.line_count:
            return self._line_strip(index)
        return self._empty_strip(y) if not self.line_count else self._blank()

    def _line_strip(self, index: int) -> Strip:
        cursor = index == self._cursor
        key = (index, cursor, self.line_flag(index))
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self.draw_line(index, cursor=cursor)
        return strip

    def _blank(self) -> Strip:
        return Strip.blank(self.view_width, self.component())

    def _empty_strip(self, y: int) -> Strip:
        width = self.view_width
        lines = wrap(self._empty_text, max(1, width - 4)) if self._empty_text else []
        first = self.HEADER_LINES + max(0, (self.page - len(lines)) // 2)
        if not first <= y < first + len(lines):
            return self._blank()
        words = lines[y - first]
        left = " " * max(0, (width - width_of(words)) // 2)
        return Strip([Segment(fit(left + words, width), self.component())], width)
