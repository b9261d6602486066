//! Examines a checkout installation: sends the probes of
//! [`doctor`](sanspay_core::checkout::doctor), which decides everything.

use std::time::SystemTime;

use sanspay_core::Error;
use sanspay_core::checkout::doctor::{CheckoutDiagnosis, CheckoutDoctor};

use crate::client::Client;
use crate::transport::Transport;

/// Examines a checkout installation over this transport: whether its messages prove anything, and
/// what to block at its web server. It sends five harmless requests, needs no log-in, and takes less
/// than a minute.
///
/// ```no_run
/// use sanspay_blocking::{UreqTransport, TlsConfig, examine_checkout};
/// use sanspay_core::checkout::doctor::CheckoutDoctor;
///
/// let doctor = CheckoutDoctor::new("https://pay.shop.example");
/// let transport = UreqTransport::new(TlsConfig::builder().build()?);
/// println!("{}", examine_checkout(&doctor, transport)?);
/// # Ok::<(), sanspay_core::Error>(())
/// ```
///
/// # Errors
/// When the base URL is none.
pub fn examine_checkout(
    doctor: &CheckoutDoctor,
    transport: impl Transport + 'static,
) -> Result<CheckoutDiagnosis, Error> {
    let client = Client::new(doctor.session()?, transport);
    let mut examination = doctor.examination();
    while let Some(probe) = examination.next() {
        let probed = client.call(probe);
        examination.accept(SystemTime::now(), probed);
    }
    Ok(examination.finish())
}
