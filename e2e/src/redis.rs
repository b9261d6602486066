//! A Redis from a temporary folder, on a socket of the file system.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::database::{STORES_REQUIRED, is_root, starter, unprivileged};

const PROGRAM: &str = "/usr/bin/redis-server";

/// A Redis that keeps nothing on a disk. It ends with the process that started it.
pub struct Redis {
    folder: PathBuf,
    server: Mutex<Option<Child>>,
    start: Mutex<Sender<(Command, Sender<Child>)>>,
}

impl Redis {
    /// Starts it; `None`, and says so, where it is not installed.
    pub fn start() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        if !Path::new(PROGRAM).exists() {
            assert!(
                std::env::var_os(STORES_REQUIRED).is_none(),
                "{STORES_REQUIRED} is set and Redis is missing"
            );
            eprintln!("skipped: Redis is not installed");
            return None;
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sanspay-redis-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        if is_root() {
            let mut chown = Command::new("chown");
            assert!(chown.arg("nobody").arg(&folder).status().unwrap().success());
        }
        let redis = Self {
            folder,
            server: Mutex::new(None),
            start: Mutex::new(starter()),
        };
        redis.run();
        Some(redis)
    }

    /// The address for a client.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Starts it again after [`kill`](Redis::kill), with nothing in it.
    pub fn run(&self) {
        let mut command = unprivileged(Path::new(PROGRAM));
        command.args(["--port", "0", "--save", "", "--appendonly", "no"]);
        command.arg("--unixsocket").arg(self.socket());
        command.args(["--unixsocketperm", "777"]);
        command.arg("--dir").arg(&self.folder);
        let (tell, told) = channel();
        self.start.lock().unwrap().send((command, tell)).unwrap();
        *self.server.lock().unwrap() = Some(told.recv().unwrap());
        let deadline = Instant::now() + Duration::from_secs(30);
        while UnixStream::connect(self.socket()).is_err() {
            assert!(Instant::now() < deadline, "Redis does not answer");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it as a crash does.
    pub fn kill(&self) {
        if let Some(mut server) = self.server.lock().unwrap().take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
        fs::remove_file(self.socket()).ok();
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        fs::remove_dir_all(&self.folder).ok();
    }
}
