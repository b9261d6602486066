//! Says why a connection to the partner API fails, and what to do.
//! `cargo run --example doctor -- --base-url https://… --cert client.pem --key client.key --ca ca.pem`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::process::ExitCode;
use std::{env, fs};

use sanspay_blocking::Doctor;

const USAGE: &str = "usage: doctor --base-url URL [--cert FILE --key FILE] [--ca FILE]

  --base-url  the API, such as https://api.example.com
  --cert      the client certificate with its chain, PEM
  --key       its private key, PEM, not encrypted
  --ca        the CA that the server's certificate is checked against; Mozilla's without it

For the token exchange set SANSPAY_KEY_ID and SANSPAY_KEY_SECRET in the environment, where other
users of this machine cannot read them. Nothing secret is printed.";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(doctor) = doctor()? else {
        println!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    let diagnosis = doctor.examine();
    println!("{diagnosis}");
    Ok(ExitCode::from(u8::from(!diagnosis.is_healthy())))
}

/// From the command line; `None` where that is not understood.
fn doctor() -> Result<Option<Doctor>, Box<dyn Error>> {
    let (mut base_url, mut cert, mut key, mut ca) = (None, None, None, None);
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let place = match name.as_str() {
            "--base-url" => &mut base_url,
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
    let Some(base_url) = base_url else {
        return Ok(None);
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
    Ok(Some(doctor))
}

fn read(path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    fs::read(path).map_err(|error| format!("{path}: {error}").into())
}
