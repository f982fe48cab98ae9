use crate::portal::Portal;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A browser, known by the token in its cookie: it reaches the drafts that were begun in it, and nothing else.
#[derive(Clone)]
pub struct BrowserAccess {
    portal: Portal,
    sha256: Vec<u8>,
}

impl Portal {
    /// Access of the browser that sends `token`.
    #[must_use]
    pub fn browser(&self, token: &str) -> BrowserAccess {
        BrowserAccess { portal: self.clone(), sha256: Sha256::digest(token).to_vec() }
    }

    /// A token for a browser that has none, of 43 characters.
    #[must_use]
    pub fn new_browser_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.ctx.random::<32>())
    }
}

impl BrowserAccess {
    #[must_use]
    pub fn portal(&self) -> &Portal {
        &self.portal
    }

    pub(super) fn sha256(&self) -> Vec<u8> {
        self.sha256.clone()
    }
}
