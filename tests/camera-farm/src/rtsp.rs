//! RTSP requests in, and the texts that answer them.

use crate::{clip::Clip, options::Options, packet::PAYLOAD_TYPE};

/// A request with a longer head or body ends the session.
const MAX_REQUEST: usize = 16 * 1024;

/// One RTSP request, its body left out (no method that we know needs it).
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) uri: String,
    headers: Vec<(String, String)>,
}

/// What the bytes from a client begin with.
#[derive(Debug)]
pub(crate) enum Input {
    /// A request of so many bytes.
    Request(Request, usize),
    /// RTCP in interleaved framing, of so many bytes.
    Rtcp(usize),
    /// Not all of it has come yet.
    Incomplete,
    /// Nothing that a client may send.
    Invalid,
}

// === impl Request ===

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The RTP channel that a client wants over TCP; None if it does not want TCP.
    pub(crate) fn tcp_channel(&self) -> Option<u8> {
        let offers = self.header("Transport")?;
        let tcp = offers.split(',').find(|offer| offer.contains("RTP/AVP/TCP"))?;
        let channel = tcp.split(';').find_map(|part| part.trim().strip_prefix("interleaved="));
        Some(channel.and_then(|pair| pair.split('-').next()?.parse().ok()).unwrap_or(0))
    }

    /// Path and query of the URI, the track left out.
    pub(crate) fn path_and_query(&self) -> (&str, &str) {
        let rest = self.uri.strip_prefix("rtsp://").unwrap_or(&self.uri);
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        // Clients append "/trackID=0" after the query.
        (path, query.split('/').next().unwrap_or(""))
    }

    fn parse(head: &str) -> Option<Request> {
        let mut lines = head.trim_start().split("\r\n");
        let mut first = lines.next()?.split_whitespace();
        let (method, uri) = (first.next()?.to_string(), first.next()?.to_string());
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key.trim().into(), value.trim().into()))
            .collect();
        Some(Request { method, uri, headers })
    }
}

// === impl Input ===

impl Input {
    pub(crate) fn parse(bytes: &[u8]) -> Input {
        if bytes.first() == Some(&b'$') {
            return match bytes {
                [_, _, high, low, rest @ ..] => {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    if rest.len() < length { Input::Incomplete } else { Input::Rtcp(4 + length) }
                }
                _ => Input::Incomplete,
            };
        }
        let unfinished = if bytes.len() < MAX_REQUEST { Input::Incomplete } else { Input::Invalid };
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return unfinished };
        let Some(request) = Request::parse(&String::from_utf8_lossy(&bytes[..end])) else {
            return Input::Invalid;
        };
        let body = request.header("Content-Length").map_or(Ok(0), str::parse);
        match body {
            Ok(body) if body > MAX_REQUEST => Input::Invalid,
            Ok(body) if bytes.len() < end + 4 + body => unfinished,
            Ok(body) => Input::Request(request, end + 4 + body),
            Err(_) => Input::Invalid,
        }
    }
}

/// What DESCRIBE answers. The parameter sets, if any, are those of `sprop`, the clip itself unless the camera lies.
pub(crate) fn sdp(clip: &Clip, sprop: Option<&Clip>, id: u64, options: &Options) -> String {
    let head = format!(
        "v=0\r\no=- {id} 1 IN IP4 127.0.0.1\r\ns={}\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n\
         a=range:npt=now-\r\n",
        clip.name()
    );
    if options.no_video {
        return format!("{head}m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:trackID=0\r\n");
    }
    let kbit_s = clip.bitrate() / 1000;
    let fmtp = sprop.map_or_else(|| clip.fmtp(false), |named| named.fmtp(true));
    let (encoding, fps) = (clip.codec().encoding(), clip.fps());
    format!(
        "{head}m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\nb=AS:{kbit_s}\r\n\
         a=rtpmap:{PAYLOAD_TYPE} {encoding}/90000\r\na=fmtp:{PAYLOAD_TYPE} {fmtp}\r\n\
         a=framerate:{fps}\r\na=control:trackID=0\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_requests_and_rtcp_from_halves_and_nonsense() {
        let setup = b"SETUP rtsp://h:1/clip/a/1?once&loss=2/trackID=0 RTSP/1.0\r\nCSeq: 3\r\n\
            Transport: RTP/AVP;unicast,RTP/AVP/TCP;unicast;interleaved=2-3\r\n\r\n$";
        let Input::Request(request, length) = Input::parse(setup) else { panic!("a request") };
        assert_eq!(length, setup.len() - 1);
        assert_eq!((request.method.as_str(), request.header("cseq")), ("SETUP", Some("3")));
        assert_eq!(request.tcp_channel(), Some(2));
        assert_eq!(request.path_and_query(), ("/clip/a/1", "once&loss=2"));
        assert!(matches!(Input::parse(&setup[..30]), Input::Incomplete));
        assert!(matches!(Input::parse(b"$\x01\x00\x02ab"), Input::Rtcp(6)));
        assert!(matches!(Input::parse(b"$\x01\x00\x02a"), Input::Incomplete));
        assert!(matches!(Input::parse(&[b'x'; MAX_REQUEST]), Input::Invalid));
        assert!(matches!(Input::parse(b"A b\r\nContent-Length: -1\r\n\r\n"), Input::Invalid));
        assert!(matches!(Input::parse(b"A b\r\nContent-Length: 5\r\n\r\nab"), Input::Incomplete));
    }
}
