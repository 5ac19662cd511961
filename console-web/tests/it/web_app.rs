//! The page: its headers, and that every path of the app leads to it. Holds with and without a built web app.

use crate::support::{Answer, Console};

fn policy(answer: &Answer) -> String {
    let line = answer.head.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
    line.to_owned()
}

fn nonce(policy: &str) -> &str {
    policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap()
}

#[tokio::test]
async fn each_page_has_a_strict_policy_with_a_nonce_of_its_own() {
    let console = Console::start().await;
    let (first, second) = (console.get("/").await, console.get("/wall").await);
    let (first_policy, second_policy) = (policy(&first), policy(&second));
    assert_eq!(nonce(&first_policy).len(), 32);
    assert_ne!(nonce(&first_policy), nonce(&second_policy));
    for rule in [
        "default-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(first_policy.contains(rule), "{rule}");
    }
    assert!(!first_policy.contains("unsafe"));
    let page = String::from_utf8(first.body).unwrap();
    assert!(!page.contains("__CSP_NONCE__"));
    match first.status {
        200 => assert_eq!(page.contains("nonce="), page.contains(nonce(&first_policy))),
        503 => assert!(page.contains("make ui")),
        other => panic!("status {other}"),
    }
}

#[tokio::test]
async fn every_path_of_the_app_leads_to_its_page_and_missing_files_do_not() {
    let console = Console::start().await;
    let status = console.get("/").await.status;
    for path in ["/wall", "/alerts/3", "/index.html", "/m", "/m/3", "/m.html"] {
        let answer = console.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.head.contains("content-type: text/html"), "{path}");
        assert!(answer.head.contains("cache-control: no-store"), "{path}");
    }
    assert_eq!(console.get("/assets/missing.js").await.code(), "not_found");
}

#[tokio::test]
async fn the_phone_has_a_page_that_can_be_installed_and_a_worker_that_is_always_asked_for_anew() {
    let console = Console::start().await;
    let (page, wall) = (console.get("/m/3").await, console.get("/wall").await);
    if page.status == 503 {
        return;
    }
    let manifest = "href=\"/phone.webmanifest\"";
    assert!(String::from_utf8(page.body).unwrap().contains(manifest));
    assert!(!String::from_utf8(wall.body).unwrap().contains(manifest));
    for (path, kind) in [
        ("/sw.js", "content-type: text/javascript"),
        ("/phone.webmanifest", "content-type: application/manifest+json"),
    ] {
        let answer = console.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.head.contains(kind), "{path}: {}", answer.head);
        assert!(answer.head.contains("cache-control: no-cache"), "{path}");
    }
}
