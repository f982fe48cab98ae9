//! *Help*: the way from order to server, and a page for each tab with its picture. Domain §12.

use crate::{
    component::{Icon, icon},
    frame::{Page, Tab, Visit},
};
use leptos::prelude::*;
use portal::Error;

/// One page of help.
pub struct Topic {
    /// As it stands in the address, and as the picture of a tab is called.
    pub name: &'static str,
    title: &'static str,
    /// Purpose of the tab, in one sentence.
    lead: &'static str,
    /// (what somebody wants, how it is done)
    answers: &'static [(&'static str, &'static str)],
}

/// Guides that span several tabs.
const GUIDES: [Topic; 2] = [
    Topic {
        name: "process",
        title: "From order to server",
        lead: "What happens between a sales order and a server that runs.",
        answers: &[
            (
                "What are the steps?",
                "An order brings its parts into the account. A file is generated for one server, or for a pair, out of what was ordered. It is downloaded and copied to the server, which loads it.",
            ),
            (
                "When should I begin?",
                "Look two weeks before an installation: is every part in the account summary, is your certification current, is the install site active? There is time then to get what is missing.",
            ),
            (
                "How do I know the host id of a server that has no software yet?",
                "GetHostID runs on its own, before the software is installed, on the very machine that the file is for. i3lic host-id shows the same.",
            ),
            (
                "Set-up does not go on although I have a file",
                "Is it the right one? View names the machine, the host id, the product and the version that it is for; i3lic verify, on the server, says what does not fit. A file that was opened and saved again by an editor, or sent in the text of a mail, is no longer signed: download it again.",
            ),
            (
                "Set-up does not find the file",
                "It was probably not copied. Set-up looks into the folder I3\\IC on the drive of the installation first; the name must still end in .I3Lic. A language pack needs the file, too.",
            ),
            (
                "The account moves to a subscription",
                "Moving to a subscription goes through customer care: write to them before the next file is needed. From then on licensing analysts generate the files, and usage is billed.",
            ),
        ],
    },
    Topic {
        name: "earlier",
        title: "Coming from the earlier licence system",
        lead: "Where everything is that you knew before.",
        answers: &[
            (
                "Where are my tabs?",
                "The licence summary is Account summary, the licence activity is Activation file activity, and a new licence is New activation file.",
            ),
            (
                "Where is the snapshot?",
                "There is none. What was ordered later stands in the service contract, and here as order lines of the account summary.",
            ),
            (
                "Where are the SIP products?",
                "CIC and SIP products stand together in one summary and one list. The filter for the product line tells them apart.",
            ),
            (
                "Must I register files once a year?",
                "No longer, since 2018. A production file stays valid; files of other types say their last day.",
            ),
        ],
    },
];

/// The tabs.
const TOPICS: [Topic; 10] = [
    Topic {
        name: "overview",
        title: "Overview",
        lead: "Everything that needs somebody, the latest active files, and parts that are scarce.",
        answers: &[
            (
                "What needs attention?",
                "Certifications and maintenance that end, sites that block, files that end within 60 days or have ended, and files that a newer revision is available of. Each line says what happens otherwise and leads to where it is corrected.",
            ),
            (
                "Why do I see only some accounts?",
                "You see the accounts that you belong to, and, as a partner, those that granted your organisation access. Change account, beside the name, searches them by name or GARN.",
            ),
        ],
    },
    Topic {
        name: "summary",
        title: "Account summary",
        lead: "Every order line that can be licensed, with the versions that it is for, what is owned, what files hold and what is available.",
        answers: &[
            (
                "What do assigned and pooled mean?",
                "An assigned licence belongs to one user or station until it is taken away; pooled ones are shared by those who are logged on. A file says how many of each its server gets.",
            ),
            (
                "From which order does a file draw?",
                "Lines of the same part are drawn from the latest end of maintenance first, then from the oldest order.",
            ),
            (
                "How do I generate from here?",
                "Generate, at the end of a row, opens the form with product, version and part filled in.",
            ),
        ],
    },
    Topic {
        name: "software",
        title: "Software details",
        lead: "Product by product: what it takes to generate a file today and to download one, and what is missing.",
        answers: &[
            (
                "Why is a condition not met?",
                "The line says the fact with its figures, and below it what to do. Where the portal itself can correct it there is a link.",
            ),
            (
                "Do I need maintenance?",
                "Not to generate. A file that is generated while maintenance is current permits updates until that day; without, it permits none. When maintenance is renewed, refresh the file.",
            ),
        ],
    },
    Topic {
        name: "activity",
        title: "Activation file activity",
        lead: "All files of the account, narrowed by eleven filters and sorted as you like.",
        answers: &[
            (
                "How do I find a file by its server?",
                "Type its machine name, or with an asterisk behind it how the name begins; both names of a switchover pair are searched. The search in the header takes a serial or a host id, too, also one that the file had before an update. Every filter stands in the address, so that a view can be bookmarked and sent.",
            ),
            (
                "Which files hold a part, or end soon?",
                "Part number finds the files that hold it, and Ends on or before those whose last day comes by then. The account summary links what is in files to them, the overview what ends.",
            ),
            (
                "Where are files that were deactivated?",
                "Active is Yes at first. Take that filter away with the cross on its chip, or choose No or All.",
            ),
            (
                "How do I work on with the list?",
                "Download CSV gives the whole filtered set for a spreadsheet, whatever the page shows.",
            ),
            (
                "Can I download a file again?",
                "As often as you like: every download gives the same bytes, and View shows their size and SHA-256.",
            ),
        ],
    },
    Topic {
        name: "update",
        title: "Update a file",
        lead: "Another host, the switchover server that was left out, more or fewer add-ons: a new revision under the same serial.",
        answers: &[
            (
                "What happens to the file that is installed?",
                "The new revision takes the place of the one before, which stays in the history under View. Load the new one on the server; until then it goes on with what it has.",
            ),
            (
                "What happens to the quantities?",
                "Only the difference moves. The page before the last step shows each part before and after, and every key that changes.",
            ),
            (
                "What does Refresh do?",
                "After maintenance was renewed, or parts were upgraded, it makes the revision that this permits, with the same machines and quantities.",
            ),
            (
                "Why may I change only the host?",
                "The install site of the file is not active. Make it active again to change more.",
            ),
        ],
    },
    Topic {
        name: "deactivate",
        title: "Deactivate a file",
        lead: "Everything that the file holds returns to the account.",
        answers: &[
            (
                "Is the server switched off?",
                "No. An installed copy cannot be recalled: remove it on the server, before or directly afterwards.",
            ),
            ("Can it be taken back?", "No, but the quantities are there again: generate a new file."),
            ("Why do I type a machine name?", "A production file is deactivated by name, so that it is not the one beside it."),
        ],
    },
    Topic {
        name: "batches",
        title: "Bulk actions",
        lead: "Generate, refresh or deactivate up to 10,000 files from a table of machines or a selection in the list.",
        answers: &[
            (
                "What does the table look like?",
                "CSV as a spreadsheet saves it, a line for each machine; the templates have the columns. Fill in New activation file once and choose Use for several machines: then the table needs no more than machine names and host ids, and a column of its own for what differs.",
            ),
            (
                "Does it begin at once?",
                "No. The plan first shows the result of each line, with the reason where it is refused, and what all of them together take or give back. You begin it on that page.",
            ),
            (
                "What if some lines are refused?",
                "All or nothing does nothing as long as one is. Line by line does the others; download the lines, correct the refused ones, and send the same table again: what is done already is skipped.",
            ),
            (
                "Must I wait?",
                "No. It goes on without you, even when the server is restarted, and you get a mail when it is done. Its page then has all files in one ZIP, and the result of each line as CSV.",
            ),
            (
                "How do I deactivate files of several servers?",
                "Tick them in Activation file activity, or narrow the list and take all that it finds. You give one reason, and type the number of files.",
            ),
        ],
    },
    Topic {
        name: "upgrade",
        title: "Upgrade software",
        lead: "Parts of an older generation become those of a newer one, one for one.",
        answers: &[
            ("What does it need?", "Maintenance that is current today. Lines of a part without it stay what they are."),
            (
                "What does mirrored mean?",
                "Two systems of the account hold the same parts. All parts with an upgrade option are then upgraded together, or none is.",
            ),
            (
                "What becomes of my files?",
                "They stay valid and are marked: update available. Update to the new parts, under Upgrade software, says first what changes in each.",
            ),
        ],
    },
    Topic {
        name: "new-file",
        title: "New activation file",
        lead: "From an order to a signed file that is bound to your server.",
        answers: &[
            (
                "Where do I find the host id?",
                "GetHostID, on the server, shows its 12 hexadecimal digits; so does i3lic host-id. Spaces, colons, hyphens and full stops do not matter.",
            ),
            (
                "What are the steps?",
                "Site, product, version and licence type, then Go. Machine details, one server item, the switchover server now or later, add-ons. The preview follows what you type. Nothing is generated before you have checked your answers.",
            ),
            (
                "Which licence types are there?",
                "Production, development that comes with a server or was ordered, and 30 days of development for certified partners. Trials and evaluations come from the licensing analysts.",
            ),
            (
                "Do I need a certification?",
                "To generate and to update, yes, for that product. To view, download and deactivate, no.",
            ),
        ],
    },
    Topic {
        name: "sites",
        title: "Install sites",
        lead: "The places where your servers stand. Every file is for one of them.",
        answers: &[
            (
                "What happens when a site is made inactive?",
                "No new files are generated for it. Its files stay valid and can be viewed, downloaded and deactivated; of their data only the host ids can be changed.",
            ),
            (
                "Can I delete a site?",
                "No: the files that were generated for it name it. Inactive sites are hidden until you ask for them.",
            ),
        ],
    },
];

/// Name of the page of help that belongs to a tab.
pub(crate) const fn of_tab(tab: Tab) -> Option<&'static str> {
    Some(match tab {
        Tab::Dashboard | Tab::Cloud => "overview",
        Tab::Summary => "summary",
        Tab::Software => "software",
        Tab::Files => "activity",
        Tab::Upgrade => "upgrade",
        Tab::NewFile => "new-file",
        Tab::Sites => "sites",
        Tab::People | Tab::Beside => return None,
    })
}

/// All pages of help.
#[must_use]
pub fn index(visit: &Visit) -> Page {
    let visit = visit.clone();
    Page::new("Help", move || {
        let items = GUIDES.into_iter().chain(TOPICS).map(|Topic { name, title, lead, .. }| {
            let href = visit.keeping(&format!("/help/{name}"));
            view! { <div><dt><a href=href>{title}</a></dt><dd>{lead}</dd></div> }
        });
        let items = items.collect_view();
        view! {
            <h1>"Help"</h1>
            <dl class="facts">{items}</dl>
            <p>"Anybody can " <a href=visit.keeping("/check")>"check a file"</a> " in the browser, without signing in."</p>
        }
    })
}

/// The page of one topic.
///
/// # Errors
/// [`Error::NotFound`] when there is no such topic.
pub fn show(visit: &Visit, name: &str) -> Result<Page, Error> {
    let topic = GUIDES.into_iter().chain(TOPICS).find(|topic| topic.name == name).ok_or(Error::NotFound)?;
    let pictured = TOPICS.iter().any(|topic| topic.name == name);
    let picture = |theme: &str| format!("{}/pictures/{name}-wide-{theme}.png", visit.site.assets);
    let (light, dark) = (picture("light"), picture("dark"));
    let all = visit.keeping("/help");
    let Topic { title, lead, answers, .. } = topic;
    Ok(Page::new(format!("Help: {title}"), move || {
        let answers = answers.iter().map(|(asked, told)| view! { <h2>{*asked}</h2><p>{*told}</p> }).collect_view();
        view! {
            <p><a href=all><Icon icon=icon::BACK />"All help"</a></p>
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
            <div class="prose">{answers}</div>
            {pictured.then(|| view! {
                <figure class="picture">
                    <picture>
                        <source srcset=dark media="(prefers-color-scheme: dark)" />
                        <img src=light alt=format!("The page {title}, with data of the demo") width="1280" height="900" loading="lazy" />
                    </picture>
                    <figcaption class="help">{format!("{title}, with data of the demo")}</figcaption>
                </figure>
            })}
        }
    }))
}
