//! A relay between a client and a server that has no keys: it can only pass on, drop, add and end.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::server::{End, PayoutServer, finish};
use crate::tally::Tally;

/// Longer than any server works.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the relay does to one connection.
#[derive(Debug, Clone)]
pub enum Meddling {
    /// Nothing.
    None,
    /// Puts this in place of the first that the server says, and goes on with nothing.
    FirstWords(Vec<u8>),
    /// Keeps back the first that the server says, for so long.
    Delay(Duration),
    /// Once the server has executed: puts this in place of all that it says, and ends.
    Answer(Vec<u8>, End),
    /// Once the server has executed: says this before what it says.
    BeforeAnswer(Vec<u8>),
    /// Once the server has executed: flips this bit of this byte of what it says.
    FlipInAnswer(usize, u8),
    /// Once the server has executed: passes on so many bytes of what it says, and ends.
    CutAnswer(usize, End),
    /// Once the server has executed: says this to the server.
    ToServer(Vec<u8>),
}

type Plan = dyn Fn(usize) -> Meddling + Send + Sync;

/// The relay; it lives as long as the test's process.
pub struct Relay {
    address: SocketAddr,
}

/// What one connection needs.
struct Passing {
    client: TcpStream,
    server: TcpStream,
    meddling: Meddling,
    tally: Tally,
    /// How much had been executed before.
    before: usize,
}

impl Relay {
    /// A relay that does the same to every connection.
    pub fn start(server: &PayoutServer, meddling: Meddling) -> Self {
        Self::with(server, move |_| meddling.clone())
    }

    /// A relay that asks for each connection, by what had been executed before, what to do.
    pub fn with(
        server: &PayoutServer,
        plan: impl Fn(usize) -> Meddling + Send + Sync + 'static,
    ) -> Self {
        Self::before(server.address(), server.tally(), plan)
    }

    /// The same before any server whose executions are counted.
    pub fn before(
        upstream: SocketAddr,
        tally: &Tally,
        plan: impl Fn(usize) -> Meddling + Send + Sync + 'static,
    ) -> Self {
        let tally = tally.clone();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let plan: Arc<Plan> = Arc::new(plan);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let before = tally.executed();
                let passing = TcpStream::connect(upstream).map(|server| Passing {
                    client,
                    server,
                    meddling: plan(before),
                    tally: tally.clone(),
                    before,
                });
                // A connection that ends in the middle is what this is made for.
                thread::spawn(move || drop(passing.map(Passing::serve)));
            }
        });
        Self { address }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Passing {
    fn serve(self) -> io::Result<()> {
        self.client.set_nodelay(true)?;
        self.server.set_nodelay(true)?;
        let (from, to) = (self.client.try_clone()?, self.server.try_clone()?);
        let there = thread::spawn(move || {
            let _ = pass(&from, &to);
            to.shutdown(Shutdown::Write)
        });
        if let Meddling::ToServer(bytes) = &self.meddling {
            let (tally, least) = (self.tally.clone(), self.before + 1);
            let (mut server, bytes) = (self.server.try_clone()?, bytes.clone());
            thread::spawn(move || {
                let executed = tally.wait_for(least, PATIENCE);
                if executed {
                    server.write_all(&bytes)
                } else {
                    Ok(())
                }
            });
        }
        let back = self.pass_back();
        // A whole shutdown would say FIN before the reset.
        let whole = self.ends() != Some(End::Reset);
        let _ = self.client.shutdown(if whole {
            Shutdown::Both
        } else {
            Shutdown::Read
        });
        self.server.shutdown(Shutdown::Both)?;
        let _ = there.join();
        back
    }

    /// How the meddling ends the connection, if it does.
    fn ends(&self) -> Option<End> {
        match &self.meddling {
            Meddling::Answer(_, end) | Meddling::CutAnswer(_, end) => Some(*end),
            _ => None,
        }
    }

    fn pass_back(&self) -> io::Result<()> {
        let mut server = &self.server;
        let mut client = &self.client;
        let mut buffer = vec![0; 64 * 1024];
        let mut is_first = true;
        loop {
            let amount = server.read(&mut buffer)?;
            if amount == 0 {
                return Ok(());
            }
            let said = &mut buffer[..amount];
            let is_answer = self.tally.executed() > self.before;
            match &self.meddling {
                Meddling::FirstWords(other) if is_first => {
                    client.write_all(other)?;
                    return finish(client, End::Fin);
                }
                Meddling::Delay(time) if is_first => {
                    thread::sleep(*time);
                    client.write_all(said)?;
                }
                Meddling::Answer(other, end) if is_answer => {
                    client.write_all(other)?;
                    return finish(client, *end);
                }
                Meddling::BeforeAnswer(other) if is_answer => {
                    client.write_all(other)?;
                    client.write_all(said)?;
                    io::copy(&mut server, &mut client)?;
                    return Ok(());
                }
                Meddling::FlipInAnswer(at, bit) if is_answer => {
                    said[at % amount] ^= 1 << (bit % 8);
                    client.write_all(said)?;
                    io::copy(&mut server, &mut client)?;
                    return Ok(());
                }
                Meddling::CutAnswer(most, end) if is_answer => {
                    client.write_all(&said[..(*most).min(amount)])?;
                    return finish(client, *end);
                }
                _ => client.write_all(said)?,
            }
            is_first = false;
        }
    }
}

fn pass(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<u64> {
    io::copy(&mut from, &mut to)
}
