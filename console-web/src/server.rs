//! Puts the routes together and serves them.

use std::{future::IntoFuture, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, header},
};
use gridwatch_alerts::{Desk, Drills, EvidenceStore, PictureLinks, Problems, Registry};
use gridwatch_channels::PushServer;
use gridwatch_ingest::{Clock, Ingest};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::{
    api::{self, PROBES_MAX},
    error::ErrorCode,
    feed::CameraFeed,
    web_app,
};

/// The version that is shown.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How many WebSocket clients are served at once: a street has tens of screens and phones, and each costs two
/// buffers.
const SOCKETS_MAX: usize = 512;

/// The longest body there is names a camera; this is what a client may waste.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// How many files are read and reports worked out at one time: each may take some hundred megabytes and seconds of a core.
const HEAVY_MAX: usize = 2;

/// How long requests under way may go on once the server is told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// On every answer: no guessing of types, no address given away, no frame around us.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// What the console shows.
pub struct Parts {
    /// Alerts, their changes, and the registered cameras.
    pub desk: Desk,
    /// Pictures and clips.
    pub evidence: EvidenceStore,
    /// Drills from recorded clips.
    pub drills: Drills,
    /// What opens an alert's picture without signing in.
    pub links: PictureLinks,
    /// Who we are to push services, where pushes are set up.
    pub push: Option<PushServer>,
    /// What is wrong with the server.
    pub problems: Problems,
    /// Grids, people and rules.
    pub registry: Registry,
    /// The cameras' streams and their states.
    pub ingest: Ingest,
    /// The time.
    pub clock: Clock,
}

/// What every request sees.
#[derive(Clone)]
pub struct Shared {
    pub desk: Desk,
    pub evidence: EvidenceStore,
    pub drills: Drills,
    pub links: PictureLinks,
    pub push: Option<PushServer>,
    pub problems: Problems,
    pub cameras: CameraFeed,
    pub ingest: Ingest,
    pub clock: Clock,
    pub registry: Registry,
    pub sockets: Arc<Semaphore>,
    pub probes: Arc<Semaphore>,
    pub heavy: Arc<Semaphore>,
    pub shutdown: CancellationToken,
}

/// Serves the API and the web app until `shutdown`; then says goodbye to sockets and gives requests under way
/// 3 s.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, parts: Parts, shutdown: CancellationToken) -> io::Result<()> {
    let cameras = CameraFeed::new(parts.desk.clone(), parts.ingest.clone(), parts.clock.clone());
    let feed = tokio::spawn(cameras.clone().run(shutdown.clone()));
    let shared = Shared {
        desk: parts.desk,
        evidence: parts.evidence,
        drills: parts.drills,
        links: parts.links,
        push: parts.push,
        problems: parts.problems,
        cameras,
        ingest: parts.ingest,
        clock: parts.clock,
        registry: parts.registry,
        sockets: Arc::new(Semaphore::new(SOCKETS_MAX)),
        probes: Arc::new(Semaphore::new(PROBES_MAX)),
        heavy: Arc::new(Semaphore::new(HEAVY_MAX)),
        shutdown: shutdown.clone(),
    };
    let service = router(shared).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let too_long = async {
        shutdown.cancelled().await;
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    let ended = tokio::select! {
        ended = serving.into_future() => ended,
        () = too_long => Ok(()),
    };
    feed.abort();
    ended
}

fn router(shared: Shared) -> Router {
    let (api, _) = api::routes().split_for_parts();
    let mut router = api
        .fallback_service(web_app::service())
        .method_not_allowed_fallback(async || crate::error::ApiError::from(ErrorCode::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shared);
    for (name, value) in SECURITY_HEADERS {
        router = router.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    router
}
