//! `PostgreSQL` and `PgBouncer`, unprivileged and from a temporary folder, on sockets of the file system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// With this in the environment a missing `PostgreSQL` or `PgBouncer` fails the tests.
pub const STORES_REQUIRED: &str = "SANSPAY_REQUIRE_STORES";

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A `PostgreSQL` with a `PgBouncer` in transaction mode before it. It ends with the process that
/// started it.
pub struct Database {
    folder: PathBuf,
    programs: PathBuf,
    server: Mutex<Option<Child>>,
    bouncer: Mutex<Option<Child>>,
    start: Mutex<Sender<(Command, Sender<Child>)>>,
}

impl Database {
    /// Starts both; `None`, and says so, where one is not installed.
    pub fn start() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(programs) = programs() else {
            assert!(
                std::env::var_os(STORES_REQUIRED).is_none(),
                "{STORES_REQUIRED} is set and PostgreSQL or PgBouncer is missing"
            );
            eprintln!("skipped: PostgreSQL or PgBouncer is not installed");
            return None;
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sanspay-pg-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let database = Self {
            start: Mutex::new(starter()),
            folder,
            programs,
            server: Mutex::new(None),
            bouncer: Mutex::new(None),
        };
        database.prepare();
        database.run();
        database.bounce();
        Some(database)
    }

    /// The parameters of a connection to the server itself.
    pub fn direct(&self) -> String {
        format!(
            "host={} user=postgres dbname=postgres",
            self.folder.display()
        )
    }

    /// The parameters of a connection through `PgBouncer`.
    pub fn bounced(&self) -> String {
        format!("{} port=6432", self.direct())
    }

    /// Ends the server as a crash does.
    pub fn kill(&self) {
        if let Some(mut server) = self.server.lock().unwrap().take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
        // Its other processes notice by themselves, and hold the folder until then.
        let pid = self.folder.join("pg/postmaster.pid");
        fs::remove_file(pid).ok();
        let deadline = Instant::now() + PATIENCE;
        while Command::new("pgrep")
            .args(["-f", &format!("postgres: .*{}", self.folder.display())])
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|found| found.success())
            && Instant::now() < deadline
        {
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again after [`kill`](Database::kill).
    pub fn run(&self) {
        let folder = self.folder.display();
        let mut command = self.program("postgres");
        command.args(["-D", &format!("{folder}/pg"), "-k", &folder.to_string()]);
        for option in [
            "listen_addresses=",
            "fsync=off",
            "max_connections=200",
            "autovacuum=off",
        ] {
            command.args(["-c", option]);
        }
        *self.server.lock().unwrap() = Some(self.spawn(command));
        self.wait_for(5432);
    }

    fn prepare(&self) {
        if is_root() {
            let mut chown = Command::new("chown");
            let owned = chown.arg("nobody").arg(&self.folder).status();
            assert!(owned.unwrap().success());
        }
        let mut command = self.program("initdb");
        command.args(["-D", &format!("{}/pg", self.folder.display())]);
        command.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn bounce(&self) {
        let folder = self.folder.display();
        let settings = format!(
            "[databases]\n* = host={folder} user=postgres\n[pgbouncer]\nlisten_addr =\n\
             unix_socket_dir = {folder}\nlisten_port = 6432\nauth_type = any\n\
             pool_mode = transaction\nmax_client_conn = 400\ndefault_pool_size = 20\n\
             ignore_startup_parameters = extra_float_digits\n"
        );
        let file = self.folder.join("bouncer.ini");
        fs::write(&file, settings).unwrap();
        let mut command = unprivileged(Path::new("/usr/sbin/pgbouncer"));
        command.arg(file);
        *self.bouncer.lock().unwrap() = Some(self.spawn(command));
        self.wait_for(6432);
    }

    fn wait_for(&self, port: u16) {
        let deadline = Instant::now() + PATIENCE;
        let port = port.to_string();
        loop {
            let mut ready = Command::new(self.programs.join("pg_isready"));
            ready
                .arg("-q")
                .arg("-h")
                .arg(&self.folder)
                .args(["-p", &port, "-U", "postgres"]);
            if ready.status().unwrap().success() {
                return;
            }
            assert!(Instant::now() < deadline, "PostgreSQL does not answer");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn program(&self, name: &str) -> Command {
        unprivileged(&self.programs.join(name))
    }

    /// From the thread that lives as long as this process does.
    fn spawn(&self, command: Command) -> Child {
        let (tell, told) = channel();
        self.start.lock().unwrap().send((command, tell)).unwrap();
        told.recv().unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.kill();
        if let Some(mut bouncer) = self.bouncer.lock().unwrap().take() {
            bouncer.kill().ok();
            bouncer.wait().ok();
        }
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// A child is ended with the thread that started it, so that this one never ends by itself.
pub(crate) fn starter() -> Sender<(Command, Sender<Child>)> {
    let (start, started) = channel::<(Command, Sender<Child>)>();
    thread::spawn(move || {
        for (mut command, tell) in started {
            command.stdin(Stdio::null()).stdout(Stdio::null());
            let child = command.stderr(Stdio::null()).spawn().unwrap();
            tell.send(child).ok();
        }
    });
    start
}

/// Runs as nobody where we are root, which `PostgreSQL` refuses, and ends with its starter.
pub(crate) fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if is_root() {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    }
    command
        .arg(program)
        .current_dir("/")
        .env("LC_ALL", "C.UTF-8");
    command
}

pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// The newest `PostgreSQL` of Debian, whose programs are in no path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    let newest = folders
        .filter(|folder| folder.join("initdb").exists())
        .max();
    newest.filter(|_| Path::new("/usr/sbin/pgbouncer").exists())
}
