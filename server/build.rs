//! Compiles the server anew when the site that it carries has changed, also when it was not there before.

fn main() {
    println!("cargo::rerun-if-changed=../target/site");
}
