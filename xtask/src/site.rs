//! The site that the executable carries: islands as WASM, one style sheet, the script of every page, fonts, the icon.

use crate::{cargo, report, root, target, tools};
use anyhow::{Context, Result, anyhow, ensure};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions},
    targets::{Browsers, Targets},
};
use std::{fs, path::Path};
use wasm_bindgen_cli_support::Bindgen;

/// The most that a first view may transfer, in bytes.
const FIRST_VIEW_MOST: usize = 250 * 1024;
/// The most that the file checker's module may transfer, in bytes.
const CHECKER_MOST: usize = 250 * 1000;

/// Files that a first view of a page with islands fetches besides its HTML.
const FIRST_VIEW: [&str; 6] = [
    "pkg/afmt.wasm",
    "pkg/afmt.js",
    "pkg/afmt.css",
    "pkg/frame.js",
    "fonts/source-sans-3-latin-wght-normal.woff2",
    "fonts/ibm-plex-mono-latin-400-normal.woff2",
];

/// (WASM module, features of the islands in it): the file checker needs more than all others together, so it is loaded where it is.
const MODULES: [(&str, &str); 2] = [("afmt", "hydrate"), ("checker", "hydrate checker")];
const CHECKER: &str = "pkg/checker.wasm";

/// Files of the site.
const FOLDERS: [&str; 4] = ["pkg", "fonts", "icons", "pictures"];

/// Builds `target/site`. `print_sizes`: tells what each file transfers, and refuses a first view above its budget.
pub fn build(print_sizes: bool) -> Result<()> {
    tools::target(tools::WASM)?;
    let made = target().join("site.new");
    if made.exists() {
        fs::remove_dir_all(&made)?;
    }
    fs::create_dir_all(made.join("pkg"))?;
    for (module, features) in MODULES {
        islands(&made.join("pkg"), module, features)?;
    }
    style(&made.join("pkg/afmt.css"))?;
    fs::copy(root().join("script/frame.js"), made.join("pkg/frame.js"))?;
    copy(&root().join("style/fonts"), &made.join("fonts"))?;
    copy(&root().join("style/icons"), &made.join("icons"))?;
    copy(&root().join("docs/pictures"), &made.join("pictures"))?;
    for name in ["pkg/afmt.wasm", "pkg/afmt.js", CHECKER, "pkg/checker.js", "pkg/afmt.css", "pkg/frame.js", "icons/favicon.svg"] {
        compress(&made.join(name))?;
    }
    put_in_place(&made)?;
    if print_sizes { sizes() } else { Ok(()) }
}

/// Compiles the islands of `features` into the module `name`.
fn islands(pkg: &Path, name: &str, features: &str) -> Result<()> {
    cargo(&["build", "--package", "islands", "--features", features, "--target", tools::WASM, "--profile", "wasm", "--locked"])?;
    Bindgen::new()
        .input_path(target().join(tools::WASM).join("wasm/islands.wasm"))
        .out_name(name)
        .web(true)?
        .omit_default_module_path(true)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(pkg)?;
    // The name that Leptos's script asks for when LEPTOS_OUTPUT_NAME was set while it compiled.
    fs::rename(pkg.join(format!("{name}_bg.wasm")), pkg.join(format!("{name}.wasm")))?;
    Ok(())
}

fn style(to: &Path) -> Result<()> {
    let files = FileProvider::new();
    let mut sheet = Bundler::new(&files, None, ParserOptions::default())
        .bundle(&root().join("style/main.css"))
        .map_err(|error| anyhow!("{error}"))?;
    // What has light-dark(), nesting and :has().
    let browsers = Browsers {
        chrome: Some(123 << 16),
        firefox: Some(121 << 16),
        safari: Some((17 << 16) | (5 << 8)),
        ..Browsers::default()
    };
    let targets = Targets::from(browsers);
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() })?;
    let css = sheet.to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })?.code;
    Ok(fs::write(to, css)?)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn compress(path: &Path) -> Result<()> {
    let plain = fs::read(path)?;
    let mut packed = Vec::new();
    let best = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut plain.as_slice(), &mut packed, &best)?;
    Ok(fs::write(format!("{}.br", path.display()), packed)?)
}

/// Replaces the site only when it differs: the server is compiled anew when its files change.
fn put_in_place(made: &Path) -> Result<()> {
    // rust-embed looks beside the workspace, wherever the target folder is.
    let site = root().join("target/site");
    if same(made, &site)? {
        return Ok(());
    }
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    FOLDERS.iter().try_for_each(|folder| copy(&made.join(folder), &site.join(folder)))
}

fn same(a: &Path, b: &Path) -> Result<bool> {
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(b.join(folder)) else { return Ok(false) };
        if entries.count() != fs::read_dir(a.join(folder))?.count() {
            return Ok(false);
        }
        for entry in fs::read_dir(a.join(folder))? {
            let entry = entry?;
            let other = b.join(folder).join(entry.file_name());
            if fs::read(entry.path())? != fs::read(other).unwrap_or_default() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn sizes() -> Result<()> {
    let site = root().join("target/site");
    let mut total = 0;
    for name in FIRST_VIEW {
        let plain = fs::metadata(site.join(name)).with_context(|| format!("{name} was not made"))?.len();
        // Fonts are compressed already.
        let sent = fs::metadata(site.join(format!("{name}.br"))).map_or(plain, |packed| packed.len());
        total += usize::try_from(sent)?;
        report(&format!("{plain:>9} bytes, {sent:>7} sent  {name}"));
    }
    report(&format!("{:>9}        {total:>7} sent  on the first view (at most {FIRST_VIEW_MOST})", ""));
    ensure!(total <= FIRST_VIEW_MOST, "the first view is too large");
    let checker = usize::try_from(fs::metadata(site.join(format!("{CHECKER}.br")))?.len())?;
    report(&format!(
        "{:>9}        {checker:>7} sent  {CHECKER} instead, on the page of the checker (at most {CHECKER_MOST})",
        ""
    ));
    ensure!(checker <= CHECKER_MOST, "the checker's module is too large");
    Ok(())
}
