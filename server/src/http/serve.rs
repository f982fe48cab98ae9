//! Takes connections and answers on them.

use super::sips::Sips;
use crate::metrics::Metrics;
use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
#[cfg(target_os = "linux")]
use socket2::SockRef;
use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::{ServiceExt, util::BoxCloneSyncService};

/// A client has this long to send the head of a request, also the next one on a connection that is kept open…
const LONGEST_HEAD: Duration = Duration::from_secs(10);
/// …and a trusted proxy this long: it keeps connections at rest, and gives them up sooner by itself.
const LONGEST_HEAD_OF_PROXY: Duration = Duration::from_secs(30);
/// Connections at the same time: the process stays below the usual limit of 1,024 open files.
const MOST_CONNECTIONS: usize = 900;
/// Connections at the same time from one network. A trusted proxy brings many people.
const MOST_OF_NETWORK: usize = 256;
/// Further connections that are looked at, whether they are probes.
const MOST_OUTSIDE: usize = 64;
/// A probe says at once what it wants.
const LONGEST_PROBE: Duration = Duration::from_secs(1);
/// Beginning of a probe's request. Monitoring is answered even when nobody else is.
const PROBES: [&[u8]; 3] = [b"GET /healthz ", b"GET /readyz ", b"GET /metrics "];
/// Answer to everybody else when all places are taken.
const NO_PLACE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// After a connection could not be taken, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Number of open connections by address.
#[derive(Clone, Default)]
struct Networks(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of a network.
struct OfNetwork {
    networks: Networks,
    network: IpAddr,
}

impl Networks {
    /// `None` when the network has as many as it may have.
    fn place(&self, network: IpAddr) -> Option<OfNetwork> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_network = open.entry(network).or_default();
        if *of_network >= MOST_OF_NETWORK {
            return None;
        }
        *of_network += 1;
        Some(OfNetwork { networks: self.clone(), network })
    }
}

impl Drop for OfNetwork {
    fn drop(&mut self) {
        let mut open = self.networks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_network) = open.get_mut(&self.network) {
            *of_network -= 1;
            if *of_network == 0 {
                open.remove(&self.network);
            }
        }
    }
}

/// Only HTTP/1: telling versions apart would wait for a client that sends nothing, without a limit.
fn builder(longest_head: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(longest_head);
    builder
}

/// Answers with `router` until `stop`, then finishes the requests under way.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    trusted_proxies: Vec<IpAddr>,
    metrics: Arc<Metrics>,
    stop: impl Future<Output = ()>,
) {
    let (of_client, of_proxy) = (builder(LONGEST_HEAD), builder(LONGEST_HEAD_OF_PROXY));
    let mut of_probe = builder(LONGEST_PROBE);
    // The first answer is the last.
    of_probe.http1().keep_alive(false);
    let of_probe = Arc::new(of_probe);
    let open = GracefulShutdown::new();
    let (places, outside) = (Arc::new(Semaphore::new(MOST_CONNECTIONS)), Arc::new(Semaphore::new(MOST_OUTSIDE)));
    let networks = Networks::default();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Answers are short and complete: nothing is gained by waiting for more of them.
        let _ = stream.set_nodelay(true);
        // A client that does not read its answer is given up, too.
        #[cfg(target_os = "linux")]
        let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(LONGEST_HEAD_OF_PROXY));
        let answer = answer(router.clone(), peer);
        let is_proxy = trusted_proxies.contains(&peer.ip().to_canonical());
        let of_network = if is_proxy { Some(None) } else { networks.place(network(peer.ip())).map(Some) };
        let place = Arc::clone(&places).try_acquire_owned().ok();
        let (Some(of_network), Some(place)) = (of_network, place) else {
            // One too many even to be looked at is closed.
            if let Ok(turn) = Arc::clone(&outside).try_acquire_owned() {
                let builder = Arc::clone(&of_probe);
                tokio::spawn(async move {
                    answer_probe(stream, &builder, answer).await;
                    drop(turn);
                });
            }
            continue;
        };
        let builder = if is_proxy { &of_proxy } else { &of_client };
        let connection = builder.serve_connection(TokioIo::new(Sips(stream)), answer).into_owned();
        let connection = open.watch(connection);
        let metrics = Arc::clone(&metrics);
        metrics.connections.inc();
        tokio::spawn(async move {
            // What ends a connection early is the client's affair.
            let _ = connection.await;
            metrics.connections.dec();
            drop((place, of_network));
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// Everybody within one /64 of IPv6 is one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}

type Answer = BoxCloneSyncService<Request<Incoming>, axum::response::Response, Infallible>;

fn answer(router: Router, peer: SocketAddr) -> TowerToHyperService<Answer> {
    let answer = tower::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            router.oneshot(request).await
        }
    });
    TowerToHyperService::new(BoxCloneSyncService::new(answer))
}

/// Answers what is a probe, once, and tells everybody else to come back.
async fn answer_probe(mut stream: TcpStream, builder: &Builder<TokioExecutor>, answer: TowerToHyperService<Answer>) {
    if matches!(tokio::time::timeout(LONGEST_PROBE, is_probe(&stream)).await, Ok(Ok(true))) {
        let _ = tokio::time::timeout(LONGEST_HEAD, builder.serve_connection(TokioIo::new(stream), answer)).await;
    } else {
        let _ = tokio::time::timeout(LONGEST_PROBE, stream.write_all(NO_PLACE)).await;
    }
}

/// Whether what was sent, and is not taken here, begins as a probe does.
async fn is_probe(stream: &TcpStream) -> std::io::Result<bool> {
    let mut sent = [0; 16];
    loop {
        let length = stream.peek(&mut sent).await?;
        let begin = &sent[..length];
        let could_be = |probe: &[u8]| probe.starts_with(begin) && !begin.is_empty();
        if PROBES.iter().any(|probe| begin.starts_with(probe)) {
            return Ok(true);
        }
        if !PROBES.iter().any(|probe| could_be(probe)) {
            return Ok(false);
        }
        // More of it is on its way.
        tokio::time::sleep(PAUSE / 10).await;
    }
}
