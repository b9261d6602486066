//! Examines a connection to the partner API: carries out the probes of
//! [`sanspay_tls::doctor`], which decides everything.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use sanspay_core::Error;
use sanspay_tls::TlsConfig;
use sanspay_tls::doctor::{Diagnosis, Doctor, Found, Handshake, Knock, PATIENCE, Probe};
use sanspay_tls::rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time;
use tokio_rustls::TlsConnector;

use crate::client::Client;
use crate::transport::reqwest::ReqwestTransport;

/// Examines a connection to the partner API and everything that it needs, in order. It takes at most
/// about a minute, and sends the provider nothing but a `GET` of the base URL and, with credentials,
/// a request for a token.
///
/// ```
/// use sanspay_async::{Doctor, examine};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let doctor = Doctor::new("https://127.0.0.1:1").client_certificate("not PEM", "neither");
/// let diagnosis = examine(&doctor).await;
/// println!("{diagnosis}");
/// assert!(diagnosis.sentence().contains("PEM"));
/// # }
/// ```
pub async fn examine(doctor: &Doctor) -> Diagnosis {
    let mut examination = doctor.examination(SystemTime::now());
    while let Some(probe) = examination.next() {
        let Some(found) = carry_out(doctor, probe).await else {
            break;
        };
        examination.accept(SystemTime::now(), found);
    }
    examination.finish()
}

/// `None` for a probe that is newer than this adapter.
async fn carry_out(doctor: &Doctor, probe: Probe) -> Option<Found> {
    Some(match probe {
        Probe::Resolve { host, port } => {
            let addresses = time::timeout(PATIENCE, lookup_host((host, port))).await;
            let addresses = addresses.ok().and_then(Result::ok);
            Found::Addresses(addresses.into_iter().flatten().collect())
        }
        Probe::Connect(addresses) => Found::Connected(first_that_answers(addresses).await),
        Probe::Handshake { address, name, tls } => {
            let handshake = time::timeout(PATIENCE, handshake(address, name, &tls)).await;
            Found::Handshake(handshake.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())))
        }
        Probe::Knock(tls) => Found::Answer(match client(doctor, tls) {
            Ok(client) => client.call(Knock).await,
            Err(error) => Err(error),
        }),
        Probe::Token(tls, fetch) => Found::Token(match client(doctor, tls) {
            Ok(client) => client.call(fetch).await.map(drop),
            Err(error) => Err(error),
        }),
        _ => return None,
    })
}

fn client(doctor: &Doctor, tls: TlsConfig) -> Result<Client, Error> {
    Ok(Client::new(doctor.session()?, ReqwestTransport::new(tls)?))
}

async fn first_that_answers(addresses: Vec<SocketAddr>) -> Option<SocketAddr> {
    for address in addresses {
        if let Ok(Ok(_)) = time::timeout(PATIENCE, TcpStream::connect(address)).await {
            return Some(address);
        }
    }
    None
}

/// Makes one TLS connection.
async fn handshake(
    address: SocketAddr,
    name: ServerName<'static>,
    tls: &TlsConfig,
) -> io::Result<Handshake> {
    let stream = TcpStream::connect(address).await?;
    let connector = TlsConnector::from(Arc::clone(tls.rustls()));
    let stream = connector.connect(name, stream).await?;
    Ok(Handshake::of(stream.get_ref().1))
}
