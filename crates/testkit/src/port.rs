//! Loopback ports that stay ours while a server is down.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which Linux and macOS take the ports of outgoing connections: otherwise a client could
/// be given the port of a server that is about to restart.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

/// A port on which nobody listens. Each call gives another; test processes begin far apart.
///
/// Another process may still be quicker: whoever binds must be ready to ask again.
///
/// # Panics
/// When every port is taken.
#[must_use]
pub fn free() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let spread = process::id().wrapping_mul(211);
    (0..COUNT)
        .map(|_| FIRST + spread.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT)
        .map(|port| u16::try_from(port).expect("FIRST + COUNT is below 65,536"))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("some port is free")
}
