//! How far something is, in six cells.

/// `[ 36%]`, `[done]`, `[ .. ]` where it is not known.
pub(crate) fn gauge(done: usize, total: usize) -> String {
    match (done, total) {
        (_, 0) => "[ .. ]".to_owned(),
        (done, total) if done >= total => "[done]".to_owned(),
        (done, total) => format!("[{:>3}%]", done * 100 / total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_six_cells() {
        assert_eq!(gauge(0, 0), "[ .. ]");
        assert_eq!(gauge(5, 5), "[done]");
        assert_eq!(gauge(1204, 3310), "[ 36%]");
        assert_eq!(gauge(0, 9), "[  0%]");
    }
}
