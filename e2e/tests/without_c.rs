//! With the feature `graviola` in the place of `ring`, both adapters build without a C compiler.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::process::Command;

/// What compiles or looks for C, or needs it.
const C: [&str; 9] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "bindgen",
    "cc",
    "cmake",
    "nasm-rs",
    "openssl-sys",
    "pkg-config",
    "ring",
];

/// The names of all packages that are built for `package` with these features.
fn packages(package: &str, features: &[&str]) -> BTreeSet<String> {
    let run = |offline: &[&str]| {
        Command::new(env!("CARGO"))
            .args([
                "tree",
                "--locked",
                "--edges",
                "normal,build",
                "--prefix",
                "none",
            ])
            .args(["--format", "{p}", "--package", package])
            .args(features)
            .args(offline)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .unwrap()
    };
    let mut tree = run(&["--offline"]);
    if !tree.status.success() {
        // A package of a feature that no other build needed may not be there yet.
        tree = run(&[]);
    }
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let text = String::from_utf8(tree.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

fn with_c(package: &str, features: &[&str]) -> Vec<String> {
    let packages = packages(package, features).into_iter();
    packages.filter(|name| C.contains(&name.as_str())).collect()
}

#[test]
fn both_adapters_can_be_had_without_c() {
    for (package, features) in [
        ("sanspay-blocking", "graviola,system-roots,tracing,ureq"),
        (
            "sanspay-async",
            "graviola,reqwest,system-roots,tower,tracing",
        ),
    ] {
        let features = ["--no-default-features", "--features", features];
        let found = packages(package, &features);
        assert!(
            found.contains("rustls-graviola") && found.contains("rustls"),
            "{found:?}"
        );
        assert_eq!(
            with_c(package, &features),
            Vec::<String>::new(),
            "{package}"
        );
    }
}

#[test]
fn the_check_finds_the_c_of_the_default() {
    for package in ["sanspay-blocking", "sanspay-async"] {
        assert_eq!(with_c(package, &[]), ["cc", "ring"]);
    }
}
