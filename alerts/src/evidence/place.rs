//! Where evidence is kept: a folder of this machine, or a bucket of a storage that speaks S3. One library serves both.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use object_store::{
    ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path as Key,
    prefix::PrefixStore,
};
use url::Url;

use crate::error::OpenError;

/// How long connecting to a storage may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How often a request to a storage is made again. What fails then is said, and the next piece tries anew.
const RETRIES_MAX: usize = 3;
/// How long the tries of one request may take in all, as a multiple of what one may take.
const RETRY_LIMITS: u32 = 2;

/// Where evidence is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvidencePlace {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket of a storage that speaks S3.
    S3(Box<Bucket>),
}

/// A bucket of a storage that speaks S3. Its key is not part of it, so that it can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What all names in it begin with; may be empty.
    pub prefix: String,
    /// The storage, where it is not Amazon's.
    pub endpoint: Option<Url>,
    /// The region, which is part of every signature.
    pub region: String,
    /// The file with `aws_access_key_id` and `aws_secret_access_key`; else they are taken from the environment.
    pub credentials: Option<PathBuf>,
    /// How long one request may take.
    pub timeout: Duration,
}

// === impl EvidencePlace ===

impl EvidencePlace {
    /// The folder, where it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::S3(_) => None,
        }
    }

    /// Makes the folder where it is missing.
    pub(super) fn make(&self) -> Result<(), OpenError> {
        let Some(folder) = self.folder() else { return Ok(()) };
        std::fs::create_dir_all(folder)
            .map_err(|source| OpenError::NotWritable { path: folder.to_owned(), source })
    }

    /// What reads and writes there.
    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, OpenError> {
        match self {
            Self::Folder(folder) => {
                let refused = |error: object_store::Error| OpenError::Evidence {
                    place: self.to_string(),
                    what: error.to_string(),
                };
                let files = LocalFileSystem::new_with_prefix(folder).map_err(refused)?;
                // A name is given last, to what has reached the disk; months that are empty go.
                Ok(Arc::new(files.with_fsync(true).with_automatic_cleanup(true)))
            }
            Self::S3(bucket) => {
                bucket.open().map_err(|what| OpenError::Evidence { place: self.to_string(), what })
            }
        }
    }
}

impl fmt::Display for EvidencePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::S3(bucket) if bucket.prefix.is_empty() => write!(f, "s3://{}", bucket.name),
            Self::S3(bucket) => write!(f, "s3://{}/{}", bucket.name, bucket.prefix),
        }
    }
}

// === impl Bucket ===

impl Bucket {
    /// Reads `s3://bucket/prefix`; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, prefix) = match text.strip_prefix("s3://")?.split_once('/') {
            Some((name, prefix)) => (name, prefix.trim_end_matches('/')),
            None => (text.strip_prefix("s3://")?, ""),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_prefix = |c: char| is_name(c) || c == '/';
        // Dots and slashes side by side would lead elsewhere, or nowhere.
        let fits = (3..=63).contains(&name.len()) && name.chars().all(is_name);
        let leads =
            prefix.chars().all(is_prefix) && !format!("/{prefix}").contains("//") || prefix.is_empty();
        let climbs = prefix.split('/').any(|part| part == "." || part == "..");
        (fits && leads && !climbs).then(|| Self {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            credentials: None,
            timeout: Duration::from_secs(30),
        })
    }

    fn open(&self) -> Result<Arc<dyn ObjectStore>, String> {
        let (id, secret) = self.read_credentials()?;
        let is_plain = self.endpoint.as_ref().is_some_and(|url| url.scheme() == "http");
        let client = ClientOptions::new()
            .with_timeout(self.timeout)
            .with_connect_timeout(CONNECT_LIMIT.min(self.timeout))
            .with_allow_http(is_plain);
        let retry = RetryConfig {
            max_retries: RETRIES_MAX,
            retry_timeout: self.timeout * RETRY_LIMITS,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.name)
            .with_region(&self.region)
            .with_access_key_id(id)
            .with_secret_access_key(secret)
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        if let Ok(token) = std::env::var("AWS_SESSION_TOKEN")
            && self.credentials.is_none()
        {
            builder = builder.with_token(token);
        }
        let objects = builder.build().map_err(|error| error.to_string())?;
        let prefix = Key::parse(&self.prefix).map_err(|error| error.to_string())?;
        Ok(Arc::new(PrefixStore::new(objects, prefix)))
    }

    /// The key's id and the key itself. No error shows any of it.
    fn read_credentials(&self) -> Result<(String, String), String> {
        let (id_name, secret_name) = ("aws_access_key_id", "aws_secret_access_key");
        let read = |file: &PathBuf| {
            std::fs::read_to_string(file).map_err(|error| format!("the key file {}: {error}", file.display()))
        };
        let text = self.credentials.as_ref().map(read).transpose()?;
        let find = |name: &str| match &text {
            None => std::env::var(name.to_ascii_uppercase()).ok(),
            Some(text) => {
                let mut settings = text.lines().filter_map(|line| line.split_once('='));
                settings.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
            }
        };
        let given = |name| find(name).filter(|value| !value.is_empty());
        given(id_name).zip(given(secret_name)).ok_or_else(|| match &self.credentials {
            Some(file) => format!("{} does not have {id_name} and {secret_name}", file.display()),
            None => "neither a key file nor AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are given".to_owned(),
        })
    }
}

/// Whether there was no room for it. A storage says so with a status or a code of its own.
pub(super) fn is_full(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>()
            && matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        {
            return true;
        }
        cause = error.source();
    }
    let said = error.to_string();
    ["507 Insufficient Storage", "QuotaExceeded", "StorageFull"].iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_named_by_its_address() {
        let bucket = Bucket::parse("s3://street-evidence/canal/2026/").unwrap();
        assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("street-evidence", "canal/2026"));
        assert_eq!(EvidencePlace::S3(Box::new(bucket)).to_string(), "s3://street-evidence/canal/2026");
        assert_eq!(Bucket::parse("s3://street").unwrap().prefix, "");
        for wrong in [
            "street",
            "s3://",
            "s3://a",
            "s3://street//x",
            "s3://street/../x",
            "s3://str eet",
            "s3://u:p@street/x",
        ] {
            assert_eq!(Bucket::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_is_read_from_its_file_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let bucket = Bucket { credentials: Some(file.clone()), ..Bucket::parse("s3://street").unwrap() };
        assert!(bucket.open().unwrap_err().contains("key file"));
        std::fs::write(&file, "[default]\naws_access_key_id = AKID\n").unwrap();
        let told = bucket.open().unwrap_err();
        assert!(told.contains("aws_secret_access_key") && !told.contains("AKID"), "{told}");
        std::fs::write(&file, "[default]\naws_access_key_id = AKID\naws_secret_access_key=s3cr3t\n").unwrap();
        let opened = bucket.open().unwrap();
        assert!(!format!("{opened:?}{bucket:?}").contains("s3cr3t"));
    }
}
