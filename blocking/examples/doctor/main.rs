//! Says why a connection to the partner API fails, and what to do; and what the messages of a
//! checkout installation prove.
//! `cargo run --example doctor -- --base-url https://… --cert client.pem --key client.key --ca ca.pem`
//! `cargo run --example doctor -- --checkout-url https://pay.shop.example`
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::process::ExitCode;

use sanspay_blocking::{CheckoutDoctor, Doctor, TlsConfig};

const USAGE: &str =
    "usage: doctor --base-url URL [--cert FILE --key FILE | --pkcs12 FILE] [--ca FILE]

  --base-url  the API, such as https://api.example.com
  --cert      the client certificate with its chain, PEM
  --key       its private key, PEM
  --pkcs12    both in one file (.p12, .pfx)
  --ca        the CA that the server's certificate is checked against; Mozilla's without it

or: doctor --checkout-url URL [--ca FILE]

  --checkout-url  a checkout installation, such as https://pay.shop.example: whether its messages
                  prove anything, and what to block at its web server

For the token exchange set SANSPAY_KEY_ID and SANSPAY_KEY_SECRET in the environment, and for a key
or a file with a password SANSPAY_KEY_PASSWORD: other users of this machine cannot read them there.
Nothing secret is printed.";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let examined = match Arguments::read() {
        Some(arguments) => examine(arguments)?,
        None => None,
    };
    let Some((report, is_healthy)) = examined else {
        println!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    println!("{report}");
    Ok(ExitCode::from(u8::from(!is_healthy)))
}

#[derive(Default)]
struct Arguments {
    base_url: Option<String>,
    checkout_url: Option<String>,
    cert: Option<String>,
    key: Option<String>,
    pkcs12: Option<String>,
    ca: Option<String>,
}

impl Arguments {
    /// `None` where the command line is not understood.
    fn read() -> Option<Self> {
        let mut read = Self::default();
        let mut arguments = env::args().skip(1);
        while let Some(name) = arguments.next() {
            let place = match name.as_str() {
                "--base-url" => &mut read.base_url,
                "--checkout-url" => &mut read.checkout_url,
                "--cert" => &mut read.cert,
                "--key" => &mut read.key,
                "--pkcs12" => &mut read.pkcs12,
                "--ca" => &mut read.ca,
                _ => return None,
            };
            *place = Some(arguments.next()?);
        }
        Some(read)
    }
}

/// The report, and whether nothing is bad; `None` where the arguments do not go together.
fn examine(arguments: Arguments) -> Result<Option<(String, bool)>, Box<dyn Error>> {
    let mut tls = TlsConfig::builder();
    if let Some(ca) = arguments.ca {
        tls = tls.ca_file(ca);
    }
    let password = env::var("SANSPAY_KEY_PASSWORD");
    let has_client = match (arguments.cert, arguments.key, arguments.pkcs12) {
        (None, None, None) => false,
        (Some(cert), Some(key), None) => {
            tls = tls.client_certificate_files(cert, key);
            if let Ok(password) = password {
                tls = tls.key_password(password);
            }
            true
        }
        (None, None, Some(file)) => {
            tls = tls.pkcs12_file(file, password.unwrap_or_default());
            true
        }
        _ => return Ok(None),
    };
    match (arguments.base_url, arguments.checkout_url) {
        (Some(base_url), None) => {
            let mut doctor = Doctor::new(base_url).tls(tls);
            if let (Ok(id), Ok(secret)) =
                (env::var("SANSPAY_KEY_ID"), env::var("SANSPAY_KEY_SECRET"))
            {
                doctor = doctor.credentials(id, secret);
            }
            let diagnosis = doctor.examine();
            Ok(Some((diagnosis.to_string(), diagnosis.is_healthy())))
        }
        (None, Some(url)) if !has_client => {
            let diagnosis = CheckoutDoctor::new(url).tls(tls.build()?).examine()?;
            Ok(Some((diagnosis.to_string(), diagnosis.is_healthy())))
        }
        _ => Ok(None),
    }
}
