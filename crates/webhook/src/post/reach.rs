//! What may be reached, and names that lead to it alone.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::{self, Refused};

/// What messages may be posted to.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Networks that may be reached though they are not public.
    pub allowed: Vec<IpNet>,
    /// Whether `http` will do as well, without TLS.
    pub allow_http: bool,
}

impl Reach {
    /// Checks what an address in the web says of itself: an address in numbers is checked here, for none of these is ever
    /// resolved; what a name leads to is checked when it is connected to.
    ///
    /// # Errors
    /// Why it is not posted to.
    pub fn check(&self, url: &Url) -> Result<(), InvalidTarget> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            other => return Err(InvalidTarget::Scheme(other.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidTarget::User);
        }
        match url.host() {
            None => Err(InvalidTarget::Host),
            Some(Host::Ipv4(address)) => Ok(self.address(address.into())?),
            Some(Host::Ipv6(address)) => Ok(self.address(address.into())?),
            // The parser knows them in every notation; should one slip through, the client would not resolve it.
            Some(Host::Domain(name)) => name.parse().map_or(Ok(()), |address| Ok(self.address(address)?)),
        }
    }

    fn address(&self, address: IpAddr) -> Result<(), Refused> {
        address::check(address, &self.allowed)
    }
}

/// Why nothing is posted to an address in the web, whatever its name leads to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// It would go unencrypted, or by no HTTP at all.
    #[error("messages go over https, not {0}")]
    Scheme(String),
    /// What is in an address stands in logs.
    #[error("an address to post to has no user and no password in it")]
    User,
    /// There is nobody to connect to.
    #[error("an address to post to names a host")]
    Host,
    /// It is an address in numbers, and not a public one.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// Names are resolved by the system, as those of other programs are.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str().to_owned(), 0)).await?;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// Leaves of what a name leads to what may be reached.
///
/// It is these very addresses that the client connects to, so there is no time in between in which a name could change
/// its mind.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) names: Arc<dyn Resolve>,
    pub(super) reach: Arc<Reach>,
}

impl Guarded {
    /// The addresses of a name that may be connected to.
    async fn addresses(self, name: Name) -> Result<Vec<SocketAddr>, Unreachable> {
        let host = name.as_str().to_owned();
        let found = match self.names.resolve(name).await {
            Ok(found) => found,
            Err(error) => return Err(Unreachable::Name { host, source: error }),
        };
        let (mut good, mut refused) = (Vec::new(), None);
        for address in found {
            match self.reach.address(address.ip()) {
                Ok(()) => good.push(address),
                Err(why) => refused = Some(why),
            }
        }
        match refused {
            _ if !good.is_empty() => Ok(good),
            Some(refused) => Err(Unreachable::Refused { host, refused }),
            None => Err(Unreachable::Name { host, source: "it has no address".into() }),
        }
    }

    /// Checks where a host leads now; one in numbers leads to itself.
    pub(super) async fn check(self, url: &Url) -> Result<(), Unreachable> {
        let Some(Host::Domain(host)) = url.host() else { return Ok(()) };
        let name = host.parse();
        let name =
            name.map_err(|error| Unreachable::Name { host: host.to_owned(), source: Box::new(error) })?;
        self.addresses(name).await.map(|_| ())
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Guarded").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.clone().addresses(name);
        Box::pin(async move { Ok(Box::new(addresses.await?.into_iter()) as Addrs) })
    }
}

/// A name that leads nowhere where messages may go.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    #[error("the name {host} leads nowhere")]
    Name { host: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the name {host} leads to nothing else: {refused}")]
    Refused { host: String, refused: Refused },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reach: &Reach, url: &str) -> Result<(), InvalidTarget> {
        reach.check(&url.parse().expect(url))
    }

    fn open() -> Reach {
        Reach { allow_http: true, ..Reach::default() }
    }

    #[test]
    fn only_https_unless_http_is_allowed() {
        let http = InvalidTarget::Scheme("http".to_owned());
        assert_eq!(check(&Reach::default(), "http://hooks.example/a"), Err(http));
        assert_eq!(check(&open(), "http://hooks.example:8080/a"), Ok(()));
        assert_eq!(check(&Reach::default(), "https://hooks.example:8443/a?b=c"), Ok(()));
        for scheme in ["ftp", "file", "ws", "gopher", "data"] {
            let refused = check(&open(), &format!("{scheme}://hooks.example/"));
            assert_eq!(refused, Err(InvalidTarget::Scheme(scheme.to_owned())));
        }
    }

    #[test]
    fn nobody_is_named_in_it() {
        for url in ["https://a@hooks.example/", "https://a:b@hooks.example/", "https://:b@hooks.example/"] {
            assert_eq!(check(&Reach::default(), url), Err(InvalidTarget::User), "{url}");
        }
    }

    #[test]
    fn an_address_in_numbers_is_known_in_every_notation() {
        let loopback = [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0x7f.0x0.0x0.0x1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "１２７.０.０.１",
            "127。0。0。1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:7f00:0001]",
        ];
        for host in loopback {
            let refused = check(&open(), &format!("http://{host}:8080/"));
            let Err(InvalidTarget::Refused(refused)) = refused else { panic!("{host}: {refused:?}") };
            assert_eq!(refused.what, "loopback", "{host}");
        }
        for host in
            ["169.254.169.254", "0xa9fea9fe", "2852039166", "10.0.0.1", "10.1", "0", "[::]", "[fe80::1]"]
        {
            let refused = check(&open(), &format!("https://{host}/"));
            assert!(matches!(refused, Err(InvalidTarget::Refused(_))), "{host}: {refused:?}");
        }
        assert_eq!(check(&open(), "https://1.1.1.1/"), Ok(()));
    }
}
