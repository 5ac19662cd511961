//! `[evidence]`: where evidence is kept, for how long, and whether originals are.

use std::{path::Path, time::Duration};

use gridwatch_alerts::{Bucket, EvidencePlace, EvidenceSettings, KEEP_DAYS_MIN};
use jiff::SignedDuration;
use url::Url;

use super::{Section, path};

const STORE: &str = "a folder, or s3://bucket/prefix";

/// Reads `[evidence]`; `store` is `[store]`, whose `evidence` names the folder where this section does not.
pub(super) fn read(section: &Section<'_>, store: &Section<'_>, folder: &Path) -> EvidenceSettings {
    let older = store.text("evidence", "a path", |text| (!text.is_empty()).then(|| text.to_owned()));
    let place = section.text("store", STORE, |text| match text.strip_prefix("s3://") {
        Some(_) => Bucket::parse(text).map(|bucket| EvidencePlace::S3(Box::new(bucket))),
        None => (!text.is_empty()).then(|| EvidencePlace::Folder(folder.join(text))),
    });
    if let (Some(older), Some(_)) = (&older, &place) {
        let found = format!("evidence.store beside store.evidence = \"{older}\"");
        section.contradiction(["store"], found, "one of both");
    }
    let named = older.as_deref().unwrap_or("gridwatch-data/evidence");
    let place = place.unwrap_or_else(|| EvidencePlace::Folder(folder.join(named)));
    let originals = section.flag("originals", false);
    let key = section.text("key_file", "a path", |text| (!text.is_empty()).then(|| folder.join(text)));
    if originals != key.is_some() {
        let found = if originals { "originals without a key file" } else { "a key file without originals" };
        section.contradiction(["originals", "key_file"], found.to_owned(), "both or neither");
    }
    let days = section.whole("keep_days", KEEP_DAYS_MIN..=36_500, KEEP_DAYS_MIN);
    let default = EvidenceSettings::at(read_bucket(section, place, folder));
    EvidenceSettings {
        keep_free: (section.whole("keep_free_mb", 0..=1 << 30, (default.keep_free >> 20) as i64) as u64)
            << 20,
        keep: SignedDuration::from_hours(24 * days),
        originals: key,
        ..default
    }
}

/// What belongs to a bucket alone.
fn read_bucket(section: &Section<'_>, place: EvidencePlace, folder: &Path) -> EvidencePlace {
    let url = "http:// or https://, a host, and a port where it is not the usual one";
    let endpoint = section.text("endpoint", url, |text| {
        let plain =
            |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let url = Url::parse(text).ok().filter(plain)?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    });
    let word = |text: &str| (!text.is_empty() && text.len() <= 64).then(|| text.to_owned());
    let region = section.text("region", "the name of a region", word);
    let is_given = section.text("credentials", "a path", |text| Some(!text.is_empty())).unwrap_or(false);
    let credentials = is_given.then(|| path(section, "credentials", folder, ""));
    let timeout = section.whole_if_given("timeout_s", 1..=600);
    match place {
        EvidencePlace::S3(bucket) => EvidencePlace::S3(Box::new(Bucket {
            endpoint,
            credentials,
            region: region.unwrap_or_else(|| bucket.region.clone()),
            timeout: timeout.map_or(bucket.timeout, |seconds| Duration::from_secs(seconds as u64)),
            ..*bucket
        })),
        EvidencePlace::Folder(_) => {
            if endpoint.is_some() || region.is_some() || is_given || timeout.is_some() {
                let found = "endpoint, region, credentials or timeout_s with a folder";
                section.contradiction(
                    ["endpoint", "region", "credentials", "timeout_s"],
                    found.to_owned(),
                    "store = \"s3://…\"",
                );
            }
            place
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn settings(text: &str) -> EvidenceSettings {
        Config::parse(text, Path::new("/etc/gridwatch")).unwrap().evidence
    }

    fn mistakes(text: &str) -> String {
        let mistakes = Config::parse(text, Path::new("/nowhere")).unwrap_err();
        mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
    }

    #[test]
    fn a_folder_as_it_always_was_or_by_its_new_name() {
        let place = |text| settings(text).place.to_string();
        assert_eq!(place(""), "/etc/gridwatch/gridwatch-data/evidence");
        assert_eq!(place("[store]\nevidence = \"pictures\""), "/etc/gridwatch/pictures");
        assert_eq!(place("[evidence]\nstore = \"/srv/pictures\""), "/srv/pictures");
        let default = settings("");
        assert_eq!((default.keep, default.keep_free), (SignedDuration::from_hours(720), 1 << 30));
        assert!(default.originals.is_none());
    }

    #[test]
    fn a_bucket_with_all_that_belongs_to_it() {
        let settings = settings(
            "[evidence]\nstore = \"s3://street/canal\"\nendpoint = \"http://10.0.0.9:9000\"\nregion = \"cn-1\"\n\
             credentials = \"s3.key\"\ntimeout_s = 9\nkeep_days = 90\noriginals = true\nkey_file = \"originals.key\"\n",
        );
        let EvidencePlace::S3(bucket) = &settings.place else { panic!("no bucket") };
        assert_eq!((bucket.region.as_str(), bucket.timeout), ("cn-1", Duration::from_secs(9)));
        assert_eq!(bucket.credentials.as_deref(), Some(Path::new("/etc/gridwatch/s3.key")));
        assert_eq!(settings.originals.as_deref(), Some(Path::new("/etc/gridwatch/originals.key")));
        assert_eq!(settings.keep, SignedDuration::from_hours(90 * 24));
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let told = mistakes(
            "[store]\nevidence = \"a\"\n[evidence]\nstore = \"b\"\nkeep_days = 29\noriginals = true\n",
        );
        for expected in [
            "line 4: evidence.store: found evidence.store beside store.evidence = \"a\"; allowed: one of both",
            "line 5: evidence.keep_days: found 29; allowed: a whole number from 30 to",
            "line 6: evidence.originals: found originals without a key file; allowed: both or neither",
        ] {
            assert!(told.contains(expected), "{told}");
        }
        let told = mistakes("[evidence]\nstore = \"s3://a b\"\nendpoint = \"ftp://x\"\nkey_file = \"k\"\n");
        assert!(told.contains("evidence.store: found \"s3://a b\"; allowed: a folder, or s3://"), "{told}");
        assert!(
            told.contains("evidence.endpoint") && told.contains("a key file without originals"),
            "{told}"
        );
        let told = mistakes("[evidence]\nregion = \"cn-1\"\n");
        assert!(told.contains("with a folder; allowed: store = \"s3://"), "{told}");
    }
}
