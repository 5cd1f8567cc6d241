//! Nothing is connected to that is not public, whatever its address is written like or its name says.

use std::net::Ipv4Addr;

use webhook::{Failure, InvalidTarget, Meaning, Poster, PosterSettings, Refused};

use crate::names::NameServer;
use crate::receiver::{Manner, Receiver, post, poster, says, settings};

/// Takes whatever comes, one request a connection: the next one asks for the name again.
async fn listening() -> Receiver {
    Receiver::start(Manner::Ends(says("200 OK", "connection: close\r\n", ""))).await
}

fn refused(failure: &Failure) -> Refused {
    match failure {
        Failure::Target(InvalidTarget::Refused(refused)) | Failure::Refused { refused, .. } => *refused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn addresses_in_numbers_are_refused_in_every_notation() {
    let receiver = listening().await;
    let (poster, port) = (poster(&[]), receiver.address.port());
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::1]",
        "[::]",
        "0.0.0.0",
        "0",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "10.0.0.1",
        "10.255.255.255",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ];
    for host in hosts {
        let url = format!("http://{host}:{port}/hook").parse().expect(host);
        let failure = post(&poster, &url).await.answer.expect_err(host);
        assert_eq!(poster.check(&url).await, Err(failure.clone()), "{host}");
        let refused = refused(&failure);
        assert!(failure.to_string().contains(&refused.address.to_string()), "{failure}");
        assert_eq!(failure.kind(), "invalid-address");
    }
    assert_eq!(receiver.all_connections().await, 0);
}

#[tokio::test]
async fn the_systems_names_are_checked_too() {
    let receiver = listening().await;
    let poster = poster(&[]);
    for name in ["localhost", "LOCALHOST"] {
        let url = format!("http://{name}:{}/hook", receiver.address.port()).parse().expect(name);
        let attempt = post(&poster, &url).await;
        assert_eq!(attempt.meaning(), Meaning::Failed);
        let failure = attempt.answer.expect_err(name);
        assert!(refused(&failure).address.is_loopback(), "{failure}");
        assert_eq!(failure.kind(), "refused-address");
    }
    assert_eq!(receiver.all_connections().await, 0);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_and_the_address_is_named() {
    let receiver = listening().await;
    for (address, shown) in [
        ("127.0.0.1", "127.0.0.1"),
        ("169.254.169.254", "169.254.169.254"),
        ("10.1.2.3", "10.1.2.3"),
        ("::1", "::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("fd00::1", "fd00::1"),
        ("fe80::1", "fe80::1"),
        ("64:ff9b::7f00:1", "64:ff9b::7f00:1"),
        ("100.64.0.1", "100.64.0.1"),
    ] {
        let server = NameServer::start(move |_, _| vec![address]).await;
        let poster =
            Poster::new(PosterSettings { names: server.names(), ..settings(&[]) }).expect("a client");
        let url = format!("http://hooks.example:{}/", receiver.address.port()).parse().expect("a URL");
        let failure = post(&poster, &url).await.answer.expect_err(address);
        assert_eq!(refused(&failure).address.to_string(), shown);
        assert!(
            failure.to_string().starts_with("the name hooks.example leads to nothing else: "),
            "{failure}"
        );
        assert_eq!(poster.check(&url).await, Err(failure));
    }
    assert_eq!(receiver.all_connections().await, 0);
}

/// Two listeners on one port: the operator allows the first address, and not the second.
async fn allowed_and_not() -> (Receiver, Receiver, String) {
    let not = listening().await;
    let allowed = (Ipv4Addr::new(127, 0, 0, 2), not.address.port());
    let allowed = Receiver::at(allowed, Manner::Ends(says("200 OK", "connection: close\r\n", ""))).await;
    let url = format!("http://hooks.example:{}/", not.address.port());
    (allowed, not, url)
}

#[tokio::test]
async fn a_name_that_changes_its_answer_after_it_was_checked_is_refused() {
    let (allowed, not, url) = allowed_and_not().await;
    let server = NameServer::start(|_, asked| vec![if asked == 0 { "127.0.0.2" } else { "127.0.0.1" }]).await;
    let settings = PosterSettings { names: server.names(), ..settings(&["127.0.0.2/32"]) };
    let (poster, url) = (Poster::new(settings).expect("a client"), url.parse().expect("a URL"));
    assert_eq!(poster.check(&url).await, Ok(()));
    let failure = post(&poster, &url).await.answer.expect_err("it leads inside now");
    assert_eq!(refused(&failure).address, Ipv4Addr::LOCALHOST);
    assert_eq!((allowed.all_connections().await, not.all_connections().await), (0, 0));
}

#[tokio::test]
async fn a_name_that_changes_its_answer_all_the_time_is_never_followed_inside() {
    const TRIES: usize = 40;
    let (allowed, not, url) = allowed_and_not().await;
    let server = NameServer::start(|_, asked| vec![["127.0.0.2", "127.0.0.1"][asked % 2]]).await;
    let settings = PosterSettings { names: server.names(), ..settings(&["127.0.0.2/32"]) };
    let (poster, url) = (Poster::new(settings).expect("a client"), url.parse().expect("a URL"));
    let mut delivered = 0;
    for _ in 0..TRIES {
        match post(&poster, &url).await.answer {
            Ok(_) => delivered += 1,
            Err(failure) => assert_eq!(refused(&failure).address, Ipv4Addr::LOCALHOST),
        }
    }
    assert_eq!(delivered, TRIES / 2, "each second answer leads where it may");
    assert_eq!((allowed.all_connections().await, not.all_connections().await), (delivered, 0));
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_reached_are() {
    let (allowed, not, url) = allowed_and_not().await;
    let server = NameServer::start(|_, _| vec!["127.0.0.1", "::1", "127.0.0.2", "10.0.0.1"]).await;
    let settings = PosterSettings { names: server.names(), ..settings(&["127.0.0.2/32"]) };
    let (poster, url) = (Poster::new(settings).expect("a client"), url.parse().expect("a URL"));
    assert_eq!(post(&poster, &url).await.meaning(), Meaning::Delivered);
    assert_eq!((allowed.all_connections().await, not.all_connections().await), (1, 0));
}

#[tokio::test]
async fn a_name_that_leads_nowhere_says_so() {
    let server = NameServer::start(|_, _| Vec::new()).await;
    let poster = Poster::new(PosterSettings { names: server.names(), ..settings(&[]) }).expect("a client");
    let url = "http://hooks.example/".parse().expect("a URL");
    let failure = post(&poster, &url).await.answer.expect_err("it leads nowhere");
    assert_eq!(failure, Failure::Resolve("hooks.example: it has no address".to_owned()));
    assert_eq!(poster.check(&url).await, Err(failure));
}

#[tokio::test]
async fn redirections_are_not_followed() {
    let elsewhere = listening().await;
    for status in
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let to = format!("location: {}\r\n", elsewhere.url());
        let receiver = Receiver::start(Manner::Says(says(status, &to, "there"))).await;
        let attempt = post(&poster(&["127.0.0.0/8"]), &receiver.url()).await;
        assert_eq!(attempt.meaning(), Meaning::Failed);
        let answer = attempt.answer.expect("an answer");
        assert!(status.starts_with(answer.status.as_str()), "{status}: {answer:?}");
    }
    assert_eq!(elsewhere.all_connections().await, 0);
}
