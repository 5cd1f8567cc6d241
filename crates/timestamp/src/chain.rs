//! From the certificate of who stamps to one that is trusted.

use asn1::{ObjectIdentifier, SequenceOf, Tlv, parse_single};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

use crate::schema::{Certificate, EXTENDED_KEY_USAGE, TIME_STAMPING, TIME_STAMPING_BYTES, Time};

/// What signatures may be made with, and by which keys.
pub(crate) const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
];

/// Certificates that a reader trusts to vouch for who stamps time.
#[derive(Clone, Debug)]
pub struct Authorities(Vec<Trusted>);

#[derive(Clone, Debug)]
struct Trusted {
    anchor: TrustAnchor<'static>,
    name: String,
    from: Timestamp,
    until: Timestamp,
}

impl Authorities {
    /// Reads certificates in PEM, one or more; what stands between them is passed over.
    ///
    /// # Errors
    /// [`CertificateError::Form`] when there is none, or one that cannot be read.
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let mut trusted = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(text) {
            let certificate = certificate.map_err(|error| CertificateError::Form(error.to_string()))?;
            let anchor = anchor_from_trusted_cert(&certificate).map_err(CertificateError::of)?.to_owned();
            let (name, from, until) = facts(&read(&certificate)?)?;
            trusted.push(Trusted { anchor, name, from, until });
        }
        if trusted.is_empty() {
            return Err(CertificateError::Form("there is no certificate in PEM".to_owned()));
        }
        Ok(Self(trusted))
    }

    /// Checks that a certificate is for stamping time, and is vouched for by one that is trusted, all as of a time;
    /// answers whose it is. `others` may stand between them.
    pub(crate) fn check(
        &self,
        signer: &EndEntityCert<'_>,
        certificate: &[u8],
        others: &[CertificateDer<'_>],
        at: Timestamp,
    ) -> Result<String, CertificateError> {
        let read = read(certificate)?;
        let (name, ..) = facts(&read)?;
        if !stamps_time(&read) {
            return Err(CertificateError::Purpose(name));
        }
        let seconds = u64::try_from(at.as_second()).map_err(|_| CertificateError::Time(name.clone()))?;
        let at_unix = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let anchors = self.0.iter().map(|trusted| trusted.anchor.clone()).collect::<Vec<_>>();
        // Those between may say for what their certificates are; that of the signer has said it.
        let usage = KeyUsage::required_if_present(TIME_STAMPING_BYTES);
        let path = signer.verify_for_usage(ALGORITHMS, &anchors, others, at_unix, usage, None, None);
        let path = path.map_err(|error| CertificateError::about(&name, error))?;
        // `webpki` trusts a key for ever; a certificate says from when until when.
        let of_path = || self.0.iter().filter(|trusted| trusted.anchor == *path.anchor());
        if !of_path().any(|trusted| trusted.from <= at && at <= trusted.until) {
            let name = of_path().next().map_or(name, |trusted| trusted.name.clone());
            return Err(CertificateError::Time(name));
        }
        Ok(name)
    }
}

/// A certificate is not to be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be read.
    #[error("a certificate cannot be read: {0}")]
    Form(String),
    /// It did not hold at the time.
    #[error("the certificate of {0} was not valid at the time that is stated")]
    Time(String),
    /// It is not for time stamps, or for others as well.
    #[error("the certificate of {0} is not for time stamps alone (extended key usage)")]
    Purpose(String),
    /// Nobody who is trusted vouches for it.
    #[error("the certificate of {0} leads to none that is trusted")]
    Untrusted(String),
    /// It is not as it must be.
    #[error("the certificate of {name}: {problem}")]
    Refused {
        /// Whose.
        name: String,
        /// Why.
        problem: String,
    },
}

impl CertificateError {
    pub(crate) fn of(error: webpki::Error) -> Self {
        Self::Form(error.to_string())
    }

    fn about(name: &str, error: webpki::Error) -> Self {
        let name = name.to_owned();
        match error {
            webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => Self::Time(name),
            webpki::Error::RequiredEkuNotFoundContext(_) => Self::Purpose(name),
            // The second: somebody of the name that is trusted, with another key.
            webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
                Self::Untrusted(name)
            }
            other => Self::Refused { name, problem: other.to_string() },
        }
    }
}

fn read(certificate: &[u8]) -> Result<Certificate<'_>, CertificateError> {
    parse_single(certificate).map_err(|error| CertificateError::Form(error.to_string()))
}

/// Whose certificate it is, from when and until when.
fn facts(certificate: &Certificate<'_>) -> Result<(String, Timestamp, Timestamp), CertificateError> {
    let parts = certificate.signed.subject.clone().flatten();
    let name = parts.map(|part| String::from_utf8_lossy(part.value.data()).into_owned()).collect::<Vec<_>>();
    let validity = &certificate.signed.validity;
    let read = |time: &Time| {
        let time = match time {
            Time::Short(time) => time.as_datetime(),
            Time::Long(time) => time.as_datetime(),
        };
        timestamp(time, 0).ok_or_else(|| CertificateError::Form("a time that is none".to_owned()))
    };
    Ok((name.join(", "), read(&validity.from)?, read(&validity.until)?))
}

pub(crate) fn timestamp(time: &asn1::DateTime, nanoseconds: u32) -> Option<Timestamp> {
    let [month, day, hour, minute, second] =
        [time.month(), time.day(), time.hour(), time.minute(), time.second()].map(u8::cast_signed);
    let year = i16::try_from(time.year()).ok()?;
    let time =
        civil::DateTime::new(year, month, day, hour, minute, second, nanoseconds.cast_signed()).ok()?;
    time.to_zoned_datetime(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The key usage of time stamping, critical and alone (RFC 3161, section 2.3).
fn stamps_time(certificate: &Certificate<'_>) -> bool {
    let extensions = certificate.signed.extensions.as_ref();
    let mut found = extensions.into_iter().flat_map(|extensions| extensions.as_inner().clone());
    found.find(|extension| extension.kind == EXTENDED_KEY_USAGE).is_some_and(|extension| {
        let usages = parse_single::<SequenceOf<'_, ObjectIdentifier>>(extension.value);
        extension.is_critical && usages.is_ok_and(|usages| usages.eq([TIME_STAMPING]))
    })
}

/// The certificates among what a token brings along.
pub(crate) fn certificates<'a>(brought: impl Iterator<Item = Tlv<'a>>) -> Vec<CertificateDer<'a>> {
    let plain =
        brought.filter(|choice| choice.tag() == <asn1::Sequence<'_> as asn1::SimpleAsn1Readable>::TAG);
    plain.map(|certificate| CertificateDer::from(certificate.full_data())).collect()
}
