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
        let readings = readings(&text[7..]);
        let read = readings.into_iter().flatten().find_map(|(user_info, place)| {
            Some(Self { url: url_of(place)?, credentials: user_info.map(read_credentials) })
        });
        read.ok_or(AddressError::BadHost)
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

/// The ways to split what follows `rtsp://` into user information and place, the likelier first.
///
/// The standard reading: the authority ends at the first `/`, `?` or `#`, and its last `@` separates. Where that leaves
/// no readable host (a password with one of these in it), the last `@` of the whole text separates.
fn readings(rest: &str) -> [Option<(Option<&str>, &str)>; 2] {
    let split = |at: usize| (Some(&rest[..at]), &rest[at + 1..]);
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let standard = rest[..authority_end].rfind('@').map_or((None, rest), split);
    [Some(standard), rest.rfind('@').map(split)]
}

/// A place as a URL, if it has a host.
fn url_of(place: &str) -> Option<Url> {
    let url = Url::parse(&format!("rtsp://{place}")).ok()?;
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    (has_host && url.username().is_empty() && url.password().is_none()).then_some(url)
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
            ("rtsp://admin:p@s:s/w?r#d@cam/s", "rtsp://cam/s", Some(("admin", "p@s:s/w?r#d"))),
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
