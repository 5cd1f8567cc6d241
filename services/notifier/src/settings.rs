//! The notifier's settings.

use std::time::Duration;

use ipnet::IpNet;
use service::settings::seconds;
use webhook::{PosterSettings, Reach, Schedule};

/// What an operator may set.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Notifier")]
pub struct Settings {
    /// Questions that are answered at once; those beyond are refused
    #[arg(long, env = "CHANCERY_NOTIFIER_IN_FLIGHT", value_name = "COUNT", default_value_t = 256)]
    pub notifier_in_flight: usize,

    /// Memory for the pages of the record of deliveries, in MiB
    #[arg(long, env = "CHANCERY_NOTIFIER_CACHE", value_name = "MIB", default_value_t = 32)]
    pub notifier_cache: u64,

    /// How many subscriptions an agency may have
    #[arg(long, env = "CHANCERY_SUBSCRIPTIONS_PER_AGENCY", value_name = "COUNT", default_value_t = 100)]
    pub subscriptions_per_agency: usize,

    /// Seconds without a sign of life after which another notifier takes over
    #[arg(long, env = "CHANCERY_NOTIFIER_WITHIN", value_name = "SECONDS", value_parser = seconds, default_value = "8")]
    pub notifier_within: Duration,

    /// How long to wait before each attempt to deliver an event, such as 0s,5s,5m,2h; after the last it is a dead letter
    #[arg(long, env = "CHANCERY_RETRY_SCHEDULE", value_name = "DELAYS", default_value_t)]
    pub retry_schedule: Schedule,

    /// Seconds that an attempt may take
    #[arg(long, env = "CHANCERY_ATTEMPT_WITHIN", value_name = "SECONDS", value_parser = seconds, default_value = "20")]
    pub attempt_within: Duration,

    /// Seconds of nothing but failures after which a subscription is paused
    #[arg(long, env = "CHANCERY_PAUSE_AFTER", value_name = "SECONDS", value_parser = seconds, default_value = "432000")]
    pub pause_after: Duration,

    /// A network that webhooks may reach though it is not public; may be given several times
    #[arg(long, env = "CHANCERY_ALLOW_ADDRESS", value_name = "CIDR", value_delimiter = ',')]
    pub allow_address: Vec<IpNet>,

    /// Let webhooks have addresses without TLS
    #[arg(long, env = "CHANCERY_ALLOW_HTTP")]
    pub allow_http: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            notifier_in_flight: 256,
            notifier_cache: 32,
            subscriptions_per_agency: 100,
            notifier_within: Duration::from_secs(8),
            retry_schedule: Schedule::default(),
            attempt_within: Duration::from_secs(20),
            pause_after: Duration::from_secs(5 * 24 * 3600),
            allow_address: Vec::new(),
            allow_http: false,
        }
    }
}

impl Settings {
    /// How webhooks are posted.
    #[must_use]
    pub fn poster(&self) -> PosterSettings {
        PosterSettings {
            reach: Reach { allowed: self.allow_address.clone(), allow_http: self.allow_http },
            attempt_within: self.attempt_within,
            ..PosterSettings::default()
        }
    }
}
