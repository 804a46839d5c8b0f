//! A box over the middle of the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use super::words::{cells, line};
use crate::tui::theme::{Role, Theme};

/// A box with a heading, lines, and the keys that close it.
pub(crate) struct Popup {
    pub(crate) heading: String,
    pub(crate) lines: Vec<Line<'static>>,
    pub(crate) keys: String,
    /// The first line shown.
    pub(crate) scroll: usize,
}

/// Cells that texts in a popup may take on a screen of this width.
pub(crate) fn inner_width(width: u16) -> usize {
    usize::from(width.min(84)).saturating_sub(6)
}

impl Popup {
    pub(crate) fn draw(&self, frame: &mut Frame<'_>, screen: Rect, theme: Theme) {
        let inner = inner_width(screen.width);
        let height = (self.lines.len() + 4).min(usize::from(screen.height.saturating_sub(2)));
        let width = inner + 4;
        let area = Rect {
            x: screen.x + screen.width.saturating_sub(u16::try_from(width).unwrap_or(screen.width)) / 2,
            y: screen.y + screen.height.saturating_sub(u16::try_from(height).unwrap_or(screen.height)) / 2,
            width: u16::try_from(width).unwrap_or(screen.width).min(screen.width),
            height: u16::try_from(height).unwrap_or(screen.height).min(screen.height),
        };
        frame.render_widget(Clear, area);
        let rows = height.saturating_sub(4);
        let first = self.scroll.min(self.lines.len().saturating_sub(rows));
        let [above_left, above_right, below_left, below_right] = theme.corners();
        let heading = format!(" {} ", self.heading);
        let rest = (inner + 2).saturating_sub(cells(&heading));
        let top = format!("{above_left}{heading}{}{above_right}", theme.rule().repeat(rest));
        let keys = format!(" {} ", self.keys);
        let rest = (inner + 2).saturating_sub(cells(&keys));
        let bottom = format!("{below_left}{keys}{}{below_right}", theme.rule().repeat(rest));
        let buffer = frame.buffer_mut();
        let mut put = |row: usize, line: &Line<'static>, x: u16| {
            let y = area.y + u16::try_from(row).unwrap_or(0);
            if y < area.bottom() && x < area.right() {
                buffer.set_line(x, y, line, area.right() - x);
            }
        };
        put(0, &line(top, Role::Strong, theme), area.x);
        for row in 1..height.saturating_sub(1) {
            put(row, &line(theme.bar(), Role::Frame, theme), area.x);
            put(row, &line(theme.bar(), Role::Frame, theme), area.right().saturating_sub(1));
        }
        for (row, text) in self.lines.iter().skip(first).take(rows).enumerate() {
            put(row + 2, text, area.x + 2);
        }
        put(height.saturating_sub(1), &line(bottom, Role::Strong, theme), area.x);
    }
}
