//! Says why a connection to the partner API fails, and what to do; and what the messages of a
//! checkout installation prove.
//! `cargo run --example doctor -- --base-url https://… --cert client.pem --key client.key --ca ca.pem`
//! `cargo run --example doctor -- --checkout-url https://pay.shop.example`
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use sanspay_blocking::{Doctor, TlsConfig, UreqTransport};
use sanspay_core::checkout::doctor::CheckoutDoctor;

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
        Ok(arguments) => examine(arguments)?,
        Err(error) => {
            println!("{error}");
            None
        }
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
    cert: Option<OsString>,
    key: Option<OsString>,
    pkcs12: Option<OsString>,
    ca: Option<OsString>,
}

impl Arguments {
    fn read() -> Result<Self, lexopt::Error> {
        let mut read = Self::default();
        let mut arguments = Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("base-url") => read.base_url = Some(arguments.value()?.parse()?),
                Arg::Long("checkout-url") => read.checkout_url = Some(arguments.value()?.parse()?),
                Arg::Long("cert") => read.cert = Some(arguments.value()?),
                Arg::Long("key") => read.key = Some(arguments.value()?),
                Arg::Long("pkcs12") => read.pkcs12 = Some(arguments.value()?),
                Arg::Long("ca") => read.ca = Some(arguments.value()?),
                Arg::Long("help") => return Ok(Self::default()),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(read)
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
            let diagnosis = sanspay_blocking::examine(&doctor);
            Ok(Some((diagnosis.to_string(), diagnosis.is_healthy())))
        }
        (None, Some(url)) if !has_client => {
            let diagnosis = sanspay_blocking::examine_checkout(
                &CheckoutDoctor::new(url),
                UreqTransport::new(tls.build()?),
            )?;
            Ok(Some((diagnosis.to_string(), diagnosis.is_healthy())))
        }
        _ => Ok(None),
    }
}
