//! Verifying a token: a CMS `SignedData` over a `TSTInfo` (RFC 3161, section 2.4.2; RFC 5652; RFC 5816).

use asn1::{ObjectIdentifier, ParseError, SequenceOf, Tlv, parse_single};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use sha2::{Digest, Sha256, Sha384, Sha512};
use webpki::{EndEntityCert, ring};

use crate::chain::{Authorities, CertificateError, certificates, timestamp};
use crate::schema::{
    Algorithm, Attribute, CONTENT_TYPE, ContentInfo, ECDSA_SHA_256, ECDSA_SHA_384, Info, MESSAGE_DIGEST, RSA,
    RSA_SHA_256, RSA_SHA_384, RSA_SHA_512, SHA_256, SHA_384, SHA_512, SIGNED_DATA, SIGNING_CERTIFICATE_V2,
    SignedData, SignerInfo, SigningCertificate, TST_INFO,
};

/// The tag of a set.
const SET: u8 = 0x31;

/// What a token states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The time by which the message was there.
    pub time: Timestamp,
    /// Whose certificate signed it.
    pub authority: String,
    /// Under which policy of the authority's, an object identifier.
    pub policy: String,
    /// The number of the token, in hexadecimal.
    pub serial: String,
    nonce: Option<Vec<u8>>,
}

impl Stamp {
    /// Whether it answers the request with this nonce.
    #[must_use]
    pub fn answers(&self, nonce: u64) -> bool {
        let stripped = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
        self.nonce.as_deref().map(stripped) == Some(stripped(&nonce.to_be_bytes()))
    }
}

/// Verifies a token offline: it is about this message, its signature holds, and the certificate that made it stamps
/// time and is vouched for by one that is trusted.
///
/// # Errors
/// [`VerifyError`], which says what is wrong.
pub fn verify(token: &[u8], message: &[u8], trusted: &Authorities) -> Result<Stamp, VerifyError> {
    let content = parse_single::<ContentInfo<'_>>(token)?;
    if content.kind != SIGNED_DATA {
        return Err(VerifyError::Kind);
    }
    let signed = content.content.as_inner().parse::<SignedData<'_>>()?;
    let said = match signed.content.content {
        Some(content) if signed.content.kind == TST_INFO => content.into_inner(),
        _ => return Err(VerifyError::Kind),
    };
    let info = parse_single::<Info<'_>>(said)?;
    if info.version != 1 || info.extensions.is_some_and(|all| all.into_inner().any(|one| one.is_critical)) {
        return Err(VerifyError::Unknown);
    }
    if hash(&info.imprint.algorithm, message)? != info.imprint.hash {
        return Err(VerifyError::OtherMessage);
    }
    let time =
        timestamp(info.time.as_datetime(), info.time.nanoseconds().unwrap_or(0)).ok_or(VerifyError::Time)?;
    // One authority signs a token (RFC 3161, section 2.4.2).
    let mut signers = signed.signers;
    let (Some(signer), None) = (signers.next(), signers.next()) else { return Err(VerifyError::Signers) };
    let brought = certificates(signed.certificates.into_iter().flat_map(asn1::Implicit::into_inner));
    let attributes = signer.signed.as_ref().ok_or(VerifyError::Attribute("everything"))?;
    let attributes =
        asn1::write_single(attributes.as_inner()).map_err(|_| VerifyError::Attribute("everything"))?;
    let certificate = signed_by(&attributes, &signer.digest, said, &brought)?;
    let entity = EndEntityCert::try_from(certificate).map_err(CertificateError::of)?;
    check_signature(&signer, &attributes, &entity)?;
    let authority = trusted.check(&entity, certificate, &brought, time)?;
    let serial = info.serial.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let nonce = info.nonce.filter(|nonce| !nonce.is_negative()).map(|nonce| nonce.as_bytes().to_vec());
    Ok(Stamp { time, authority, policy: info.policy.to_string(), serial, nonce })
}

/// The certificate that the signed attributes name, which must say as well what was signed.
fn signed_by<'c, 'a>(
    attributes: &[u8],
    digest: &Algorithm<'_>,
    said: &[u8],
    brought: &'c [CertificateDer<'a>],
) -> Result<&'c CertificateDer<'a>, VerifyError> {
    let kind = attribute(attributes, CONTENT_TYPE, "content type")?.parse::<ObjectIdentifier>()?;
    let found = attribute(attributes, MESSAGE_DIGEST, "message digest")?.parse::<&[u8]>()?;
    if kind != TST_INFO || found != hash(digest, said)? {
        return Err(VerifyError::Digest);
    }
    let name = "signing certificate, version 2";
    let named = attribute(attributes, SIGNING_CERTIFICATE_V2, name)?.parse::<SigningCertificate<'_>>()?;
    let first = named.certificates.clone().next().ok_or(VerifyError::Attribute(name))?;
    for certificate in brought {
        let hash = match &first.algorithm {
            Some(algorithm) => hash(algorithm, certificate)?,
            None => Sha256::digest(certificate).to_vec(),
        };
        if hash == first.hash {
            return Ok(certificate);
        }
    }
    Err(VerifyError::NoCertificate)
}

/// The one value of an attribute that stands there once.
fn attribute<'a>(all: &'a [u8], kind: ObjectIdentifier, name: &'static str) -> Result<Tlv<'a>, VerifyError> {
    let all = parse_single::<SequenceOf<'a, Attribute<'a>>>(all)?;
    let mut found = all.filter(|attribute| attribute.kind == kind).flat_map(|attribute| attribute.values);
    match (found.next(), found.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(VerifyError::Attribute(name)),
    }
}

fn hash(algorithm: &Algorithm<'_>, message: &[u8]) -> Result<Vec<u8>, VerifyError> {
    match &algorithm.oid {
        &SHA_256 => Ok(Sha256::digest(message).to_vec()),
        &SHA_384 => Ok(Sha384::digest(message).to_vec()),
        &SHA_512 => Ok(Sha512::digest(message).to_vec()),
        other => Err(VerifyError::Algorithm(other.to_string())),
    }
}

/// What a signer's algorithm may mean, by the kind of its key.
fn algorithms(
    signer: &SignerInfo<'_>,
) -> Result<Vec<&'static dyn SignatureVerificationAlgorithm>, VerifyError> {
    let named = &signer.algorithm.oid;
    // Of RSA, the name of the hash may stand beside it.
    let digest = if *named == RSA { &signer.digest.oid } else { named };
    match digest {
        &SHA_256 | &RSA_SHA_256 => Ok(vec![ring::RSA_PKCS1_2048_8192_SHA256]),
        &SHA_384 | &RSA_SHA_384 => Ok(vec![ring::RSA_PKCS1_2048_8192_SHA384]),
        &SHA_512 | &RSA_SHA_512 => Ok(vec![ring::RSA_PKCS1_2048_8192_SHA512]),
        &ECDSA_SHA_256 => Ok(vec![ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA256]),
        &ECDSA_SHA_384 => Ok(vec![ring::ECDSA_P384_SHA384, ring::ECDSA_P256_SHA384]),
        other => Err(VerifyError::Algorithm(other.to_string())),
    }
}

/// The signature over the signed attributes, which are signed with the tag of a set (RFC 5652, section 5.4).
fn check_signature(
    signer: &SignerInfo<'_>,
    attributes: &[u8],
    certificate: &EndEntityCert<'_>,
) -> Result<(), VerifyError> {
    let message = [&[SET], &attributes[1..]].concat();
    let holds = |with| certificate.verify_signature(with, &message, signer.signature).is_ok();
    if algorithms(signer)?.into_iter().any(holds) { Ok(()) } else { Err(VerifyError::Signature) }
}

/// A token proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be read.
    #[error("the token cannot be read: {0}")]
    Form(String),
    /// It is no time stamp.
    #[error("this is no time stamp token")]
    Kind,
    /// It says what is not known here, and must not be passed over.
    #[error("the token is of a version, or has a critical extension, that is not known here")]
    Unknown,
    /// It is about something else.
    #[error("the token is about something else")]
    OtherMessage,
    /// There is not exactly one signature.
    #[error("the token has not one signature, as it must")]
    Signers,
    /// What was signed does not say what it must.
    #[error("of what was signed this is missing, or there twice: {0}")]
    Attribute(&'static str),
    /// What was signed is about another content.
    #[error("the token was altered: its content is not what was signed")]
    Digest,
    /// The certificate that signed is not there.
    #[error("the certificate that signed is not in the token")]
    NoCertificate,
    /// It is made in a way that is not known here.
    #[error("hashes or signatures of the kind {0} are not taken here")]
    Algorithm(String),
    /// Its signature does not hold.
    #[error("the signature of the token does not hold")]
    Signature,
    /// Its certificate is not to be relied on.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// It states a time that is none.
    #[error("the token states no time that can be told")]
    Time,
}

impl From<ParseError> for VerifyError {
    fn from(error: ParseError) -> Self {
        Self::Form(error.to_string())
    }
}
