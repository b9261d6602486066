//! A real NGINX as the platform has it in front, unprivileged and from a temporary folder.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::front::{Setup, Versions};

/// With this in the environment a missing NGINX fails the tests.
pub const NGINX_REQUIRED: &str = "SANSPAY_REQUIRE_NGINX";

/// How long it may take to log what it has answered; a busy machine needs milliseconds.
const LOG_PATIENCE: Duration = Duration::from_secs(20);

/// An NGINX that runs. Dropping it stops it and removes its folder.
pub struct Nginx {
    child: Child,
    folder: PathBuf,
    tls: SocketAddr,
    plain: SocketAddr,
}

impl Nginx {
    /// Whether there is an NGINX; says so where there is none, and panics where one is required.
    pub fn is_installed() -> bool {
        let found = binary().is_some();
        if !found {
            assert!(
                std::env::var_os(NGINX_REQUIRED).is_none(),
                "{NGINX_REQUIRED} is set and there is no nginx"
            );
            eprintln!("skipped: no nginx is installed, so only the sandbox's own TLS is tested");
        }
        found
    }

    /// Starts it in front of `upstream`.
    pub fn start(setup: &Setup, upstream: SocketAddr) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("sanspay-nginx-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        // Bound here and inherited there, so that no other process can take the ports meanwhile.
        let [tls_listener, plain_listener] = [0; 2].map(|port| {
            let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
            listener.set_nonblocking(true).unwrap();
            listener
        });
        let tls = tls_listener.local_addr().unwrap();
        let plain = plain_listener.local_addr().unwrap();
        write_files(&folder, setup, upstream, tls, plain);
        // Standard input and output are descriptors that a child can be given without unsafe code.
        let mut child = command(&folder)
            .env("NGINX", "0;1;")
            .stdin(OwnedFd::from(tls_listener))
            .stdout(OwnedFd::from(plain_listener))
            .spawn()
            .unwrap();
        // It answers from here on, but can be stopped only once it has written its number.
        while !folder.join("nginx.pid").exists() {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "nginx did not start: {ended:?}");
            thread::sleep(Duration::from_millis(2));
        }
        Self {
            child,
            folder,
            tls,
            plain,
        }
    }

    /// Where it speaks TLS.
    pub fn tls_address(&self) -> SocketAddr {
        self.tls
    }

    /// Where it speaks plain HTTP.
    pub fn plain_address(&self) -> SocketAddr {
        self.plain
    }

    /// What it logged: one line for each request, of words that [`Nginx::LOG_FORMAT`] names.
    ///
    /// NGINX answers a request before it logs it, so this waits until all `requests` are there,
    /// and panics where they never come. More than these are returned as well.
    pub fn log(&self, requests: usize) -> Vec<Vec<String>> {
        let began = Instant::now();
        loop {
            let log = fs::read_to_string(self.folder.join("access.log")).unwrap_or_default();
            // A line without its end is still being written.
            let whole = log.rfind('\n').map_or("", |end| &log[..end]);
            let lines: Vec<Vec<String>> = whole
                .lines()
                .map(|line: &str| line.split(' ').map(str::to_owned).collect())
                .collect();
            if lines.len() >= requests {
                return lines;
            }
            assert!(
                began.elapsed() < LOG_PATIENCE,
                "nginx logged {} of {requests} requests",
                lines.len()
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The connection's number, the request's number on it, whether the TLS session was resumed,
    /// the result of the client certificate, its fingerprint, the status.
    pub const LOG_FORMAT: &str = "$connection $connection_requests $ssl_session_reused \
         $ssl_client_verify $ssl_client_fingerprint $status";
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed by force it would leave its worker behind.
        if command(&self.folder)
            .args(["-s", "stop"])
            .status()
            .is_ok_and(|s| s.success())
        {
            let _ = self.child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(binary().expect("nginx"));
    command
        .args(["-e", "error.log", "-c", "nginx.conf", "-p"])
        .arg(folder)
        .stderr(Stdio::null());
    command
}

fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    let folders = std::env::split_paths(&path).chain(usual);
    folders
        .map(|folder| folder.join("nginx"))
        .find(|file| file.is_file())
}

/// Its temporary files, in its own folder.
pub(crate) fn temporary_paths() -> String {
    let mut paths = String::new();
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        write!(paths, "{name}_temp_path {name}; ").unwrap();
    }
    paths
}

fn write_files(
    folder: &Path,
    setup: &Setup,
    upstream: SocketAddr,
    tls: SocketAddr,
    plain: SocketAddr,
) {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("server.pem", &setup.server.chain);
    write("server.key", &setup.server.key);
    let mut verify = String::new();
    if let Some(ca) = &setup.client_ca {
        write("client-ca.pem", ca);
        verify.push_str("ssl_client_certificate client-ca.pem; ssl_verify_client on;");
    }
    let versions = match setup.versions {
        Versions::Both => "TLSv1.2 TLSv1.3",
        Versions::Tls12 => "TLSv1.2",
    };
    let paths = temporary_paths();
    let format = Nginx::LOG_FORMAT;
    write(
        "nginx.conf",
        &format!(
            "daemon off; worker_processes 1; pid nginx.pid;
events {{ worker_connections 1024; }}
http {{
  {paths}
  log_format tls '{format}';
  access_log access.log tls;
  upstream platform {{ server {upstream}; keepalive 64; }}
  proxy_http_version 1.1;
  proxy_set_header Connection '';
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-SSL-Client-Verify $ssl_client_verify;
  proxy_set_header X-SSL-Client-Fingerprint $ssl_client_fingerprint;
  server {{
    listen {tls} ssl;
    ssl_certificate server.pem; ssl_certificate_key server.key;
    ssl_protocols {versions};
    {verify}
    location / {{ proxy_pass http://platform; }}
  }}
  server {{
    listen {plain};
    location / {{ proxy_pass http://platform; }}
  }}
}}
"
        ),
    );
}
