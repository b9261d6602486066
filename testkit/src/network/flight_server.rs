//! A server on a real socket that does to each request what the suite's world has decided.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use http::uri::Authority;
use http::{Request, Uri};
use sanspay_core::Limits;

use super::refusing::Refusing;
use crate::sandbox::Reply;
use crate::world::Flight;

/// What the server does with the next request.
struct Order {
    /// The first line that has to arrive, byte by byte.
    request_line: String,
    answer: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    KeepAlive,
    Close,
    /// Says nothing until the client gives up.
    BeSilent,
}

/// The server; it lives as long as the test's process.
#[derive(Clone)]
pub struct FlightServer {
    address: SocketAddr,
    nobody: Arc<Refusing>,
    orders: Arc<Mutex<VecDeque<Order>>>,
}

impl FlightServer {
    /// Starts it.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let orders = Arc::default();
        let server = Self {
            address,
            nobody: Arc::new(Refusing::new()),
            orders,
        };
        let serving = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(&stream));
            }
        });
        server
    }

    /// The same request, bound for this server, which will do what the flight says.
    pub fn redirect(&self, request: Request<Vec<u8>>, flight: &Flight) -> Request<Vec<u8>> {
        let target = request.uri().path_and_query().unwrap().to_string();
        let request_line = format!("{} {target} HTTP/1.1", request.method());
        let (answer, then) = match flight.reply() {
            _ if flight.is_late() => (Vec::new(), Then::BeSilent),
            Reply::Answer(response) => (written(response, 0), Then::KeepAlive),
            Reply::BrokenOff(response) => (written(response, 100), Then::Close),
            Reply::Lost | Reply::NotConnected => (Vec::new(), Then::Close),
        };
        let connected = !matches!(flight.reply(), Reply::NotConnected);
        if connected {
            self.orders.lock().unwrap().push_back(Order {
                request_line,
                answer,
                then,
            });
        }
        let address = if connected {
            self.address
        } else {
            self.nobody.address()
        };
        let (mut parts, body) = request.into_parts();
        let authority: Authority = address.to_string().parse().unwrap();
        parts.uri = Uri::builder()
            .scheme("http")
            .authority(authority)
            .path_and_query(target)
            .build()
            .unwrap();
        if flight.is_late() {
            // Virtual time does not pass on a socket: the transport gives up soon.
            let limits = parts.extensions.get_mut::<Limits>().unwrap();
            limits.time_left = Duration::from_millis(50);
        }
        Request::from_parts(parts, body)
    }

    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Ok(request_line) = read_request(&mut reader) {
            let order = self.orders.lock().unwrap().pop_front();
            let Some(order) = order.filter(|order| order.request_line == request_line) else {
                let _ = write!(&mut &*stream, "HTTP/1.1 418 Not What Was Sent\r\n\r\n");
                return;
            };
            let _ = (&mut &*stream).write_all(&order.answer);
            match order.then {
                Then::KeepAlive => {}
                Then::Close => return,
                Then::BeSilent => {
                    let _ = reader.read_to_end(&mut Vec::new());
                    return;
                }
            }
        }
    }
}

/// A response as it goes over the wire, with a length that promises `missing` bytes too many.
fn written(response: &http::Response<Vec<u8>>, missing: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status());
    for (name, value) in response.headers() {
        write!(head, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    write!(
        head,
        "content-length: {}\r\n\r\n",
        response.body().len() + missing
    )
    .unwrap();
    [head.as_bytes(), response.body()].concat()
}

/// Reads one whole request and yields its first line.
fn read_request(reader: &mut impl BufRead) -> io::Result<String> {
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if first.is_empty() {
            line.clone_into(&mut first);
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    Ok(first)
}
