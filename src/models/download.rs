//! Getting one file over HTTP: in one piece, or from where the last try broke off.

use std::time::Duration;

use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED, RANGE},
    redirect::{Action, Attempt, Policy},
};
use url::Url;

use super::{partial::Partial, progress::Progress};

/// Opening a connection takes no longer than this.
const CONNECT: Duration = Duration::from_secs(10);
/// One try takes no longer than this, however slowly the bytes come; the next goes on from there.
const TRY: Duration = Duration::from_secs(3600);
/// Between two tries. After the last of them somebody has to look.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];
/// No model is larger; a file of unknown length is not let fill the disk.
pub const BYTES_MAX: u64 = 2 << 30;
/// Redirects that are followed.
const REDIRECTS_MAX: usize = 10;

/// Why a file was not got.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// Nobody was reached.
    #[error("cannot reach {url}: {what}")]
    Unreachable {
        /// Where it was looked for, without user, password and query.
        url: String,
        /// What the network said.
        what: String,
    },
    /// The server says no.
    #[error("{url} answers {status}")]
    Status {
        /// Where it was looked for.
        url: String,
        /// What it answered.
        status: StatusCode,
    },
    /// The server said nothing for too long.
    #[error("{url} said nothing for {} s ({bytes} bytes are here)", silence.as_secs_f64())]
    Silent {
        /// Where it was looked for.
        url: String,
        /// How long.
        silence: Duration,
        /// How much is kept for the next try.
        bytes: u64,
    },
    /// The connection ended before the file did, again and again.
    #[error("{url} broke off ({bytes} bytes are here): {what}")]
    BrokenOff {
        /// Where it was looked for.
        url: String,
        /// How much is kept for the next try.
        bytes: u64,
        /// What the network said.
        what: String,
    },
    /// It is of another length than it must be, or than any model is.
    #[error("{url} has {found} bytes, {expected} were expected")]
    WrongSize {
        /// Where it was looked for.
        url: String,
        /// How many, in words.
        found: String,
        /// How many there may be, in words.
        expected: String,
    },
    /// What came cannot be written.
    #[error("cannot write {file}: {source}")]
    Disk {
        /// Which file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What is to be got.
pub struct Download<'a> {
    /// From where.
    pub url: &'a Url,
    /// Its length, where that is known.
    pub bytes: Option<u64>,
    /// Whether its digest is known, so that two versions that were mixed up would show.
    pub digest_known: bool,
    /// How long the server may say nothing.
    pub silence: Duration,
}

/// Why one try failed, and whether the next may do better.
enum Failed {
    Again(DownloadError),
    For(DownloadError),
}

// === impl Download ===

impl Download<'_> {
    /// Gets all that `part` has not yet. Proxies are taken from the environment.
    ///
    /// # Errors
    /// After four tries, or at once where another would not help. What came until then stays in `part`.
    pub async fn run(&self, part: &mut Partial, progress: &mut Progress) -> Result<(), DownloadError> {
        let client = self.client()?;
        let mut pauses = PAUSES.into_iter();
        while self.bytes != Some(part.bytes()) {
            let error = match self.attempt(&client, part, progress).await {
                Ok(()) => break,
                Err(Failed::For(error)) => return Err(error),
                Err(Failed::Again(error)) => error,
            };
            let Some(pause) = pauses.next() else { return Err(error) };
            progress.tell(&format!("{error}; trying again"));
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    fn client(&self) -> Result<Client, DownloadError> {
        let builder = Client::builder().user_agent(concat!("gridwatch/", env!("CARGO_PKG_VERSION")));
        let builder = builder.connect_timeout(CONNECT.min(self.silence)).read_timeout(self.silence);
        let client = builder.timeout(TRY).redirect(Policy::custom(follow)).build();
        client.map_err(|error| self.unreachable(&error))
    }

    async fn attempt(
        &self,
        client: &Client,
        part: &mut Partial,
        progress: &mut Progress,
    ) -> Result<(), Failed> {
        let mut request = client.get(self.url.clone());
        let version = part.version();
        // Without a version and a digest nobody could tell that the server's file has changed in between.
        if part.bytes() > 0 && (version.is_some() || self.digest_known) {
            request = request.header(RANGE, format!("bytes={}-", part.bytes()));
            if let Some(version) = version {
                request = request.header(IF_RANGE, version);
            }
        }
        let mut response = request.send().await.map_err(|error| self.failed(&error, part))?;
        match response.status() {
            StatusCode::OK => self.disk(part.begin_anew(version_of(response.headers())), part)?,
            StatusCode::PARTIAL_CONTENT if begins_at(response.headers()) == Some(part.bytes()) => {}
            // What is here is not the beginning of what the server has.
            status @ (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE) => {
                self.disk(part.begin_anew(None), part)?;
                return Err(Failed::Again(self.status(status)));
            }
            status if status.is_server_error() => return Err(Failed::Again(self.status(status))),
            status => return Err(Failed::For(self.status(status))),
        }
        let total = self.total(&response, part)?;
        let most = self.bytes.unwrap_or(BYTES_MAX);
        while let Some(bytes) = response.chunk().await.map_err(|error| self.failed(&error, part))? {
            if part.bytes() + bytes.len() as u64 > most {
                return Err(Failed::For(self.wrong_size(format!("more than {most}"))));
            }
            self.disk(part.append(&bytes), part)?;
            progress.at(part.bytes(), total);
        }
        match total {
            Some(total) if part.bytes() < total => {
                Err(Failed::Again(self.broken_off("it is not whole", part)))
            }
            _ => Ok(()),
        }
    }

    /// How long the file is by what the server says, where that fits what is known.
    fn total(&self, response: &Response, part: &Partial) -> Result<Option<u64>, Failed> {
        let total = response.content_length().map(|rest| part.bytes() + rest);
        match (total, self.bytes) {
            (Some(total), Some(bytes)) if total != bytes => {
                Err(Failed::For(self.wrong_size(total.to_string())))
            }
            (Some(total), None) if total > BYTES_MAX => Err(Failed::For(self.wrong_size(total.to_string()))),
            // Neither length nor digest: a file that was cut off would pass for the whole.
            (None, None) if !self.digest_known => {
                Err(Failed::For(self.wrong_size("an unknown number of".to_owned())))
            }
            (total, bytes) => Ok(total.or(bytes)),
        }
    }

    fn failed(&self, error: &reqwest::Error, part: &Partial) -> Failed {
        if error.is_connect() || error.is_redirect() || error.is_builder() {
            Failed::For(self.unreachable(error))
        } else if error.is_timeout() {
            let (url, silence) = (shown(self.url), self.silence);
            Failed::Again(DownloadError::Silent { url, silence, bytes: part.bytes() })
        } else {
            Failed::Again(self.broken_off(&cause(error), part))
        }
    }

    fn disk(&self, done: std::io::Result<()>, part: &Partial) -> Result<(), Failed> {
        let file = part.path().display().to_string();
        done.map_err(|source| Failed::For(DownloadError::Disk { file, source }))
    }

    fn unreachable(&self, error: &reqwest::Error) -> DownloadError {
        DownloadError::Unreachable { url: shown(self.url), what: cause(error) }
    }

    fn status(&self, status: StatusCode) -> DownloadError {
        DownloadError::Status { url: shown(self.url), status }
    }

    fn broken_off(&self, what: &str, part: &Partial) -> DownloadError {
        DownloadError::BrokenOff { url: shown(self.url), bytes: part.bytes(), what: what.to_owned() }
    }

    fn wrong_size(&self, found: String) -> DownloadError {
        let expected = self.bytes.map_or_else(|| format!("at most {BYTES_MAX}"), |bytes| bytes.to_string());
        DownloadError::WrongSize { url: shown(self.url), found, expected }
    }
}

/// Follows a redirect, unless it leads to where anybody on the way could change the file.
fn follow(attempt: Attempt<'_>) -> Action {
    let encrypted = |url: &Url| url.scheme() == "https";
    if attempt.previous().len() > REDIRECTS_MAX {
        attempt.error("it was redirected too often")
    } else if attempt.previous().last().is_some_and(encrypted) && !encrypted(attempt.url()) {
        attempt.error("it is redirected from https to http")
    } else {
        attempt.follow()
    }
}

/// What `If-Range` may name: a strong ETag, or else the date of the last change.
fn version_of(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    text(ETAG).filter(|etag| !etag.starts_with("W/")).or_else(|| text(LAST_MODIFIED))
}

/// Where the part of the file that the server sends begins.
fn begins_at(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// An address without what may be secret in it.
pub fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// The innermost cause; what stands around it says the address, with all that is in it.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_secrets() {
        let url = Url::parse("https://user:secret@mirror.example.org:8443/a/b.onnx?token=secret#x").unwrap();
        assert_eq!(shown(&url), "https://mirror.example.org:8443/a/b.onnx");
    }

    #[test]
    fn only_what_names_one_version_for_certain_is_kept() {
        let headers = |pairs: &[(reqwest::header::HeaderName, &str)]| -> HeaderMap {
            pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
        };
        let date = (LAST_MODIFIED, "Mon, 23 Nov 2026 00:00:00 GMT");
        assert_eq!(version_of(&headers(&[(ETAG, "\"a\""), date.clone()])), Some("\"a\""));
        assert_eq!(version_of(&headers(&[(ETAG, "W/\"a\""), date.clone()])), Some(date.1));
        assert_eq!(version_of(&headers(&[(ETAG, "W/\"a\"")])), None);
        for (range, expected) in
            [("bytes 100-199/200", Some(100)), ("bytes */200", None), ("items 1-2/3", None)]
        {
            assert_eq!(begins_at(&headers(&[(CONTENT_RANGE, range)])), expected, "{range}");
        }
    }
}
