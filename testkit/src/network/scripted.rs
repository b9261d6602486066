//! A server on a real socket that gives one answer after the other.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};

/// A server that gives prepared answers in their order. Clones share it.
#[derive(Clone)]
pub struct ScriptedServer {
    address: SocketAddr,
    answers: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl ScriptedServer {
    /// Listens on a free port of the loopback address.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Arc<Mutex<VecDeque<Vec<u8>>>> = Arc::default();
        let to_give = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                read_request(&stream);
                let answer = to_give.lock().unwrap().pop_front().unwrap();
                stream.write_all(&answer).unwrap();
            }
        });
        Self { address, answers }
    }

    /// Has this answer given to the next request, and sends that one to this server.
    pub fn redirect(
        &self,
        mut request: Request<Vec<u8>>,
        answer: &Response<Vec<u8>>,
    ) -> Request<Vec<u8>> {
        self.answers.lock().unwrap().push_back(written(answer));
        let mut parts = request.uri().clone().into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(Authority::try_from(self.address.to_string()).unwrap());
        *request.uri_mut() = Uri::from_parts(parts).unwrap();
        request
    }
}

fn read_request(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
}

fn written(answer: &Response<Vec<u8>>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {} -\r\n", answer.status().as_u16()).into_bytes();
    for (name, value) in answer.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let length = answer.body().len();
    bytes.extend(format!("content-length: {length}\r\nconnection: close\r\n\r\n").bytes());
    bytes.extend(answer.body());
    bytes
}

/// An answer with a record and more headers than most servers send.
pub fn many_headers(record: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(record.into());
    for number in 0..120 {
        let name = http::HeaderName::try_from(format!("x-trace-{number}")).unwrap();
        response.headers_mut().insert(name, number.into());
    }
    response
}
