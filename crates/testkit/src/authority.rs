//! A time stamp authority (RFC 3161) that others wrote: `openssl ts`, with a certification authority of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use tempfile::TempDir;
use tokio::net::TcpListener;

const CONFIGURATION: &str = "
[ca]
default_ca = issuing
[issuing]
database = index
new_certs_dir = .
serial = serial
rand_serial = yes
private_key = ca.key
certificate = ca.pem
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[stamping]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[both]
extendedKeyUsage = critical,timeStamping,codeSigning
[other]
extendedKeyUsage = critical,codeSigning
[tsa]
default_tsa = stamps
[stamps]
serial = stamps
signer_cert = tsa.pem
signer_key = tsa.key
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
";

/// The authority. Its folder goes with it.
pub struct TimeStampAuthority {
    folder: TempDir,
    /// It numbers its stamps in a file.
    turn: Mutex<()>,
}

impl TimeStampAuthority {
    /// An authority whose key is made with these words of `openssl genpkey`, such as `-algorithm RSA`.
    ///
    /// # Panics
    /// When there is no `openssl`.
    #[must_use]
    pub fn new(key: &str) -> Self {
        let folder = TempDir::with_prefix("chancery-tsa-").expect("a temporary folder");
        let new = Self { folder, turn: Mutex::default() };
        let file = |name: &str, text: &str| fs::write(new.path(name), text).expect("it is writable");
        file("configuration", CONFIGURATION);
        file("index", "");
        file("stamps", "01");
        new.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key");
        new.run(
            "req -new -x509 -key ca.key -out ca.pem -subj /CN=Root -days 3650 -addext keyUsage=critical,keyCertSign",
        );
        new.run(&format!("genpkey {key} -out tsa.key"));
        new.run("req -new -key tsa.key -out tsa.csr -subj /CN=Clock");
        new.certify("tsa.pem", "stamping", "-days 365");
        new
    }

    /// The certificates that vouch for it, in PEM.
    ///
    /// # Panics
    /// When its folder is gone.
    #[must_use]
    pub fn certificate(&self) -> String {
        fs::read_to_string(self.path("ca.pem")).expect("it is there")
    }

    /// The same, of the same key, but valid at another time: `dates` are words of `openssl ca`.
    ///
    /// # Panics
    /// When `openssl` fails.
    #[must_use]
    pub fn certificate_of(&self, dates: &str) -> String {
        self.run("req -new -key ca.key -out ca.csr -subj /CN=Root");
        let issue =
            "ca -batch -selfsign -config configuration -name issuing -notext -in ca.csr -extensions root";
        self.run(&format!("{issue} {dates} -out again.pem"));
        fs::read_to_string(self.path("again.pem")).expect("it is there")
    }

    /// What it answers to a query.
    ///
    /// # Panics
    /// When `openssl` fails; to what it cannot read it has an answer.
    pub fn answer(&self, query: &[u8]) -> Vec<u8> {
        let _turn = self.turn.lock().expect("nobody panicked");
        fs::write(self.path("query"), query).expect("it is writable");
        self.run("ts -reply -config configuration -section stamps -queryfile query -out reply");
        fs::read(self.path("reply")).expect("it is there")
    }

    /// A token with the same content, signed again with a certificate that it must not be signed with: `usage` is
    /// `stamping`, `both` or `other`, `dates` are words of `openssl ca`.
    ///
    /// # Panics
    /// When `openssl` fails.
    #[must_use]
    pub fn sign_again(&self, token: &[u8], usage: &str, dates: &str) -> Vec<u8> {
        fs::write(self.path("token"), token).expect("it is writable");
        self.certify("another.pem", usage, dates);
        self.run("cms -verify -noverify -inform DER -in token -out info");
        self.run(
            "cms -sign -binary -nodetach -cades -econtent_type 1.2.840.113549.1.9.16.1.4 -md sha256 -signer another.pem \
             -inkey tsa.key -in info -outform DER -out again",
        );
        fs::read(self.path("again")).expect("it is there")
    }

    /// Answers over HTTP for as long as the test runs, at `/`.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn listen(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let authority = std::sync::Arc::new(self);
        let answer = move |query: Bytes| async move {
            let answered = tokio::task::spawn_blocking(move || authority.answer(&query)).await;
            ([(CONTENT_TYPE, "application/timestamp-reply")], answered.expect("it answers"))
        };
        let router = Router::new().route("/", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn certify(&self, certificate: &str, usage: &str, dates: &str) {
        let issue = "ca -batch -config configuration -name issuing -notext -in tsa.csr";
        self.run(&format!("{issue} -extensions {usage} {dates} -out {certificate}"));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &str) {
        let run =
            Command::new("openssl").args(words.split_whitespace()).current_dir(self.folder.path()).output();
        let output = run.expect("there is an openssl");
        assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
