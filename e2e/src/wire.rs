//! A server's end of a connection, with TLS around it or without.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;

use rustls::{AlertDescription, ServerConnection, StreamOwned};

use crate::alert;
use crate::server::{End, finish};
use crate::tls::Speaks;

pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    /// Takes the connection over, and does the handshake where there is one.
    pub(crate) fn accept(speaks: &Speaks, mut stream: TcpStream) -> io::Result<BufReader<Self>> {
        let config = match speaks {
            Speaks::Plain => return Ok(BufReader::new(Self::Plain(stream))),
            Speaks::Tls(config) => config,
        };
        let mut conn = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        while conn.is_handshaking() {
            if let Err(error) = conn.complete_io(&mut stream) {
                // The alert is still to be said.
                let _ = conn.write_tls(&mut stream);
                return finish(&stream, End::Fin).and(Err(error));
            }
        }
        let stream = StreamOwned::new(conn, stream);
        Ok(BufReader::new(Self::Tls(Box::new(stream))))
    }

    /// `close_notify`, where there is TLS.
    pub(crate) fn say_goodbye(&mut self) -> io::Result<()> {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            stream.flush()?;
        }
        Ok(())
    }

    /// Ends the connection with an alert, encrypted with its own keys.
    pub(crate) fn end_with(self, alert: AlertDescription) -> io::Result<()> {
        match self {
            Self::Plain(stream) => finish(&stream, End::Fin),
            Self::Tls(stream) => {
                let (conn, mut stream) = stream.into_parts();
                stream.write_all(&alert::record(conn, alert))?;
                finish(&stream, End::Fin)
            }
        }
    }
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
