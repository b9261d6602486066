//! Examines a connection to the partner API: carries out the probes of
//! [`sanspay_tls::doctor`], which decides everything.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use sanspay_core::Error;
use sanspay_tls::TlsConfig;
use sanspay_tls::doctor::{Diagnosis, Doctor, Found, Handshake, Knock, PATIENCE, Probe};

use crate::client::Client;
use crate::transport::ureq::UreqTransport;

/// Examines a connection to the partner API and everything that it needs, in order. It takes at most
/// about a minute, and sends the provider nothing but a `GET` of the base URL and, with credentials,
/// a request for a token.
///
/// ```
/// use sanspay_blocking::{Doctor, examine};
/// let doctor = Doctor::new("https://127.0.0.1:1").client_certificate("not PEM", "neither");
/// let diagnosis = examine(&doctor);
/// println!("{diagnosis}");
/// assert!(diagnosis.sentence().contains("PEM"));
/// ```
pub fn examine(doctor: &Doctor) -> Diagnosis {
    let mut examination = doctor.examination(SystemTime::now());
    while let Some(probe) = examination.next() {
        let Some(found) = carry_out(doctor, probe) else {
            break;
        };
        examination.accept(SystemTime::now(), found);
    }
    examination.finish()
}

/// `None` for a probe that is newer than this adapter.
fn carry_out(doctor: &Doctor, probe: Probe) -> Option<Found> {
    Some(match probe {
        Probe::Resolve { host, port } => {
            let addresses = (host.as_str(), port).to_socket_addrs();
            Found::Addresses(addresses.into_iter().flatten().collect())
        }
        Probe::Connect(addresses) => Found::Connected(
            addresses
                .into_iter()
                .find(|address: &SocketAddr| TcpStream::connect_timeout(address, PATIENCE).is_ok()),
        ),
        Probe::Handshake { address, name, tls } => Found::Handshake(handshake(address, name, &tls)),
        Probe::Knock(tls) => {
            Found::Answer(client(doctor, tls).and_then(|client| client.call(Knock)))
        }
        Probe::Token(tls, fetch) => {
            let token = client(doctor, tls).and_then(|client| client.call(fetch));
            Found::Token(token.map(drop))
        }
        _ => return None,
    })
}

fn client(doctor: &Doctor, tls: TlsConfig) -> Result<Client, Error> {
    Ok(Client::new(doctor.session()?, UreqTransport::new(tls)))
}

/// Makes one TLS connection.
fn handshake(
    address: SocketAddr,
    name: ServerName<'static>,
    tls: &TlsConfig,
) -> io::Result<Handshake> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let connection = ClientConnection::new(Arc::clone(tls.rustls()), name);
    let mut connection = connection.map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(Handshake::of(&connection))
}
