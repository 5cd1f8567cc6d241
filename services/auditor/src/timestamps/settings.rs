//! Which time stamp authorities are asked.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use reqwest::Url;
use timestamp::{Authorities, CertificateError};

/// The authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TimestampsError {
    /// A file cannot be read.
    #[error("{} cannot be read", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A line names no authority.
    #[error("{} line {line}: expected authority NAME URL CERTIFICATES, the name of a-z, 0-9 and -, once", .file.display())]
    Line {
        /// In which file.
        file: PathBuf,
        /// Which, from 1.
        line: usize,
    },
    /// Its certificates are none.
    #[error("{} vouches for nobody", .0.display())]
    Certificates(PathBuf, #[source] CertificateError),
}

/// An authority that is asked.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    /// What it is called here.
    pub(crate) name: String,
    pub(crate) url: Url,
    /// Who vouches for it.
    pub(crate) trusted: Authorities,
}

/// The authorities of a file; none where there is no file. Certificates are looked for beside it.
///
/// # Errors
/// [`TimestampsError`].
pub(crate) fn read(file: Option<&Path>) -> Result<Vec<Authority>, TimestampsError> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let text = fs::read_to_string(file).map_err(|error| TimestampsError::File(file.to_owned(), error))?;
    let mut authorities = Vec::<Authority>::new();
    for (line, text) in (1..).zip(text.lines()) {
        let words = text.split_whitespace().collect::<Vec<_>>();
        if words.is_empty() || words[0].starts_with('#') {
            continue;
        }
        let wrong = || TimestampsError::Line { file: file.to_owned(), line };
        let &["authority", name, url, certificates] = words.as_slice() else { return Err(wrong()) };
        let is_new = authorities.iter().all(|other| other.name != name);
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.filter(|_| is_new && is_name(name)).ok_or_else(wrong)?;
        let certificates = file.parent().unwrap_or(Path::new("")).join(certificates);
        let pem =
            fs::read(&certificates).map_err(|error| TimestampsError::File(certificates.clone(), error))?;
        let trusted = Authorities::from_pem(&pem);
        let trusted = trusted.map_err(|error| TimestampsError::Certificates(certificates, error))?;
        authorities.push(Authority { name: name.to_owned(), url, trusted });
    }
    Ok(authorities)
}

/// It becomes part of a NATS subject.
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
