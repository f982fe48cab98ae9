//! The content of a mail, written once for both of its parts: plain text, and HTML for clients that show it.

use super::message::{Mail, MailedFile};

/// Paragraphs of a mail, in their order.
#[derive(Debug, Default)]
pub(crate) struct Letter {
    parts: Vec<Part>,
    thread: Option<String>,
    replies_to: Option<String>,
    by_person: bool,
    files: Vec<MailedFile>,
    unsubscribe: Option<String>,
}

#[derive(Debug)]
enum Part {
    Words(String),
    Link { words: String, url: String },
}

impl Letter {
    /// A paragraph; its line ends are kept.
    pub(crate) fn words(mut self, words: impl Into<String>) -> Self {
        self.parts.push(Part::Words(words.into()));
        self
    }

    /// A link, after the words that say where it leads.
    pub(crate) fn link(mut self, words: impl Into<String>, url: impl Into<String>) -> Self {
        self.parts.push(Part::Link { words: words.into(), url: url.into() });
        self
    }

    /// Shows it with the other mails of `thread`.
    pub(crate) fn in_thread(self, thread: impl Into<String>) -> Self {
        Self { thread: Some(thread.into()), ..self }
    }

    /// Sends replies to `address`, and bounces with them.
    pub(crate) fn replies_to(self, address: Option<String>) -> Self {
        Self { replies_to: address, ..self }
    }

    /// A person wrote it: programs may answer.
    pub(crate) fn by_person(self) -> Self {
        Self { by_person: true, ..self }
    }

    /// Attaches files.
    pub(crate) fn with(self, files: Vec<MailedFile>) -> Self {
        Self { files, ..self }
    }

    /// Lets mail programs end such mails with one click, at `url`.
    pub(crate) fn unsubscribed_at(self, url: String) -> Self {
        Self { unsubscribe: Some(url), ..self }
    }

    /// The mail to one address.
    pub(crate) fn mail(&self, recipient: impl Into<String>, subject: impl Into<String>) -> Mail {
        Mail {
            recipient: recipient.into(),
            subject: subject.into(),
            body: self.text(),
            html: Some(self.html()),
            thread: self.thread.clone(),
            replies_to: self.replies_to.clone(),
            by_person: self.by_person,
            files: self.files.clone(),
            unsubscribe: self.unsubscribe.clone(),
        }
    }

    fn text(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Words(words) => words.trim_end().to_owned(),
            Part::Link { words, url } => format!("{words}: {url}"),
        });
        parts.collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// It has no colours of its own, so that clients show it in theirs, light or dark; and nothing that is fetched from anywhere.
    fn html(&self) -> String {
        let parts: String = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Words(words) => format!("<p>{}</p>", escaped(words.trim_end()).replace('\n', "<br>")),
                Part::Link { words, url } => {
                    let url = escaped(url);
                    format!("<p>{}:<br><a href=\"{url}\">{url}</a></p>", escaped(words))
                }
            })
            .collect();
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
             </head><body><table role=\"presentation\" width=\"100%\"><tr><td style=\"max-width:640px;padding:16px;\
             font-family:sans-serif;font-size:16px;line-height:1.5;overflow-wrap:anywhere\">{parts}</td></tr></table></body></html>"
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_say_the_same_and_markup_is_words() {
        let mail = Letter::default()
            .words("First <b>line</b>\nsecond & last")
            .link("View it", "https://licences.example/a?b=\"c\"")
            .mail("a@b.example", "s");
        assert_eq!(mail.body, "First <b>line</b>\nsecond & last\n\nView it: https://licences.example/a?b=\"c\"\n");
        let html = mail.html.expect("an HTML part");
        assert!(html.contains("<p>First &lt;b&gt;line&lt;/b&gt;<br>second &amp; last</p>"), "{html}");
        assert!(html.contains("<a href=\"https://licences.example/a?b=&quot;c&quot;\">"), "{html}");
    }
}
