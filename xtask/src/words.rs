//! Words that people read, with their places: all of a product can be read once, as somebody reads a text.

use crate::report;
use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Folders of sources whose texts are read by people. Tests are not among them.
const SOURCES: [&str; 6] = ["licensing/src", "portal/src", "islands/src", "app/src", "server/src", "i3lic/src"];

/// Names of attributes whose values nobody reads.
const UNREAD: [&str; 27] = [
    "class",
    "id",
    "name",
    "rel",
    "method",
    "action",
    "type",
    "href",
    "for",
    "role",
    "value",
    "code",
    "target",
    "autocomplete",
    "enctype",
    "inputmode",
    "accept",
    "crossorigin",
    "expect",
    "allow",
    "cfg",
    "feature",
    "derive",
    "doc",
    "what",
    "env",
    "reason",
];

/// A text and its place.
struct Text {
    line: usize,
    words: String,
}

/// Prints every text with its file and line.
///
/// # Errors
/// A source cannot be read.
pub fn print(root: &Path) -> Result<()> {
    let mut count = 0;
    for folder in SOURCES {
        for file in sources(&root.join(folder))? {
            let source = fs::read_to_string(&file)?;
            let tokens = TokenStream::from_str(&source).ok().with_context(|| format!("{} is no Rust", file.display()))?;
            let mut texts = Vec::new();
            collect(tokens, &mut texts);
            let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
            for Text { line, words } in texts {
                report(&format!("{shown}:{line}: {words}"));
                count += 1;
            }
        }
    }
    report(&format!("{count} texts"));
    Ok(())
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.extension() {
            _ if path.is_dir() => found.extend(sources(&path)?),
            Some(extension) if extension == "rs" && !path.ends_with("tests.rs") => found.push(path),
            _ => {}
        }
    }
    found.sort();
    Ok(found)
}

/// The texts of `tokens`. Modules of tests are left out.
fn collect(tokens: TokenStream, texts: &mut Vec<Text>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word)
                if word == "tests" && at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(module) if module == "mod") =>
            {
                at += 1;
            }
            TokenTree::Group(group) => collect(group.stream(), texts),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string())
                    && is_read(&text.value())
                    && !is_unread(&tokens[..at])
                {
                    texts.push(Text { line: literal.span().start().line, words: text.value() });
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether a literal after `before` is the value of something that nobody reads.
fn is_unread(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(name), TokenTree::Punct(equals)] if equals.as_char() == '=' => {
            UNREAD.iter().any(|unread| name == unread)
        }
        _ => false,
    }
}

/// Whether somebody reads the text: words of a language, neither a statement for the database nor a name within the program.
fn is_read(text: &str) -> bool {
    let statement = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "CREATE ", "(SELECT ", "FROM ", " AND ", "JOIN "];
    let begins = text.trim_start();
    let words = text.split_whitespace().filter(|word| word.chars().filter(|letter| letter.is_alphabetic()).count() > 1).count();
    let sentence = words > 1 || begins.starts_with(|first: char| first.is_uppercase()) && words == 1 && text.len() > 2;
    sentence
        && !statement.iter().any(|word| text.contains(word))
        && !text.chars().all(|letter| letter.is_uppercase() || "_-./ ".contains(letter))
}
