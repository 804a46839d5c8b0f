//! Which part of a longer list is seen: stateless, so that a resize loses nothing.

/// The first line to draw so that lines `from..to` are in view, centred where there is more.
pub(crate) fn offset(total: usize, height: usize, from: usize, to: usize) -> usize {
    if total <= height {
        return 0;
    }
    let middle = from + to.saturating_sub(from) / 2;
    middle.saturating_sub(height / 2).min(total - height).min(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_selected_is_in_view() {
        for total in 0..30 {
            for height in 1..12 {
                for from in 0..total {
                    let first = offset(total, height, from, from + 1);
                    assert!((first..first + height).contains(&from), "{total} {height} {from}");
                    assert!(first == 0 || first + height <= total);
                }
            }
        }
    }
}
