//! What a situation says in words: whether it is good news.
//!
//! A matter's status is free text, so this is a reading of English words, and says nothing of others. What it
//! does not know is no news.

use domain::value::fold;

/// Beginnings of words. One that is bad, or a denial, outweighs all that are good.
const BAD: &[&str] = &[
    "suspen",
    "halt",
    "stop",
    "ban",
    "block",
    "declin",
    "delay",
    "drop",
    "fail",
    "fell",
    "fall",
    "diverg",
    "reject",
    "refus",
    "cancel",
    "disput",
    "dead",
    "stall",
    "stuck",
    "restrict",
    "sanction",
    "worse",
    "deterior",
    "crisis",
    "attack",
    "surge",
    "threat",
    "withdr",
    "withh",
    "abandon",
    "lapse",
    "expire",
    "not",
    "no",
    "never",
    "without",
    "unresolved",
    "pending",
];
const GOOD: &[&str] = &[
    "resum",
    "restor",
    "reopen",
    "arriv",
    "deliver",
    "complet",
    "grow",
    "grew",
    "increas",
    "launch",
    "inaugurat",
    "approv",
    "lifted",
    "resolv",
    "settl",
    "recover",
    "improv",
    "eased",
    "agreed",
    "signed",
    "ratif",
    "expand",
    "record",
    "operational",
    "commission",
    "reaffirm",
    "renewed",
    "successful",
    "granted",
    "released",
    "open",
];

/// Words that begin as a bad one does and are not.
const HARMLESS: &[&str] =
    &["bank", "banking", "north", "note", "noted", "notes", "notified", "november", "band"];

/// Whether a situation is good news.
pub(super) fn is_good(situation: &str) -> bool {
    let folded = fold(situation);
    let words = || folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let begins = |word: &str, known: &[&str]| {
        known.iter().any(|known| if known.len() <= 3 { word == *known } else { word.starts_with(known) })
    };
    let is_bad = |word: &str| !HARMLESS.contains(&word) && begins(word, BAD);
    !words().any(is_bad) && words().any(|word| begins(word, GOOD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_news_is_told_from_bad() {
        for good in
            ["resumed", "Shipments arrived", "exports growing", "restored in full", "first phase completed"]
        {
            assert!(is_good(good), "{good}");
        }
        for other in [
            "suspended",
            "not resumed",
            "resumption delayed",
            "growing delays",
            "raised",
            "in development",
            "divergence",
            "surge",
            "no shipments arrived",
            "banned",
            "",
            "متوقف",
        ] {
            assert!(!is_good(other), "{other}");
        }
    }
}
