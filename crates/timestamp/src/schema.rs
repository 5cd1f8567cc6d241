//! The structures as they are defined: RFC 3161, RFC 5652 (CMS), RFC 5035, RFC 5280.
//!
//! Sets are read as sequences where their order does not matter here, for not every authority sorts them.

#![expect(clippy::result_large_err, reason = "it is in what `asn1` derives")]

use asn1::{
    Asn1Read, Asn1Write, BigInt, BitString, Explicit, GeneralizedTime, Implicit, ObjectIdentifier, Sequence,
    SequenceOf, SetOf, Tlv, oid,
};

pub(crate) const SIGNED_DATA: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 7, 2);
pub(crate) const TST_INFO: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 9, 16, 1, 4);
pub(crate) const CONTENT_TYPE: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 9, 3);
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 9, 4);
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 9, 16, 2, 47);
pub(crate) const SHA_256: ObjectIdentifier = oid!(2, 16, 840, 1, 101, 3, 4, 2, 1);
pub(crate) const SHA_384: ObjectIdentifier = oid!(2, 16, 840, 1, 101, 3, 4, 2, 2);
pub(crate) const SHA_512: ObjectIdentifier = oid!(2, 16, 840, 1, 101, 3, 4, 2, 3);
pub(crate) const RSA: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 1, 1);
pub(crate) const RSA_SHA_256: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 1, 11);
pub(crate) const RSA_SHA_384: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 1, 12);
pub(crate) const RSA_SHA_512: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 1, 13);
pub(crate) const ECDSA_SHA_256: ObjectIdentifier = oid!(1, 2, 840, 10045, 4, 3, 2);
pub(crate) const ECDSA_SHA_384: ObjectIdentifier = oid!(1, 2, 840, 10045, 4, 3, 3);
pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = oid!(2, 5, 29, 37);
pub(crate) const TIME_STAMPING: ObjectIdentifier = oid!(1, 3, 6, 1, 5, 5, 7, 3, 8);
/// The same, as `webpki` takes it: without tag and length.
pub(crate) const TIME_STAMPING_BYTES: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

#[derive(Asn1Read, Asn1Write)]
pub(crate) struct Algorithm<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) parameters: Option<Tlv<'a>>,
}

#[derive(Asn1Read, Asn1Write)]
pub(crate) struct MessageImprint<'a> {
    pub(crate) algorithm: Algorithm<'a>,
    pub(crate) hash: &'a [u8],
}

/// `TimeStampReq`.
#[derive(Asn1Write)]
pub(crate) struct Request<'a> {
    pub(crate) version: u8,
    pub(crate) imprint: MessageImprint<'a>,
    pub(crate) nonce: u64,
    pub(crate) with_certificate: bool,
}

/// `TimeStampResp`.
#[derive(Asn1Read)]
pub(crate) struct Response<'a> {
    pub(crate) status: Status<'a>,
    pub(crate) token: Option<Tlv<'a>>,
}

/// `PKIStatusInfo`.
#[derive(Asn1Read)]
pub(crate) struct Status<'a> {
    pub(crate) status: u64,
    pub(crate) text: Option<SequenceOf<'a, asn1::Utf8String<'a>>>,
    pub(crate) _failure: Option<BitString<'a>>,
}

#[derive(Asn1Read)]
pub(crate) struct ContentInfo<'a> {
    pub(crate) kind: ObjectIdentifier,
    pub(crate) content: Explicit<Tlv<'a>, 0>,
}

#[derive(Asn1Read)]
pub(crate) struct SignedData<'a> {
    pub(crate) _version: u8,
    pub(crate) _digests: Tlv<'a>,
    pub(crate) content: EncapsulatedContent<'a>,
    pub(crate) certificates: Option<Implicit<SequenceOf<'a, Tlv<'a>>, 0>>,
    pub(crate) _revoked: Option<Implicit<SequenceOf<'a, Tlv<'a>>, 1>>,
    pub(crate) signers: SetOf<'a, SignerInfo<'a>>,
}

#[derive(Asn1Read)]
pub(crate) struct EncapsulatedContent<'a> {
    pub(crate) kind: ObjectIdentifier,
    pub(crate) content: Option<Explicit<&'a [u8], 0>>,
}

#[derive(Asn1Read)]
pub(crate) struct SignerInfo<'a> {
    pub(crate) _version: u8,
    /// Who signed, by a name or by a key: the signed attributes say by which certificate.
    pub(crate) _signer: Tlv<'a>,
    pub(crate) digest: Algorithm<'a>,
    /// Read from what was signed: a set as it stands there.
    pub(crate) signed: Option<Implicit<Sequence<'a>, 0>>,
    pub(crate) algorithm: Algorithm<'a>,
    pub(crate) signature: &'a [u8],
    pub(crate) _unsigned: Option<Implicit<Sequence<'a>, 1>>,
}

#[derive(Asn1Read)]
pub(crate) struct Attribute<'a> {
    pub(crate) kind: ObjectIdentifier,
    pub(crate) values: SetOf<'a, Tlv<'a>>,
}

/// `SigningCertificateV2` (RFC 5035, section 3).
#[derive(Asn1Read)]
pub(crate) struct SigningCertificate<'a> {
    pub(crate) certificates: SequenceOf<'a, CertificateId<'a>>,
    pub(crate) _policies: Option<Sequence<'a>>,
}

/// `ESSCertIDv2`: the hash is SHA-256 where none is named.
#[derive(Asn1Read)]
pub(crate) struct CertificateId<'a> {
    pub(crate) algorithm: Option<Algorithm<'a>>,
    pub(crate) hash: &'a [u8],
    pub(crate) _issuer_serial: Option<Sequence<'a>>,
}

/// `TSTInfo`.
#[derive(Asn1Read)]
pub(crate) struct Info<'a> {
    pub(crate) version: u8,
    pub(crate) policy: ObjectIdentifier,
    pub(crate) imprint: MessageImprint<'a>,
    pub(crate) serial: BigInt<'a>,
    pub(crate) time: GeneralizedTime,
    pub(crate) _accuracy: Option<Sequence<'a>>,
    pub(crate) _ordering: Option<bool>,
    pub(crate) nonce: Option<BigInt<'a>>,
    pub(crate) _authority: Option<Explicit<Tlv<'a>, 0>>,
    pub(crate) extensions: Option<Implicit<SequenceOf<'a, Extension<'a>>, 1>>,
}

#[derive(Asn1Read)]
pub(crate) struct Extension<'a> {
    pub(crate) kind: ObjectIdentifier,
    #[default(false)]
    pub(crate) is_critical: bool,
    pub(crate) value: &'a [u8],
}

#[derive(Asn1Read)]
pub(crate) struct Certificate<'a> {
    pub(crate) signed: Certified<'a>,
    pub(crate) _algorithm: Tlv<'a>,
    pub(crate) _signature: BitString<'a>,
}

/// `TBSCertificate`.
#[derive(Asn1Read)]
pub(crate) struct Certified<'a> {
    pub(crate) _version: Option<Explicit<u8, 0>>,
    pub(crate) _serial: BigInt<'a>,
    pub(crate) _algorithm: Tlv<'a>,
    pub(crate) _issuer: Tlv<'a>,
    pub(crate) validity: Validity,
    pub(crate) subject: SequenceOf<'a, SetOf<'a, NamePart<'a>>>,
    pub(crate) _key: Tlv<'a>,
    pub(crate) _issuer_id: Option<Implicit<BitString<'a>, 1>>,
    pub(crate) _subject_id: Option<Implicit<BitString<'a>, 2>>,
    pub(crate) extensions: Option<Explicit<SequenceOf<'a, Extension<'a>>, 3>>,
}

#[derive(Asn1Read)]
pub(crate) struct Validity {
    pub(crate) from: Time,
    pub(crate) until: Time,
}

#[derive(Asn1Read)]
pub(crate) enum Time {
    Short(asn1::UtcTime),
    Long(asn1::X509GeneralizedTime),
}

/// `AttributeTypeAndValue`.
#[derive(Asn1Read)]
pub(crate) struct NamePart<'a> {
    pub(crate) _kind: ObjectIdentifier,
    pub(crate) value: Tlv<'a>,
}
