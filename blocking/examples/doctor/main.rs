//! Says why a connection to the partner API fails, and what to do; and what the messages of a
//! checkout installation prove.
//! `cargo run --example doctor -- --base-url https://… --cert client.pem --key client.key --ca ca.pem`
//! `cargo run --example doctor -- --checkout-url https://pay.shop.example`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::process::ExitCode;
use std::{env, fs};

use sanspay_blocking::{CheckoutDoctor, Doctor, TlsConfig};

const USAGE: &str = "usage: doctor --base-url URL [--cert FILE --key FILE] [--ca FILE]

  --base-url  the API, such as https://api.example.com
  --cert      the client certificate with its chain, PEM
  --key       its private key, PEM, not encrypted
  --ca        the CA that the server's certificate is checked against; Mozilla's without it

or: doctor --checkout-url URL [--ca FILE]

  --checkout-url  a checkout installation, such as https://pay.shop.example: whether its messages
                  prove anything, and what to block at its web server

For the token exchange set SANSPAY_KEY_ID and SANSPAY_KEY_SECRET in the environment, where other
users of this machine cannot read them. Nothing secret is printed.";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some((report, is_healthy)) = examine()? else {
        println!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    println!("{report}");
    Ok(ExitCode::from(u8::from(!is_healthy)))
}

/// Examines what the command line names; `None` where that is not understood.
fn examine() -> Result<Option<(String, bool)>, Box<dyn Error>> {
    let (mut base_url, mut checkout, mut cert, mut key, mut ca) = (None, None, None, None, None);
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let place = match name.as_str() {
            "--base-url" => &mut base_url,
            "--checkout-url" => &mut checkout,
            "--cert" => &mut cert,
            "--key" => &mut key,
            "--ca" => &mut ca,
            _ => return Ok(None),
        };
        *place = arguments.next();
        if place.is_none() {
            return Ok(None);
        }
    }
    let base_url = match (base_url, checkout) {
        (Some(base_url), None) => base_url,
        (None, Some(url)) if cert.is_none() && key.is_none() => {
            let mut doctor = CheckoutDoctor::new(url);
            if let Some(ca) = ca {
                doctor = doctor.tls(TlsConfig::builder().ca(read(&ca)?).build()?);
            }
            let diagnosis = doctor.examine()?;
            return Ok(Some((diagnosis.to_string(), diagnosis.is_healthy())));
        }
        _ => return Ok(None),
    };
    let mut doctor = Doctor::new(base_url);
    match (cert, key) {
        (Some(cert), Some(key)) => {
            doctor = doctor.client_certificate(read(&cert)?, String::from_utf8(read(&key)?)?);
        }
        (None, None) => {}
        _ => return Ok(None),
    }
    if let Some(ca) = ca {
        doctor = doctor.ca(read(&ca)?);
    }
    if let (Ok(id), Ok(secret)) = (env::var("SANSPAY_KEY_ID"), env::var("SANSPAY_KEY_SECRET")) {
        doctor = doctor.credentials(id, secret);
    }
    let diagnosis = doctor.examine();
    Ok(Some((diagnosis.to_string(), diagnosis.is_healthy())))
}

fn read(path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    fs::read(path).map_err(|error| format!("{path}: {error}").into())
}
