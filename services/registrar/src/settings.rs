//! What an operator sets.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use domain::{Marking, Vocabulary};

use crate::rules::Rules;

const MIB: u64 = 1 << 20;

/// Settings of a registrar.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct Settings {
    /// How many servers keep the log: 1 or 3
    #[arg(long, env = "CHANCERY_REPLICAS", value_name = "N", default_value_t = 1)]
    pub replicas: usize,

    /// The marking of a record whose first event names none [default: the lowest level]
    #[arg(long, env = "CHANCERY_MARKING", value_name = "MARKING")]
    pub marking: Option<Marking>,

    /// The language of texts that name none, as in BCP 47
    #[arg(long, env = "CHANCERY_LANGUAGE", value_name = "TAG")]
    pub language: Option<domain::value::Lang>,

    /// More top levels of topics: a file with a code and what it covers on each line
    #[arg(long, env = "CHANCERY_TOPICS", value_name = "FILE")]
    pub topics: Option<PathBuf>,

    /// Memory for records that are being worked on, in MiB
    #[arg(long, env = "CHANCERY_REGISTRAR_CACHE", value_name = "MIB", default_value_t = 64)]
    pub registrar_cache: u64,

    /// How many submissions are worked on at once
    #[arg(long, env = "CHANCERY_REGISTRAR_IN_FLIGHT", value_name = "N", default_value_t = 1024)]
    pub registrar_in_flight: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            replicas: 1,
            marking: None,
            language: None,
            topics: None,
            registrar_cache: 64,
            registrar_in_flight: 1024,
        }
    }
}

impl Settings {
    pub(crate) const fn cache_bytes(&self) -> u64 {
        self.registrar_cache.saturating_mul(MIB)
    }

    pub(crate) fn rules(&self) -> anyhow::Result<Rules> {
        let mut vocabulary = Vocabulary::default();
        if let Some(file) = &self.topics {
            let lines =
                fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            vocabulary
                .topics
                .extend(&lines)
                .with_context(|| format!("{} is no list of topics", file.display()))?;
        }
        let marking = self.marking.clone().unwrap_or_else(|| vocabulary.levels.least());
        let language = self.language.as_ref().map(ToString::to_string);
        Ok(Rules { vocabulary: Arc::new(vocabulary), marking, language })
    }
}
