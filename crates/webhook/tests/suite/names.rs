//! A name server that says what the test wants, and who asks it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Packet, PacketFlag, QTYPE, Question, ResourceRecord, TYPE};
use tokio::net::UdpSocket;

/// Which addresses a name has when it is asked about for the nth time.
type Answers = dyn Fn(&str, usize) -> Vec<&'static str> + Send + Sync;

/// A name server on a port of its own; its answers are good for no time at all. It ends with the test.
pub(crate) struct NameServer(SocketAddr);

impl NameServer {
    pub(crate) async fn start(
        answers: impl Fn(&str, usize) -> Vec<&'static str> + Send + Sync + 'static,
    ) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = socket.local_addr().expect("it is bound");
        tokio::spawn(serve(socket, Box::new(answers)));
        Self(address)
    }

    /// Resolves by it.
    pub(crate) fn names(&self) -> Arc<dyn Resolve> {
        Arc::new(Stub(self.0))
    }
}

async fn serve(socket: UdpSocket, answers: Box<Answers>) {
    let (mut asked, mut buffer) = (0, [0; 512]);
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let query = Packet::parse(&buffer[..length]).expect("a query");
        let question = &query.questions[0];
        let mut reply = Packet::new_reply(query.id());
        reply.set_flags(PacketFlag::RESPONSE);
        reply.questions.push(question.clone());
        let name = question.qname.to_string();
        let ipv6 = question.qtype == QTYPE::TYPE(TYPE::AAAA);
        // Both families are asked for; the first question counts.
        asked += usize::from(!ipv6);
        for address in answers(&name, asked - 1) {
            let address = address.parse::<IpAddr>().expect("an address");
            if address.is_ipv6() == ipv6 {
                let data = match address {
                    IpAddr::V4(address) => RData::A(address.into()),
                    IpAddr::V6(address) => RData::AAAA(address.into()),
                };
                reply.answers.push(ResourceRecord::new(question.qname.clone(), CLASS::IN, 0, data));
            }
        }
        let reply = reply.build_bytes_vec().expect("it is well formed");
        socket.send_to(&reply, from).await.expect("the asker is here");
    }
}

/// Asks one name server, and remembers nothing.
struct Stub(SocketAddr);

impl Resolve for Stub {
    fn resolve(&self, name: Name) -> Resolving {
        let server = self.0;
        Box::pin(async move {
            let mut found = Vec::new();
            for family in [TYPE::A, TYPE::AAAA] {
                found.extend(ask(server, name.as_str(), family).await?);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

async fn ask(
    server: SocketAddr,
    name: &str,
    family: TYPE,
) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(server).await?;
    let mut query = Packet::new_query(1);
    query.questions.push(Question::new(simple_dns::Name::new(name)?, family.into(), CLASS::IN.into(), false));
    socket.send(&query.build_bytes_vec()?).await?;
    let mut buffer = [0; 512];
    let length = tokio::time::timeout(Duration::from_secs(10), socket.recv(&mut buffer)).await??;
    let reply = Packet::parse(&buffer[..length])?;
    let address = |record: &ResourceRecord<'_>| match &record.rdata {
        RData::A(a) => Some(SocketAddr::from((std::net::Ipv4Addr::from(a.address), 0))),
        RData::AAAA(aaaa) => Some(SocketAddr::from((std::net::Ipv6Addr::from(aaaa.address), 0))),
        _ => None,
    };
    Ok(reply.answers.iter().filter_map(address).collect())
}
