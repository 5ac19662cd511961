//! A camera's RTSP address with its credentials kept apart, so that no message can show them.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

/// Where a camera's stream is. Printing it never shows the user name or the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    credentials: Option<Credentials>,
}

/// A user name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name.
    pub user: String,
    /// The password, in clear: never print it.
    pub password: String,
}

/// Why a text is no camera address. Shows nothing of the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not begin with `rtsp://`.
    #[error("a camera's address begins with rtsp://")]
    NotRtsp,
    /// What stands between `rtsp://` and the path is no host and port.
    #[error("the address has no host that can be read; it looks like rtsp://user:password@host:554/path")]
    BadHost,
}

impl Address {
    /// Reads `rtsp://[user:password@]host[:port]/path?query`.
    ///
    /// User and password may be percent-encoded or written as they are: `@`, `:`, `?`, `#`, `%` and `/` inside a
    /// password are understood as long as only one reading of the whole gives a host.
    ///
    /// # Errors
    /// When it is no RTSP address, or its host cannot be read.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let scheme = text.get(..7).ok_or(AddressError::NotRtsp)?;
        if !scheme.eq_ignore_ascii_case("rtsp://") {
            return Err(AddressError::NotRtsp);
        }
        let (credentials, place) = split_credentials(&text[7..]);
        let url = Url::parse(&format!("rtsp://{place}")).map_err(|_| AddressError::BadHost)?;
        if url.host_str().is_none_or(str::is_empty) || !url.username().is_empty() || url.password().is_some()
        {
            return Err(AddressError::BadHost);
        }
        Ok(Self { url, credentials })
    }

    /// The same place with these credentials instead.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The address without credentials.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The credentials, if there are any.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The query is left out too: some vendors put the password there.
        let port = self.url.port().map(|p| format!(":{p}")).unwrap_or_default();
        write!(f, "rtsp://{}{port}{}", self.url.host_str().unwrap_or_default(), self.url.path())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

/// Splits what follows `rtsp://` into credentials and place.
///
/// The standard reading comes first: the authority ends at the first `/`, `?` or `#`, and its last `@` separates. Where
/// that leaves no readable host (a password with a raw `/`), the last `@` of the whole text separates.
fn split_credentials(rest: &str) -> (Option<Credentials>, &str) {
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if let Some(at) = rest[..authority_end].rfind('@') {
        return (Some(read_credentials(&rest[..at])), &rest[at + 1..]);
    }
    let standard_host_is_readable = Url::parse(&format!("rtsp://{}", &rest[..authority_end])).is_ok();
    match rest.rfind('@') {
        Some(at) if !standard_host_is_readable => (Some(read_credentials(&rest[..at])), &rest[at + 1..]),
        _ => (None, rest),
    }
}

fn read_credentials(user_info: &str) -> Credentials {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    Credentials { user: decode(user), password: decode(password) }
}

/// Percent-decodes, unless that gives no text: then the percent signs were meant.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Option<(String, String)>) {
        let address = Address::parse(text).unwrap();
        let credentials = address.credentials().map(|c| (c.user.clone(), c.password.clone()));
        (address.url().to_string(), credentials)
    }

    #[test]
    fn reads_passwords_as_people_write_them() {
        let cases = [
            ("rtsp://10.0.0.7/a", "rtsp://10.0.0.7/a", None),
            ("rtsp://admin:x@10.0.0.7:8554/a?b=1", "rtsp://10.0.0.7:8554/a?b=1", Some(("admin", "x"))),
            ("rtsp://admin:p@ss:w%23rd@cam.local/a", "rtsp://cam.local/a", Some(("admin", "p@ss:w#rd"))),
            ("rtsp://admin:a/b?c#d@cam/s", "rtsp://cam/s", Some(("admin", "a/b?c#d"))),
            ("rtsp://admin:密码100%@cam/s", "rtsp://cam/s", Some(("admin", "密码100%"))),
            ("rtsp://cam/live?to=a@b", "rtsp://cam/live?to=a@b", None),
        ];
        for (text, url, credentials) in cases {
            let credentials = credentials.map(|(u, p): (&str, &str)| (u.to_owned(), p.to_owned()));
            assert_eq!(parts(text), (url.to_owned(), credentials), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        assert_eq!(Address::parse("http://cam/"), Err(AddressError::NotRtsp));
        assert_eq!(Address::parse("摄像机"), Err(AddressError::NotRtsp));
        assert_eq!(Address::parse("rtsp:///a"), Err(AddressError::BadHost));
    }

    #[test]
    fn printing_shows_no_secret() {
        let address = Address::parse("rtsp://admin:s3cret@cam:99/p?password=s3cret").unwrap();
        let shown = format!("{address} {address:?} {:?}", address.credentials());
        assert_eq!(shown, "rtsp://cam:99/p Address(rtsp://cam:99/p) Some(Credentials(hidden))");
    }
}
