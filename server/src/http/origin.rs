use axum::http::{HeaderMap, header};
use std::str::FromStr;
use url::Url;

/// Public URL of the portal. It alone decides the cookie's name, the origin check, links and HSTS.
#[derive(Clone, Debug)]
pub struct PublicUrl(Url);

/// Why an address cannot be the public one.
#[derive(Debug, thiserror::Error)]
#[error("The public URL is http:// or https:// with a host and nothing after it, such as https://licences.example.")]
pub struct NotAPublicUrl;

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;
    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let url = Url::parse(text).map_err(|_| NotAPublicUrl)?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if matches!(url.scheme(), "http" | "https") && url.host().is_some() && bare && url.username().is_empty() {
            Ok(Self(url))
        } else {
            Err(NotAPublicUrl)
        }
    }
}

impl PublicUrl {
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// `scheme://host:port`, as browsers write an origin: links begin with it.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Name of the session cookie. Under https the browser itself then binds it to this host.
    pub(crate) fn session_cookie(&self) -> &'static str {
        if self.is_https() { "__Host-session" } else { "session" }
    }

    /// Name of the cookie that tells this device from those of strangers.
    pub(crate) fn device_cookie(&self) -> &'static str {
        if self.is_https() { "__Host-device" } else { "device" }
    }

    /// Name of the cookie that drafts of a browser are known by.
    pub(crate) fn browser_cookie(&self) -> &'static str {
        if self.is_https() { "__Host-browser" } else { "browser" }
    }

    /// Whether `host`, as a request names it, is where people reach the portal.
    pub(crate) fn is_host(&self, host: &str) -> bool {
        let named = Url::parse(&format!("{}://{host}", self.0.scheme()));
        named.is_ok_and(|named| named.origin() == self.0.origin() && named.path() == "/" && named.username().is_empty())
    }

    /// Whether `host` is this machine's own name for where people reach the portal.
    pub(crate) fn is_localhost(&self, host: &str) -> bool {
        let loopback = match self.0.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        };
        let named = Url::parse(&format!("{}://{host}", self.0.scheme()));
        loopback
            && named.is_ok_and(|named| {
                named.host_str() == Some("localhost") && named.port_or_known_default() == self.0.port_or_known_default()
            })
    }

    /// Whether an unsafe request was made by a page of our own, as the browser says.
    pub(crate) fn sent(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match text("sec-fetch-site") {
            Some(site) => matches!(site, "same-origin" | "none"),
            None => text(header::ORIGIN.as_str()) == Some(self.origin().as_str()),
        }
    }
}

/// An address on this site to go back to. Anything else is the start page.
pub(crate) fn own_address(address: &str) -> &str {
    let path = address.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
    let plain = address.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if path && plain { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a header"), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn only_our_own_pages_may_send() {
        let url: PublicUrl = "https://licences.example".parse().expect("a public URL");
        assert!(url.sent(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(!url.sent(&headers(&[("sec-fetch-site", "cross-site"), ("origin", "https://licences.example")])));
        assert!(!url.sent(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(url.sent(&headers(&[("origin", "https://licences.example")])));
        assert!(!url.sent(&headers(&[("origin", "https://licences.example.evil.example")])));
        assert!(!url.sent(&headers(&[("origin", "null")])));
        assert!(!url.sent(&headers(&[])));
    }

    #[test]
    fn only_the_public_host_is_ours() {
        let url: PublicUrl = "https://licences.example".parse().expect("a public URL");
        for own in ["licences.example", "LICENCES.example", "licences.example:443"] {
            assert!(url.is_host(own), "{own}");
        }
        for other in [
            "",
            "licences.example:80",
            "licences.example.",
            "evil.example",
            "evil@licences.example",
            "licences.example/x",
            "127.0.0.1",
        ] {
            assert!(!url.is_host(other) && !url.is_localhost(other), "{other}");
        }
        let local: PublicUrl = "http://127.0.0.1:3000".parse().expect("a public URL");
        assert!(local.is_host("127.0.0.1:3000") && !local.is_host("localhost:3000"));
        assert!(local.is_localhost("localhost:3000") && !local.is_localhost("localhost:3001") && !url.is_localhost("localhost"));
    }

    #[test]
    fn a_return_address_stays_on_this_site() {
        assert_eq!(own_address("/accounts/A?q=b"), "/accounts/A?q=b");
        for foreign in ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "/a\r\nb"] {
            assert_eq!(own_address(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin() {
        for wrong in ["licences.example", "ftp://licences.example", "https://licences.example/path", "https://u@licences.example"]
        {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
