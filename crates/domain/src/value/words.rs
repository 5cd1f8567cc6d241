//! Closed sets of words: `host`, `visitor`, `chair`, …

/// Declares an enum that is written as one of a closed set of words.
///
/// Gives `ALL`, `as_str`, `Display`, `FromStr`, serde and [`Shape`](crate::read::Shape), whose error lists
/// the words.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$doc:meta])* $variant:ident => $word:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $variant),+
        }

        impl $name {
            /// Every word, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::value::Expected;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::value::words::none_of(text, &[$($word),+])),
                }
            }
        }

        $crate::value::scalar::textual!($name);
    };
}

pub(crate) use words;

/// The error for a word that is none of `words`.
pub(crate) fn none_of(found: &str, words: &[&str]) -> super::Expected {
    let found = found.chars().take(40).collect::<String>();
    super::Expected::new(format!("expected one of {}, found “{found}”", words.join(", ")))
}

#[cfg(test)]
mod tests {
    use crate::value::Quote;

    #[test]
    fn a_word_reads_back_as_it_prints() {
        for quote in Quote::ALL {
            assert_eq!(quote.to_string().parse(), Ok(*quote));
        }
        assert_eq!(Quote::default(), Quote::Indirect);
    }

    #[test]
    fn another_word_is_told_which_there_are() {
        let error = "verbatim".parse::<Quote>().expect_err("no such word");
        assert_eq!(error.to_string(), "expected one of direct, indirect, found “verbatim”");
    }
}
