//! Posting over TLS: to whom a trusted certificate names, and to nobody else.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Certificate;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use webhook::{Meaning, Poster, PosterSettings};

use crate::receiver::{Manner, Receiver, post, says, settings};

const LOOPBACK: &[&str] = &["127.0.0.0/8", "::1/128"];

/// Somebody called `localhost`, by a certificate of their own making.
struct Secured {
    port: u16,
    certificate: Certificate,
}

impl Secured {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| folder.path().join(name));
        make(&key, &certificate);
        let chain = vec![CertificateDer::from_pem_file(&certificate).expect("a certificate")];
        let private = PrivateKeyDer::from_pem_file(&key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth().with_single_cert(chain, private);
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("they fit")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut stream = acceptor.accept(stream).await?;
                    stream.read_buf(&mut Vec::with_capacity(1 << 12)).await?;
                    stream.write_all(&says("200 OK", "connection: close\r\n", "")).await?;
                    stream.shutdown().await
                });
            }
        });
        let pem = std::fs::read(&certificate).expect("it was made");
        Self { port, certificate: Certificate::from_pem(&pem).expect("a certificate") }
    }

    fn url(&self, host: &str) -> url::Url {
        format!("https://{host}:{}/hook", self.port).parse().expect("a URL")
    }
}

fn make(key: &Path, certificate: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(key).arg("-out").arg(certificate);
    let output = openssl.output().expect("there is an openssl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_certificate_that_the_operator_trusts_will_do() {
    let secured = Secured::start().await;
    let certificates = vec![secured.certificate.clone()];
    let poster = Poster::new(PosterSettings { certificates, ..settings(LOOPBACK) }).expect("a client");
    let attempt = post(&poster, &secured.url("localhost")).await;
    assert_eq!(attempt.meaning(), Meaning::Delivered, "{attempt:?}");
    let failure = post(&poster, &secured.url("127.0.0.1")).await.answer.expect_err("it has another name");
    assert_eq!(failure.kind(), "tls", "{failure}");
}

#[tokio::test]
async fn nobody_else_is_told_anything() {
    let poster = Poster::new(settings(LOOPBACK)).expect("a client");
    let secured = Secured::start().await;
    let failure = post(&poster, &secured.url("localhost")).await.answer.expect_err("nobody trusts it");
    assert_eq!(failure.kind(), "tls", "{failure}");
    assert!(failure.to_string().starts_with("no secure connection: "), "{failure}");

    let plain = Receiver::start(Manner::Ends(says("200 OK", "", ""))).await;
    let url = format!("https://{}/hook", plain.address).parse().expect("a URL");
    // It waits for what we do not say, so this ends by the time alone.
    let hasty = PosterSettings { attempt_within: Duration::from_millis(200), ..settings(LOOPBACK) };
    let hasty = Poster::new(hasty).expect("a client");
    let failure = post(&hasty, &url).await.answer.expect_err("it speaks no TLS");
    assert_eq!(plain.requests().len(), 0, "{failure}");
}
