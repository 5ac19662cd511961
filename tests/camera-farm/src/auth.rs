//! Basic and digest (RFC 2617, MD5) checks of the Authorization header.

use md5::{Digest, Md5};

const REALM: &str = "camera-farm";

/// How a camera asks for a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Basic,
    Digest,
}

/// Who may watch.
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Scheme {
    /// The `WWW-Authenticate` value.
    pub(crate) fn challenge(self, nonce: &str) -> String {
        match self {
            Scheme::Basic => format!("Basic realm=\"{REALM}\""),
            Scheme::Digest => format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\""),
        }
    }

    /// Whether the `Authorization` value of a request with this method answers the challenge.
    pub(crate) fn accepts(self, header: &str, method: &str, nonce: &str, login: &Login) -> bool {
        let Login { user, password } = login;
        match self {
            Scheme::Basic => {
                let wanted = base64(format!("{user}:{password}").as_bytes());
                header.strip_prefix("Basic ").is_some_and(|given| given.trim() == wanted)
            }
            Scheme::Digest => {
                let Some(given) = DigestAnswer::parse(header) else { return false };
                let ha1 = md5_hex(&format!("{user}:{REALM}:{password}"));
                let ha2 = md5_hex(&format!("{method}:{}", given.uri));
                let response = md5_hex(&format!("{ha1}:{nonce}:{ha2}"));
                given.user == user && given.nonce == nonce && given.response == response
            }
        }
    }
}

struct DigestAnswer<'a> {
    user: &'a str,
    nonce: &'a str,
    uri: &'a str,
    response: &'a str,
}

impl DigestAnswer<'_> {
    fn parse(header: &str) -> Option<DigestAnswer<'_>> {
        let fields = header.strip_prefix("Digest ")?;
        let get = |name: &str| {
            fields.split(',').find_map(|field| {
                let (key, value) = field.trim().split_once('=')?;
                (key.trim() == name).then(|| value.trim().trim_matches('"'))
            })
        };
        Some(DigestAnswer {
            user: get("username")?,
            nonce: get("nonce")?,
            uri: get("uri")?,
            response: get("response")?,
        })
    }
}

pub(crate) fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn base64(data: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for three in data.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let symbol = ALPHABET[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= three.len() { char::from(symbol) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        assert_eq!([base64(b"a"), base64(b"ab"), base64(b"abc")], ["YQ==", "YWI=", "YWJj"]);
    }

    #[test]
    fn digest_accepts_the_right_answer_alone() {
        let (ha1, ha2) = (md5_hex("u:camera-farm:p"), md5_hex("DESCRIBE:rtsp://h/x"));
        let response = md5_hex(&format!("{ha1}:abc:{ha2}"));
        let header = format!(
            "Digest username=\"u\", realm=\"camera-farm\", nonce=\"abc\", uri=\"rtsp://h/x\", response=\"{response}\""
        );
        let login = |password: &str| Login { user: "u".into(), password: password.into() };
        assert!(Scheme::Digest.accepts(&header, "DESCRIBE", "abc", &login("p")));
        assert!(!Scheme::Digest.accepts(&header, "DESCRIBE", "abc", &login("wrong")));
        assert!(!Scheme::Digest.accepts(&header, "PLAY", "abc", &login("p")));
        assert!(!Scheme::Digest.accepts(&header, "DESCRIBE", "old", &login("p")));
    }

    #[test]
    fn basic_accepts_the_right_answer_alone() {
        let login = Login { user: "u".into(), password: "p".into() };
        assert!(Scheme::Basic.accepts("Basic dTpw", "PLAY", "", &login));
        assert!(!Scheme::Basic.accepts("Basic dTpx", "PLAY", "", &login));
    }
}
