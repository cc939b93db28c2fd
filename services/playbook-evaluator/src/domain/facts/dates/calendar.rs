//! The day of the call and how the workspace counts its year.

use super::region::Region;
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use chrono_tz::Tz;

/// What relative dates resolve against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    pub today: NaiveDate,
    /// First month of the fiscal year, 1 to 12.
    pub fiscal_year_start_month: u32,
    /// Whose public holidays count.
    pub region: Region,
}

impl Calendar {
    pub fn new(today: NaiveDate, fiscal_year_start_month: u32) -> Self {
        Self { today, fiscal_year_start_month: fiscal_year_start_month.clamp(1, 12), region: Region::Unknown }
    }

    /// Holidays that differ by country follow the country of a time zone.
    pub fn in_zone(self, zone: Tz) -> Self {
        Self { region: Region::of(zone), ..self }
    }

    /// The same day where the year is not the fiscal one.
    pub fn by_calendar_year(self) -> Self {
        Self { fiscal_year_start_month: 1, ..self }
    }

    pub fn plus(&self, days: i64) -> Option<NaiveDate> {
        shift(self.today, days)
    }

    /// The next such weekday after today.
    pub fn coming(&self, weekday: Weekday) -> Option<NaiveDate> {
        first_after(self.today, weekday)
    }

    /// That weekday in the week that starts `weeks` Mondays from this one.
    pub fn in_week(&self, weekday: Weekday, weeks: i64) -> Option<NaiveDate> {
        shift(in_week_of(self.today, weekday)?, 7 * weeks)
    }

    /// The next date with that day of the month, in that month or on that weekday where given. Today is one where the
    /// month is named: `today, the fourteenth of July`; `the fourteenth` alone on a fourteenth is a month away.
    pub fn next_day_of_month(&self, day: u32, month: Option<u32>, weekday: Option<Weekday>) -> Option<NaiveDate> {
        let first = self.today.with_day(1)?;
        // Without a month the day is near: a weekday that doesn't fall on it soon was a slip of the tongue.
        let months = if month.is_none() && weekday.is_some() { NEAR_MONTHS } else { 14 };
        (0..months).filter_map(|ahead| first.checked_add_months(Months::new(ahead))?.with_day(day)).find(|date| {
            (*date > self.today || (month.is_some() && *date == self.today))
                && month.is_none_or(|m| m == date.month())
                && weekday.is_none_or(|w| w == date.weekday())
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

    /// The first day of the month that is `ahead` months from this one.
    pub fn month_start(&self, ahead: u32) -> Option<NaiveDate> {
        self.today.with_day(1)?.checked_add_months(Months::new(ahead))
    }

    pub fn month_end(&self, month: u32, year: i32) -> Option<NaiveDate> {
        last_of_month(NaiveDate::from_ymd_opt(year, month, 1)?)
    }

    /// Last day of the fiscal quarter that is `ahead` quarters from the current one.
    pub fn quarter_end(&self, ahead: u32) -> Option<NaiveDate> {
        let into_year = self.months_into_year(self.today);
        let first = self.today.with_day(1)?.checked_sub_months(Months::new(into_year % 3))?;
        shift(first.checked_add_months(Months::new(3 * (ahead + 1)))?, -1)
    }

    /// Last day of fiscal quarter 1 to 4, the next one that isn't over.
    pub fn numbered_quarter_end(&self, quarter: u32) -> Option<NaiveDate> {
        (0..4).filter_map(|ahead| self.quarter_end(ahead)).find(|end| self.months_into_year(*end) / 3 + 1 == quarter)
    }

    /// Last day of the fiscal year.
    pub fn year_end(&self, ahead: u32) -> Option<NaiveDate> {
        let into_year = self.months_into_year(self.today);
        let first = self.today.with_day(1)?.checked_sub_months(Months::new(into_year))?;
        shift(first.checked_add_months(Months::new(12 * (ahead + 1)))?, -1)
    }

    fn months_into_year(&self, date: NaiveDate) -> u32 {
        (date.month() + 12 - self.fiscal_year_start_month) % 12
    }
}

/// Months in which a weekday must fall on a day of the month.
const NEAR_MONTHS: u32 = 4;

/// A date some days away.
pub fn shift(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(distance) } else { date.checked_add_days(distance) }
}

/// The first such weekday after a date.
pub fn first_after(date: NaiveDate, day: Weekday) -> Option<NaiveDate> {
    let ahead = i64::from(day.num_days_from_monday()) - i64::from(date.weekday().num_days_from_monday());
    shift(date, if ahead <= 0 { ahead + 7 } else { ahead })
}

/// The last such weekday before a date.
pub fn last_before(date: NaiveDate, day: Weekday) -> Option<NaiveDate> {
    shift(first_after(shift(date, -1)?, day)?, -7)
}

/// That weekday in the week, Monday to Sunday, of a date.
pub fn in_week_of(date: NaiveDate, day: Weekday) -> Option<NaiveDate> {
    let step = i64::from(day.num_days_from_monday()) - i64::from(date.weekday().num_days_from_monday());
    shift(date, step)
}

/// The last day of a date's month.
pub fn last_of_month(date: NaiveDate) -> Option<NaiveDate> {
    shift(date.with_day(1)?.checked_add_months(Months::new(1))?, -1)
}

/// The date that is so many working days, Monday to Friday, away. Public holidays differ too much to be counted.
pub fn shift_working(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let (mut at, mut left) = (date, days.unsigned_abs());
    while left > 0 {
        at = shift(at, days.signum())?;
        left -= u64::from(is_working(at));
    }
    Some(at)
}

pub fn is_working(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}
