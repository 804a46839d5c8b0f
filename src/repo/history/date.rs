//! Calendar dates of commits, without a time library.

/// The date `YYYY-MM-DD` of a moment (seconds since 1970-01-01T00:00Z) on a clock `offset`
/// minutes ahead of UTC.
pub fn date(epoch_seconds: i64, offset_minutes: i32) -> String {
    let local = epoch_seconds.saturating_add(i64::from(offset_minutes) * 60);
    let (year, month, day) = civil(local.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since 1970-01-01 as year, month and day of the Gregorian calendar (Hinnant's
/// `civil_from_days`: eras of 400 years that start on March 1st).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_by_the_authors_clock() {
        assert_eq!(date(0, 0), "1970-01-01");
        assert_eq!(date(951_782_400, 0), "2000-02-29");
        assert_eq!(date(1_745_625_600, 0), "2025-04-26");
        assert_eq!(date(1_745_625_599, 0), "2025-04-25");
        assert_eq!(date(1_745_625_599, 120), "2025-04-26");
        assert_eq!(date(1_745_625_600, -300), "2025-04-25");
        assert_eq!(date(-1, 0), "1969-12-31");
    }
}
