//! Which addresses are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What is not for everybody to reach (IANA's registry of special-purpose IPv4 addresses), the narrower first.
const IPV4: [(Ipv4Net, &str); 18] = [
    (ipv4([0, 0, 0, 0], 32), "unspecified"),
    (ipv4([0, 0, 0, 0], 8), "of this network"),
    (ipv4([10, 0, 0, 0], 8), "private"),
    (ipv4([100, 64, 0, 0], 10), "a carrier's own"),
    (ipv4([127, 0, 0, 0], 8), "loopback"),
    (ipv4([169, 254, 0, 0], 16), "link-local"),
    (ipv4([172, 16, 0, 0], 12), "private"),
    (ipv4([192, 0, 0, 0], 24), "for protocols"),
    (ipv4([192, 0, 2, 0], 24), "for documentation"),
    (ipv4([192, 88, 99, 0], 24), "a relay's (6to4)"),
    (ipv4([192, 168, 0, 0], 16), "private"),
    (ipv4([198, 18, 0, 0], 15), "for benchmarks"),
    (ipv4([198, 51, 100, 0], 24), "for documentation"),
    (ipv4([203, 0, 113, 0], 24), "for documentation"),
    (ipv4([224, 0, 0, 0], 4), "multicast"),
    (ipv4([255, 255, 255, 255], 32), "broadcast"),
    (ipv4([240, 0, 0, 0], 4), "reserved"),
    (ipv4([168, 63, 129, 16], 32), "a cloud's own services"),
];

/// The same of IPv6. Whatever is outside [`GLOBAL`] is not public either; this says why.
const IPV6: [(Ipv6Net, &str); 13] = [
    (ipv6([0; 8], 128), "unspecified"),
    (ipv6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (ipv6([0; 8], 96), "IPv4-compatible"),
    (ipv6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "translated to IPv4 by this network (NAT64)"),
    (ipv6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "tunnelled to IPv4 (Teredo)"),
    (ipv6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "for protocols"),
    (ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "for documentation"),
    (ipv6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "tunnelled to IPv4 (6to4)"),
    (ipv6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "for documentation"),
    (ipv6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "private (unique local)"),
    (ipv6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (ipv6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "private (site-local)"),
    (ipv6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
];

/// All that IANA has given out for unicast.
const GLOBAL: Ipv6Net = ipv6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// What translates to the public IPv4 address in its last four bytes (RFC 6052); networks that have no IPv4 of their own
/// reach receivers that have nothing else by it.
const NAT64: Ipv6Net = ipv6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn ipv4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn ipv6([a, b, c, d, e, f, g, h]: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// An address that is not public, and was not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not a public address but {what}, and is not among those that the operator allows")]
pub struct Refused {
    /// Which.
    pub address: IpAddr,
    /// What it is.
    pub what: &'static str,
}

/// Says whether an address may be connected to: because it is public or in one of the networks that the operator allows.
///
/// # Errors
/// What it is, if neither.
pub(crate) fn check(address: IpAddr, allowed: &[IpNet]) -> Result<(), Refused> {
    // An IPv4 address is the same in either notation.
    let address = address.to_canonical();
    if allowed.iter().any(|network| network.contains(&address)) {
        return Ok(());
    }
    let special = match address {
        IpAddr::V4(address) => special_ipv4(address),
        IpAddr::V6(address) => special_ipv6(address),
    };
    special.map_or(Ok(()), |what| Err(Refused { address, what }))
}

fn special_ipv4(address: Ipv4Addr) -> Option<&'static str> {
    IPV4.iter().find(|(network, _)| network.contains(&address)).map(|(_, what)| *what)
}

fn special_ipv6(address: Ipv6Addr) -> Option<&'static str> {
    if NAT64.contains(&address) {
        let [.., a, b, c, d] = address.octets();
        return special_ipv4(Ipv4Addr::new(a, b, c, d));
    }
    let known = IPV6.iter().find(|(network, _)| network.contains(&address)).map(|(_, what)| *what);
    known.or_else(|| (!GLOBAL.contains(&address)).then_some("reserved"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn what(address: &str) -> Option<&'static str> {
        check(address.parse().expect(address), &[]).err().map(|refused| refused.what)
    }

    #[test]
    fn public_addresses_are_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert_eq!(what(public), None, "{public}");
        }
    }

    #[test]
    fn others_are_not_and_it_is_said_what_they_are() {
        for (address, expected) in [
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "of this network"),
            ("10.0.0.1", "private"),
            ("100.64.0.1", "a carrier's own"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.255", "loopback"),
            ("169.254.169.254", "link-local"),
            ("172.31.255.255", "private"),
            ("192.168.1.1", "private"),
            ("192.0.0.8", "for protocols"),
            ("192.0.2.1", "for documentation"),
            ("198.19.255.255", "for benchmarks"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "broadcast"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("::7f00:1", "IPv4-compatible"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:169.254.169.254", "link-local"),
            ("64:ff9b::10.0.0.1", "private"),
            ("64:ff9b:1::1", "translated to IPv4 by this network (NAT64)"),
            ("100::1", "reserved"),
            ("2001::1", "tunnelled to IPv4 (Teredo)"),
            ("2001:2::1", "for protocols"),
            ("2001:db8::1", "for documentation"),
            ("2002:7f00:1::", "tunnelled to IPv4 (6to4)"),
            ("3fff::1", "for documentation"),
            ("4000::1", "reserved"),
            ("fd00:ec2::254", "private (unique local)"),
            ("fe80::1", "link-local"),
            ("fec0::1", "private (site-local)"),
            ("ff02::1", "multicast"),
        ] {
            assert_eq!(what(address), Some(expected), "{address}");
        }
    }

    #[test]
    fn what_the_operator_allows_is_reached_in_either_notation_and_nothing_beside_it() {
        let allowed = ["10.1.0.0/16", "fd00:1::/32"].map(|network| network.parse().expect("a network"));
        let good = |address: &str| check(address.parse().expect(address), &allowed).is_ok();
        assert!(["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5", "1.1.1.1"].into_iter().all(good));
        assert!(
            !["10.2.0.1", "::ffff:10.2.0.1", "64:ff9b::10.1.2.3", "fd00:2::1", "127.0.0.1"]
                .into_iter()
                .any(good)
        );
    }

    proptest! {
        /// The standard library's own judgement, as far as it gives one.
        #[test]
        fn nothing_that_the_standard_library_knows_is_let_through(bits: u32, high: u128) {
            let v4 = Ipv4Addr::from_bits(bits);
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            prop_assert!(!special || special_ipv4(v4).is_some(), "{}", v4);
            let mapped = check(v4.to_ipv6_mapped().into(), &[]);
            prop_assert_eq!(mapped, check(v4.into(), &[]));
            let v6 = Ipv6Addr::from_bits(high);
            let special = v6.is_loopback() || v6.is_multicast() || v6.is_unique_local() || v6.is_unicast_link_local();
            prop_assert!(!special || special_ipv6(v6).is_some(), "{}", v6);
        }
    }
}
