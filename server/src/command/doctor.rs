use crate::{
    http::origin::PublicUrl,
    private::open_to_others,
    settings::{Secret, Settings},
};
use anyhow::Result;
use portal::{Ctx, doctor::Finding, mail::Mailer};
use std::io::Write;

/// `afmt doctor`: says on `out` what holds and what does not. `true` when everything holds.
///
/// # Errors
/// The database cannot be read, so that nothing can be said about it.
pub async fn doctor(settings: &Settings, ctx: &Ctx, out: &mut (dyn Write + Send)) -> Result<bool> {
    let mut findings = configuration(settings).await;
    let key = settings.key_file();
    if let Err(error) = &key {
        findings.push(Finding::new("the signing key can be opened", vec![error.to_string()]));
    }
    findings.extend(portal::doctor::examine(&settings.database()?, key.ok().as_ref(), ctx).await?);
    for Finding { rule, broken } in &findings {
        if broken.is_empty() {
            writeln!(out, "ok      {rule}")?;
        }
        for fact in broken {
            writeln!(out, "BROKEN  {rule}: {fact}")?;
        }
    }
    Ok(findings.iter().all(|finding| finding.broken.is_empty()))
}

async fn configuration(settings: &Settings) -> Vec<Finding> {
    let facts = |outcome: Result<()>| outcome.err().map(|error| format!("{error:#}")).into_iter().collect();
    let mut findings = vec![Finding::new("the settings are safe to serve with", facts(settings.check()))];
    if settings.public_url.as_ref().is_some_and(PublicUrl::is_https) {
        let alone = settings.trusted_proxy.is_empty();
        let fact = "behind a proxy, all people share one limit of attempts to sign in; name the proxy with --trusted-proxy";
        findings.push(Finding::new("the proxy in front is trusted", alone.then(|| fact.to_owned()).into_iter().collect()));
    }
    findings.push(Finding::new("data and secrets are readable by their owner only", readable(settings)));
    findings.push(match &settings.smtp_url {
        Some(Secret(url)) => Finding::new("the mail server answers", facts(mail_server(url, &settings.mail_from).await)),
        None => {
            let folder = settings.data.join("mail");
            let missing = !folder.is_dir();
            let fact = format!("{} is not there; starting the server makes it", folder.display());
            Finding::new("the folder for mail is there", missing.then_some(fact).into_iter().collect())
        }
    });
    if let Some(mailbox) = settings.imap_mailbox().transpose() {
        let opened = async { Ok(mailbox?.opens().await?) };
        findings.push(Finding::new("the mailbox opens", facts(opened.await)));
    }
    if let Some(scanner) = &settings.clamd {
        let answers = async { Ok(scanner.answers().await?) };
        findings.push(Finding::new("the virus scanner answers", facts(answers.await)));
    }
    findings
}

async fn mail_server(url: &str, from: &str) -> Result<()> {
    Ok(Mailer::smtp(url, from)?.answers().await?)
}

/// Paths that others than their owner can read: in the data folder, and a passphrase beside it.
fn readable(settings: &Settings) -> Vec<String> {
    let beside = settings.passphrase_file.iter().filter(|file| !file.starts_with(&settings.data));
    std::iter::once(&settings.data).chain(beside).flat_map(|path| open_to_others(path)).collect()
}
