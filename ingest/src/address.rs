//! A camera's RTSP address with its credentials kept apart, so that no message can show them.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// RTSP's two schemes.
const PLAIN: &str = "rtsp";
const ENCRYPTED: &str = "rtsps";

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
    /// It does not begin with `rtsp://` or `rtsps://`.
    #[error("a camera's address begins with rtsp:// or rtsps://")]
    NotRtsp,
    /// What stands between the scheme and the path is no host and port.
    #[error("the address has no host that can be read; it looks like rtsp://user:password@host:554/path")]
    BadHost,
}

impl Address {
    /// Reads `rtsp://[user:password@]host[:port]/path?query`, or the same with `rtsps://`.
    ///
    /// User and password may be percent-encoded or written as they are: `@`, `:`, `?`, `#`, `%` and `/` inside a
    /// password are understood as long as only one reading of the whole gives a host, or only one a likely host: an IP
    /// address, a name with a dot, or `localhost`.
    ///
    /// # Errors
    /// When it is no RTSP address, or its host cannot be read.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::NotRtsp)?;
        let scheme = [PLAIN, ENCRYPTED].into_iter().find(|known| scheme.eq_ignore_ascii_case(known));
        let scheme = scheme.ok_or(AddressError::NotRtsp)?;
        let mut read = readings(rest).into_iter().flatten().filter_map(|(user_info, place)| {
            Some(Self { url: url_of(scheme, place)?, credentials: user_info.map(read_credentials) })
        });
        let standard = read.next().ok_or(AddressError::BadHost)?;
        if standard.has_likely_host() {
            return Ok(standard);
        }
        Ok(read.find(|other| other.has_likely_host() && other.has_likely_user()).unwrap_or(standard))
    }

    fn has_likely_host(&self) -> bool {
        match self.url.host() {
            // A scheme that is none of the web's keeps IPv4 addresses as names.
            Some(Host::Domain(name)) => name.contains('.') || name == "localhost",
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        }
    }

    /// No path has been taken for a user.
    fn has_likely_user(&self) -> bool {
        let user = self.credentials.as_ref().map(|credentials| credentials.user.as_str());
        user.is_some_and(|user| !user.contains(['/', '?', '#']))
    }

    /// The same place with these credentials instead.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The same place over an encrypted connection; at the port of those unless the address has its own.
    #[must_use]
    pub fn encrypted(mut self) -> Self {
        // RTSP's two schemes can always take each other's place.
        let _ = self.url.set_scheme(ENCRYPTED);
        self
    }

    /// Whether the connection is to be encrypted: `rtsps://`.
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == ENCRYPTED
    }

    /// The port, 554 or 322 unless the address has its own.
    pub fn port(&self) -> u16 {
        self.url.port().unwrap_or(if self.is_encrypted() { 322 } else { 554 })
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
        let (scheme, host) = (self.url.scheme(), self.url.host_str().unwrap_or_default());
        // Behind the host an `@` may be the one that ends a password, of which all before it is a part then.
        if self.url.as_str().contains('@') {
            return write!(f, "{scheme}://…");
        }
        let port = self.url.port().map(|p| format!(":{p}")).unwrap_or_default();
        // Some vendors put the password into the query, which is left out, and some into the path.
        let path = self.url.path();
        let secret = ["pass", "pwd"].iter().any(|word| path.to_ascii_lowercase().contains(word));
        write!(f, "{scheme}://{host}{port}{}", if secret { "/…" } else { path })
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

/// The ways to split what follows the scheme into user information and place, the likelier first.
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
fn url_of(scheme: &str, place: &str) -> Option<Url> {
    let url = Url::parse(&format!("{scheme}://{place}")).ok()?;
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
            ("rtsp://admin:p@s3cret/word@10.0.0.7/p", "rtsp://10.0.0.7/p", Some(("admin", "p@s3cret/word"))),
            ("rtsp://admin:12/34@cam.local/p", "rtsp://cam.local/p", Some(("admin", "12/34"))),
            ("rtsp://admin:pw@cam.local/p@2", "rtsp://cam.local/p@2", Some(("admin", "pw"))),
            ("rtsp://cam/live?to=a@b.c", "rtsp://cam/live?to=a@b.c", None),
            ("rtsp://cam/live?to=a@b", "rtsp://cam/live?to=a@b", None),
            ("RTSPS://admin:a/b@cam/s", "rtsps://cam/s", Some(("admin", "a/b"))),
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
        assert_eq!(Address::parse("rtspu://cam/"), Err(AddressError::NotRtsp));
        assert_eq!(Address::parse("rtsp:///a"), Err(AddressError::BadHost));
    }

    #[test]
    fn printing_shows_no_secret() {
        let address = Address::parse("rtsp://admin:s3cret@cam:99/p?password=s3cret").unwrap();
        let in_path = Address::parse("rtsp://cam/user=a_password=s3cret_channel=1.sdp").unwrap();
        assert_eq!(in_path.to_string(), "rtsp://cam/…");
        let shown = format!("{address} {address:?} {:?}", address.credentials());
        assert_eq!(shown, "rtsp://cam:99/p Address(rtsp://cam:99/p) Some(Credentials(hidden))");
        let address = Address::parse("rtsps://admin:s3cret@cam/p?password=s3cret").unwrap();
        assert_eq!(format!("{address} {address:?}"), "rtsps://cam/p Address(rtsps://cam/p)");
        for text in ["rtsp://admin:12/s3cret@cam/p", "rtsp://admin:p@s3cret/word@cam/p"] {
            assert_eq!(
                Address::parse(text).unwrap().to_string(),
                "rtsp://…",
                "host and path may be the password's"
            );
        }
    }

    #[test]
    fn an_encrypted_address_has_its_own_port() {
        let port = |text: &str| Address::parse(text).unwrap().port();
        assert_eq!((port("rtsp://cam/"), port("rtsps://cam/"), port("rtsps://cam:99/")), (554, 322, 99));
        let address = Address::parse("rtsp://u:p@cam/a").unwrap().encrypted();
        assert_eq!((address.to_string().as_str(), address.port()), ("rtsps://cam/a", 322));
        assert!(address.is_encrypted() && address.credentials().is_some());
    }
}
