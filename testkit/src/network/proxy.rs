//! A proxy on a loopback socket that does to requests what networks do.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::message::read_message;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The connection is reset before the request was read.
    Reset,
    /// The server acts on the request, and the connection is closed without an answer.
    AnswerLost,
    /// The server acts on the request, and nothing is ever said.
    Stall,
    /// The answer begins, and never goes on.
    StallInAnswer,
    /// The connection is closed in the middle of the answer.
    Truncate,
    /// The answer comes late.
    Delay(Duration),
    /// The answer is whole, and then the connection is closed without a warning.
    CloseAfter,
}

type Draw = dyn FnMut() -> Fault + Send;

/// The proxy; it lives as long as the test's process.
#[derive(Clone)]
pub struct Proxy {
    address: SocketAddr,
    upstream: SocketAddr,
    draw: Arc<Mutex<Box<Draw>>>,
    open: Arc<AtomicUsize>,
    hurt: Arc<AtomicUsize>,
}

impl Proxy {
    /// A proxy before `http://host:port`, which asks `draw` what happens to each request.
    pub fn start(
        listener: TcpListener,
        upstream: &str,
        draw: impl FnMut() -> Fault + Send + 'static,
    ) -> Self {
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            upstream: upstream.strip_prefix("http://").unwrap().parse().unwrap(),
            draw: Arc::new(Mutex::new(Box::new(draw))),
            open: Arc::default(),
            hurt: Arc::default(),
        };
        let serving = proxy.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                serving.open.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    // A connection that ends in the middle is what this is made for.
                    let _ = serving.serve(&stream);
                    drop(stream);
                    serving.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        proxy
    }

    /// Where it is.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections of the client are open, as soon as there are at most `most` of them.
    pub fn open_at_most(&self, most: usize) -> usize {
        eventually(|| self.open.load(Ordering::SeqCst), |open| *open <= most)
    }

    /// How many answers are kept back or cut and still awaited, as soon as there are none.
    pub fn hurt(&self) -> usize {
        eventually(|| self.hurt.load(Ordering::SeqCst), |hurt| *hurt == 0)
    }

    fn serve(&self, mut client: &TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let server = TcpStream::connect(self.upstream)?;
        server.set_nodelay(true)?;
        let mut from_client = BufReader::with_capacity(1, client);
        let mut from_server = BufReader::new(&server);
        loop {
            if client.peek(&mut [0])? == 0 {
                return Ok(());
            }
            let fault = (self.draw.lock().unwrap())();
            if fault == Fault::Reset {
                // Closing with unread bytes resets the connection.
                return Ok(());
            }
            let request = read_message(&mut from_client)?;
            (&server).write_all(&request)?;
            let answer = read_message(&mut from_server)?;
            if fault == Fault::None {
                client.write_all(&answer)?;
                continue;
            }
            self.hurt.fetch_add(1, Ordering::SeqCst);
            let goes_on = hurt(client, fault, &answer);
            self.hurt.fetch_sub(1, Ordering::SeqCst);
            if !goes_on? {
                return Ok(());
            }
        }
    }
}

/// Does to the answer what the fault does; whether the connection is still good.
fn hurt(mut client: &TcpStream, fault: Fault, answer: &[u8]) -> io::Result<bool> {
    let all_but_the_end = &answer[..answer.len() - 5];
    match fault {
        Fault::None | Fault::Reset | Fault::AnswerLost => {}
        Fault::Stall => until_closed(client)?,
        Fault::StallInAnswer => {
            client.write_all(all_but_the_end)?;
            until_closed(client)?;
        }
        Fault::Truncate => client.write_all(all_but_the_end)?,
        Fault::Delay(time) => {
            thread::sleep(time);
            client.write_all(answer)?;
            return Ok(true);
        }
        Fault::CloseAfter => {
            client.write_all(answer)?;
            client.shutdown(Shutdown::Write)?;
            // Some clients notice that at once and close their end too.
            client.set_read_timeout(Some(Duration::from_secs(1)))?;
            until_closed(client)?;
        }
    }
    Ok(false)
}

/// Waits until the client has had enough.
fn until_closed(mut client: &TcpStream) -> io::Result<()> {
    client.read_to_end(&mut Vec::new()).map(drop)
}

/// Looks until it is so, for at most ten seconds, and yields what was seen last.
pub fn eventually<T>(look: impl Fn() -> T, so: impl Fn(&T) -> bool) -> T {
    let begin = Instant::now();
    loop {
        let seen = look();
        if so(&seen) || begin.elapsed() > Duration::from_secs(10) {
            return seen;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
