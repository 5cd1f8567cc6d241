//! A loopback port for the server, which it keeps through restarts.

use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which systems take the ports of outgoing connections: a client of something else could
/// otherwise be given ours while the server restarts.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// A port on which nobody listens, somewhere random, so that registers side by side do not race for one.
///
/// Another process may still be quicker to take it: whoever starts a server must be ready to ask again.
pub(super) fn free() -> Option<u16> {
    let mut seed = [0; 2];
    // Without randomness every search begins at the same place, which only makes it longer.
    let _ = getrandom::fill(&mut seed);
    let begin = u16::from_ne_bytes(seed) % COUNT;
    (begin..COUNT)
        .chain(0..begin)
        .map(|step| FIRST + step)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}
