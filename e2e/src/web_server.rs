//! A real NGINX or Apache in front of a checkout installation, with the lines that the doctor gives.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sanspay_core::checkout::doctor::{APACHE_SNIPPET, NGINX_SNIPPET};

use crate::nginx::{self, Nginx};

/// With this in the environment a missing Apache fails the tests.
pub const APACHE_REQUIRED: &str = "SANSPAY_REQUIRE_APACHE";

/// Where Debian has Apache's modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// How long a server may take to start; a busy machine needs a second.
const START_PATIENCE: Duration = Duration::from_secs(20);

/// Which web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebServerKind {
    /// NGINX.
    Nginx,
    /// Apache.
    Apache,
}

impl WebServerKind {
    /// Those that can be had here.
    pub fn installed() -> Vec<Self> {
        let mut kinds = Vec::new();
        if Nginx::is_installed() {
            kinds.push(Self::Nginx);
        }
        if apache().is_some() {
            kinds.push(Self::Apache);
        } else {
            assert!(
                std::env::var_os(APACHE_REQUIRED).is_none(),
                "{APACHE_REQUIRED} is set and there is no apache2"
            );
            eprintln!("skipped: no apache2 is installed, so its lines are not tested");
        }
        kinds
    }
}

/// A web server that runs before an installation. Dropping it stops it and removes its folder.
pub struct WebServer {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
    kind: WebServerKind,
}

impl WebServer {
    /// Starts it before `upstream`, with or without the doctor's lines. As installations do, it
    /// leads every path of the API to one file; the path as it was sent goes along in a header.
    pub fn start(kind: WebServerKind, upstream: SocketAddr, blocks: bool) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sanspay-web-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let child = match kind {
            WebServerKind::Nginx => start_nginx(&folder, listener, upstream, blocks),
            WebServerKind::Apache => {
                // Apache inherits no listener, so for a moment the port is nobody's.
                drop(listener);
                start_apache(&folder, address, upstream, blocks)
            }
        };
        let mut server = Self {
            child,
            folder,
            address,
            kind,
        };
        server.wait_until_it_answers();
        server
    }

    fn wait_until_it_answers(&mut self) {
        let began = Instant::now();
        let pid = match self.kind {
            WebServerKind::Nginx => "nginx.pid",
            WebServerKind::Apache => "apache.pid",
        };
        while !self.folder.join(pid).exists() || TcpStream::connect(self.address).is_err() {
            let ended = self.child.try_wait().unwrap();
            let log = fs::read_to_string(self.folder.join("error.log")).unwrap_or_default();
            let late = began.elapsed() > START_PATIENCE;
            assert!(ended.is_none() && !late, "{:?}: {ended:?} {log}", self.kind);
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        let stopped = match self.kind {
            WebServerKind::Nginx => nginx::command(&self.folder).args(["-s", "stop"]).status(),
            WebServerKind::Apache => apache_command(&self.folder).args(["-k", "stop"]).status(),
        };
        if stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn start_nginx(folder: &Path, listener: TcpListener, upstream: SocketAddr, blocks: bool) -> Child {
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let (paths, snippet) = (
        nginx::temporary_paths(),
        if blocks { NGINX_SNIPPET } else { "" },
    );
    let conf = format!(
        "daemon off; worker_processes 1; pid nginx.pid;
events {{ worker_connections 64; }}
http {{
  {paths}
  access_log off;
  server {{
    listen {address};
{snippet}
    rewrite ^/api/ /api/index.php break;
    location / {{
      proxy_pass http://{upstream};
      proxy_set_header X-Request-Uri $request_uri;
    }}
  }}
}}
"
    );
    fs::write(folder.join("nginx.conf"), conf).unwrap();
    // Standard input is a descriptor that a child can be given without unsafe code.
    nginx::command(folder)
        .env("NGINX", "0;")
        .stdin(OwnedFd::from(listener))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn apache() -> Option<PathBuf> {
    let file = PathBuf::from("/usr/sbin/apache2");
    file.is_file().then_some(file)
}

fn apache_command(folder: &Path) -> Command {
    let mut command = Command::new(apache().expect("apache2"));
    command
        .arg("-f")
        .arg(folder.join("apache.conf"))
        .stdout(Stdio::null())
        // Before it has read where its log is, it complains here.
        .stderr(fs::File::create(folder.join("error.log")).unwrap());
    command
}

fn start_apache(folder: &Path, address: SocketAddr, upstream: SocketAddr, blocks: bool) -> Child {
    let snippet = if blocks { APACHE_SNIPPET } else { "" };
    let mut modules = String::new();
    for name in [
        "mpm_event",
        "authz_core",
        "headers",
        "proxy",
        "proxy_http",
        "rewrite",
    ] {
        writeln!(modules, "LoadModule {name}_module {MODULES}/mod_{name}.so").unwrap();
    }
    let root = folder.display();
    let conf = format!(
        "{modules}
ServerRoot {root}
DefaultRuntimeDir {root}
PidFile apache.pid
ErrorLog error.log
ServerName localhost
# Started by root, it serves as somebody else; started by anybody else, it ignores these two.
User www-data
Group www-data
Listen {address}
<VirtualHost {address}>
  RewriteEngine on
  RewriteRule ^/api/ http://{upstream}/api/index.php [P]
  ProxyPass / http://{upstream}/
  RequestHeader set X-Request-Uri \"expr=%{{THE_REQUEST}}\"
{snippet}
</VirtualHost>
"
    );
    fs::write(folder.join("apache.conf"), conf).unwrap();
    apache_command(folder)
        .arg("-DFOREGROUND")
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}
