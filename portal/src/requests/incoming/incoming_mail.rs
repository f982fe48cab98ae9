//! A mail as far as this product reads it. Whatever it says, reading it is bounded.

use licensing::{EmailAddress, received_lines, requests::RequestNumber, visible};
use mail_parser::{HeaderForm, Message, MessageParser, MimeHeaders, PartType};

/// Maximum size of a mail's header, in bytes, and number of its fields.
const LONGEST_HEADER: usize = 256 * 1024;
const MOST_FIELDS: usize = 500;
/// Maximum number of parts.
const MOST_PARTS: usize = 200;
/// Maximum length of a subject that is kept, in characters.
const LONGEST_SUBJECT: usize = 200;
/// Maximum length of a text that is kept, in characters; a longer one is attached whole, too.
pub(super) const LONGEST_BODY: usize = 40_000;
/// Maximum number of addresses, and of numbers of requests, that are looked at.
const MOST_LOOKED_AT: usize = 50;

/// What a program sent, not a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Automatic {
    /// A mail server could not deliver one of ours.
    Bounce,
    /// An automatic reply, a mailing list, or a mail that came back to us.
    Reply,
}

/// A mail that came in.
#[derive(Debug, Default)]
pub(super) struct IncomingMail {
    /// `None` when it names none, or several.
    pub(super) sender: Option<EmailAddress>,
    pub(super) subject: String,
    pub(super) message_id: String,
    /// Addresses that it was sent to.
    pub(super) recipients: Vec<String>,
    /// Requests that its thread and its subject name, without any proof.
    pub(super) numbers: Vec<RequestNumber>,
    pub(super) automatic: Option<Automatic>,
    /// Words of the mail servers about its sender, the last server's first: see RFC 8601.
    pub(super) authentications: Vec<String>,
    /// At most [`LONGEST_BODY`] characters.
    pub(super) text: String,
    /// Names and bytes.
    pub(super) attachments: Vec<(String, Vec<u8>)>,
}

/// Why a mail is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("Its header has more than {MOST_FIELDS} fields or 256 KiB.")]
    Header,
    #[error("It has more than {MOST_PARTS} parts.")]
    Parts,
    #[error("It is no mail.")]
    NoMail,
}

impl IncomingMail {
    /// Reads a mail; one that cannot be read whole keeps its sender and its subject.
    pub(super) fn read(bytes: &[u8], own: &str) -> (Self, Option<Unreadable>) {
        // What is in front of the first empty line.
        let crlf = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let lf = bytes.windows(2).position(|two| two == b"\n\n");
        let end = [crlf, lf].into_iter().flatten().min().unwrap_or(bytes.len());
        let begins_field = |line: &&[u8]| !line.first().is_none_or(|b| matches!(b, b' ' | b'\t' | b'\r'));
        let fields = bytes[..end].split(|b| *b == b'\n').filter(begins_field).count();
        if end > LONGEST_HEADER || fields > MOST_FIELDS {
            let head = &bytes[..end.min(LONGEST_HEADER)];
            let first: Vec<&[u8]> = head.split(|b| *b == b'\n').take(MOST_FIELDS).collect();
            let read = MessageParser::default().parse_headers(&first.join(&b'\n')).map(|mail| Self::of_header(&mail, own));
            return (read.unwrap_or_default(), Some(Unreadable::Header));
        }
        if boundaries(bytes) > 2 * MOST_PARTS {
            let read = MessageParser::default().parse_headers(&bytes[..end]).map(|mail| Self::of_header(&mail, own));
            return (read.unwrap_or_default(), Some(Unreadable::Parts));
        }
        let Some(mail) = MessageParser::default().parse(bytes) else { return (Self::default(), Some(Unreadable::NoMail)) };
        let mut read = Self::of_header(&mail, own);
        if mail.parts.len() > MOST_PARTS {
            return (read, Some(Unreadable::Parts));
        }
        let texts: Vec<_> = (0..mail.text_body_count()).filter_map(|at| mail.body_text(at)).collect();
        let whole = texts.join("\n\n");
        read.text = received_lines(&whole, LONGEST_BODY);
        if whole.chars().nth(LONGEST_BODY).is_some() {
            read.attachments.push(("whole mail.txt".to_owned(), received_lines(&whole, usize::MAX).into_bytes()));
        }
        for part in mail.attachments() {
            let is_mail = matches!(part.body, PartType::Message(_));
            let name =
                part.attachment_name().map_or_else(|| (if is_mail { "mail.eml" } else { "attachment" }).to_owned(), visible);
            read.attachments.push((name, part.contents().to_vec()));
        }
        (read, None)
    }

    fn of_header(mail: &Message<'_>, own: &str) -> Self {
        let fields = |name: &str| {
            let named = mail.headers_raw().filter(|(field, _)| field.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.trim().to_owned()).collect::<Vec<_>>()
        };
        let addresses = |name: &'static str| -> Vec<String> {
            let values = mail.header_as(name, HeaderForm::Addresses);
            let all = values.iter().filter_map(|value| value.as_address()).flat_map(|addresses| addresses.iter());
            all.filter_map(|address| address.address.as_deref()).map(str::to_lowercase).take(MOST_LOOKED_AT).collect()
        };
        let senders = addresses("From");
        let sender = match senders.as_slice() {
            [one] => EmailAddress::typed(one).ok(),
            _ => None,
        };
        let recipients = ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"].into_iter().flat_map(addresses).collect();
        let subject: String = visible(mail.subject().unwrap_or_default()).chars().take(LONGEST_SUBJECT).collect();
        let thread = [fields("References"), fields("In-Reply-To")].concat().join(" ");
        let numbers = numbers(&subject).chain(numbers(&thread)).take(MOST_LOOKED_AT).collect();
        let is = |name: &str, words: &[&str]| {
            fields(name).iter().any(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
        };
        let sent_by_none = fields("Return-Path").iter().any(|path| path == "<>");
        let report = mail.content_type().is_some_and(|kind| {
            kind.subtype() == Some("report")
                && kind.attribute("report-type").is_some_and(|of| of.eq_ignore_ascii_case("delivery-status"))
        });
        let automatic = fields("Auto-Submitted").iter().any(|value| !value.to_lowercase().starts_with("no"))
            || is("Precedence", &["bulk", "junk", "list", "auto_reply"])
            || ["List-Id", "X-Autoreply", "X-Autorespond", "X-Autoresponder"].into_iter().any(|name| !fields(name).is_empty())
            || sent_by_none
            || sender.as_ref().is_some_and(|sender| sender.as_str() == own);
        Self {
            automatic: if report { Some(Automatic::Bounce) } else { automatic.then_some(Automatic::Reply) },
            authentications: fields("Authentication-Results"),
            message_id: fields("Message-ID").into_iter().next().unwrap_or_default(),
            sender,
            subject,
            recipients,
            numbers,
            ..Self::default()
        }
    }
}

/// Number of lines that may begin a part.
fn boundaries(bytes: &[u8]) -> usize {
    let mut parts = 0;
    let mut before = b'\n';
    let mut at = bytes;
    while let [first, rest @ ..] = at {
        if before == b'\n' && at.starts_with(b"--") && at.get(2).is_some_and(|b| !matches!(b, b' ' | b'\r' | b'\n')) {
            parts += 1;
        }
        before = *first;
        at = rest;
    }
    parts
}

/// Numbers of requests in a text, such as `Re: AFR-0000123`.
fn numbers(text: &str) -> impl Iterator<Item = RequestNumber> {
    let upper = text.to_uppercase();
    let found: Vec<_> = upper
        .match_indices("AFR-")
        .filter_map(|(at, _)| {
            let digits = upper[at + 4..].bytes().take_while(u8::is_ascii_digit).count();
            upper[at..at + 4 + digits].parse().ok()
        })
        .collect();
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mail: &str) -> IncomingMail {
        let (read, why) = IncomingMail::read(mail.as_bytes(), "licensing@meridian.example");
        assert_eq!(why, None, "{mail}");
        read
    }

    #[test]
    fn a_mail_is_read_as_far_as_it_matters() {
        let mail = read(
            "From: =?utf-8?q?J=C3=BCrgen?= <Juergen@Contoso.Example>\r\nTo: requests+afr-0000001-aa@licences.example\r\n\
             Subject: Re: AFR-0000001\r\nIn-Reply-To: <afr-0000002@licences.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
             <p>From <b>January</b> on.</p><script>alert(1)</script>\r\n--b\r\n\
             Content-Type: application/pdf; name=\"../order.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n",
        );
        assert_eq!(mail.sender.as_ref().map(EmailAddress::as_str), Some("juergen@contoso.example"));
        assert_eq!(mail.numbers, [RequestNumber::of_id(1), RequestNumber::of_id(2)]);
        assert_eq!(mail.text, "From January on.");
        assert_eq!(mail.attachments, [("../order.pdf".to_owned(), b"%PDF".to_vec())]);
        assert_eq!((mail.automatic, mail.recipients.len()), (None, 1));
    }

    #[test]
    fn programs_are_told_from_people() {
        let with = |field: &str| read(&format!("From: dana@contoso.example\nSubject: s\n{field}\n\nText\n")).automatic;
        for field in ["Auto-Submitted: auto-replied", "Precedence: bulk", "Return-Path: <>", "List-Id: <a.b>", "X-Autoreply: yes"]
        {
            assert_eq!(with(field), Some(Automatic::Reply), "{field}");
        }
        assert_eq!(
            (with("Auto-Submitted: no"), with("Precedence: normal"), with("Return-Path: <a@b.example>")),
            (None, None, None)
        );
        assert_eq!(with("Content-Type: multipart/report; report-type=delivery-status; boundary=x"), Some(Automatic::Bounce));
        let own = read("From: Licensing <licensing@meridian.example>\n\nText\n");
        assert_eq!(own.automatic, Some(Automatic::Reply));
    }

    #[test]
    fn a_sender_is_one_address() {
        let sender = |from: &str| read(&format!("{from}\nSubject: s\n\nText\n")).sender;
        assert_eq!(sender("From: a@b.example, c@d.example"), None);
        assert_eq!(sender("From: a@b.example\nFrom: c@d.example"), None);
        let lying = sender("From: \"dana@contoso.example\" <evil@evil.example>");
        assert_eq!(lying.as_ref().map(EmailAddress::as_str), Some("evil@evil.example"));
    }

    #[test]
    fn a_bomb_is_not_read() {
        let fields = "X-A: b\r\n".repeat(10_000);
        let (mail, why) = IncomingMail::read(format!("From: a@b.example\r\n{fields}\r\nText").as_bytes(), "");
        assert_eq!((mail.sender.is_some(), why), (true, Some(Unreadable::Header)));
        let (_, why) = IncomingMail::read(format!("From: a@b.example\r\nX: {}\r\n\r\nText", "y".repeat(300_000)).as_bytes(), "");
        assert_eq!(why, Some(Unreadable::Header));
        let nested: String =
            (0..5_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
        let (_, why) = IncomingMail::read(format!("From: a@b.example\r\n{nested}").as_bytes(), "");
        assert_eq!(why, Some(Unreadable::Parts));
        let (_, why) = IncomingMail::read(b"", "");
        assert_eq!(why, Some(Unreadable::NoMail));
    }
}
