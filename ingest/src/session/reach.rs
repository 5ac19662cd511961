//! What is asked of the network before RTSP begins: where the host is, and whether anybody listens there.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::SessionError;
use crate::{address::Address, health::Cause};

/// Where the camera's host is. The RTSP libraries do not tell a missing name from a missing camera.
///
/// # Errors
/// When the name has no address, or nobody says within `limit`.
pub(super) async fn look_up(address: &Address, limit: Duration) -> Result<Vec<SocketAddr>, SessionError> {
    let host = address.url().host_str().unwrap_or_default().to_owned();
    let error = |cause, detail| SessionError { cause, step: "look-up", detail };
    match timeout(limit, lookup_host((host.trim_matches(['[', ']']), address.port()))).await {
        Err(_) => Err(error(Cause::TimedOut, format!("no answer to the look-up of {host}"))),
        Ok(Err(e)) => Err(error(Cause::NameNotFound, format!("{host}: {e}"))),
        Ok(Ok(found)) => match found.collect::<Vec<_>>() {
            none if none.is_empty() => Err(error(Cause::NameNotFound, format!("{host} has no address"))),
            found => Ok(found),
        },
    }
}

/// Connects and hangs up, to learn whether anybody is there.
///
/// # Errors
/// When nobody listens, or nobody answers within `limit`.
pub(super) async fn knock(places: &[SocketAddr], limit: Duration) -> Result<(), SessionError> {
    let error = |cause, detail| SessionError { cause, step: "connect", detail };
    match timeout(limit, TcpStream::connect(places)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) if e.kind() == ErrorKind::ConnectionRefused => Err(error(Cause::Refused, e.to_string())),
        Ok(Err(e)) => Err(error(Cause::TimedOut, e.to_string())),
        Err(_) => Err(error(Cause::TimedOut, format!("no answer within {} s", limit.as_secs_f32()))),
    }
}
