//! Files of a crate that use each other, which `lint` refuses: what a file needs must be readable before it.

use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Item, ItemMod, ItemUse, UseTree, Visibility,
    visit::{self, Visit},
};

/// The segments of a path. Absolute ones begin below `crate`.
type Segments = Vec<String>;

/// One file of a crate.
struct Module {
    file: PathBuf,
    /// Names that it declares or defines itself.
    own: BTreeSet<String>,
    /// Re-exports: name and absolute path.
    exports: BTreeMap<String, Segments>,
    /// Paths of its own crate that it uses, absolute.
    uses: Vec<Segments>,
}

/// # Errors
/// Files of one of `crates`, folders below `root`, use each other.
pub fn refuse(root: &Path, crates: &[&str]) -> Result<()> {
    let mut told = Vec::new();
    for name in crates {
        let mut modules = BTreeMap::new();
        read(&root.join(name).join("src"), &[], &mut modules)?;
        let uses: BTreeMap<&Segments, BTreeSet<&Segments>> =
            modules.iter().map(|(path, module)| (path, targets(path, module, &modules))).collect();
        for circle in circles(&uses) {
            let files: Vec<String> = circle
                .iter()
                .map(|path| modules[*path].file.strip_prefix(root).unwrap_or(Path::new("")).display().to_string())
                .collect();
            told.push(format!("These files use each other: {}.", files.join(", ")));
        }
    }
    ensure!(told.is_empty(), "{}\nMove what both need into a file of its own.", told.join("\n"));
    Ok(())
}

/// Reads the files of a folder, which is the module `path`.
fn read(folder: &Path, path: &[String], modules: &mut BTreeMap<Segments, Module>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let file = entry?.path();
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if file.is_dir() {
            read(&file, &[path, &[name]].concat(), modules)?;
            continue;
        }
        // The executable is a crate of its own.
        let library = path.is_empty() && folder.join("lib.rs").exists();
        if file.extension().is_none_or(|extension| extension != "rs") || (library && name == "main") {
            continue;
        }
        let path = match name.as_str() {
            "mod" | "lib" | "main" => path.to_vec(),
            _ => [path, &[name]].concat(),
        };
        let text = fs::read_to_string(&file)?;
        let parsed = syn::parse_file(&text).with_context(|| format!("{} cannot be parsed", file.display()))?;
        let mut module =
            Module { file, own: parsed.items.iter().filter_map(defined).collect(), exports: BTreeMap::new(), uses: Vec::new() };
        Reader { here: path.clone(), module: &mut module }.visit_file(&parsed);
        modules.insert(path, module);
    }
    Ok(())
}

/// The name of what an item defines.
fn defined(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Mod(item) => item.ident.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// Collects what a file names. `here` is the module that is read, those within the file included.
struct Reader<'m> {
    here: Segments,
    module: &'m mut Module,
}

impl Reader<'_> {
    /// `segments` from the root of the crate; `None` for paths of other crates.
    fn absolute(&self, segments: &[String]) -> Option<Segments> {
        let mut base = self.here.clone();
        let mut rest = segments;
        loop {
            match rest.first().map(String::as_str) {
                Some("crate") => base.clear(),
                Some("self") => {}
                Some("super") => drop(base.pop()),
                Some(name) if rest.len() == segments.len() && !self.module.own.contains(name) => return None,
                _ => return Some([base, rest.to_vec()].concat()),
            }
            rest = &rest[1..];
        }
    }

    fn tree(&mut self, tree: &UseTree, before: &[String], exported: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (segments, name) = match tree {
            UseTree::Path(path) => return self.tree(&path.tree, &with(&path.ident), exported),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.tree(tree, before, exported)),
            UseTree::Glob(_) => (before.to_vec(), None),
            UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(rename) => (with(&rename.ident), Some(rename.rename.to_string())),
        };
        let Some(path) = self.absolute(&segments) else { return };
        if let Some(name) = name.filter(|_| exported) {
            self.module.exports.insert(name, path.clone());
        }
        self.module.uses.push(path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.tree(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.here.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.here.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let relative = ["crate", "self", "super"].contains(&segments[0].as_str());
        if relative
            && segments.len() > 1
            && let Some(path) = self.absolute(&segments)
        {
            self.module.uses.push(path);
        }
        visit::visit_path(self, path);
    }
}

/// The other files that `module` uses, where they are defined: a re-export is the file behind it.
fn targets<'m>(path: &Segments, module: &Module, modules: &'m BTreeMap<Segments, Module>) -> BTreeSet<&'m Segments> {
    let target = |used: &Segments| {
        let mut used = used.clone();
        loop {
            let file = (0..=used.len()).rev().find_map(|end| modules.get_key_value(&used[..end]))?;
            let rest = &used[file.0.len()..];
            let behind = rest.first().and_then(|name| file.1.exports.get(name));
            let behind = behind.map(|behind| [behind.as_slice(), &rest[1..]].concat());
            match behind.filter(|behind| *behind != used) {
                Some(behind) => used = behind,
                None => return Some(file.0),
            }
        }
    };
    module.uses.iter().filter_map(target).filter(|target| *target != path).collect()
}

/// Groups of more than one in which each reaches each.
fn circles<'m>(uses: &BTreeMap<&'m Segments, BTreeSet<&'m Segments>>) -> Vec<BTreeSet<&'m Segments>> {
    let reached = |from: &'m Segments| {
        let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(at) = left.pop() {
            left.extend(uses.get(at).into_iter().flatten().copied().filter(|next| reached.insert(*next)));
        }
        reached
    };
    let reached: BTreeMap<_, _> = uses.keys().map(|path| (*path, reached(path))).collect();
    let circle = |path: &&'m Segments| -> BTreeSet<&'m Segments> {
        reached[path].iter().copied().filter(|other| reached.get(other).is_some_and(|back| back.contains(path))).collect()
    };
    uses.keys().map(circle).filter(|circle| circle.len() > 1).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate of these files, and what is told of it.
    fn told(files: &[(&str, &str)]) -> String {
        let root = std::env::temp_dir().join(format!("circles-{}-{}", std::process::id(), files.len()));
        for (name, text) in files {
            let file = root.join("one/src").join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, text).expect("written");
        }
        let told = refuse(&root, &["one"]).err().map(|error| error.to_string()).unwrap_or_default();
        fs::remove_dir_all(&root).expect("removed");
        told
    }

    #[test]
    fn files_that_use_each_other_are_named() {
        let files =
            [("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::B; pub struct A;"), ("b.rs", "fn b(_: crate::a::A) {}")];
        assert!(told(&files).starts_with("These files use each other: one/src/a.rs, one/src/b.rs."), "{}", told(&files));
    }

    #[test]
    fn a_reexport_is_the_file_behind_it() {
        let facade = ("a/mod.rs", "mod b; mod c; pub use b::B;");
        let files = [("lib.rs", "mod a;"), facade, ("a/b.rs", "pub struct B;"), ("a/c.rs", "use super::B;")];
        assert_eq!(told(&files), "");
        let own = ("a/mod.rs", "mod b; mod c; pub use c::C; pub struct B;");
        let files = [("lib.rs", "mod a;"), own, ("a/b.rs", ""), ("a/c.rs", "use super::B; pub struct C;"), ("d.rs", "")];
        assert!(told(&files).contains("one/src/a/c.rs"), "{}", told(&files));
    }
}
