//! Records and parties as people name them.

use domain::Aggregate;

/// A record as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) aggregate: Aggregate,
    id: String,
}

impl Named {
    /// The recorder's own key, if that is how the record is named.
    pub(crate) fn key(&self) -> Option<&str> {
        self.id.strip_prefix('~')
    }

    /// Its address, as the end of a path.
    pub(crate) fn address(&self) -> String {
        format!("{}/{}", self.aggregate, percent_encoded(&self.id))
    }

    /// Where the record is in the API.
    pub(crate) fn path(&self) -> String {
        let id = percent_encoded(&self.id);
        format!("v1/{}/{id}", self.aggregate.collection())
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.aggregate, self.id)
    }
}

impl std::str::FromStr for Named {
    type Err = String;

    /// `<aggregate>/<uuid>` or `<aggregate>/~KEY`. Whether there is one, the register says.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || format!("expected <aggregate>/<uuid> or <aggregate>/~KEY, found {text:?}");
        let (aggregate, id) = text.split_once('/').ok_or_else(expected)?;
        let aggregate = aggregate.parse().or_else(|_| Aggregate::from_collection(aggregate).ok_or(()));
        let named = Self { aggregate: aggregate.map_err(|()| expected())?, id: id.to_owned() };
        let is_key = id.strip_prefix('~').is_some_and(|key| !key.is_empty());
        if is_key || uuid::Uuid::try_parse(id).is_ok() { Ok(named) } else { Err(expected()) }
    }
}

/// As one segment of a path.
pub(crate) fn percent_encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_by_number_or_key() {
        let named = "engagement/~visit 1/é".parse::<Named>().unwrap();
        assert_eq!(named.path(), "v1/engagements/~visit%201%2F%C3%A9");
        assert_eq!(named, "engagements/~visit 1/é".parse().unwrap());
        for wrong in ["engagement", "visit/~a", "engagement/~", "engagement/1"] {
            assert!(wrong.parse::<Named>().is_err(), "{wrong}");
        }
    }
}
