//! When to try again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::Meaning;

/// How long to wait before each attempt, counted from the one before it.
///
/// Written `0s,5s,5m,30m,2h`: with hours, minutes or seconds. As many attempts are made as there are delays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

impl Schedule {
    /// A receiver that is asked too much and does not say for how long is left in peace for this at least.
    pub const PEACE: Duration = Duration::from_mins(1);

    /// Neither more attempts nor longer delays than these: what is older helps nobody.
    const MOST_ATTEMPTS: usize = 50;
    const LONGEST: Duration = Duration::from_hours(7 * 24);
    /// A delay is up to a fifth longer or shorter, by chance: what failed together is not tried again together.
    const JITTER: u32 = 5;

    /// How many attempts there are.
    #[must_use]
    pub const fn attempts(&self) -> usize {
        self.0.len()
    }

    /// How long to wait, once `failed` attempts have failed; `None` once that were all.
    ///
    /// `meaning` and `asked` are of the last answer, if one came: what the receiver asked for is added to by nothing, but
    /// the schedule's own delay is waited for in any case. `random` is a number by chance, each as likely.
    #[must_use]
    pub fn wait(
        &self,
        failed: usize,
        meaning: Meaning,
        asked: Option<Duration>,
        random: u32,
    ) -> Option<Duration> {
        let delay = jittered(*self.0.get(failed)?, random);
        let least = match asked {
            Some(asked) => asked,
            None if meaning == Meaning::Slow => jittered(Self::PEACE, random),
            None => Duration::ZERO,
        };
        Some(delay.max(least))
    }
}

/// Between 4/5 and 6/5 of a delay.
fn jittered(delay: Duration, random: u32) -> Duration {
    let part = delay / Schedule::JITTER;
    delay - part + (part * 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// The standard's example: attempts over three days.
impl Default for Schedule {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        let (minutes, hours) = (Duration::from_mins, Duration::from_hours);
        Self(vec![
            seconds(0),
            seconds(5),
            minutes(5),
            minutes(30),
            hours(2),
            hours(5),
            hours(10),
            hours(14),
            hours(20),
            hours(24),
        ])
    }
}

impl FromStr for Schedule {
    type Err = InvalidSchedule;

    fn from_str(text: &str) -> Result<Self, InvalidSchedule> {
        let delays = text.split(',').map(|delay| read(delay.trim())).collect::<Result<Vec<_>, _>>()?;
        if delays.len() > Self::MOST_ATTEMPTS {
            return Err(InvalidSchedule::Attempts(delays.len()));
        }
        Ok(Self(delays))
    }
}

fn read(text: &str) -> Result<Duration, InvalidSchedule> {
    let invalid = || InvalidSchedule::Delay(text.to_owned());
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        _ => return Err(invalid()),
    };
    let number = &text[..text.len() - 1];
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse::<u64>().ok());
    let seconds = number.flatten().and_then(|number| number.checked_mul(unit)).ok_or_else(invalid)?;
    Some(Duration::from_secs(seconds)).filter(|delay| *delay <= Schedule::LONGEST).ok_or_else(invalid)
}

impl fmt::Display for Schedule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, delay) in self.0.iter().enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            match delay.as_secs() {
                seconds if seconds > 0 && seconds % 3600 == 0 => write!(out, "{comma}{}h", seconds / 3600)?,
                seconds if seconds > 0 && seconds % 60 == 0 => write!(out, "{comma}{}m", seconds / 60)?,
                seconds => write!(out, "{comma}{seconds}s")?,
            }
        }
        Ok(())
    }
}

/// The text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// One of the delays is none.
    #[error("expected delays such as 0s,5s,5m,2h, none longer than 168h, and not “{0}”")]
    Delay(String),
    /// There are too many.
    #[error("{0} attempts are too many: at most {most}", most = Schedule::MOST_ATTEMPTS)]
    Attempts(usize),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STANDARD: &str = "0s,5s,5m,30m,2h,5h,10h,14h,20h,24h";
    /// In the middle: the delay as it is written, but for what a fraction rounds.
    const MIDDLE: u32 = u32::MAX / 2;

    fn seconds(schedule: &Schedule, failed: usize, meaning: Meaning, asked: Option<u64>) -> Option<u64> {
        let wait = schedule.wait(failed, meaning, asked.map(Duration::from_secs), MIDDLE);
        wait.map(|wait| (wait + Duration::from_millis(500)).as_secs())
    }

    #[test]
    fn the_standards_schedule_spans_three_days_and_ends() {
        let schedule = Schedule::default();
        assert_eq!(schedule.to_string(), STANDARD);
        assert_eq!(STANDARD.parse(), Ok(schedule.clone()));
        let waits = (0..).map_while(|failed| seconds(&schedule, failed, Meaning::Failed, None));
        let waits = waits.collect::<Vec<_>>();
        assert_eq!(waits.len(), schedule.attempts());
        // 75:35:05, as the standard's table ends.
        assert_eq!(waits.iter().sum::<u64>(), 75 * 3600 + 35 * 60 + 5);
    }

    #[test]
    fn what_the_receiver_asks_for_is_waited_for() {
        let schedule = "0s,5s,5m".parse().expect("a schedule");
        let wait = |failed, meaning, asked| seconds(&schedule, failed, meaning, asked);
        assert_eq!(wait(1, Meaning::Failed, Some(30)), Some(30));
        assert_eq!(wait(2, Meaning::Failed, Some(30)), Some(300), "not sooner than otherwise");
        assert_eq!(wait(1, Meaning::Slow, None), Some(60));
        assert_eq!(wait(1, Meaning::Slow, Some(2)), Some(5));
        assert_eq!(wait(2, Meaning::Slow, None), Some(300));
        assert_eq!(wait(3, Meaning::Slow, Some(30)), None);
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for wrong in [
            "",
            ",",
            "5",
            "s",
            "5s,",
            "-5s",
            "1.5h",
            "5 s",
            "5d",
            "169h",
            "5s5m",
            "99999999999999999999s",
            "½h",
        ] {
            assert!(matches!(wrong.parse::<Schedule>(), Err(InvalidSchedule::Delay(_))), "{wrong:?}");
        }
        assert_eq!(["1s"; 51].join(",").parse::<Schedule>(), Err(InvalidSchedule::Attempts(51)));
    }

    proptest! {
        #[test]
        fn its_text_is_read_back(delays in prop::collection::vec(0_u64..=7 * 24 * 3600, 1..=50)) {
            let schedule = Schedule(delays.into_iter().map(Duration::from_secs).collect());
            prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }

        #[test]
        fn chance_moves_a_delay_by_a_fifth_at_most(delay in 0_u64..=7 * 24 * 3600, random: u32) {
            let delay = Duration::from_secs(delay);
            let wait = Schedule(vec![delay]).wait(0, Meaning::Failed, None, random).expect("one attempt");
            let slack = Duration::from_micros(1);
            prop_assert!(wait + slack >= delay * 4 / 5 && wait <= delay * 6 / 5 + slack, "{:?}", wait);
        }
    }

    #[test]
    fn chance_reaches_both_ends() {
        let schedule = "10s".parse::<Schedule>().expect("a schedule");
        let wait = |random| schedule.wait(0, Meaning::Failed, None, random).expect("one attempt");
        assert_eq!([wait(0), wait(u32::MAX)], [8, 12].map(Duration::from_secs));
    }
}
