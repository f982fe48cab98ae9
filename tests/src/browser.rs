use crate::second_factor::{Codes, code_of};
use portal::demo::DEMO_PASSWORD;
use reqwest::{Client, ClientBuilder, StatusCode, header::HeaderMap, multipart, redirect::Policy};
use scraper::{Html, Selector};

/// A client that follows no redirect and asks no proxy.
pub fn client() -> ClientBuilder {
    // reqwest is built without a choice of cryptography of its own. A second call finds one chosen.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).no_proxy()
}

/// A browser without script: it keeps cookies, which its clones share, and says where its forms come from.
#[derive(Clone)]
pub struct Browser {
    pub client: Client,
    url: String,
    accept: &'static str,
    codes: Codes,
}

impl Browser {
    pub(crate) fn new(client: Client, url: String, codes: Codes) -> Self {
        Self { client, url, accept: "text/html,*/*;q=0.8", codes }
    }

    /// The same browser with its cookies, at another server of this machine.
    #[must_use]
    pub fn at(self, url: String) -> Self {
        Self { url, ..self }
    }

    /// Signs `email` of the demo in, with the second factor if they have one.
    ///
    /// # Panics
    /// When that fails.
    pub async fn sign_in(&self, email: &str) -> Answer {
        let mut answer = self.post("/sign-in", &[("email", email), ("password", DEMO_PASSWORD)]).await;
        if answer.status == StatusCode::OK {
            answer = self.enter_code(&answer, email).await;
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        answer
    }

    /// Enters the code of `email` of the demo into the page that asks for it.
    ///
    /// # Panics
    /// When the page has no such form.
    pub async fn enter_code(&self, page: &Answer, email: &str) -> Answer {
        let mut fields = page.fields_of("main form");
        fields.retain(|(name, _)| name != "code");
        fields.push(("code".to_owned(), self.codes.next(email).await));
        self.post("/sign-in/code", &fields).await
    }

    /// Sets up a second factor for whoever has signed in; its secret, in base 32.
    ///
    /// # Panics
    /// When that fails.
    pub async fn set_up_second_factor(&self) -> String {
        let secret = self.get("/profile/second-factor").await.value("secret").expect("a secret");
        let code = code_of(&secret, (self.codes.clock)());
        let answer = self.post("/profile/second-factor", &[("secret", secret.as_str()), ("code", &code)]).await;
        assert_eq!(answer.all("h1"), ["Recovery codes"], "{}", answer.text());
        secret
    }

    /// The same browser, saying otherwise what it takes.
    #[must_use]
    pub fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    /// # Panics
    /// When the server does not answer.
    pub async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.expect(path)
    }

    /// Posts a form without fields: a button alone.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn press(&self, path: &str) -> Answer {
        self.post::<&str, &str>(path, &[]).await
    }

    /// # Panics
    /// When the server does not answer.
    pub async fn post<N: AsRef<str>, V: AsRef<str>>(&self, path: &str, fields: &[(N, V)]) -> Answer {
        self.try_post(path, fields).await.expect(path)
    }

    /// As [`Self::post`], for a server that may be gone.
    ///
    /// # Errors
    /// There was no answer, or not all of it.
    pub async fn try_post<N: AsRef<str>, V: AsRef<str>>(&self, path: &str, fields: &[(N, V)]) -> reqwest::Result<Answer> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.try_post_body(path, body.into_bytes()).await
    }

    /// As [`Self::get`], for a server that may be gone.
    ///
    /// # Errors
    /// There was no answer, or not all of it.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        Answer::of(self.client.get(format!("{}{path}", self.url)).header("accept", self.accept).send().await?).await
    }

    /// Sends `body` as a form, whatever it is.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn post_body(&self, path: &str, body: Vec<u8>) -> Answer {
        self.try_post_body(path, body).await.expect(path)
    }

    /// Sends a form with files: (field, bytes).
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn post_files(&self, path: &str, files: &[(&'static str, &[u8])]) -> Answer {
        let form = files.iter().fold(multipart::Form::new(), |form, (field, bytes)| {
            form.part(*field, multipart::Part::bytes(bytes.to_vec()).file_name(format!("{field}.I3Lic")))
        });
        let request = self.client.post(format!("{}{path}", self.url)).header("origin", &self.url).header("accept", self.accept);
        let sent = request.multipart(form).send().await.expect(path);
        Answer::of(sent).await.expect(path)
    }

    /// Sends a form of several parts: (field, name of the file or none, bytes).
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn post_parts(&self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        self.try_post_parts(path, parts).await.expect(path)
    }

    /// As [`Self::post_parts`], for a server that may be gone.
    ///
    /// # Errors
    /// There was no answer, or not all of it.
    pub async fn try_post_parts(&self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> reqwest::Result<Answer> {
        let form = parts.iter().fold(multipart::Form::new(), |form, (field, file, bytes)| {
            let part = multipart::Part::bytes(bytes.to_vec());
            form.part(
                (*field).to_owned(),
                match file {
                    Some(file) => part.file_name((*file).to_owned()),
                    None => part,
                },
            )
        });
        let request = self.client.post(format!("{}{path}", self.url)).header("origin", &self.url).header("accept", self.accept);
        Answer::of(request.multipart(form).send().await?).await
    }

    async fn try_post_body(&self, path: &str, body: Vec<u8>) -> reqwest::Result<Answer> {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &self.url)
            .header("accept", self.accept)
            .body(body);
        Answer::of(request.send().await?).await
    }
}

/// Answer of the server.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    async fn of(response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Self { status, headers, body: response.bytes().await?.to_vec() })
    }

    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The text of each element that `selector` finds, blanks folded.
    ///
    /// # Panics
    /// When `selector` is not one.
    #[must_use]
    pub fn all(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        let page = Html::parse_document(&self.text());
        let fold = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        page.select(&selector).map(|element| fold(element.text().collect())).collect()
    }

    /// An attribute of the first element that `selector` finds.
    ///
    /// # Panics
    /// When `selector` is not one.
    #[must_use]
    pub fn attribute(&self, selector: &str, attribute: &str) -> Option<String> {
        let selector = Selector::parse(selector).expect("a selector");
        let page = Html::parse_document(&self.text());
        page.select(&selector).next().and_then(|element| element.attr(attribute).map(str::to_owned))
    }

    /// An attribute of every element that `selector` finds.
    ///
    /// # Panics
    /// When `selector` is not one.
    #[must_use]
    pub fn attributes(&self, selector: &str, attribute: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        let page = Html::parse_document(&self.text());
        page.select(&selector).filter_map(|element| element.attr(attribute).map(str::to_owned)).collect()
    }

    /// The values that a list of the form offers.
    ///
    /// # Panics
    /// When `name` is not the name of a field.
    #[must_use]
    pub fn options(&self, name: &str) -> Vec<String> {
        let selector = Selector::parse(&format!("select[name=\"{name}\"] option")).expect("a selector");
        let page = Html::parse_document(&self.text());
        page.select(&selector).filter_map(|option| option.attr("value").map(str::to_owned)).collect()
    }

    /// The fields of the page's own form that posts, as a browser would send them when the button `step` is pressed.
    ///
    /// # Panics
    /// When the page has no such form.
    #[must_use]
    pub fn fields(&self, step: &str) -> Vec<(String, String)> {
        let mut fields = self.fields_of("main form[method=post]");
        fields.push(("step".to_owned(), step.to_owned()));
        fields
    }

    /// The fields of the last form that `selector` finds.
    ///
    /// # Panics
    /// When it finds none.
    #[must_use]
    pub fn fields_of(&self, selector: &str) -> Vec<(String, String)> {
        let parse = |selector: &str| Selector::parse(selector).expect("a selector");
        let page = Html::parse_document(&self.text());
        let forms = parse(selector);
        let form = page.select(&forms).next_back().expect("a form");
        let mut fields = Vec::new();
        for field in form.select(&parse("input[name], select[name], textarea[name]")) {
            let attribute = |name: &str| field.attr(name).unwrap_or_default().to_owned();
            let unchecked = matches!(field.attr("type"), Some("radio" | "checkbox")) && field.attr("checked").is_none();
            let value = match field.value().name() {
                "select" => {
                    let chosen = field.select(&parse("option[selected]")).next();
                    chosen.and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
                }
                "textarea" => field.text().collect(),
                _ => attribute("value"),
            };
            if !unchecked {
                fields.push((attribute("name"), value));
            }
        }
        fields
    }

    /// Value of a field as the page shows it again.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let lines = || self.all(&format!("textarea[name=\"{name}\"]")).pop();
        self.attribute(&format!("input[name=\"{name}\"]"), "value").or_else(lines)
    }

    /// The lines of the error summary: (field, words).
    ///
    /// # Panics
    /// Never: the selector is one.
    #[must_use]
    pub fn problems(&self) -> Vec<(String, String)> {
        let selector = Selector::parse(".error-summary li a").expect("a selector");
        let label = Selector::parse("b").expect("a selector");
        let page = Html::parse_document(&self.text());
        page.select(&selector)
            .map(|link| {
                let field = link.attr("href").unwrap_or_default().trim_start_matches('#').to_owned();
                let words: String = link.text().collect();
                let label: String = link.select(&label).flat_map(|label| label.text()).collect();
                (field, words.strip_prefix(&label).unwrap_or(&words).to_owned())
            })
            .collect()
    }
}
