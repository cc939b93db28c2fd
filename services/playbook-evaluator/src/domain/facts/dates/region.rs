//! Which country's public holidays count, as far as a time zone tells.

use chrono_tz::Tz;

/// Countries whose holidays of the same name fall on other days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    UnitedKingdom,
    Ireland,
    UnitedStates,
    Canada,
    Australia,
    NewZealand,
    India,
    SouthAfrica,
    /// Some other country of Europe.
    Europe,
    Unknown,
}

/// Zones of Canada; the other `America/` zones of English speech are the United States'.
const CANADA: &[&str] = &[
    "Toronto",
    "Vancouver",
    "Montreal",
    "Winnipeg",
    "Edmonton",
    "Halifax",
    "St_Johns",
    "Regina",
    "Calgary",
    "Moncton",
];
const UNITED_STATES: &[&str] = &[
    "New_York",
    "Chicago",
    "Denver",
    "Los_Angeles",
    "Phoenix",
    "Detroit",
    "Boise",
    "Anchorage",
    "Indianapolis",
    "Louisville",
    "Juneau",
];

impl Region {
    pub fn of(zone: Tz) -> Self {
        let name = zone.name();
        let city = name.rsplit('/').next().unwrap_or_default();
        match name.split('/').next().unwrap_or_default() {
            "Europe" if matches!(city, "London" | "Belfast" | "Jersey" | "Guernsey" | "Isle_of_Man") => {
                Self::UnitedKingdom
            }
            "GB" => Self::UnitedKingdom,
            "Europe" if city == "Dublin" => Self::Ireland,
            "Europe" => Self::Europe,
            "US" => Self::UnitedStates,
            "Canada" => Self::Canada,
            "America" if CANADA.contains(&city) => Self::Canada,
            "America" if UNITED_STATES.contains(&city) => Self::UnitedStates,
            "Australia" => Self::Australia,
            "Pacific" if city == "Auckland" => Self::NewZealand,
            "Asia" if matches!(city, "Kolkata" | "Calcutta") => Self::India,
            "Africa" if city == "Johannesburg" => Self::SouthAfrica,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Region;

    #[test]
    fn zones_name_their_country_where_they_can() {
        for (zone, region) in [
            ("Europe/London", Region::UnitedKingdom),
            ("Europe/Dublin", Region::Ireland),
            ("Europe/Oslo", Region::Europe),
            ("America/Toronto", Region::Canada),
            ("America/Chicago", Region::UnitedStates),
            ("America/Sao_Paulo", Region::Unknown),
            ("Australia/Perth", Region::Australia),
            ("UTC", Region::Unknown),
        ] {
            assert_eq!(zone.parse().map(Region::of), Ok(region), "{zone}");
        }
    }
}
