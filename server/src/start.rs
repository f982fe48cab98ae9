use crate::{
    http::{assets, routes, serve::serve},
    metrics::Metrics,
    private,
    settings::{Secret, Settings},
    state::{App, Shared},
    worker::Workers,
};
use anyhow::{Context, Result};
use app::Site;
use portal::{Ctx, Portal, jobs::Lane, mail::Mailer, people::PasswordCost};
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// After the signal to stop, requests under way have this long.
const DRAIN: Duration = Duration::from_secs(20);

/// Uploads at the same time.
const MOST_UPLOADS: usize = 32;

/// A server that answers.
pub struct Running {
    pub address: SocketAddr,
    /// Public URL of the server.
    pub url: String,
    pub portal: Portal,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    workers: Workers,
}

/// Opens the portal and begins to answer.
///
/// # Errors
/// Reason why the server cannot start, in words for the operator.
pub async fn start(settings: &Settings, ctx: Ctx, password_cost: PasswordCost) -> Result<Running> {
    settings.check()?;
    // Leptos renders on Tokio. A second server in the same process finds it set already, which is no error.
    let _ = any_spawner::Executor::init_tokio();
    private::make_folder(&settings.data)
        .with_context(|| format!("{} cannot be made, for its owner only", settings.data.display()))?;
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("{} cannot be listened on", settings.listen))?;
    let address = listener.local_addr()?;
    let public_url = settings.public_url_or(address)?;
    let mailbox = settings.imap_mailbox()?;
    if settings.demo {
        settings.prepare_demo_key(&ctx, password_cost)?;
    }
    let key = settings.key_file()?;
    key.check()?;
    private::close_all(&settings.data)
        .with_context(|| format!("{} cannot be closed to others than its owner", settings.data.display()))?;
    let portal = Portal::open(settings.portal(&public_url, password_cost)?, &key, ctx).await?;
    if settings.demo {
        portal::demo::fill(&portal).await?;
    } else {
        anyhow::ensure!(
            !portal::demo::is_loaded(&portal).await?,
            "The database {} holds demo data, whose passwords are known. It is served with --demo only.",
            settings.database()?
        );
    }
    let mailer = mailer(settings)?;
    if public_url.is_https() && settings.trusted_proxy.is_empty() {
        tracing::warn!("no proxy is trusted: behind one, all people share one limit of attempts to sign in (--trusted-proxy)");
    }
    let url = public_url.origin();
    let metrics = Arc::new(Metrics::new(&portal));
    let app = App(Arc::new(Shared {
        site: Arc::new(Site { portal: portal.clone(), demo: settings.demo, assets: assets::root(), public_url: url.clone() }),
        public_url,
        trusted_proxies: settings.trusted_proxy.clone(),
        metrics_from: settings.metrics_from.clone(),
        metrics: Arc::clone(&metrics),
        uploads: Semaphore::new(MOST_UPLOADS),
        reopeners: routes::reopeners(),
    }));
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(serve(listener, routes::router(app), settings.trusted_proxy.clone(), metrics, until(stopped)));
    let workers = Workers::start(&portal, [Lane::Mail(Box::new(mailer)), Lane::Batches, Lane::Requests, Lane::Imports], mailbox);
    Ok(Running { address, url, portal, stop, serving, workers })
}

fn mailer(settings: &Settings) -> Result<Mailer> {
    if let Some(Secret(url)) = &settings.smtp_url {
        return Ok(Mailer::smtp(url, &settings.mail_from)?);
    }
    let folder = settings.data.join("mail");
    private::make_folder(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(Mailer::folder(folder, &settings.mail_from)?)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender gone means the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

impl Running {
    /// Answers until `signal`, then finishes the requests under way and ends.
    ///
    /// # Errors
    /// Requests were still under way when the time to finish them ran out.
    pub async fn run_until(mut self, signal: impl Future<Output = ()>) -> Result<()> {
        tokio::select! {
            ended = &mut self.serving => return Ok(ended?),
            () = signal => {}
        }
        self.stop().await
    }

    /// Takes no more requests, finishes those under way and ends.
    ///
    /// # Errors
    /// As [`Self::run_until`].
    pub async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        let serving = tokio::time::timeout(DRAIN, self.serving).await.context("requests were still under way at the end")?;
        self.workers.stop().await;
        Ok(serving?)
    }
}
