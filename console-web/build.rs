//! Makes sure that there is a folder to embed, also where the web app was not built, and embeds anew when it changes.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let crate_root = env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?;
    let built_app = Path::new(&crate_root).join("ui/dist");
    fs::create_dir_all(&built_app)?;
    println!("cargo:rerun-if-changed={}", built_app.display());
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}
