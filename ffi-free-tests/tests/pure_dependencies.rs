//! The core and these tests depend on no IO and on no C, and the core's clippy.toml keeps it so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package};

/// What builds or finds C libraries.
const C_BUILDERS: [&str; 8] = [
    "autotools",
    "bindgen",
    "cc",
    "cmake",
    "nasm-rs",
    "pkg-config",
    "system-deps",
    "vcpkg",
];

/// What opens sockets, files or terminals, reads clocks, runs threads for IO, or draws randomness
/// from the machine.
const IO: [&str; 45] = [
    "async-io",
    "async-net",
    "async-std",
    "attohttpc",
    "aws-lc-fips-sys",
    "aws-lc-rs",
    "chrono",
    "curl",
    "dirs",
    "fs-err",
    "futures-io",
    "getrandom",
    "hyper",
    "hyper-tls",
    "hyper-util",
    "isahc",
    "memmap2",
    "mio",
    "native-tls",
    "nix",
    "notify",
    "openssl",
    "openssl-probe",
    "polling",
    "quinn",
    "rand",
    "rand_core",
    "reqwest",
    "ring",
    "rustix",
    "rustls",
    "rustls-native-certs",
    "rustls-platform-verifier",
    "schannel",
    "security-framework",
    "signal-hook",
    "smol",
    "socket2",
    "surf",
    "tempfile",
    "tokio",
    "tokio-rustls",
    "ureq",
    "webpki-roots",
    "windows-sys",
];

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(vec!["--locked".into()]);
    // What is needed was fetched to build this test, so no network is either.
    command
        .clone()
        .other_options(vec!["--locked".into(), "--offline".into()])
        .exec()
        .or_else(|_| command.exec())
        .expect("cargo describes the workspace")
}

/// Every package of the workspace and below it, with what builds one of them.
struct Graph<'a> {
    packages: BTreeMap<(String, String), &'a Package>,
}

impl<'a> Graph<'a> {
    fn new(metadata: &'a Metadata) -> Self {
        let packages = metadata.packages.iter();
        let packages = packages.map(|p| ((p.name.to_string(), p.version.to_string()), p));
        Self {
            packages: packages.collect(),
        }
    }

    /// The named packages and all that they are built from on any platform, with the features that
    /// they ask for themselves: another member of the workspace adds none. `options` are those of
    /// `cargo tree`.
    fn below_by(&self, options: &[&str], roots: &[&str]) -> BTreeMap<&str, &'a Package> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo.args([
            "tree",
            "--locked",
            "--offline",
            "--target=all",
            "--prefix=none",
        ]);
        cargo.arg("--format={p}").args(options);
        for root in roots {
            cargo.args(["--package", root]);
        }
        let output = cargo.output().expect("cargo runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo tree: {told}");
        let tree = String::from_utf8(output.stdout).expect("names of packages");
        let keys = tree.lines().filter_map(|line| {
            let (name, rest) = line.split_once(" v")?;
            let version = rest.split(' ').next()?;
            Some((name.to_owned(), version.to_owned()))
        });
        let found = keys.map(|key| {
            let package = self.packages.get_key_value(&key);
            package.unwrap_or_else(|| panic!("no package {key:?}"))
        });
        found
            .map(|(key, package)| (key.0.as_str(), *package))
            .collect()
    }

    /// The same but for tests.
    fn below(&self, roots: &[&str]) -> BTreeMap<&str, &'a Package> {
        self.below_by(&["--edges=normal,build"], roots)
    }

    /// What is impure below the named packages, one line for each reason.
    fn impurities(&self, roots: &[&str]) -> Vec<String> {
        all_reasons(self.below(roots))
    }
}

fn all_reasons(packages: BTreeMap<&str, &Package>) -> Vec<String> {
    let mut lines: Vec<String> = packages.into_values().flat_map(reasons).collect();
    lines.sort();
    lines
}

fn reasons(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let mut reasons = Vec::new();
    if let Some(library) = &package.links {
        reasons.push(format!("{name} links {library}"));
    }
    if C_BUILDERS.contains(&name) {
        reasons.push(format!("{name} builds or finds C"));
    }
    if name.ends_with("-sys") {
        reasons.push(format!("{name} binds a C library"));
    }
    if IO.contains(&name) {
        reasons.push(format!("{name} does IO"));
    }
    reasons
}

#[test]
fn the_core_and_its_tests_depend_on_no_io_and_on_no_c() {
    let metadata = metadata();
    let graph = Graph::new(&metadata);
    let roots = ["sanspay-core", "sanspay-testkit", "sanspay-ffi-free-tests"];
    assert_eq!(graph.impurities(&roots), Vec::<String>::new());
}

#[test]
fn the_graph_holds_what_is_declared_for_running_and_nothing_of_tests() {
    let metadata = metadata();
    let graph = Graph::new(&metadata);
    let names = graph.below(&["sanspay-core", "sanspay-ffi-free-tests"]);
    for package in ["sanspay-core", "sanspay-ffi-free-tests"] {
        let package = metadata.packages.iter().find(|p| p.name == package);
        for dependency in &package.unwrap().dependencies {
            if dependency.kind == DependencyKind::Normal && !dependency.optional {
                assert!(
                    names.contains_key(dependency.name.as_str()),
                    "{}",
                    dependency.name
                );
            }
        }
    }
    assert!(
        names.contains_key("itoa"),
        "dependencies of dependencies belong to it"
    );
    assert!(!names.contains_key("cargo_metadata") && !names.contains_key("proptest"));
}

#[test]
fn the_check_finds_what_is_impure_in_the_adapters() {
    let metadata = metadata();
    let graph = Graph::new(&metadata);
    let blocking = graph.impurities(&["sanspay-blocking"]);
    for reason in [
        "cc builds or finds C",
        "getrandom does IO",
        "ring does IO",
        "ureq does IO",
    ] {
        assert!(blocking.iter().any(|line| line == reason), "{blocking:?}");
    }
    assert!(
        blocking
            .iter()
            .any(|line| line.starts_with("ring links ring_core")),
        "{blocking:?}"
    );
    let asynchronous = graph.impurities(&["sanspay-async"]);
    for reason in [
        "tokio does IO",
        "reqwest does IO",
        "windows-sys binds a C library",
    ] {
        assert!(
            asynchronous.iter().any(|line| line == reason),
            "{asynchronous:?}"
        );
    }
}

/// Spans are the only thing that the core tells anybody but its caller, and only where a feature
/// asks for them.
#[test]
fn the_core_has_spans_by_a_feature_only_which_brings_no_io() {
    let metadata = metadata();
    let graph = Graph::new(&metadata);
    let core = ["sanspay-core"];
    for log in ["tracing", "tracing-core", "log", "defmt", "slog"] {
        assert!(!graph.below(&core).contains_key(log), "{log}");
    }
    let all = graph.below_by(&["--edges=normal,build", "--all-features"], &core);
    assert!(all.contains_key("tracing"));
    assert_eq!(all_reasons(all), Vec::<String>::new());
}

/// Arrows point down only, for tests as well: but for the documentation of the core, which shows a
/// client.
#[test]
fn no_room_needs_one_above_it_and_no_client_the_other_one() {
    let metadata = metadata();
    let graph = Graph::new(&metadata);
    for (room, edges, above) in [
        ("sanspay-core", "--edges=normal,build", &["sanspay-"][..]),
        (
            "sanspay-tls",
            "--edges=normal,build,dev",
            &["sanspay-blocking", "sanspay-async"],
        ),
        (
            "sanspay-testkit",
            "--edges=normal,build",
            &["sanspay-blocking", "sanspay-async"],
        ),
        (
            "sanspay-blocking",
            "--edges=normal,build,dev",
            &["sanspay-async", "sanspay-e2e"],
        ),
        (
            "sanspay-async",
            "--edges=normal,build,dev",
            &["sanspay-blocking", "sanspay-e2e"],
        ),
    ] {
        let below = graph.below_by(&[edges], &[room]);
        assert!(below.contains_key(room), "{room}");
        for name in below.keys().filter(|name| **name != room) {
            let is_above = above.iter().any(|above| name.starts_with(above));
            assert!(!is_above, "{room} needs {name}");
        }
    }
}

#[test]
fn the_lists_are_sorted_and_hold_nothing_twice() {
    assert!(C_BUILDERS.is_sorted_by(|a, b| a < b));
    assert!(IO.is_sorted_by(|a, b| a < b));
}

const CORE_CLIPPY: &str = include_str!("../../core/clippy.toml");

/// The paths that clippy.toml forbids, in methods or types.
fn forbidden(clippy: &str) -> BTreeSet<&str> {
    let entries = clippy
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    entries
        .filter_map(|line| line.split_once("path = \"")?.1.split('"').next())
        .collect()
}

#[test]
fn the_core_forbids_clocks_sockets_files_threads_randomness_and_environment() {
    let forbidden = forbidden(CORE_CLIPPY);
    let required = [
        ("clocks", "std::time::SystemTime::now"),
        ("clocks", "std::time::Instant::now"),
        ("clocks", "std::time::Instant"),
        ("clocks", "time::OffsetDateTime::now_utc"),
        ("clocks", "time::Timestamp::now"),
        ("clocks", "time::UtcDateTime::now"),
        ("sockets", "std::net::TcpStream"),
        ("sockets", "std::net::TcpListener"),
        ("sockets", "std::net::UdpSocket"),
        ("files", "std::fs::File"),
        ("files", "std::fs::OpenOptions"),
        ("files", "std::fs::read"),
        ("files", "std::fs::read_to_string"),
        ("files", "std::fs::write"),
        ("threads", "std::thread::spawn"),
        ("threads", "std::thread::scope"),
        ("threads", "std::thread::sleep"),
        ("threads", "std::thread::park"),
        ("threads", "std::thread::Builder"),
        ("randomness", "std::collections::hash_map::RandomState::new"),
        ("randomness", "std::collections::HashMap"),
        ("randomness", "std::collections::HashSet"),
        ("environment", "std::env::var"),
        ("environment", "std::env::var_os"),
        ("environment", "std::env::vars"),
        ("environment", "std::env::args"),
    ];
    for (what, path) in required {
        assert!(forbidden.contains(path), "{what}: {path} is not forbidden");
    }
}

#[test]
fn a_path_that_is_commented_out_is_not_forbidden() {
    let clippy =
        "disallowed-methods = [\n  # { path = \"std::env::var\" },\n  { path = \"a::b\" },\n]";
    assert_eq!(forbidden(clippy), BTreeSet::from(["a::b"]));
}

#[test]
fn unsafe_code_is_forbidden_in_every_package() {
    let workspace = include_str!("../../Cargo.toml");
    let lints = workspace.split_once("[workspace.lints.rust]").unwrap().1;
    let lints = lints.split("\n[").next().unwrap();
    assert!(lints.lines().any(|line| line == "unsafe_code = \"forbid\""));
    for manifest in [
        include_str!("../../core/Cargo.toml"),
        include_str!("../../tls/Cargo.toml"),
        include_str!("../../blocking/Cargo.toml"),
        include_str!("../../async/Cargo.toml"),
        include_str!("../../examples/Cargo.toml"),
        include_str!("../Cargo.toml"),
    ] {
        let lints = manifest.split_once("[lints]").expect("lints").1;
        assert!(lints.trim_start().starts_with("workspace = true"));
    }
}

/// Where the source says that it may do what clippy.toml forbids, the reason has to be told here.
#[test]
fn the_core_makes_no_exception_from_its_own_rules() {
    let mut exceptions = Vec::new();
    let mut files = 0;
    let mut open = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../core/src"
    ))];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files += 1;
            let source = std::fs::read_to_string(&path).unwrap();
            if source.contains("clippy::disallowed") {
                exceptions.push(path);
            }
        }
    }
    assert!(files > 50, "the core's source was found");
    assert!(exceptions.is_empty(), "{exceptions:?}");
}
