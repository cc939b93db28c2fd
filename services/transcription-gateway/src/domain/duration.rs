//! Times within a call, as people read them.

/// `0:07.250`, `12:03`, `3:00:00`: milliseconds only where they matter.
pub fn clock(ms: u64) -> String {
    let (hours, minutes, seconds, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}{fraction}")
    } else {
        format!("{minutes}:{seconds:02}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn reads_like_a_clock() {
        assert_eq!(clock(0), "0:00");
        assert_eq!(clock(7_250), "0:07.250");
        assert_eq!(clock(10_800_000), "3:00:00");
    }
}
