//! What questions are narrowed by, and how much is asked for.

/// A query parameter.
pub(crate) type Parameter = (&'static str, String);

/// Query parameters.
pub(crate) type Parameters = Vec<Parameter>;

/// Adds a parameter, if there is a value.
pub(crate) fn push<T: ToString>(query: &mut Parameters, name: &'static str, value: Option<&T>) {
    query.extend(value.map(|value| (name, value.to_string())));
}

/// Which.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Which")]
pub(crate) struct Filters {
    /// Who takes part: a state's code or another's name; repeatable: all of them
    #[arg(long, short, value_name = "PARTY")]
    party: Vec<String>,

    /// One of its places or parties is of this country (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CODE")]
    country: Option<String>,

    /// A topic, or one below it
    #[arg(long, short, value_name = "CODE")]
    topic: Option<String>,

    /// Its kind, such as visit or mou, or one below it
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,

    /// Its status, such as held or expected
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,

    /// On or after this (EDTF, such as 2025-04)
    #[arg(long, value_name = "DATE")]
    from: Option<String>,

    /// On or before this (EDTF)
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
}

impl Filters {
    /// As query parameters.
    pub(crate) fn query(&self) -> Parameters {
        let mut query = self.party.iter().map(|party| ("party", party.clone())).collect();
        let once = [
            ("country", &self.country),
            ("topic", &self.topic),
            ("kind", &self.kind),
            ("status", &self.status),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, value) in once {
            push(&mut query, name, value.as_ref());
        }
        query
    }
}

/// How much.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "How much")]
pub(crate) struct Amount {
    /// How many at most
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
}

/// How fresh an answer must be.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "As of when")]
pub(crate) struct Fresh {
    /// Wait until the register has worked through the log up to here
    #[arg(long, value_name = "POSITION")]
    min_position: Option<u64>,
}

impl Fresh {
    /// Up to where; 0: it does not matter.
    pub(crate) fn position(&self) -> u64 {
        self.min_position.unwrap_or(0)
    }

    pub(crate) fn add_to(&self, query: &mut Parameters) {
        push(query, "min_position", self.min_position.as_ref());
    }
}
