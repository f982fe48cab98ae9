//! Takes connections and answers on them.

use crate::metrics::Metrics;
use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
#[cfg(target_os = "linux")]
use socket2::SockRef;
use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::ServiceExt;

/// A client has this long to send the head of a request, also the next one on a connection that is kept open: a proxy in front gives up idle
/// connections sooner.
const LONGEST_HEAD: Duration = Duration::from_secs(30);
/// Connections at the same time. Others wait in the system's queue: the process stays below the usual limit of 1,024 open files.
const MOST_CONNECTIONS: usize = 900;
/// After a connection could not be taken, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers with `router` until `stop`, then finishes the requests under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, metrics: Arc<Metrics>, stop: impl Future<Output = ()>) {
    // Only HTTP/1: telling versions apart would wait for a client that sends nothing, without a limit.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(LONGEST_HEAD);
    let builder = Arc::new(builder);
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let connection = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => break,
            connection = connection => connection,
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
        let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(LONGEST_HEAD));
        let router = router.clone();
        let answer = service_fn(move |request: Request<Incoming>| {
            let router = router.clone();
            async move {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
                let answer: Result<_, Infallible> = router.oneshot(request).await;
                answer
            }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), answer).into_owned();
        let connection = open.watch(connection);
        let metrics = Arc::clone(&metrics);
        metrics.connections.inc();
        tokio::spawn(async move {
            // What ends a connection early is the client's affair.
            let _ = connection.await;
            metrics.connections.dec();
            drop(place);
        });
    }
    drop(listener);
    open.shutdown().await;
}
