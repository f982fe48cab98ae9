//! The form itself.

use super::{
    add_ons::AddOns,
    field::{REQUEST, STEP, STEP_CHECK, STEP_GO, STEP_MANY},
    purpose::Purpose,
    sections::{MachineDetails, ServerItem, Switchover, Usage},
};
use crate::{
    component::{ErrorSummary, Hidden, Icon, ObstacleNote, SelectField, icon, labelled, problem_of},
    frame::{Page, Tab},
};
use islands::Preview;
use leptos::prelude::*;
use licensing::{
    Garn, LicenceType,
    files::request::{FileProblem, NewFileForm, field, label, label_of},
    form::Refusal,
    offer::Offer,
    requests::field as request,
};
use portal::{
    AccountAccess, Error, SubmissionKey,
    files::{NotGenerated, NotUpdatable, Updatable},
    offer::{Obstacles, Start},
    path,
};

/// Contents of the form.
struct Shown {
    purpose: Purpose,
    form: NewFileForm,
    key: SubmissionKey,
    start: Start,
    offer: Option<Offer>,
    obstacles: Obstacles,
    refusals: Vec<Refusal<FileProblem>>,
    /// Problems of the form as a whole.
    told: Option<String>,
    /// The file that this form was used for before.
    used_for: Option<(Garn, String)>,
    status: u16,
}

/// The form as a GET asks for it: empty, prefilled from the query, or with all sections once product and version are chosen.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AccountAccess, form: NewFileForm) -> Result<Page, Error> {
    let key = access.caller().portal().new_submission_key();
    let request = form.value(REQUEST).parse().ok();
    let mut shown = load(access, Purpose::New { request }, form, key).await?;
    if let Some(offer) = &shown.offer {
        shown.form = shown.form.fitting(offer);
    }
    Ok(page(access, shown))
}

/// The form again after *Go*, where something that the sections depend on was not chosen.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show_missing(
    access: &AccountAccess,
    purpose: Purpose,
    form: NewFileForm,
    key: SubmissionKey,
    missing: Vec<Refusal<FileProblem>>,
) -> Result<Page, Error> {
    let shown = load(access, purpose, form, key).await?;
    Ok(page(access, Shown { refusals: missing, status: 422, ..shown }))
}

/// The form of an update: as the file is, or as a GET with another version asks for it.
///
/// # Errors
/// [`Error::NotFound`] when the file is not there.
pub async fn show_update(access: &AccountAccess, serial: &str, typed: NewFileForm) -> Result<Page, Error> {
    let Updatable { serial, revision, form, key, .. } = match portal::files::updatable(access, serial).await {
        Ok(updatable) => updatable,
        Err(NotGenerated::NotUpdatable(why)) => return Ok(not_updatable(access, serial, &why)),
        Err(NotGenerated::Error(error)) => return Err(error),
        Err(other) => return Err(Error::internal(other)),
    };
    let asked = typed.fields().next().is_some();
    let form = if asked {
        typed.with(&[(field::PRODUCT, form.value(field::PRODUCT)), (field::TYPE, form.value(field::TYPE))])
    } else {
        form
    };
    let mut shown = load(access, Purpose::Update { serial, began: revision }, form, key).await?;
    if let Some(offer) = &shown.offer {
        shown.form = shown.form.fitting(offer);
    }
    Ok(page(access, shown))
}

/// The form again, with everything typed, after *Change* on the page of answers.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn edit(access: &AccountAccess, purpose: Purpose, form: NewFileForm, key: SubmissionKey) -> Result<Page, Error> {
    Ok(page(access, load(access, purpose, form, key).await?))
}

/// The form again, with everything typed and what is wrong with it.
///
/// # Errors
/// [`Error::NotFound`] when an update is of a file that is not there.
pub async fn refused(
    access: &AccountAccess,
    purpose: Purpose,
    form: NewFileForm,
    key: SubmissionKey,
    why: NotGenerated,
) -> Result<Page, Error> {
    let fresh = access.caller().portal().new_submission_key();
    let shown = match why {
        NotGenerated::Refused { refusals, .. } => Shown { refusals, status: 422, ..load(access, purpose, form, key).await? },
        NotGenerated::Ineligible(reasons) => {
            let obstacles = Obstacles::of(access, reasons, Some(form.value(field::PRODUCT))).await?;
            Shown { obstacles, status: 403, ..load(access, purpose, form, key).await? }
        }
        NotGenerated::KeyReused(portal::KeyReused { garn, reference }) => {
            Shown { used_for: Some((garn, reference)), status: 409, ..load(access, purpose, form, fresh).await? }
        }
        NotGenerated::NotUpdatable(why) => match (&why, purpose) {
            (NotUpdatable::Superseded { serial, revision, .. }, _) => {
                // What was typed goes on from the revision that is there now.
                let purpose = Purpose::Update { serial: serial.clone(), began: *revision };
                Shown { told: Some(why.to_string()), status: 409, ..load(access, purpose, form, key).await? }
            }
            (NotUpdatable::Unchanged { .. }, purpose) => {
                Shown { told: Some(why.to_string()), status: 422, ..load(access, purpose, form, key).await? }
            }
            (NotUpdatable::NotActive { serial, .. } | NotUpdatable::Ended { serial, .. }, _) => {
                return Ok(not_updatable(access, serial.as_str(), &why));
            }
        },
        NotGenerated::NoSuchVersion => {
            let refusals = vec![Refusal::new(field::VERSION, FileProblem::no_such_version())];
            Shown { refusals, status: 422, ..load(access, purpose, form, key).await? }
        }
        NotGenerated::Error(error) => return Err(error),
    };
    Ok(page(access, shown))
}

/// Page that says why a file has no further revisions.
fn not_updatable(access: &AccountAccess, serial: &str, why: &NotUpdatable) -> Page {
    let file = path::file(&access.garn, why.serial());
    let new = path::new_file(&access.garn);
    let title = format!("Update {serial}");
    let words = why.to_string();
    let page = Page::new(format!("Error: {title}"), move || {
        view! {
            <h1>{title}</h1>
            <p class="lead">{words}</p>
            <p><a href=file>"View the file"</a></p>
            <p><a href=new>"New activation file"</a></p>
        }
    });
    page.of_account(access, Tab::Files).with_status(409)
}

async fn load(access: &AccountAccess, purpose: Purpose, form: NewFileForm, key: SubmissionKey) -> Result<Shown, Error> {
    let start = portal::offer::start(access).await?;
    let offer = match (form.value(field::PRODUCT), form.value(field::VERSION), &purpose) {
        ("", ..) | (_, "", _) => None,
        (product, version, Purpose::New { .. }) => {
            Some(portal::offer::offer(access, product, version, licence_type(&form)).await)
        }
        (_, version, Purpose::Update { serial, .. }) => Some(portal::files::update_offer(access, serial.as_str(), version).await),
    };
    let offer = match offer {
        // What does not exist is told at its field.
        Some(Err(Error::NotFound)) | None => None,
        Some(offer) => Some(offer?),
    };
    let obstacles = match &offer {
        Some(offer) => {
            let reasons = portal::offer::eligibility(access, offer).await?;
            Obstacles::of(access, reasons, Some(&offer.product.code)).await?
        }
        None => portal::offer::obstacles(access).await?,
    };
    Ok(Shown { purpose, form, key, start, offer, obstacles, refusals: Vec::new(), told: None, used_for: None, status: 200 })
}

/// The chosen licence type; the usual one for links that name none.
fn licence_type(form: &NewFileForm) -> LicenceType {
    LicenceType::from_code(form.value(field::TYPE)).unwrap_or(LicenceType::Production)
}

fn page(access: &AccountAccess, shown: Shown) -> Page {
    let action = shown.purpose.path(&access.garn);
    let tab = shown.purpose.tab();
    let status = shown.status;
    let title = shown.purpose.title();
    let title = if status == 200 { title } else { format!("Error: {title}") };
    let garn = access.garn.clone();
    let page = Page::new(title, move || view! { <FileForm garn action shown /> });
    page.of_account(access, tab).with_status(status).with_islands()
}

#[component]
fn FileForm(garn: Garn, action: String, shown: Shown) -> AnyView {
    let Shown { purpose, form, key, start, offer, obstacles, refusals, told, used_for, status } = shown;
    let named = |field: &str| offer.as_ref().map_or_else(|| label(field).to_owned(), |offer| label_of(field, offer));
    let problems = labelled(&refusals, named);
    // What was chosen can be chosen otherwise. A refused post keeps all of the form, even for those who may not generate: what they typed is not lost.
    let offer = offer.filter(|_| obstacles.is_empty() || status != 200);
    let refused = status == 403;
    let product = [field::PRODUCT, field::VERSION].map(|name| form.value(name)).join(" ");
    let known = vec![
        ("primary_host", form.value(field::HOST_ID).to_owned()),
        ("backup_host", form.value(field::SWITCHOVER_HOST_ID).to_owned()),
        (request::SUBJECT, if product == " " { String::new() } else { format!("A file for {product}") }),
    ];
    // What is filled in once can be made for many machines.
    let many = matches!(purpose, Purpose::New { .. });
    view! {
        {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
        {used_for.map(|(garn, reference)| view! { <AlreadyUsed garn reference /> })}
        {told.map(|words| view! { <NotTaken words /> })}
        <h1>{purpose.title()}</h1>
        {match purpose {
            Purpose::New { request: Some(number) } => Some(view! {
                <p class="note info">"For the request "<a class="code" href=path::request(number)>{number.to_string()}</a>". The file is bound to it."</p>
            }),
            _ => None,
        }}
        {(!obstacles.is_empty()).then(|| view! {
            <ObstacleNote
                garn
                obstacles
                title=purpose.obstructed()
                refused
                stays=Some("Viewing and downloading the files of this account stays possible.")
                known
            />
        })}
        {match offer {
            None => view! {
                <form method="get" action=action novalidate>
                    <Hidden fields=purpose.fixed().into_iter().collect() />
                    <Choices purpose form=form.clone() start refusals />
                    <Typed form />
                </form>
            }.into_any(),
            Some(offer) => view! {
                <form method="post" action=action.clone() novalidate>
                    // Enter in any field continues; without this it would press the first button, Go.
                    <button class="visually-hidden" name=STEP value=STEP_CHECK tabindex="-1" aria-hidden="true">"Continue"</button>
                    <Hidden fields=purpose.carried(&key) />
                    <Choices purpose form=form.clone() start refusals=refusals.clone() beside=true />
                    <div class="beside">
                        <div>
                            <Usage form=form.clone() offer=offer.clone() refusals=refusals.clone() />
                            <MachineDetails form=form.clone() offer=offer.clone() refusals=refusals.clone() />
                            <ServerItem form=form.clone() offer=offer.clone() refusals=refusals.clone() />
                            <Switchover form=form.clone() offer=offer.clone() refusals=refusals.clone() />
                            <AddOns form=form.clone() offer=offer.clone() refusals />
                        </div>
                        <aside>
                            {view! { <Preview offer typed=form /> }.into_any()}
                        </aside>
                    </div>
                    <div class="buttons">
                        <button class="button primary" name=STEP value=STEP_CHECK>"Continue"<Icon icon=icon::NEXT /></button>
                        {many.then(|| view! { <button class="button" name=STEP value=STEP_MANY>"Use for several machines"</button> })}
                        <span class="help">"You check your answers on the next page. Nothing is generated yet."</span>
                    </div>
                </form>
            }.into_any(),
        }}
    }.into_any()
}

/// Hidden fields: values that have no field on this step, kept for the next.
#[component]
fn Typed(form: NewFileForm) -> AnyView {
    let fields = form
        .fields()
        .filter(|(name, value)| {
            let chosen_here = [field::SITE, field::PRODUCT, field::VERSION, field::TYPE].contains(name);
            !chosen_here && !value.is_empty() && (field::is_choice(name) || field::quantity_part(name).is_some())
        })
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    view! { <Hidden fields /> }.into_any()
}

#[component]
fn Choices(
    purpose: Purpose,
    form: NewFileForm,
    start: Start,
    refusals: Vec<Refusal<FileProblem>>,
    /// The sections stand below, in the same form.
    #[prop(optional)]
    beside: bool,
) -> AnyView {
    let problem = |name| problem_of(&refusals, name);
    let new = matches!(purpose, Purpose::New { .. });
    let chosen = form.value(field::SITE);
    // An inactive site is offered only where it was chosen before, so that the choice is seen and can be corrected.
    let sites = start
        .sites
        .iter()
        .filter(|site| site.active || site.id == chosen)
        .map(|site| (site.id.clone(), if site.active { site.name.clone() } else { format!("{} (not active)", site.name) }))
        .collect();
    // A version that is offered no more stays that of the files made for it.
    let held = Some(form.value(field::VERSION).to_owned()).filter(|held| !new && !start.versions.contains(held));
    let versions = held.iter().chain(&start.versions).map(|version| (version.clone(), version.clone())).collect();
    let types = start.licence_types.iter().map(|t| (t.code().to_owned(), t.to_string())).collect();
    // What the sections below are for, also after a link that names no type.
    let chosen_type = if beside { licence_type(&form).code() } else { form.value(field::TYPE) };
    let of_file = match purpose {
        Purpose::New { .. } => view! {
            <SelectField
                name=field::PRODUCT
                label=label(field::PRODUCT)
                options=start.products
                value=form.value(field::PRODUCT)
                error=problem(field::PRODUCT)
            />
        }
        .into_any(),
        // Product and type are what the file is.
        Purpose::Update { .. } => {
            let fields = [field::PRODUCT, field::TYPE].map(|name| (name.to_owned(), form.value(name).to_owned()));
            view! { <Hidden fields=fields.into() /> }.into_any()
        }
    };
    let restricted = LicenceType::from_code(chosen_type).unwrap_or(LicenceType::Production);
    let restriction = restricted.restriction();
    let type_field = new.then(|| {
        view! { <SelectField name=field::TYPE label=label(field::TYPE) options=types value=chosen_type error=problem(field::TYPE) /> }
    });
    view! {
        <fieldset class="choices">
            <legend class="visually-hidden">"Site, product and type"</legend>
            <SelectField name=field::SITE label=label(field::SITE) options=sites value=chosen error=problem(field::SITE) />
            {of_file}
            <SelectField
                name=field::VERSION
                label=label(field::VERSION)
                options=versions
                value=form.value(field::VERSION)
                error=problem(field::VERSION)
            />
            {type_field}
            <button class="button" name=STEP value=STEP_GO>"Go"</button>
        </fieldset>
        {restriction.map(|words| view! { <p class="note info">{format!("{restricted}: {words}")}</p> })}
    }
    .into_any()
}

/// The form as a whole was not taken.
#[component]
fn NotTaken(words: String) -> AnyView {
    view! {
        <div class="note bad error-summary" role="alert" tabindex="-1" autofocus>
            <h2>"There is a problem"</h2>
            <p>{words}</p>
        </div>
    }
    .into_any()
}

#[component]
fn AlreadyUsed(garn: Garn, reference: String) -> AnyView {
    let href = path::led_to(&garn, &reference);
    view! {
        <div class="note bad error-summary" role="alert" tabindex="-1" autofocus>
            <h2>"This form was already used"</h2>
            <p>
                "It led to " <a class="code" href=href>{reference}</a>
                ", with other content than what was sent now. Nothing was generated this time. What you typed is below: continue with it if you mean it."
            </p>
        </div>
    }.into_any()
}
