//! Bodies that are far too long, and words that nobody would type.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Answer, Console, PATIENCE};

const JSON: &str = "Content-Type: application/json\r\n";
const BODY_BYTES: usize = 10 << 20;

/// Every path of the document that takes a body, with its method in capitals.
async fn taking_bodies(console: &Console) -> Vec<(String, String)> {
    let document = console.get("/api/openapi.json").await.json();
    let mut taking = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, of) in methods.as_object().unwrap() {
            if matches!(method.as_str(), "post" | "put" | "patch" | "delete")
                && of.get("requestBody").is_some()
            {
                let path = path.replace("{id}", "1").replace("{step}", "1");
                taking.push((method.to_uppercase(), path));
            }
        }
    }
    taking
}

impl Console {
    /// Sends ten megabytes, in one piece whose length is told or in pieces that go on and on, and reads what is answered
    /// meanwhile.
    async fn flood(&self, method: &str, path: &str, fill: &[u8], in_pieces: bool) -> Answer {
        let (mut read, mut write) = TcpStream::connect(self.address).await.unwrap().into_split();
        let length = if in_pieces {
            "Transfer-Encoding: chunked".to_owned()
        } else {
            format!("Content-Length: {BODY_BYTES}")
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{JSON}{length}\r\n\r\n",
            self.address
        );
        let piece = fill.repeat((64 << 10) / fill.len());
        let writing = tokio::spawn(async move {
            write.write_all(head.as_bytes()).await?;
            for _ in 0..BODY_BYTES / piece.len() {
                if in_pieces {
                    write.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
                }
                write.write_all(&piece).await?;
                if in_pieces {
                    write.write_all(b"\r\n").await?;
                }
            }
            if in_pieces {
                write.write_all(b"0\r\n\r\n").await?;
            }
            std::io::Result::Ok(write)
        });
        let mut bytes = Vec::new();
        // The server may hang up on whoever goes on writing; what it said before is what counts.
        let _ = timeout(PATIENCE, read.read_to_end(&mut bytes)).await.unwrap();
        // Nor does it have to take it all.
        drop(writing.await.unwrap());
        Answer::parse(&bytes)
    }
}

#[tokio::test]
async fn ten_megabytes_are_refused_by_every_route_and_disturb_nobody() {
    let console = Console::start().await;
    console.open_alert(1).await;
    let routes = taking_bodies(&console).await;
    assert!(routes.len() >= 6, "{routes:?}");
    for (method, path) in &routes {
        for (fill, in_pieces) in
            [(b" ".as_slice(), false), (b"[", false), (b"{\"by\":\"", true), (b"\0", true)]
        {
            let answer = console.flood(method, path, fill, in_pieces).await;
            assert!(matches!(answer.status, 400 | 404 | 413), "{method} {path}: {}", answer.status);
            assert!(
                ["body_too_large", "bad_request", "not_found"].contains(&answer.code().as_str()),
                "{path}"
            );
        }
        let answer = console.flood(method, path, b" ", false).await;
        // Files may be as large; one of blanks is not of any kind.
        let refused_as_file = path.ends_with("/import") && answer.status == 400;
        let known =
            matches!((answer.status, answer.code().as_str()), (413, "body_too_large") | (404, "not_found"));
        assert!(known || refused_as_file, "{method} {path}: {} {}", answer.status, answer.code());
    }
    assert_eq!(console.get("/api/health").await.json()["status"], "ok");
    assert_eq!(console.get("/api/alerts").await.json()["alerts"].as_array().unwrap().len(), 1);
    console.open_alert(2).await;
}

#[tokio::test]
async fn names_with_quotes_come_back_and_with_control_characters_are_refused() {
    let console = Console::start().await;
    let quoted = r#"O'Hara "小区"; DROP TABLE documents; -- <b>$1"#;
    let people = |name: &str| json!({ "by": "admin", "people": [{ "id": "wang", "name": name, "active": true, "roles": [] }] });
    let answer = console.post("/api/people", JSON, &people(quoted).to_string()).await;
    assert_eq!(answer.status, 204);
    let all = console.get("/api/people").await.json();
    assert!(all.to_string().contains(&Value::from(quoted).to_string()), "{all}");
    for name in ["", " ", "a\0b", "a\nb", "a\u{1b}[31mb", "a\u{202E}b", "a\u{200B}b"] {
        let answer = console.post("/api/people", JSON, &people(name).to_string()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{name:?}");
    }
    for body in ["", "{", "[]", "null", "\"by\"", r#"{"by":1,"people":[]}"#, &"[".repeat(60_000)] {
        for path in ["/api/people", "/api/roster", "/api/policy", "/api/alerts/1/moves"] {
            let answer = console.post(path, JSON, body).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (400, "bad_request"),
                "{path} {:?}",
                body.get(..20)
            );
        }
    }
    assert_eq!(console.get("/api/health").await.json()["status"], "ok");
}
