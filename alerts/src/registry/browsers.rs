//! Browsers that asked for pushes, each of one person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Registry;
use crate::{error::Error, evidence::hex, store::DocumentKind};

/// So many browsers of one person are kept, the newest: a phone, a few screens.
const BROWSERS_MAX: usize = 8;

/// So much of the address's hash tells browsers apart.
const ID_BYTES: usize = 8;

/// A browser that asked for pushes.
#[derive(Clone, Serialize, Deserialize)]
pub struct Browser {
    /// Which one, told from its push address.
    pub id: String,
    /// Whose.
    pub person: String,
    /// Where it is reached and how it is encrypted for, as the browser gave it. Whoever knows it can push to the browser.
    pub subscription: Value,
    /// Since when.
    pub since: Timestamp,
}

impl Registry {
    /// Takes in a browser of a person. One that was another person's is this person's from now on: whoever uses it is called.
    ///
    /// # Errors
    /// The database fails.
    pub async fn put_browser(
        &self,
        person: &str,
        endpoint: &str,
        subscription: Value,
    ) -> Result<Browser, Error> {
        let since = self.clock.now();
        let id = hex(&Sha256::digest(endpoint)[..ID_BYTES]);
        let browser = Browser { id, person: person.to_owned(), subscription, since };
        let documents = [(browser.id.clone(), &browser)];
        self.store.put_documents(DocumentKind::Browser, &documents, false, person, since).await?;
        let mut all = self.browsers_of(person).await?;
        all.sort_by_key(|browser| std::cmp::Reverse(browser.since));
        for old in all.into_iter().skip(BROWSERS_MAX) {
            self.remove_browser(&old.id, person).await?;
        }
        Ok(browser)
    }

    /// Forgets a browser. Answers whether there was one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_browser(&self, id: &str, by: &str) -> Result<bool, Error> {
        let all = self.store.documents::<Browser>(DocumentKind::Browser).await?;
        let Some(known) = all.into_iter().find(|document| document.id == id) else { return Ok(false) };
        // What is kept of it says nothing more of how it was reached.
        let browser = Browser { subscription: Value::Null, ..known.body };
        let documents = [(id.to_owned(), &browser)];
        self.store.put_documents(DocumentKind::Browser, &documents, true, by, self.clock.now()).await?;
        Ok(true)
    }

    /// The browsers of a person.
    ///
    /// # Errors
    /// The database fails.
    pub async fn browsers_of(&self, person: &str) -> Result<Vec<Browser>, Error> {
        let all = self.store.documents::<Browser>(DocumentKind::Browser).await?;
        Ok(all.into_iter().map(|document| document.body).filter(|browser| browser.person == person).collect())
    }
}
