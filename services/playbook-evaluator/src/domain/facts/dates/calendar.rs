//! The day of the call and how the workspace counts its year.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// What relative dates resolve against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    pub today: NaiveDate,
    /// First month of the fiscal year, 1 to 12.
    pub fiscal_year_start_month: u32,
}

impl Calendar {
    pub fn new(today: NaiveDate, fiscal_year_start_month: u32) -> Self {
        Self { today, fiscal_year_start_month: fiscal_year_start_month.clamp(1, 12) }
    }

    pub fn plus(&self, days: i64) -> Option<NaiveDate> {
        shift(self.today, days)
    }

    /// The next such weekday after today.
    pub fn coming(&self, weekday: Weekday) -> Option<NaiveDate> {
        let ahead = i64::from(weekday.num_days_from_monday()) - i64::from(self.today.weekday().num_days_from_monday());
        self.plus(if ahead <= 0 { ahead + 7 } else { ahead })
    }

    /// That weekday in the week that starts `weeks` Mondays from this one.
    pub fn in_week(&self, weekday: Weekday, weeks: i64) -> Option<NaiveDate> {
        let monday = shift(self.today, -i64::from(self.today.weekday().num_days_from_monday()))?;
        shift(monday, 7 * weeks + i64::from(weekday.num_days_from_monday()))
    }

    /// The next date after today with that day of the month, in that month or on that weekday where given.
    pub fn next_day_of_month(&self, day: u32, month: Option<u32>, weekday: Option<Weekday>) -> Option<NaiveDate> {
        let first = self.today.with_day(1)?;
        (0..14_u32).filter_map(|ahead| first.checked_add_months(Months::new(ahead))?.with_day(day)).find(|date| {
            *date > self.today && month.is_none_or(|m| m == date.month()) && weekday.is_none_or(|w| w == date.weekday())
        })
    }

    /// The nth such weekday of a month; 5 is the last.
    pub fn nth_weekday(&self, nth: u32, weekday: Weekday, month: u32, year: i32) -> Option<NaiveDate> {
        if nth < 5 {
            return NaiveDate::from_weekday_of_month_opt(year, month, weekday, u8::try_from(nth).ok()?);
        }
        (4..=5).rev().find_map(|n| NaiveDate::from_weekday_of_month_opt(year, month, weekday, n))
    }

    /// The year in which a month comes next.
    pub fn year_of(&self, month: u32) -> i32 {
        self.today.year() + i32::from(month < self.today.month())
    }

    pub fn month_end(&self, month: u32, year: i32) -> Option<NaiveDate> {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        shift(first.checked_add_months(Months::new(1))?, -1)
    }

    /// Last day of the fiscal quarter that is `ahead` quarters from the current one.
    pub fn quarter_end(&self, ahead: u32) -> Option<NaiveDate> {
        let into_year = (self.today.month() + 12 - self.fiscal_year_start_month) % 12;
        let first = self.today.with_day(1)?.checked_sub_months(Months::new(into_year % 3))?;
        shift(first.checked_add_months(Months::new(3 * (ahead + 1)))?, -1)
    }

    /// Last day of fiscal quarter 1 to 4, the next one that isn't over.
    pub fn numbered_quarter_end(&self, quarter: u32) -> Option<NaiveDate> {
        (0..4).filter_map(|ahead| self.quarter_end(ahead)).find(|end| {
            let into_year = (end.month() + 12 - self.fiscal_year_start_month) % 12;
            into_year / 3 + 1 == quarter
        })
    }

    /// Last day of the fiscal year.
    pub fn year_end(&self, ahead: u32) -> Option<NaiveDate> {
        let into_year = (self.today.month() + 12 - self.fiscal_year_start_month) % 12;
        let first = self.today.with_day(1)?.checked_sub_months(Months::new(into_year))?;
        shift(first.checked_add_months(Months::new(12 * (ahead + 1)))?, -1)
    }
}

/// A date some days away.
pub fn shift(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(distance) } else { date.checked_add_days(distance) }
}

/// The weekday of a word.
pub fn weekday(word: &str) -> Option<Weekday> {
    Some(match word.strip_suffix('s').filter(|w| w.ends_with("day")).unwrap_or(word) {
        "monday" | "mon" => Weekday::Mon,
        "tuesday" | "tue" | "tues" => Weekday::Tue,
        "wednesday" | "wed" => Weekday::Wed,
        "thursday" | "thu" | "thurs" => Weekday::Thu,
        "friday" | "fri" => Weekday::Fri,
        "saturday" => Weekday::Sat,
        "sunday" => Weekday::Sun,
        _ => return None,
    })
}

/// The month of a word. `may` and `march` are also verbs: the caller looks at their neighbours.
pub fn month(word: &str) -> Option<u32> {
    const MONTHS: &[&str] = &[
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const SHORT: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = MONTHS
        .iter()
        .position(|m| *m == word)
        .or_else(|| SHORT.iter().position(|m| *m == word && word != "mar" && word != "may"));
    let at = at.or_else(|| (word == "sept").then_some(8))?;
    u32::try_from(at + 1).ok()
}
